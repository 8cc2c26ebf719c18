//! What has to be there together, and what must not.

use serde_json::{Value, json};

use super::tags;
use crate::catalog::{Access, Catalog, Field, Kind, Requirement, named};

/// The rules that bind the members of one object.
pub(super) fn requirements(known: &'static [Field]) -> Vec<Value> {
    let required = known.iter().filter_map(|field| requirement(known, field));
    let written = known
        .iter()
        .filter(|field| field.access != Access::ReadOnly);
    let spelt = written.flat_map(spelt_once);
    required.chain(spelt).collect()
}

/// A manifest has a name, or its block an id.
pub(super) fn named_or_pinned(catalog: &Catalog, block: &'static Field) -> Value {
    let name = named(catalog.fields, catalog.name).expect("the name is in the table");
    let mut members = block.known_members().iter();
    let id = members.find(|field| matches!(field.kind, Kind::Ids));
    let pinned = present(id.expect("the block takes an id"));
    json!({
        "if": {"properties": {block.name: pinned}, "required": [block.name]},
        "else": present(name),
    })
}

fn requirement(known: &'static [Field], field: &'static Field) -> Option<Value> {
    match field.required {
        Requirement::Optional => None,
        Requirement::Unless(other, values) => {
            let excused = json!({"anyOf": [{"enum": values}, tags::any()]});
            Some(json!({
                "if": {"properties": {other: excused}, "required": [other]},
                "else": present(field),
            }))
        }
        Requirement::Together(other) => {
            let other = named(known, other)?;
            Some(json!({"if": present(field), "then": present(other)}))
        }
    }
}

/// The member is there by one of its spellings, and says something.
fn present(field: &'static Field) -> Value {
    let said = json!({
        "description": "It has to be there, and to say something.",
        "type": ["string", "array", "object"],
        "minLength": 1,
        "doNotSuggest": true,
    });
    let mut spellings: Vec<Value> = spellings(field)
        .map(|name| json!({"required": [name], "properties": {name: said}}))
        .collect();
    match spellings.len() {
        1 => spellings.remove(0),
        _ => json!({"anyOf": spellings}),
    }
}

/// No two spellings of one member.
fn spelt_once(field: &'static Field) -> Vec<Value> {
    let names: Vec<_> = spellings(field).collect();
    let pairs = names.iter().enumerate().flat_map(|(index, one)| {
        let others = &names[index + 1..];
        others
            .iter()
            .map(move |other| json!({"not": {"type": "object", "required": [one, other]}}))
    });
    pairs.collect()
}

fn spellings(field: &'static Field) -> impl Iterator<Item = &'static str> {
    std::iter::once(field.name).chain(field.aliases.iter().copied())
}
