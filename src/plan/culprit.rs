//! Which field of a live persona a refusal is about, where it is not about what was sent.

use serde_json::Value;

use crate::catalog::Catalog;
use crate::diff::Patch;
use crate::model::Pointer;

/// Whether the service's words name the field that stands at a place with a value.
type Reading = fn(&Catalog, &str, &Pointer, &Value) -> bool;

/// What names a field, the surest first.
const READINGS: [Reading; 3] = [by_place, by_value, by_name];

/// The one field of the live document that the service's words name although the patch leaves it alone:
/// the whole persona is validated, whatever of it is changed. `None` where the words name what was sent,
/// or nothing that can be told for sure.
#[must_use]
pub fn culprit(catalog: &Catalog, live: &Value, patch: &Patch, words: &str) -> Option<Pointer> {
    let declared = catalog.declared(live);
    let named = READINGS.iter().find_map(|names| {
        let named = declared
            .iter()
            .filter(|(path, value)| names(catalog, words, path, value));
        let paths: Vec<_> = named.map(|(path, _)| path).collect();
        (!paths.is_empty()).then_some(paths)
    })?;
    match named[..] {
        [path] if !touches(patch, path) => Some(path.clone()),
        _ => None,
    }
}

/// `/layers/llm/model`, or `layers.llm.model`.
fn by_place(_: &Catalog, words: &str, path: &Pointer, _: &Value) -> bool {
    let dotted = path.tokens().collect::<Vec<_>>().join(".");
    says(words, path.as_str()) || dotted.contains('.') && says(words, &dotted)
}

/// `tavus-llama-3-8b is not supported`; a value of letters alone may be meant as a word.
fn by_value(catalog: &Catalog, words: &str, path: &Pointer, value: &Value) -> bool {
    let is_letters = |text: &str| text.chars().all(char::is_alphabetic);
    let text = value.as_str().filter(|text| !is_letters(text));
    !catalog.hides(path, Some(value)) && text.is_some_and(|text| says(words, text))
}

/// `Invalid default_replica_id`; a name of one word may be meant as a word.
fn by_name(catalog: &Catalog, words: &str, path: &Pointer, _: &Value) -> bool {
    let Some(field) = catalog.find(path) else {
        return false;
    };
    let mut spellings = field.aliases.iter().chain([&field.name]);
    spellings.any(|name| name.contains('_') && says(words, name))
}

/// Whether the words hold this text, and not only as a part of a longer word.
fn says(words: &str, text: &str) -> bool {
    let continues = |character: char| character.is_alphanumeric() || "_-./".contains(character);
    words.match_indices(text).any(|(at, _)| {
        let before = words[..at].chars().next_back();
        // A full stop after it ends the sentence.
        let after = words[at + text.len()..].trim_start_matches('.');
        !before.is_some_and(continues) && !after.starts_with(continues)
    })
}

fn touches(patch: &Patch, path: &Pointer) -> bool {
    let mut changed = patch.0.iter().map(|operation| operation.path());
    changed.any(|changed| changed.is_below(path) || path.is_below(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;
    use crate::diff::Operation;

    #[test]
    fn the_words_name_what_the_patch_leaves_alone() {
        let live = json!({
            "persona_name": "Ana", "default_replica_id": "r1", "context": "model",
            "layers": {"llm": {"model": "tavus-llama"}, "tts": {"voice_settings": {"speed": "slow"}},
                "stt": {"participant_pause_sensitivity": "low", "participant_interrupt_sensitivity": "low"}},
        });
        let path = |path| Pointer::parse(path).expect("a pointer");
        let patch = |at| Patch(vec![Operation::Add(path(at), json!("x"))]);
        for (words, changed, expected) in [
            (
                "/layers/llm/model must be a string",
                "/context",
                Some("/layers/llm/model"),
            ),
            (
                "bad value at layers.llm.model.",
                "/context",
                Some("/layers/llm/model"),
            ),
            (
                "tavus-llama is no longer offered",
                "/context",
                Some("/layers/llm/model"),
            ),
            (
                "Invalid default_face_id",
                "/context",
                Some("/default_replica_id"),
            ),
            (
                "/layers/llm/model must be a string",
                "/layers/llm/model",
                None,
            ),
            ("/layers/llm/model must be a string", "/layers/llm", None),
            ("tavus-llama-4 is no longer offered", "/context", None),
            ("low is not allowed there", "/context", None),
            ("the model is busy", "/persona_name", None),
            ("no words", "/context", None),
        ] {
            let found = culprit(&PERSONA, &live, &patch(changed), words);
            assert_eq!(found, expected.map(path), "{words} {changed}");
        }
    }
}
