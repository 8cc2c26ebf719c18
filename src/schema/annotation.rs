//! What an editor shows about a field: for completion and hover, nothing that is checked.

use serde_json::{Map, Value, json};

use crate::catalog::{Access, Field, Literal, Secrecy, is_unset};

/// A text for people, with the page that says more on a line of its own.
pub(super) fn described(text: &str, page: Option<&'static str>) -> String {
    let lines = [Some(text), page];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// What an editor shows about a field.
pub(super) fn annotations(field: &Field, page: Option<&'static str>) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut say = |name: &str, value: Value| schema.insert(name.to_owned(), value);
    say("description", Value::from(described(&about(field), page)));
    if let Some(default) = default(field) {
        say("default", default);
    }
    match field.example() {
        // Words of the YAML language server: a mere example would be offered without its tag.
        Some(Value::String(name)) if field.secrecy == Secrecy::Secret => say(
            "defaultSnippets",
            json!([{"label": format!("!secret {name}"), "body": format!("^!secret ${{1:{name}}}")}]),
        ),
        Some(example) => say("examples", json!([example])),
        None => None,
    };
    if field.access == Access::ReadOnly {
        say("readOnly", Value::from(true));
    }
    if field.deprecated.is_some() {
        say("deprecated", Value::from(true));
    }
    // A word of the YAML language server: what is not to be written is not offered.
    if field.access == Access::ReadOnly || field.deprecated.is_some() {
        say("doNotSuggest", Value::from(true));
    }
    schema
}

/// The default, where it says something.
fn default(field: &Field) -> Option<Value> {
    let default = field.default.map(Literal::to_value);
    default.filter(|default| !is_unset(default))
}

fn about(field: &Field) -> String {
    let mut lines = vec![field.about.to_owned()];
    if field.access == Access::ReadOnly {
        lines.push("Written by the service: leave it out.".to_owned());
    }
    if field.secrecy == Secrecy::Secret {
        lines.push(
            "A secret: !secret NAME names the environment variable that holds it.".to_owned(),
        );
    }
    if let Some(default) = default(field) {
        let default = default
            .as_str()
            .map_or_else(|| default.to_string(), str::to_owned);
        lines.push(format!("Default: {default}."));
    }
    if let Some(deprecated) = field.deprecated {
        let successor = deprecated.successor.map(|next| format!(" Use {next}."));
        lines.push(format!(
            "Deprecated: {}.{}",
            deprecated.note,
            successor.unwrap_or_default()
        ));
    }
    lines.join("\n")
}
