//! What is changed within one tool: its parameters, which of them are required, and their choices.

use serde_json::{Map, Value, json};

use super::{Edits, list, object, tools};
use crate::dice::Dice;
use crate::words;

pub(super) const EDITS: Edits = &[
    ("parameter: added", |persona, dice| {
        let property = json!({"type": "string", "description": words::phrase(dice)});
        properties(persona).insert(words::word(dice), property);
    }),
    ("parameter: added and required", |persona, dice| {
        let name = words::word(dice);
        properties(persona).insert(name.clone(), json!({"type": "boolean"}));
        required(persona).push(json!(name));
    }),
    ("parameter: removed", |persona, _| {
        properties(persona).shift_remove("count");
        required(persona).retain(|name| name != "count");
    }),
    ("parameter: renamed", |persona, dice| {
        let name = words::word(dice);
        let properties = properties(persona);
        let property = properties.shift_remove("count").unwrap_or_default();
        properties.insert(name.clone(), property);
        for required in required(persona).iter_mut().filter(|name| *name == "count") {
            *required = json!(name);
        }
    }),
    ("parameter: other type", |persona, _| {
        property(persona, "count")["type"] = json!("number")
    }),
    ("parameter: other type and description", |persona, dice| {
        let property = property(persona, "count");
        property["type"] = json!("string");
        property["description"] = json!(words::phrase(dice));
    }),
    ("parameter: described anew", |persona, dice| {
        property(persona, "level")["description"] = json!(words::phrase(dice));
    }),
    ("parameter: bounded", |persona, _| {
        property(persona, "count")["maximum"] = json!(40)
    }),
    ("parameter: became an object", |persona, dice| {
        let parts = json!({"from": {"type": "integer"}, "to": {"type": "integer"}});
        let range =
            json!({"type": "object", "description": words::phrase(dice), "properties": parts});
        *property(persona, "count") = range;
    }),
    ("parameter: member of an object added", |persona, dice| {
        let floor = json!({"type": "string", "description": words::phrase(dice)});
        property(persona, "place")["properties"]["floor"] = floor;
    }),
    ("parameter: member of an object removed", |persona, _| {
        object(property(persona, "place"), "/properties").shift_remove("street");
    }),
    ("required: one more", |persona, _| {
        required(persona).push(json!("place"))
    }),
    ("required: one less", |persona, _| {
        drop(required(persona).remove(0))
    }),
    ("required: reordered", |persona, _| {
        required(persona).reverse()
    }),
    ("required: gone", |persona, _| {
        object(rich(persona), "/function/parameters").shift_remove("required");
    }),
    ("enum: added last", |persona, dice| {
        choices(persona).push(json!(words::word(dice)))
    }),
    ("enum: added first", |persona, dice| {
        choices(persona).insert(0, json!(words::word(dice)))
    }),
    ("enum: removed", |persona, dice| {
        let at = dice.below(choices(persona).len());
        choices(persona).remove(at);
    }),
    ("enum: one exchanged", |persona, dice| {
        choices(persona)[2] = json!(words::word(dice))
    }),
    ("enum: all exchanged", |persona, dice| {
        choices(persona).fill_with(|| json!(words::word(dice)));
    }),
    ("enum: reordered", |persona, _| {
        choices(persona).rotate_left(1)
    }),
    ("enum: sorted", |persona, _| {
        choices(persona).sort_by_key(Value::to_string)
    }),
    ("enum: given up", |persona, _| {
        object(property(persona, "level"), "").shift_remove("enum");
    }),
];

/// A tool with several parameters: the last of them.
fn rich(persona: &mut Value) -> &mut Value {
    let is_rich = |tool: &&mut Value| {
        tool.pointer("/function/parameters/properties/place")
            .is_some()
    };
    let rich = tools(persona).iter_mut().rfind(is_rich);
    rich.expect("the first tool is rich and edited once")
}

fn properties(persona: &mut Value) -> &mut Map<String, Value> {
    object(rich(persona), "/function/parameters/properties")
}

fn property<'p>(persona: &'p mut Value, name: &str) -> &'p mut Value {
    &mut properties(persona)[name]
}

fn required(persona: &mut Value) -> &mut Vec<Value> {
    list(rich(persona), "/function/parameters/required")
}

fn choices(persona: &mut Value) -> &mut Vec<Value> {
    list(property(persona, "level"), "/enum")
}

/// An edit of a parameter that always has a place, whatever was changed before.
pub(super) fn add(persona: &mut Value, dice: &mut Dice) {
    let at = dice.below(tools(persona).len());
    let tool = &mut tools(persona)[at];
    let property = json!({"type": "string", "description": words::phrase(dice)});
    object(tool, "/function/parameters/properties").insert(words::word(dice), property);
}
