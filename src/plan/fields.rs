//! Which fields of a persona differ, which are nobody's, and which the manifest answers for.

use serde_json::Value;

use super::build::Inputs;
use super::entry::{Entry, Owned, Sent};
use super::judge::{Cause, Sides, Verdict, judge};
use super::revise::without;
use super::step::FieldChange;
use crate::catalog::is_unset;
use crate::model::{Applied, Desired, Digest, Live, Ownership, Pointer, Record, secret};

impl Inputs<'_> {
    /// The fields that differ: those of the manifest, those it has given up, and with exclusive
    /// ownership all others.
    pub(super) fn differing(
        &self,
        desired: &Desired,
        live: &Live,
        record: Option<&Record>,
    ) -> Vec<FieldChange> {
        let wanted = without(&desired.document, &desired.ignore);
        let found = without(&live.document, &desired.ignore);
        let declared = self.catalog.declared(&wanted);
        let given_up = record
            .map(|record| given_up(record, &declared, desired.ownership))
            .unwrap_or_default();
        let foreign = match desired.ownership {
            Ownership::Fields => Vec::new(),
            Ownership::Exclusive => self.foreign(desired, live, record),
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
                whole: (path.get(&desired.document), path.get(&live.document)),
                applied,
                known,
            };
            match judge(self.catalog, sides, self.secrets) {
                Verdict::Differs(cause) => Some(self.change(desired, &found, path, wanted, cause)),
                Verdict::InSync | Verdict::Unknown => None,
            }
        });
        differing.collect()
    }

    fn change(
        &self,
        desired: &Desired,
        found: &Value,
        path: Pointer,
        wanted: Option<&Value>,
        cause: Cause,
    ) -> FieldChange {
        let sides = (path.get(found), wanted);
        let change = FieldChange::of(self.catalog, path, cause, sides);
        FieldChange {
            place: Some(desired.places.name(&change.path)),
            ..change
        }
    }

    /// What only the live side has and is left alone: nothing of a persona that is owned as a whole.
    pub(super) fn unmanaged(
        &self,
        desired: &Desired,
        live: &Live,
        record: Option<&Record>,
    ) -> Vec<Pointer> {
        match desired.ownership {
            Ownership::Fields => self.foreign(desired, live, record),
            Ownership::Exclusive => Vec::new(),
        }
    }

    /// What only the live side has: not empty, not the service's own default, and never owned.
    fn foreign(&self, desired: &Desired, live: &Live, record: Option<&Record>) -> Vec<Pointer> {
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

    /// What the ledger is to hold of the manifest's fields once these changes are made.
    pub(super) fn entry(
        &self,
        desired: &Desired,
        record: Option<&Record>,
        changes: &[FieldChange],
    ) -> Entry {
        let wanted = without(&desired.document, &desired.ignore);
        let is_sent = |path: &Pointer| changes.iter().any(|change| change.path == *path);
        let declared = self.catalog.declared(&wanted).into_iter();
        let sent = declared.map(|(path, value)| {
            let sent = match self.catalog.digest(&path, Some(value), self.secrets) {
                _ if is_sent(&path) && !secret::names(value).is_empty() => {
                    Sent::Value(value.clone())
                }
                Some(digest) => Sent::Digest(digest),
                None => Sent::Unknown,
            };
            (path, sent)
        });
        Entry::Derived(Owned {
            sent: sent.collect(),
            previous: record
                .map(|record| record.fields.clone())
                .unwrap_or_default(),
            ownership: desired.ownership,
            prevent_delete: desired.prevent_delete,
        })
    }
}

/// The fields that were applied last and are no longer declared, in whole or in part. Of what was only
/// to be unset, nothing is left to remove, unless the persona is owned as a whole.
fn given_up(record: &Record, declared: &[(Pointer, &Value)], ownership: Ownership) -> Vec<Pointer> {
    let is_declared = |path: &Pointer| declared.iter().any(|(owner, _)| overlaps(owner, path));
    let was_set = |applied: &Applied| applied.sent != Digest::unset();
    let is_ours = |applied| ownership == Ownership::Exclusive || was_set(applied);
    let fields = record.fields.iter();
    let given_up = fields.filter(|(path, applied)| is_ours(applied) && !is_declared(path));
    given_up.map(|(path, _)| path.clone()).collect()
}

/// Whether the one place is the other, or stands in it.
fn overlaps(one: &Pointer, other: &Pointer) -> bool {
    one.is_below(other) || other.is_below(one)
}
