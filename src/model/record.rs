//! What we applied last: the ledger's content, as the core compares with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Digest, Key, PersonaId, Pointer};

/// What was applied last, by manifest.
pub type Records = BTreeMap<Key, Record>;

/// What was applied last for one manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The persona that it made or adopted.
    pub id: PersonaId,
    /// Its name at that time.
    pub name: String,
    /// Whether the manifest forbade to delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prevent_delete: bool,
    /// Each field that the manifest declared.
    pub fields: BTreeMap<Pointer, Applied>,
}

impl Record {
    /// What is known of a persona that was made and not looked at yet.
    #[must_use]
    pub const fn unseen(id: PersonaId, name: String) -> Self {
        Self {
            id,
            name,
            prevent_delete: false,
            fields: BTreeMap::new(),
        }
    }
}

/// One field at the time when it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// A digest of what the manifest said.
    pub sent: Digest,
    /// A digest of what the service answered right after.
    pub seen: Digest,
}
