//! What tags look like to an editor, which knows their names (`yaml.customTags`) and not what they
//! stand for: `!var face` is the text `face`, `!concat [a, b]` a list.
//!
//! Where alternatives look alike, the language server's hover confuses them: so there are few.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::field::{credentials, object, secret};
use crate::catalog::TOOL_NAME;

/// What the tags that can bring any value look like: the path of an included file, the name of a known
/// variable, or `!var {name: …, default: …}`.
pub(super) fn any() -> Value {
    json!({"$ref": "#/$defs/tag"})
}

/// What takes a text, and what the tags that make one look like: texts, lists of texts and `!var {name:
/// …, default: …}`.
pub(super) fn text() -> Value {
    json!({"$ref": "#/$defs/text"})
}

/// The same where there may be nothing.
pub(super) fn optional_text() -> Map<String, Value> {
    some_text(&["string", "array", "null"])
}

/// A function tool.
pub(super) fn tool() -> Value {
    json!({"$ref": "#/$defs/tool"})
}

/// Any value, but where a name in it is surely a credential's there is a secret.
pub(super) fn guarded() -> Value {
    json!({"$ref": "#/$defs/guarded"})
}

/// The definitions that these refer to.
pub(super) fn definitions(variables: &BTreeSet<String>) -> Value {
    json!({
        "tag": tag(variables),
        "variable": variable(&["object"]),
        "text": some_text(&["string", "array"]),
        "tool": named_tool(),
        "guarded": {
            "patternProperties": {(credentials()): secret()},
            "additionalProperties": guarded(),
            "items": guarded(),
        },
    })
}

fn tag(variables: &BTreeSet<String>) -> Map<String, Value> {
    let mut tag = variable(&["string", "object"]);
    tag.insert("pattern".to_owned(), Value::from(pattern(variables)));
    tag
}

/// What a map is where it is `!var {name: …, default: …}`. Neither member is offered, as a field may
/// have members of its own.
fn variable(types: &[&str]) -> Map<String, Value> {
    let schema = json!({
        "type": types,
        "properties": {
            "name": {"type": "string", "minLength": 1, "doNotSuggest": true},
            "default": {"doNotSuggest": true},
        },
        "required": ["name"],
        "additionalProperties": false,
    });
    object(schema)
}

fn some_text(types: &[&str]) -> Map<String, Value> {
    object(json!({"anyOf": [{"type": types, "items": text()}, {"$ref": "#/$defs/variable"}]}))
}

/// The path of a file that can be included, or one of the names.
fn pattern(variables: &BTreeSet<String>) -> String {
    let path = r"\.(?:ya?ml|json)(?:#(?:/.*)?)?$";
    let names: Vec<String> = variables.iter().map(|name| escaped(name)).collect();
    match names.is_empty() {
        true => path.to_owned(),
        false => format!("{path}|^(?:{})$", names.join("|")),
    }
}

/// The text as a regular expression. No other character may be escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"^$\.*+?()[]{}|/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Objects within one another, down to the name.
fn named_tool() -> Value {
    let text = json!({"type": ["string", "array"], "items": text(), "minLength": 1, "minItems": 1});
    let name = json!({"anyOf": [text, {"$ref": "#/$defs/variable"}]});
    let way = TOOL_NAME.rsplit('/').filter(|token| !token.is_empty());
    way.fold(name, |inner, token| {
        let object = json!({"type": "object", "properties": {token: inner}, "required": [token]});
        json!({"anyOf": [object, any()]})
    })
}
