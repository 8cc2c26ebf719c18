//! What the ledger is to hold of a persona once its step is done.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::step::{FieldChange, Request, Step};
use crate::catalog::Catalog;
use crate::model::{
    Applied, Digest, Fingerprints, Live, Ownership, PersonaId, Pointer, Record, Records,
};

/// What the ledger is to hold of a persona once its step is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// What follows from the manifest and from what the service answers.
    Derived(Owned),
    /// This, whatever the service answers; nothing where the persona is to be forgotten.
    Fixed(Option<Record>),
}

/// The fields that a step answers for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owned {
    /// What the manifest says, by field.
    pub sent: BTreeMap<Pointer, Sent>,
    /// What the ledger knew before: never saved with a plan, as the ledger itself says it.
    #[serde(skip)]
    pub previous: BTreeMap<Pointer, Applied>,
    /// How much of the persona the manifest answers for.
    pub ownership: Ownership,
    /// Whether the manifest forbids to delete the persona.
    pub prevent_delete: bool,
}

/// What the manifest says of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    /// The digest of its value.
    Digest(Digest),
    /// A value that the step sends and that refers to secrets: what they are shows when it is sent.
    Value(Value),
    /// A value that refers to a secret which is not available and which the step does not send.
    Unknown,
}

impl Sent {
    fn digest(&self, catalog: &Catalog, path: &Pointer, secrets: &Fingerprints) -> Option<Digest> {
        match self {
            Self::Digest(digest) => Some(digest.clone()),
            Self::Value(value) => catalog.digest(path, Some(value), secrets),
            Self::Unknown => None,
        }
    }
}

/// What digests are made with.
#[derive(Clone, Copy, Debug)]
pub struct Digests<'d> {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// What may be known of the secrets that are sent.
    pub secrets: &'d Fingerprints,
}

impl Step {
    /// The ledger's entry for a persona that was `before` and reads back as `live`; `None` where it is to
    /// have none. Of fields that are not as they were sent for reasons of their own (`unstored`), the
    /// ledger keeps what it knew. What the step did not write and is another all the same, somebody
    /// has edited: it has to show as drift.
    #[must_use]
    pub fn record(
        &self,
        before: &Live,
        live: &Live,
        unstored: &BTreeSet<Pointer>,
        digests: Digests<'_>,
    ) -> Option<Record> {
        let (kept, compared) = (self.compared(before), self.compared(live));
        let changed = self.changed();
        let name = digests.catalog.name_of(&live.document).unwrap_or_default();
        let Digests { catalog, secrets } = digests;
        self.entry_with(&live.id, name, digests, |pointer| {
            let is_written = changed.contains(pointer);
            let document = if is_written { &compared } else { &kept };
            let seen = || catalog.digest(pointer, pointer.get(document), secrets);
            (!unstored.contains(pointer)).then(seen).flatten()
        })
    }

    /// The ledger's entry for a persona that was written but could not be read back: it is taken to
    /// hold what was sent, in the fields that were `written`.
    #[must_use]
    pub fn record_unseen(
        &self,
        id: &PersonaId,
        written: &BTreeSet<Pointer>,
        digests: Digests<'_>,
    ) -> Option<Record> {
        let changed = self.changed();
        let held = |pointer: &Pointer| written.contains(pointer) || !changed.contains(pointer);
        let Digests { catalog, secrets } = digests;
        self.entry_with(id, &self.persona_name, digests, |pointer| {
            match &self.entry {
                Entry::Derived(owned) if held(pointer) => {
                    owned.sent.get(pointer)?.digest(catalog, pointer, secrets)
                }
                Entry::Derived(_) | Entry::Fixed(_) => None,
            }
        })
    }

    /// What a request sends, as far as the manifest says it, in digests.
    #[must_use]
    pub fn sent(
        &self,
        request: &Request,
        Digests { catalog, secrets }: Digests<'_>,
    ) -> BTreeMap<Pointer, Digest> {
        let owned = match &self.entry {
            Entry::Derived(owned) => &owned.sent,
            Entry::Fixed(_) => return BTreeMap::new(),
        };
        let sent = request.fields.iter().filter_map(|path| {
            let digest = owned.get(path)?.digest(catalog, path, secrets)?;
            Some((path.clone(), digest))
        });
        sent.collect()
    }

    /// The fields that the step writes.
    fn changed(&self) -> BTreeSet<&Pointer> {
        self.fields.iter().map(|field| &field.path).collect()
    }

    fn entry_with(
        &self,
        id: &PersonaId,
        name: &str,
        digests: Digests<'_>,
        seen: impl Fn(&Pointer) -> Option<Digest>,
    ) -> Option<Record> {
        match &self.entry {
            Entry::Derived(owned) => Some(Record {
                id: id.clone(),
                name: name.to_owned(),
                prevent_delete: owned.prevent_delete,
                fields: owned.fields(&self.fields, digests, seen),
            }),
            Entry::Fixed(record) => record.clone().map(|record| Record {
                id: id.clone(),
                ..record
            }),
        }
    }

    /// Takes over what the ledger knows of the persona.
    pub(super) fn remember(&mut self, records: &Records) {
        let binding = self.binding.as_ref();
        let known = binding
            .and_then(|binding| records.get(&binding.key))
            .filter(|record| Some(&record.id) == self.persona_id.as_ref());
        if let (Entry::Derived(owned), Some(record)) = (&mut self.entry, known) {
            owned.previous.clone_from(&record.fields);
        }
    }
}

impl Owned {
    /// The fields of an entry: each has what `seen` says of it, or else what the ledger knew before. Of a
    /// persona that is owned as a whole, what was to be removed and is there all the same is
    /// remembered as such: the service fills it in.
    fn fields(
        &self,
        changes: &[FieldChange],
        Digests { catalog, secrets }: Digests<'_>,
        seen: impl Fn(&Pointer) -> Option<Digest>,
    ) -> BTreeMap<Pointer, Applied> {
        let declared = self.sent.iter().filter_map(|(pointer, sent)| {
            let fresh = sent.digest(catalog, pointer, secrets).zip(seen(pointer));
            let fresh = fresh.map(|(sent, seen)| Applied { sent, seen });
            let known = || self.previous.get(pointer).cloned();
            Some((pointer.clone(), fresh.or_else(known)?))
        });
        let is_whole = self.ownership == Ownership::Exclusive;
        let removed = changes
            .iter()
            .filter(|change| is_whole && change.after.is_none());
        let refilled = removed.filter_map(|change| {
            let (sent, seen) = (Digest::unset(), seen(&change.path)?);
            (seen != sent).then(|| (change.path.clone(), Applied { sent, seen }))
        });
        let kept = self
            .refilled()
            .filter(|(pointer, applied)| seen(pointer).as_ref() == Some(&applied.seen));
        let kept = kept.map(|(pointer, applied)| (pointer.clone(), applied.clone()));
        kept.chain(refilled).chain(declared).collect()
    }

    /// Fields that nobody declares and that the service fills in whenever they are removed.
    fn refilled(&self) -> impl Iterator<Item = (&Pointer, &Applied)> {
        let unset = Digest::unset();
        let previous = self.previous.iter();
        previous.filter(move |(pointer, applied)| {
            applied.sent == unset && !self.sent.contains_key(*pointer)
        })
    }
}
