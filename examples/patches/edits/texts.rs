//! Prompts and other texts, which travel whole.

use serde_json::json;

use super::{Edits, rewrite};
use crate::words;

const PROMPT: &str = "/system_prompt";

pub(super) const EDITS: Edits = &[
    ("prompt: one word", |persona, dice| {
        rewrite(persona, PROMPT, |text| {
            words::with_one_word_changed(text, dice)
        });
    }),
    ("prompt: paragraph added first", |persona, dice| {
        rewrite(persona, PROMPT, |text| {
            format!("{}\n\n{text}", words::paragraph(dice, 3))
        });
    }),
    ("prompt: paragraph added last", |persona, dice| {
        rewrite(persona, PROMPT, |text| {
            format!("{text}\n\n{}", words::paragraph(dice, 3))
        });
    }),
    ("prompt: paragraph removed", |persona, _| {
        rewrite(persona, PROMPT, |text| {
            text.split_once("\n\n")
                .map_or_else(String::new, |(_, rest)| rest.to_owned())
        });
    }),
    ("prompt: rewritten", |persona, dice| {
        rewrite(persona, PROMPT, |_| words::paragraph(dice, 20));
    }),
    ("prompt and name", |persona, dice| {
        rewrite(persona, PROMPT, |text| {
            words::with_one_word_changed(text, dice)
        });
        persona["persona_name"] = json!(words::word(dice));
    }),
    ("context: one word", |persona, dice| {
        rewrite(persona, "/context", |text| {
            words::with_one_word_changed(text, dice)
        });
    }),
    ("context: removed", |persona, _| {
        super::object(persona, "").shift_remove("context");
    }),
    ("greeting: added", |persona, dice| {
        persona["greeting"] = json!(words::sentence(dice));
    }),
    ("wake phrase: set where it was null", |persona, dice| {
        persona["layers"]["conversational_flow"]["wake_phrase"] = json!(words::phrase(dice));
    }),
    ("hotwords: one more", |persona, dice| {
        rewrite(persona, "/layers/stt/hotwords", |text| {
            format!("{text}, {}", words::word(dice))
        });
    }),
    ("perception tool prompt: rewritten", |persona, dice| {
        persona["layers"]["perception"]["perception_tool_prompt"] = json!(words::sentence(dice));
    }),
];
