//! What a manifest says, after tags, variables and defaults are resolved.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Key, PersonaId, Places, Pointer};

/// One persona as the repository wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// The manifest's key.
    pub key: Key,
    /// The manifest, as the user would type it from the working directory.
    pub file: Arc<str>,
    /// The body of the create call, in the catalogue's names; secrets stand in it as references
    /// ([`super::secret`]).
    pub document: Value,
    /// Where each value of the document was written.
    pub places: Places,
    /// The id that the manifest pins for this environment.
    pub id: Option<PersonaId>,
    /// How much of the live persona the manifest answers for.
    pub ownership: Ownership,
    /// Places that are never compared.
    pub ignore: Vec<Pointer>,
    /// Whether the live persona may ever be deleted.
    pub prevent_delete: bool,
}

/// How much of the live persona a manifest answers for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// Only the fields that it declares.
    #[default]
    Fields,
    /// All of it: what it does not declare is to be removed.
    Exclusive,
}
