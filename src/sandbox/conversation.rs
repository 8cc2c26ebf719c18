//! Conversations: they are answered and forgotten, as there is nobody to talk to.
//!
//! The address that is told leads nowhere, and its host name says so wherever it is read. A page of the sandbox's own
//! would be gone before a browser asked for it: an embedded sandbox ends with the command that started it.

use serde_json::{Value, json};

use super::birth;
use super::refusal::Refusal;
use crate::catalog::{PERSONA, is_unset};

/// A name that nobody is ever given.
const HOST: &str = "sandbox.invalid";

/// What the service answers to who asks for a conversation with this persona.
pub(super) fn begin(sent: &Value, persona: &Value) -> Result<Value, Refusal> {
    let given = [sent.get("replica_id"), persona.get(PERSONA.face)];
    if given.into_iter().flatten().all(is_unset) {
        return Err(Refusal::NoFace);
    }
    let id = birth::conversation();
    Ok(json!({
        "conversation_url": format!("https://{HOST}/{id}"),
        "conversation_id": id,
        "status": "active",
        "created_at": birth::now(),
    }))
}
