//! The schema of one field: what it takes.

use serde_json::{Map, Value, json};

use super::annotation::annotations;
use super::requirement::requirements;
use super::tags;
use crate::catalog::{Access, CREDENTIALS, Field, Kind, Normaliser, Secrecy, Words};
use crate::model::Code;

/// What differs between the files that users write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Whether a tag may stand for a value.
    tags: bool,
    /// Whether an empty text says as little as null, so that it fits in any vocabulary.
    blank: bool,
}

impl Style {
    /// What a manifest says to the service.
    pub(super) const SERVICE: Self = Self {
        tags: true,
        blank: true,
    };
    /// What a manifest says to us.
    pub(super) const BLOCK: Self = Self {
        tags: true,
        blank: false,
    };
    /// What the settings say.
    pub(super) const SETTINGS: Self = Self {
        tags: false,
        blank: false,
    };
}

/// The schemas of the members of an object, by name, in the order of their table. `page` documents the
/// object.
pub(super) fn members(
    known: &'static [Field],
    style: Style,
    page: Option<&'static str>,
) -> Map<String, Value> {
    let mut properties = Map::new();
    for field in known {
        let schema = member(field, style, page);
        for alias in field.aliases {
            properties.insert((*alias).to_owned(), spelling(field, &schema));
        }
        properties.insert(field.name.to_owned(), Value::Object(schema));
    }
    properties
}

/// A secret, or a tag that may bring one in.
pub(super) fn secret() -> Value {
    Value::Object(or_tag(secret_name(Style::SERVICE), Style::SERVICE))
}

/// The names that are surely credentials', in any case, as a regular expression.
pub(super) fn credentials() -> String {
    let any_case = |letter: char| match letter.is_ascii_alphabetic() {
        true => format!("[{}{letter}]", letter.to_ascii_uppercase()),
        false => letter.to_string(),
    };
    let names = CREDENTIALS
        .iter()
        .map(|name| name.chars().map(any_case).collect::<String>());
    format!("^(?:{})$", names.collect::<Vec<_>>().join("|"))
}

fn member(field: &'static Field, style: Style, page: Option<&'static str>) -> Map<String, Value> {
    let page = field.doc.or(page);
    let mut schema = annotations(field, page);
    let taken = match (field.access, field.secrecy, field.kind) {
        (Access::ReadOnly, ..) => object(json!({"not": {}})),
        (_, Secrecy::Secret, _) => or_tag(secret_name(style), style),
        (_, _, Kind::Text) if style.tags => tags::optional_text(),
        (_, _, Kind::Any) => shape(field, style, page),
        _ => or_tag(shape(field, style, page), style),
    };
    if style.tags && matches!(field.kind, Kind::Members(_)) {
        // Said at once, so that an editor begins a line of its own for the first member.
        schema.insert("type".to_owned(), json!(["object", "string", "null"]));
    }
    schema.extend(taken);
    schema
}

/// The same member by another name, which no editor offers.
fn spelling(field: &Field, schema: &Map<String, Value>) -> Value {
    let mut schema = schema.clone();
    let description = format!("Another spelling of {}. {}", field.name, field.about);
    schema.insert("description".to_owned(), Value::from(description));
    schema.insert("doNotSuggest".to_owned(), Value::from(true));
    Value::Object(schema)
}

/// What a field takes, tags aside.
fn shape(field: &'static Field, style: Style, page: Option<&'static str>) -> Map<String, Value> {
    object(match field.kind {
        Kind::Text => json!({"type": ["string", "null"]}),
        Kind::Flag => spelt(
            "boolean",
            field.normaliser == Normaliser::Flag,
            "^(?:true|false)$",
        ),
        Kind::Number => spelt("number", field.normaliser == Normaliser::Number, NUMBER),
        Kind::Integer => json!({"type": ["integer", "null"]}),
        Kind::Word(words) => word(words, style),
        Kind::Texts(most) if most < usize::MAX => list(&text(style), Some(most)),
        Kind::Texts(_) => list(&text(style), None),
        Kind::Tools => list(&tags::tool(), None),
        Kind::Pointers => list(&like(POINTER, &["string"], &takes(field.kind)), None),
        Kind::Ids => {
            let id = like(ID, &["string", "null"], &takes(field.kind));
            json!({"anyOf": [id, {"type": "object", "additionalProperties": id}]})
        }
        Kind::Map if field.secrecy == Secrecy::Holds => {
            json!({"type": ["object", "null"], "$ref": "#/$defs/guarded"})
        }
        Kind::Map => json!({"type": ["object", "null"]}),
        Kind::Each(each) => {
            let each = member(each, style, page);
            json!({"type": ["object", "null"], "additionalProperties": each})
        }
        Kind::ByCode(each) => by_code(&member(each, style, page)),
        // Where the table lists no members, the service takes any.
        Kind::Members([]) => json!({"type": ["object", "null"]}),
        Kind::Members(known) => known_object(known, style, page),
        Kind::Any if field.secrecy == Secrecy::Holds => tags::guarded(),
        Kind::Any => json!({}),
    })
}

/// The findings that can be weighed, each with what it is.
fn by_code(each: &Map<String, Value>) -> Value {
    let codes = Code::all().iter().filter(|code| !code.is_fixed());
    let members = codes.map(|code| {
        let mut member = each.clone();
        member.insert("description".to_owned(), Value::from(code.title));
        (code.name.to_owned(), Value::Object(member))
    });
    let members: Map<String, Value> = members.collect();
    json!({"type": ["object", "null"], "properties": members, "additionalProperties": false})
}

/// One of the words; an open vocabulary offers those that stay, and takes any.
fn word(words: Words, style: Style) -> Value {
    let stays = |word: &&&str| !words.deprecated.contains(*word);
    match (words.closed, style.blank) {
        (false, _) => {
            let offered: Vec<_> = words.known.iter().filter(stays).collect();
            json!({"anyOf": [{"enum": offered}, {"type": ["string", "null"]}]})
        }
        (true, true) => {
            let blank = json!({"type": ["string", "null"], "maxLength": 0});
            json!({"anyOf": [{"enum": words.known}, blank]})
        }
        (true, false) => {
            let known = words.known.iter().copied().map(Value::from);
            json!({"enum": known.chain([Value::Null]).collect::<Vec<_>>()})
        }
    }
}

/// A scalar that the service also takes spelt out as a text.
fn spelt(kind: &str, as_text: bool, pattern: &str) -> Value {
    match as_text {
        true => json!({"type": [kind, "string", "null"], "pattern": pattern}),
        false => json!({"type": [kind, "null"]}),
    }
}

fn list(element: &Value, most: Option<usize>) -> Value {
    let mut list = object(json!({"type": ["array", "null"], "items": element}));
    if let Some(most) = most {
        list.insert("maxItems".to_owned(), Value::from(most));
    }
    Value::Object(list)
}

fn text(style: Style) -> Value {
    match style.tags {
        true => tags::text(),
        false => json!({"type": "string"}),
    }
}

fn known_object(known: &'static [Field], style: Style, page: Option<&'static str>) -> Value {
    let mut schema = object(json!({
        "type": ["object", "null"],
        "properties": members(known, style, page),
        "additionalProperties": false,
    }));
    let rules = requirements(known);
    if !rules.is_empty() {
        schema.insert("allOf".to_owned(), Value::Array(rules));
    }
    Value::Object(schema)
}

/// What `!secret NAME` looks like.
fn secret_name(style: Style) -> Map<String, Value> {
    let name = "[A-Za-z_][A-Za-z0-9_]*";
    let pattern = match style.blank {
        true => format!("^(?:{name})?$"),
        false => format!("^{name}$"),
    };
    let message =
        "A secret is never written out: !secret NAME names the environment variable that holds it.";
    object(like(&pattern, &["string", "null"], message))
}

/// A text that a regular expression describes; the language server says what is wanted in our words.
fn like(pattern: &str, types: &[&str], message: &str) -> Value {
    json!({"type": types, "pattern": pattern, "errorMessage": message})
}

/// The schema, or what the tags look like that can bring any value.
fn or_tag(schema: Map<String, Value>, style: Style) -> Map<String, Value> {
    if !style.tags {
        return schema;
    }
    let mut alternatives = match schema.get("anyOf") {
        Some(Value::Array(alternatives)) if schema.len() == 1 => alternatives.clone(),
        _ => vec![Value::Object(schema)],
    };
    alternatives.push(tags::any());
    object(json!({"anyOf": alternatives}))
}

/// The members of what `json!` has made of a pair of braces.
pub(super) fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(members) => members,
        _ => unreachable!("it is called with braces only"),
    }
}

fn takes(kind: Kind) -> String {
    format!("It takes {}.", kind.wanted())
}

const ID: &str = "^[A-Za-z0-9_-]+$";
/// Of a part of the document: all of it cannot be ignored.
const POINTER: &str = "^(?:/(?:[^~/]|~[01])*)+$";
const NUMBER: &str = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$";
