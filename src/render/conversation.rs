//! A conversation as JSON.

use serde::Serialize;

use super::escape::in_json;
use crate::model::{Conversation, Key, PersonaId};

#[derive(Serialize)]
struct Report<'c> {
    format_version: &'static str,
    environment: &'c str,
    key: &'c Key,
    persona_id: &'c PersonaId,
    conversation_id: Option<&'c str>,
    conversation_url: &'c str,
    status: Option<&'c str>,
}

/// The conversation as one JSON object.
#[must_use]
pub fn conversation_json(conversation: &Conversation, key: &Key, environment: &str) -> String {
    let Conversation {
        persona,
        url,
        id,
        status,
    } = conversation;
    let report = Report {
        format_version: "1",
        environment,
        key,
        persona_id: persona,
        conversation_id: id.as_deref(),
        conversation_url: url.as_str(),
        status: status.as_deref(),
    };
    in_json(&serde_json::to_string_pretty(&report).expect("a report is JSON"))
}
