//! From the three sides to the plan.

use std::collections::BTreeSet;

use super::against::Against;
use super::base::Base;
use super::entry::{Digests, Entry};
use super::judge::Cause;
use super::namesake;
use super::outdated::Holders;
use super::pair::{Pair, pair};
use super::prune;
use super::revise::{body, revise};
use super::step::{Action, Binding, FieldChange, Notes, Obstacle, Plan, Revision, Step};
use crate::catalog::Catalog;
use crate::diff::Dialect;
use crate::model::{
    Desired, Fingerprints, Key, Live, Pointer, Record, Records, SecretName, secret,
};
use crate::parallel;

/// Everything that a plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// The environment's name.
    pub environment: &'a str,
    /// What the desired personas are held against.
    pub against: &'a Against,
    /// What the repository wants.
    pub desired: &'a [Desired],
    /// Manifests that are meant for other environments.
    pub elsewhere: &'a BTreeSet<Key>,
    /// Manifests that have mistakes: what is theirs is left alone, and left to them.
    pub broken: &'a BTreeSet<Key>,
    /// What the service holds.
    pub live: &'a [Live],
    /// What was applied last.
    pub records: &'a Records,
    /// What may be known of the secrets.
    pub secrets: &'a Fingerprints,
    /// What the user chose.
    pub policy: &'a Policy,
}

/// What the user chose.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Who wins where both sides were edited.
    pub on_conflict: OnConflict,
    /// Whether live personas may be bound by their name.
    pub adoption: Adoption,
    /// Whether personas without a manifest are deleted.
    pub deletes: Deletes,
    /// How lists are patched.
    pub dialect: Dialect,
    /// Plan only these; all where it is empty.
    pub only: BTreeSet<Key>,
    /// What the plan is made for.
    pub aim: Aim,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// To be applied: it says what the ledger learns of what is in sync as well.
    #[default]
    Apply,
    /// To be shown: of what is in sync, it says only that it is.
    Show,
}

/// Whether personas that were applied once and have no manifest any more are deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletes {
    /// They are left alone.
    #[default]
    Refuse,
    /// They are, as long as it is a few.
    Few,
    /// They are, all of them if need be.
    Any,
}

/// Who wins where both sides were edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Nobody: the persona is blocked.
    #[default]
    Block,
    /// The repository.
    Repository,
}

/// Whether live personas may be bound by their name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adoption {
    /// Yes, where only one has it.
    #[default]
    ByName,
    /// No: the persona is blocked.
    Refuse,
}

/// Decides what every persona needs.
pub fn build(inputs: &Inputs<'_>) -> Plan {
    let mut notes = Notes::default();
    let Inputs {
        catalog,
        desired,
        live,
        records,
        broken,
        ..
    } = *inputs;
    let mut pairs = pair(catalog, desired, live, records, broken);
    let only = &inputs.policy.only;
    pairs.retain(|pair| only.is_empty() || only.contains(pair.key()));
    let decided = parallel::map(pairs, |pair| {
        let mut notes = Notes::default();
        (inputs.decide(&pair, &mut notes), notes)
    });
    let mut steps = Vec::with_capacity(decided.len());
    for (step, mut learnt) in decided {
        steps.push(step);
        notes.record.append(&mut learnt.record);
        notes.forget.append(&mut learnt.forget);
    }
    prune::brake(&mut steps, inputs);
    namesake::tell(&mut steps, inputs);
    let holders = Holders::of(inputs.records);
    for step in &mut steps {
        step.rivals = holders.rivals(step);
    }
    Plan {
        environment: inputs.environment.to_owned(),
        against: inputs.against.clone(),
        steps,
        notes,
    }
}

impl Pair<'_> {
    fn key(&self) -> &Key {
        match self {
            Pair::New { desired, .. }
            | Pair::Known { desired, .. }
            | Pair::Named { desired, .. }
            | Pair::Gone { desired, .. }
            | Pair::Unclear { desired, .. } => &desired.key,
            Pair::Dropped { key, .. } => key,
        }
    }
}

impl Inputs<'_> {
    fn decide(&self, pair: &Pair<'_>, notes: &mut Notes) -> Step {
        match pair {
            Pair::New { desired, like } => Step {
                reason: like.first().map(|like| self.likeness(like)),
                ..self.create(desired, Cause::Change)
            },
            Pair::Gone { desired, record } => self.recreate(desired, record),
            Pair::Known {
                desired,
                live,
                record,
                moved_from,
            } => {
                let step = self.update(desired, live, *record, *moved_from);
                self.note(&step, live, notes);
                step
            }
            Pair::Named { desired, live } => self.adopt(desired, live),
            Pair::Unclear {
                desired, problem, ..
            } => Step {
                reason: Some(problem.clone()),
                ..self.blank(desired)
            },
            Pair::Dropped {
                key,
                record,
                live,
                heir,
            } => self.dropped(key, record, *live, *heir, notes),
        }
    }

    /// A blocked step that knows only its manifest.
    fn blank(&self, desired: &Desired) -> Step {
        Step {
            key: desired.key.clone(),
            file: Some(desired.file.clone()),
            persona_id: desired.id.clone(),
            persona_name: self
                .catalog
                .name_of(&desired.document)
                .unwrap_or_default()
                .to_owned(),
            action: Action::Blocked(Obstacle::Identity),
            reason: None,
            fields: Vec::new(),
            unmanaged: Vec::new(),
            unavailable: self.unavailable(desired),
            ignore: desired.ignore.clone(),
            binding: self.binding(&desired.key),
            rivals: BTreeSet::new(),
            entry: Entry::Fixed(None),
        }
    }

    /// What the ledger binds a key to.
    pub(super) fn binding(&self, key: &Key) -> Option<Binding> {
        let record = self.records.get(key)?;
        Some(Binding::new(key.clone(), record.id.clone()))
    }

    fn create(&self, desired: &Desired, cause: Cause) -> Step {
        let body = body(self.catalog, &desired.document);
        let fields: Vec<_> = self
            .catalog
            .declared(&body)
            .into_iter()
            .map(|(path, after)| FieldChange {
                place: Some(desired.places.name(&path)),
                ..FieldChange::of(self.catalog, path, cause, (None, Some(after)))
            })
            .collect();
        Step {
            entry: self.entry(desired, None, &fields),
            fields,
            action: Action::Create(body),
            ..self.blank(desired)
        }
    }

    fn likeness(&self, like: &Live) -> String {
        let name = self.catalog.name_of(&like.document).unwrap_or_default();
        format!(
            "{} has nearly this name (`{name}`) and is left alone: pin its id to take it over, or rename one",
            like.id
        )
    }

    fn recreate(&self, desired: &Desired, record: &Record) -> Step {
        let step = self.create(desired, Cause::Drift);
        let Action::Create(body) = step.action else {
            unreachable!("a new persona is created")
        };
        let reason = Some(format!("{} is gone from the account", record.id));
        Step {
            action: Action::Recreate(body),
            reason,
            ..step
        }
    }

    fn adopt(&self, desired: &Desired, live: &Live) -> Step {
        let step = self.revision(desired, live, None, self.differing(desired, live, None));
        let reason = Some(format!(
            "{} is the only live persona with this name",
            live.id
        ));
        match (self.policy.adoption, step.action) {
            (Adoption::Refuse, _) => Step {
                action: Action::Blocked(Obstacle::Identity),
                reason: Some(format!(
                    "{} has this name already, and --no-adopt was given",
                    live.id
                )),
                ..step
            },
            (Adoption::ByName, Action::Update(revision)) => Step {
                action: Action::Adopt(revision),
                reason,
                ..step
            },
            (Adoption::ByName, action) => Step { action, ..step },
        }
    }

    fn update(
        &self,
        desired: &Desired,
        live: &Live,
        record: Option<&Record>,
        moved_from: Option<&Key>,
    ) -> Step {
        let fields = self.differing(desired, live, record);
        let step = match fields.is_empty() && self.obstacle(&fields, live).is_none() {
            true => self.keep(desired, live, record),
            false => self.revision(desired, live, record, fields),
        };
        let is_idle = |revision: &Revision| revision.requests.is_empty();
        let step = match step.action.revision().is_some_and(is_idle) {
            true => Step {
                action: Action::Keep,
                fields: Vec::new(),
                ..step
            },
            false => step,
        };
        Step {
            binding: self.binding(moved_from.unwrap_or(&desired.key)),
            ..step
        }
    }

    /// The step of a live persona that is as its manifest says.
    fn keep(&self, desired: &Desired, live: &Live, record: Option<&Record>) -> Step {
        Step {
            persona_id: Some(live.id.clone()),
            unmanaged: self.unmanaged(desired, live, record),
            entry: match self.policy.aim {
                Aim::Apply => self.entry(desired, record, &[]),
                Aim::Show => Entry::Fixed(None),
            },
            action: Action::Keep,
            ..self.blank(desired)
        }
    }

    /// The step that brings a live persona to its manifest, whatever bound the two.
    fn revision(
        &self,
        desired: &Desired,
        live: &Live,
        record: Option<&Record>,
        fields: Vec<FieldChange>,
    ) -> Step {
        let mut step = Step {
            persona_id: Some(live.id.clone()),
            unmanaged: self.unmanaged(desired, live, record),
            entry: self.entry(desired, record, &fields),
            ..self.blank(desired)
        };
        (step.action, step.reason) = match self.obstacle(&fields, live) {
            Some((obstacle, reason)) => (Action::Blocked(obstacle), Some(reason)),
            None => self.mend(&fields, live, &desired.ignore),
        };
        Step { fields, ..step }
    }

    fn mend(
        &self,
        fields: &[FieldChange],
        live: &Live,
        ignore: &[Pointer],
    ) -> (Action, Option<String>) {
        let Some(requests) = revise(
            self.catalog,
            &live.document,
            fields,
            ignore,
            self.policy.dialect,
        ) else {
            let reason = "no patch for it could be proven; please report this".to_owned();
            return (Action::Blocked(Obstacle::Unproven), Some(reason));
        };
        let base = Base::of(self.catalog, &live.document, self.secrets.salt());
        let id = live.id.clone();
        (Action::Update(Revision { id, base, requests }), None)
    }

    /// What a human has to decide first, and why.
    fn obstacle(&self, fields: &[FieldChange], live: &Live) -> Option<(Obstacle, String)> {
        if secret::occurs(&live.document) {
            let member = secret::MEMBER;
            let reason = format!("the live persona holds a member `{member}`, which is reserved");
            return Some((Obstacle::Reserved, reason));
        }
        let conflicts = fields.iter().filter(|field| field.cause == Cause::Conflict);
        let conflicts: Vec<_> = conflicts.map(|field| field.path.as_str()).collect();
        if conflicts.is_empty() || self.policy.on_conflict == OnConflict::Repository {
            return None;
        }
        let reason = format!(
            "edited here and live: {}; --on-conflict repo lets the repository win",
            conflicts.join(", ")
        );
        Some((Obstacle::Conflict, reason))
    }

    fn unavailable(&self, desired: &Desired) -> BTreeSet<SecretName> {
        let mut names = secret::names(&desired.document);
        names.retain(|name| self.secrets.of(name).is_none());
        names
    }

    /// Notes what the ledger learns of a persona that is left alone.
    fn note(&self, step: &Step, live: &Live, notes: &mut Notes) {
        if !matches!(step.action, Action::Keep) || self.policy.aim == Aim::Show {
            return;
        }
        let digests = Digests {
            catalog: self.catalog,
            secrets: self.secrets,
        };
        let fresh = step.record(live, live, &BTreeSet::new(), digests);
        if self.records.get(&step.key) != fresh.as_ref() {
            notes
                .record
                .extend(fresh.map(|fresh| (step.key.clone(), fresh)));
        }
    }
}
