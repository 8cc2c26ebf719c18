//! What becomes of a persona that was applied once and has no manifest any more.

use std::collections::BTreeSet;

use super::base::Base;
use super::build::{Deletes, Inputs};
use super::entry::Entry;
use super::step::{Action, Notes, Obstacle, Removal, Step};
use crate::model::{Key, Live, Record};

/// So many deletes never need a second word, however small the ledger.
const UNREMARKABLE: usize = 3;

impl Inputs<'_> {
    pub(super) fn dropped(
        &self,
        key: &Key,
        record: &Record,
        live: Option<&Live>,
        heir: Option<&Key>,
        notes: &mut Notes,
    ) -> Step {
        let (delete, reason) = self.fate(key, record, live, heir);
        let (action, entry) = match delete {
            Some(live) => (
                Action::Delete(self.removal(live, record)),
                Entry::Fixed(None),
            ),
            None => (Action::Keep, Entry::Fixed(Some(record.clone()))),
        };
        // What an heir takes over it takes with it, and a manifest that is mended knows what it meant.
        if live.is_none() && !self.broken.contains(key) {
            notes.forget.insert(key.clone());
        }
        let name = live.and_then(|live| self.catalog.name_of(&live.document));
        Step {
            key: key.clone(),
            file: None,
            persona_id: Some(record.id.clone()),
            persona_name: name.unwrap_or(&record.name).to_owned(),
            action,
            reason: Some(reason),
            fields: Vec::new(),
            unmanaged: Vec::new(),
            unavailable: BTreeSet::new(),
            ignore: Vec::new(),
            binding: self.binding(key),
            rivals: BTreeSet::new(),
            entry,
        }
    }

    /// The live persona that is to be deleted, if it is to be; and why, or why not.
    fn fate<'l>(
        &self,
        key: &Key,
        record: &Record,
        live: Option<&'l Live>,
        heir: Option<&Key>,
    ) -> (Option<&'l Live>, String) {
        if self.broken.contains(key) {
            return (None, "its manifest has mistakes: left alone".to_owned());
        }
        let Some(live) = live else {
            let gone = "no longer in the repository, and gone from the account";
            return (None, gone.to_owned());
        };
        if let Some(heir) = heir {
            let taken = format!("no longer in the repository; left alone, as `{heir}` may mean it");
            return (None, taken);
        }
        let reason = match self.policy.deletes {
            _ if self.elsewhere.contains(key) => "not meant for this environment",
            _ if record.prevent_delete => {
                "no longer in the repository, but its manifest said prevent_delete: left alone"
            }
            Deletes::Refuse => "no longer in the repository; left alone (--prune deletes it)",
            Deletes::Few | Deletes::Any => {
                return (Some(live), "no longer in the repository".to_owned());
            }
        };
        (None, reason.to_owned())
    }

    fn removal(&self, live: &Live, record: &Record) -> Removal {
        Removal {
            record: record.clone(),
            id: live.id.clone(),
            base: Base::of(self.catalog, &live.document, self.secrets.salt()),
        }
    }
}

/// Blocks the deletes where there are so many of them that it looks like a mistake: a directory that was
/// not checked out whole, or the ledger of another one.
pub(super) fn brake(steps: &mut [Step], inputs: &Inputs<'_>) {
    let is_delete = |step: &&mut Step| matches!(step.action, Action::Delete(_));
    let count = steps.iter_mut().filter(is_delete).count();
    let known = inputs.records.len();
    if inputs.policy.deletes == Deletes::Any || count <= UNREMARKABLE || 3 * count <= known {
        return;
    }
    for step in steps.iter_mut().filter(is_delete) {
        step.action = Action::Blocked(Obstacle::MassDelete);
        step.reason = Some(format!(
            "no longer in the repository, as are {count} of the {known} personas that the ledger \
             knows; --allow-mass-delete deletes them"
        ));
    }
}
