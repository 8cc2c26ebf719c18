//! What is written down before a persona is made or changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Digest, Key, PersonaId, Pointer};

/// Enough of a persona that is about to be made to find it again if nobody hears of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The name that it gets.
    pub name: String,
    /// The live personas that had this name before.
    pub known: BTreeSet<PersonaId>,
    /// A digest of each field that may be shown.
    pub fields: BTreeMap<Pointer, Digest>,
}

/// What applies were about to do without having heard what has become of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unheard {
    /// Personas that were about to be made.
    pub creates: BTreeMap<Key, Intent>,
    /// Fields that were about to be set, with a digest of what was sent.
    pub changes: BTreeMap<PersonaId, BTreeMap<Pointer, Digest>>,
}

impl Unheard {
    /// Whether there is nothing of the kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { creates, changes } = self;
        creates.is_empty() && changes.is_empty()
    }
}
