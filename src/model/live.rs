//! What the service answers for one persona.

use serde_json::Value;

use super::PersonaId;

/// One persona as the service holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The service's id.
    pub id: PersonaId,
    /// The whole answer, in the catalogue's names.
    pub document: Value,
}
