//! Lists of short texts: what perception looks for, documents, emotions.

use serde_json::json;

use super::{Edits, list, object};
use crate::words;

const VISUAL: &str = "/layers/perception/visual_awareness_queries";
const AUDIO: &str = "/layers/perception/audio_awareness_queries";

pub(super) const EDITS: Edits = &[
    ("queries: inserted first", |persona, dice| {
        list(persona, VISUAL).insert(0, json!(words::question(dice)));
    }),
    ("queries: inserted in the middle", |persona, dice| {
        list(persona, VISUAL).insert(2, json!(words::question(dice)));
    }),
    ("queries: inserted last", |persona, dice| {
        list(persona, AUDIO).push(json!(words::question(dice)));
    }),
    ("queries: deleted first", |persona, _| {
        drop(list(persona, VISUAL).remove(0))
    }),
    ("queries: deleted last", |persona, _| {
        drop(list(persona, AUDIO).pop())
    }),
    ("queries: one edited", |persona, dice| {
        super::rewrite(persona, &format!("{VISUAL}/3"), |text| {
            words::with_one_word_changed(text, dice)
        });
    }),
    (
        "queries: one edited, one deleted before it",
        |persona, dice| {
            list(persona, VISUAL)[3] = json!(words::question(dice));
            list(persona, VISUAL).remove(1);
        },
    ),
    ("queries: all exchanged", |persona, dice| {
        list(persona, VISUAL).fill_with(|| json!(words::question(dice)));
    }),
    ("queries: reordered", |persona, _| {
        list(persona, VISUAL).swap(1, 3)
    }),
    ("queries: emptied", |persona, _| {
        list(persona, AUDIO).clear()
    }),
    ("queries: one moved to the other list", |persona, _| {
        let query = list(persona, VISUAL).remove(0);
        list(persona, AUDIO).push(query);
    }),
    ("queries: list of another kind added", |persona, dice| {
        let questions = [words::question(dice), words::question(dice)];
        object(persona, "/layers/perception")
            .insert("perception_analysis_queries".to_owned(), json!(questions));
    }),
    ("documents: one more", |persona, _| {
        list(persona, "/document_ids").push(json!("d5520a"))
    }),
    ("documents: one less", |persona, _| {
        drop(list(persona, "/document_ids").remove(1))
    }),
    ("documents: sorted", |persona, _| {
        list(persona, "/document_ids").sort_by_key(ToString::to_string);
    }),
    ("documents: tag exchanged", |persona, _| {
        list(persona, "/document_tags")[0] = json!("faq")
    }),
    ("voice: emotion added", |persona, _| {
        list(persona, "/layers/tts/voice_settings/emotion").push(json!("surprise:low"));
    }),
];
