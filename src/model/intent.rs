//! What is written down before a persona is made.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Digest, PersonaId, Pointer};

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
