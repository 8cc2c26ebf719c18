//! The plan as a value: every decision with its reason, and the live version it was computed from.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Cause;
use super::against::Against;
use super::base::Base;
use super::entry::Entry;
use super::revise::without;
use crate::catalog::Catalog;
use crate::diff::{Operation, Patch};
use crate::model::{
    Digest, Hasher, Key, Live, PersonaId, Place, Pointer, Record, Records, SecretName, secret,
};

/// What would be done to the account, persona by persona.
#[derive(Clone, Debug, Default)]
#[must_use = "a plan is there to be shown or applied"]
pub struct Plan {
    /// The environment that it is for.
    pub environment: String,
    /// What the desired personas were held against.
    pub against: Against,
    /// One step for each persona, by key.
    pub steps: Vec<Step>,
    /// What the ledger learns without any request.
    pub notes: Notes,
}

/// What the plan does with one persona.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The manifest's key.
    pub key: Key,
    /// The manifest; `None` where there is none any more.
    pub file: Option<Arc<str>>,
    /// The service's id, where it has one already.
    pub persona_id: Option<PersonaId>,
    /// The name of the persona.
    pub persona_name: String,
    /// What is to be done.
    pub action: Action,
    /// Why, where the fields do not say it.
    pub reason: Option<String>,
    /// What differs.
    pub fields: Vec<FieldChange>,
    /// What only the live side has and nobody here ever owned.
    pub unmanaged: Vec<Pointer>,
    /// Secrets of the manifest whose values are not available here.
    pub unavailable: BTreeSet<SecretName>,
    /// Places that are neither compared nor changed.
    pub ignore: Vec<Pointer>,
    /// The ledger's entry that the step goes by; none where the ledger does not know the persona.
    pub binding: Option<Binding>,
    /// Other entries of the ledger for the persona: theirs no more, once the step is done.
    pub rivals: BTreeSet<Key>,
    /// What the ledger is to hold once the step is done.
    pub entry: Entry,
}

/// What is to be done with a persona.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Make it, with this body.
    Create(Value),
    /// Bind the live persona with its name, and patch what differs.
    Adopt(Revision),
    /// Patch what differs.
    Update(Revision),
    /// Make it again, with this body: it is gone from the account.
    Recreate(Value),
    /// Delete it: it has no manifest any more.
    Delete(Removal),
    /// Nothing.
    Keep,
    /// Nothing, until a human has decided.
    Blocked(Obstacle),
}

/// What a human has to decide first. The step's reason has the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// It cannot be told which live persona is meant, or it may not be bound.
    Identity,
    /// Both sides were edited.
    Conflict,
    /// The live persona holds what would be mistaken for a secret.
    Reserved,
    /// No patch could be proven.
    Unproven,
    /// So much would be deleted that it looks like a mistake.
    MassDelete,
}

/// A change to a persona that is live.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The persona.
    pub id: PersonaId,
    /// The live document that the patches were computed from.
    pub base: Base,
    /// The requests to send, one after the other; none where the persona is as it should be.
    pub requests: Vec<Request>,
}

/// The end of a persona that is live.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// What the ledger knew of it.
    pub record: Record,
    /// The persona.
    pub id: PersonaId,
    /// The live document that was found.
    pub base: Base,
}

/// One request that changes a live persona.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What it sends.
    pub patch: Patch,
    /// The fields that it mends.
    pub fields: BTreeSet<Pointer>,
}

/// One field that differs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// Where it stands in the document.
    pub path: Pointer,
    /// Who moved.
    pub cause: Cause,
    /// The live value; `None` where it is absent.
    pub before: Option<Value>,
    /// The desired value; `None` where the field is to be removed.
    pub after: Option<Value>,
    /// Whether the values must not be shown.
    pub secret: bool,
    /// Where the manifest says so.
    pub place: Option<Place>,
}

/// The ledger's entry that binds a persona.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Its key: another one than the manifest's where that has moved.
    pub key: Key,
    /// The persona.
    pub id: PersonaId,
}

impl FieldChange {
    /// What changes at a place, from what is live to what is desired; null says nothing. What is hidden
    /// stays with the service: a plan never holds it, only that it is there.
    pub(super) fn of(
        catalog: &Catalog,
        path: Pointer,
        cause: Cause,
        (before, after): (Option<&Value>, Option<&Value>),
    ) -> Self {
        let before = before.filter(|value| !value.is_null());
        let after = after.filter(|value| !value.is_null());
        let secret = catalog.hides(&path, before) || catalog.hides(&path, after);
        let shown = |value: &Value| match secret {
            true => Value::from(secret::MASK),
            false => value.clone(),
        };
        Self {
            cause,
            secret,
            before: before.map(shown),
            after: after.cloned(),
            place: None,
            path,
        }
    }
}

impl Binding {
    pub(super) const fn new(key: Key, id: PersonaId) -> Self {
        Self { key, id }
    }
}

/// What the ledger learns without any request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Entries that are new or have changed.
    pub record: Records,
    /// Entries that are to go.
    pub forget: BTreeSet<Key>,
}

/// How many steps there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Personas to be made.
    pub create: usize,
    /// Live personas to be bound.
    pub adopt: usize,
    /// Personas to be patched.
    pub update: usize,
    /// Personas to be made again.
    pub recreate: usize,
    /// Personas to be deleted.
    pub delete: usize,
    /// Personas to be left alone.
    pub keep: usize,
    /// Personas that wait for a human.
    pub blocked: usize,
}

impl Plan {
    /// How many steps there are of each kind.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for step in &self.steps {
            *match step.action {
                Action::Create(_) => &mut summary.create,
                Action::Adopt(_) => &mut summary.adopt,
                Action::Update(_) => &mut summary.update,
                Action::Recreate(_) => &mut summary.recreate,
                Action::Delete(_) => &mut summary.delete,
                Action::Keep => &mut summary.keep,
                Action::Blocked(_) => &mut summary.blocked,
            } += 1;
        }
        summary
    }

    /// Whether there is neither anything to do nor anything to decide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps
            .iter()
            .all(|step| matches!(step.action, Action::Keep))
    }

    /// Whether applying it would send or bind anything.
    #[must_use]
    pub fn sends(&self) -> bool {
        let idle = |step: &Step| matches!(step.action, Action::Keep | Action::Blocked(_));
        !self.steps.iter().all(idle)
    }

    /// How many requests applying it takes if all goes well.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.steps.iter().map(|step| step.action.requests()).sum()
    }

    /// The secrets that applying it would send.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<SecretName> {
        let actions = || self.steps.iter().map(|step| &step.action);
        let patches = actions().flat_map(Action::patches);
        let operations = patches.flat_map(|patch| &patch.0);
        let values = operations.filter_map(Operation::value);
        let bodies = actions().filter_map(Action::body);
        values.chain(bodies).flat_map(secret::names).collect()
    }

    /// A digest over everything that decides what would be sent, and what is shown of it.
    #[must_use]
    pub fn id(&self) -> Digest {
        let mut hasher = Hasher::default();
        hasher.write_tagged('e', &self.environment);
        match &self.against {
            Against::Service(address) => hasher.write_tagged('u', address),
            Against::Revision {
                name: _,
                commit,
                remarks: _,
            } => hasher.write_tagged('r', commit),
        }
        for step in &self.steps {
            let target = step.action.target();
            let (id, base) = target.map(|(id, base)| (id, base.digest())).unzip();
            let shown = step.fields.iter().map(|field| {
                let FieldChange {
                    path,
                    before,
                    after,
                    secret,
                    ..
                } = field;
                json!([path, before, after, secret])
            });
            let mut sent = json!([
                step.key,
                step.action.word(),
                id,
                base,
                step.action.body(),
                step.action.patches().collect::<Vec<_>>(),
                shown.collect::<Vec<_>>(),
            ]);
            // In what order somebody wrote members down decides nothing.
            sent.sort_all_objects();
            hasher.write_tagged('s', &sent.to_string());
        }
        hasher.finish()
    }
}

impl Action {
    /// The action's word in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Adopt(_) => "adopt",
            Self::Update(_) => "update",
            Self::Recreate(_) => "recreate",
            Self::Delete(_) => "delete",
            Self::Keep => "keep",
            Self::Blocked(_) => "blocked",
        }
    }

    /// The change to a live persona, if it is one.
    #[must_use]
    pub const fn revision(&self) -> Option<&Revision> {
        match self {
            Self::Adopt(revision) | Self::Update(revision) => Some(revision),
            Self::Create(_)
            | Self::Recreate(_)
            | Self::Delete(_)
            | Self::Keep
            | Self::Blocked(_) => None,
        }
    }

    /// The live persona that it changes or deletes, and what that was when the plan was made.
    #[must_use]
    pub const fn target(&self) -> Option<(&PersonaId, &Base)> {
        match self {
            Self::Adopt(Revision { id, base, .. })
            | Self::Update(Revision { id, base, .. })
            | Self::Delete(Removal { id, base, .. }) => Some((id, base)),
            Self::Create(_) | Self::Recreate(_) | Self::Keep | Self::Blocked(_) => None,
        }
    }

    /// The body of the create call, if it is one.
    #[must_use]
    pub const fn body(&self) -> Option<&Value> {
        match self {
            Self::Create(body) | Self::Recreate(body) => Some(body),
            Self::Adopt(_) | Self::Update(_) | Self::Delete(_) | Self::Keep | Self::Blocked(_) => {
                None
            }
        }
    }

    /// How many requests it takes if all goes well: what is written is read before, if it is there, and
    /// after.
    const fn requests(&self) -> usize {
        match self {
            Self::Create(_) | Self::Recreate(_) => 2,
            Self::Adopt(revision) | Self::Update(revision) => match revision.requests.len() {
                0 => 1,
                patches => 1 + patches + 1,
            },
            Self::Delete(_) => 3,
            Self::Keep | Self::Blocked(_) => 0,
        }
    }

    /// The patches that it sends.
    pub fn patches(&self) -> impl Iterator<Item = &Patch> {
        let requests = self.revision().map(|revision| &revision.requests);
        requests.into_iter().flatten().map(|request| &request.patch)
    }
}

impl Step {
    /// The live persona that the step would change, or would if nothing stood in its way.
    #[must_use]
    pub fn revised(&self) -> Option<&PersonaId> {
        let is_revised = self
            .action
            .revision()
            .is_some_and(|revision| !revision.requests.is_empty());
        let is_held = matches!(self.action, Action::Blocked(Obstacle::Conflict));
        self.persona_id.as_ref().filter(|_| is_revised || is_held)
    }

    /// The live document as far as it is compared: without the places that are ignored.
    #[must_use]
    pub fn compared<'l>(&self, live: &'l Live) -> Cow<'l, Value> {
        without(&live.document, &self.ignore)
    }
}
