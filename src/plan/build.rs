//! From the three sides to the plan.

use std::collections::BTreeSet;

use serde_json::Value;

use super::judge::{Cause, Sides, Verdict, judge};
use super::pair::{Pair, pair};
use super::revise::{body, fingerprint, put, revise, without};
use super::step::{Action, FieldChange, Notes, Owned, Plan, Revision, Step};
use crate::catalog::{Catalog, is_unset};
use crate::diff::Patch;
use crate::model::{
    Desired, Fingerprints, Key, Live, Ownership, Pointer, Record, Records, SecretName, secret,
};

/// Everything that a plan is made of.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// The environment's name.
    pub environment: &'a str,
    /// The service's address.
    pub api_url: &'a str,
    /// What the repository wants.
    pub desired: &'a [Desired],
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
    /// Plan only these; all where it is empty.
    pub only: BTreeSet<Key>,
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
    let steps = pair(inputs.catalog, inputs.desired, inputs.live, inputs.records)
        .into_iter()
        .filter(|pair| inputs.policy.only.is_empty() || inputs.policy.only.contains(pair.key()))
        .map(|pair| inputs.decide(&pair, &mut notes))
        .collect();
    Plan {
        environment: inputs.environment.to_owned(),
        api_url: inputs.api_url.to_owned(),
        steps,
        notes,
    }
}

impl Pair<'_> {
    fn key(&self) -> &Key {
        match self {
            Pair::New(desired)
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
            Pair::New(desired) => self.create(desired, Cause::Change),
            Pair::Gone { desired, record } => self.recreate(desired, record),
            Pair::Known {
                desired,
                live,
                record,
                moved_from,
            } => {
                let step = self.update(desired, live, *record, *moved_from);
                self.note(&step, live, *record, notes);
                step
            }
            Pair::Named { desired, live } => self.adopt(desired, live),
            Pair::Unclear { desired, problem } => Step {
                reason: Some(problem.clone()),
                ..self.blank(desired)
            },
            Pair::Dropped { key, record, live } => self.dropped(key, record, *live, notes),
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
            action: Action::Blocked,
            reason: None,
            fields: Vec::new(),
            unmanaged: Vec::new(),
            unavailable: self.unavailable(desired),
            owned: Owned::default(),
        }
    }

    fn create(&self, desired: &Desired, cause: Cause) -> Step {
        let body = body(self.catalog, &desired.document);
        let fields = self
            .catalog
            .declared(&body)
            .into_iter()
            .map(|(path, after)| FieldChange {
                secret: self.catalog.is_hidden(&path),
                place: Some(desired.places.name(&path).clone()),
                cause,
                before: None,
                after: Some(after.clone()),
                path,
            });
        Step {
            fields: fields.collect(),
            owned: self.owned(desired, None),
            action: Action::Create(body),
            ..self.blank(desired)
        }
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
        let step = self.revision(desired, live, None);
        let reason = Some(format!(
            "{} is the only live persona with this name",
            live.id
        ));
        match (self.policy.adoption, step.action) {
            (Adoption::Refuse, _) => Step {
                action: Action::Blocked,
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
        let mut step = self.revision(desired, live, record);
        step.owned.moved_from = moved_from.cloned();
        if step
            .action
            .revision()
            .is_some_and(|revision| revision.patches.is_empty())
        {
            step.action = Action::Keep;
        }
        step
    }

    /// The step that brings a live persona to its manifest, whatever bound the two.
    fn revision(&self, desired: &Desired, live: &Live, record: Option<&Record>) -> Step {
        let fields = self.differing(desired, live, record);
        let mut step = Step {
            persona_id: Some(live.id.clone()),
            unmanaged: self.unmanaged(desired, live, record),
            owned: self.owned(desired, record),
            ..self.blank(desired)
        };
        match self.obstacle(&fields, live) {
            Some(obstacle) => step.reason = Some(obstacle),
            None => match revise(self.catalog, &live.document, &fields) {
                Some(patches) => step.action = Action::Update(self.on(live, patches)),
                None => {
                    step.reason =
                        Some("no patch for it could be proven; please report this".to_owned())
                }
            },
        }
        Step { fields, ..step }
    }

    fn on(&self, live: &Live, patches: Vec<Patch>) -> Revision {
        let base = fingerprint(self.catalog, &live.document, self.secrets);
        Revision {
            id: live.id.clone(),
            base,
            patches,
        }
    }

    /// What a human has to decide first.
    fn obstacle(&self, fields: &[FieldChange], live: &Live) -> Option<String> {
        if secret::occurs(&live.document) {
            return Some(format!(
                "the live persona holds a member named `{}`, which is reserved",
                secret::MEMBER
            ));
        }
        let conflicts: Vec<_> = fields
            .iter()
            .filter(|field| field.cause == Cause::Conflict)
            .map(|field| field.path.as_str())
            .collect();
        (self.policy.on_conflict == OnConflict::Block && !conflicts.is_empty()).then(|| {
            format!(
                "edited here and live: {}; --on-conflict repo lets the repository win",
                conflicts.join(", ")
            )
        })
    }

    /// The fields that differ: those of the manifest, those it has given up, and with exclusive
    /// ownership all others.
    fn differing(
        &self,
        desired: &Desired,
        live: &Live,
        record: Option<&Record>,
    ) -> Vec<FieldChange> {
        let wanted = without(&desired.document, &desired.ignore);
        let found = without(&live.document, &desired.ignore);
        let declared = self.catalog.declared(&wanted);
        let given_up = record
            .map(|record| given_up(record, &declared))
            .unwrap_or_default();
        let foreign = match desired.ownership {
            Ownership::Fields => Vec::new(),
            Ownership::Exclusive => self.unmanaged(desired, live, record),
        };
        let declared = declared
            .into_iter()
            .map(|(path, value)| (path, Some(value)));
        let others = given_up.into_iter().chain(foreign).map(|path| (path, None));
        let differing = declared.chain(others).filter_map(|(path, wanted)| {
            let applied = record.and_then(|record| record.fields.get(&path));
            let known = record.is_some();
            let sides = Sides {
                pointer: &path,
                desired: wanted,
                live: path.get(&found),
                applied,
                known,
            };
            match judge(self.catalog, sides, self.secrets) {
                Verdict::Differs(cause) => Some(self.change(desired, live, path, wanted, cause)),
                Verdict::InSync | Verdict::Unknown => None,
            }
        });
        differing.collect()
    }

    fn change(
        &self,
        desired: &Desired,
        live: &Live,
        path: Pointer,
        wanted: Option<&Value>,
        cause: Cause,
    ) -> FieldChange {
        FieldChange {
            cause,
            before: path.get(&live.document).cloned(),
            after: wanted
                .map(|wanted| with_ignored(wanted, &path, &live.document, &desired.ignore)),
            secret: self.catalog.is_hidden(&path),
            place: Some(desired.places.name(&path).clone()),
            path,
        }
    }

    /// What only the live side has: not empty, not the service's own default, and never owned.
    fn unmanaged(&self, desired: &Desired, live: &Live, record: Option<&Record>) -> Vec<Pointer> {
        let declared = self.catalog.declared(&desired.document);
        let owned = record.into_iter().flat_map(|record| record.fields.keys());
        let owners: Vec<&Pointer> = declared
            .iter()
            .map(|(path, _)| path)
            .chain(owned)
            .chain(&desired.ignore)
            .collect();
        let mut unmanaged: Vec<Pointer> = self
            .catalog
            .declared(&live.document)
            .into_iter()
            .filter(|(path, value)| {
                !is_unset(value) && !self.catalog.is_server_default(path, value)
            })
            .map(|(path, _)| path)
            .filter(|path| !owners.iter().any(|owner| overlaps(owner, path)))
            .collect();
        unmanaged.sort_unstable();
        unmanaged
    }

    /// What the ledger is to know of the manifest's fields.
    fn owned(&self, desired: &Desired, record: Option<&Record>) -> Owned {
        let mut owned = Owned {
            ignore: desired.ignore.clone(),
            prevent_delete: desired.prevent_delete,
            ..Owned::default()
        };
        let wanted = without(&desired.document, &desired.ignore);
        for (path, value) in self.catalog.declared(&wanted) {
            if let Some(sent) = self.catalog.digest(&path, Some(value), self.secrets) {
                owned.sent.insert(path, sent);
            } else if let Some(applied) = record.and_then(|record| record.fields.get(&path)) {
                owned.kept.insert(path, applied.clone());
            }
        }
        owned
    }

    fn unavailable(&self, desired: &Desired) -> BTreeSet<SecretName> {
        let mut names = secret::names(&desired.document);
        names.retain(|name| self.secrets.of(name).is_none());
        names
    }

    /// Notes what the ledger learns of a persona that is left alone.
    fn note(&self, step: &Step, live: &Live, record: Option<&Record>, notes: &mut Notes) {
        if !matches!(step.action, Action::Keep) {
            return;
        }
        let fresh = step
            .owned
            .record(self.catalog, live.id.clone(), &live.document, self.secrets);
        if step.owned.moved_from.is_some() || record != Some(&fresh) {
            notes.record.insert(step.key.clone(), fresh);
            notes.forget.extend(step.owned.moved_from.clone());
        }
    }

    fn dropped(&self, key: &Key, record: &Record, live: Option<&Live>, notes: &mut Notes) -> Step {
        let reason = match live {
            Some(_) => "no longer in the repository; it is left alone",
            None => "no longer in the repository, and gone from the account",
        };
        if live.is_none() {
            notes.forget.insert(key.clone());
        }
        Step {
            key: key.clone(),
            file: None,
            persona_id: Some(record.id.clone()),
            persona_name: live
                .and_then(|live| self.catalog.name_of(&live.document))
                .unwrap_or(&record.name)
                .to_owned(),
            action: Action::Keep,
            reason: Some(reason.to_owned()),
            fields: Vec::new(),
            unmanaged: Vec::new(),
            unavailable: BTreeSet::new(),
            owned: Owned::default(),
        }
    }
}

/// A desired value, with the places in it that are to be ignored as they are live.
fn with_ignored(wanted: &Value, path: &Pointer, live: &Value, ignore: &[Pointer]) -> Value {
    let mut value = wanted.clone();
    for ignored in ignore.iter().filter_map(|ignored| ignored.below(path)) {
        put(
            &mut value,
            &ignored,
            path.append(&ignored).get(live).cloned(),
        );
    }
    value
}

/// The fields that were applied last and are no longer declared, in whole or in part.
fn given_up(record: &Record, declared: &[(Pointer, &Value)]) -> Vec<Pointer> {
    let is_declared = |path: &Pointer| declared.iter().any(|(owner, _)| overlaps(owner, path));
    record
        .fields
        .keys()
        .filter(|path| !is_declared(path))
        .cloned()
        .collect()
}

/// Whether the one place is the other, or stands in it.
fn overlaps(one: &Pointer, other: &Pointer) -> bool {
    one.below(other).is_some() || other.below(one).is_some()
}
