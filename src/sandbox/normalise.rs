//! What the service makes of what it is sent, where it is told to: what is stored is settled once, by
//! [`settle`] and [`complete`], so that the same document is answered everywhere in the same way.

use serde_json::{Map, Number, Value};

use super::quirk::{Normalise, Quirks};
use super::seal;
use crate::catalog::{Access, Field, Kind, PERSONA, named};
use crate::model::Hasher;

/// What is put into objects that nobody sent it in.
const INVENTED: &str = "strict";

/// Settles texts and numbers before they are stored.
pub(super) fn settle(written: &mut Map<String, Value>, quirks: &Quirks) {
    let trims = quirks.has(Normalise::Trim);
    let rewrites = quirks.has(Normalise::Rewrite);
    each_written(written, PERSONA.fields, &mut |_, value| {
        each_scalar(value, &mut |scalar| match scalar {
            Value::String(text) => {
                if trims {
                    *text = text.trim().to_owned();
                }
                if rewrites {
                    *text = rewritten(text);
                }
            }
            Value::Number(number) if rewrites => *number = rounded(number),
            _ => {}
        });
    });
}

/// Adds what nobody sent and puts all into an order of its own, once nothing else is to be done to
/// what is stored.
pub(super) fn complete(written: &mut Map<String, Value>, quirks: &Quirks) {
    if quirks.has(Normalise::Fill) {
        fill(written, PERSONA.fields);
        each_written(written, PERSONA.fields, &mut invent);
    }
    if quirks.has(Normalise::Reorder) {
        written.values_mut().for_each(sort);
        written.sort_keys();
    }
}

/// The document as it is answered, to reads and to patches.
pub(super) fn show(document: &Value, quirks: &Quirks) -> Value {
    let mut shown = seal::show(document, quirks.mask);
    let Value::Object(members) = &mut shown else {
        return shown;
    };
    if quirks.has(Normalise::Retype) {
        each_written(members, PERSONA.fields, &mut |_, value| {
            each_scalar(value, &mut |scalar| *scalar = retyped(scalar));
        });
    }
    if quirks.has(Normalise::Hide) {
        hide(members, PERSONA.fields);
    }
    shown
}

/// Shows each value that a user may have written to `change`, with what is known of it. What is owned
/// as a whole is one value.
fn each_written(
    members: &mut Map<String, Value>,
    known: &'static [Field],
    change: &mut dyn FnMut(Option<&'static Field>, &mut Value),
) {
    for (name, value) in members {
        let field = named(known, name);
        match value {
            _ if field.is_some_and(|field| field.access == Access::ReadOnly) => {}
            Value::Object(inner) if is_divided(field) => {
                each_written(inner, field.map_or(&[], Field::known_members), change);
            }
            value => change(field, value),
        }
    }
}

fn is_divided(field: Option<&Field>) -> bool {
    field.is_some_and(|field| matches!(field.kind, Kind::Members(_)) && !field.atomic)
}

/// Shows each scalar in `value` to `change`, but for secrets.
fn each_scalar(value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    match value {
        secret if seal::is_seal(secret) => {}
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| each_scalar(member, change));
        }
        Value::Array(elements) => {
            elements
                .iter_mut()
                .for_each(|element| each_scalar(element, change));
        }
        scalar => change(scalar),
    }
}

/// Letters in lower case, white space as single spaces.
fn rewritten(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        if !letter.is_whitespace() {
            plain.extend(letter.to_lowercase());
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain
}

fn rounded(number: &Number) -> Number {
    let near = number.as_f64().map(f64::round);
    near.and_then(Number::from_f64)
        .unwrap_or_else(|| number.clone())
}

/// A number or a flag as text, and a text that spells one as what it spells.
fn retyped(scalar: &Value) -> Value {
    match scalar {
        Value::Number(_) | Value::Bool(_) => Value::from(scalar.to_string()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(spelt @ (Value::Number(_) | Value::Bool(_))) => spelt,
            _ => scalar.clone(),
        },
        _ => scalar.clone(),
    }
}

/// Gives every member that is known and not there a value: flags are off, all others null.
fn fill(members: &mut Map<String, Value>, known: &'static [Field]) {
    let writable = known
        .iter()
        .filter(|field| field.access == Access::Writable);
    for field in writable {
        let missing = match field.kind {
            Kind::Flag => Value::Bool(false),
            _ => Value::Null,
        };
        if let Value::Object(inner) = members.entry(field.name).or_insert(missing) {
            fill(inner, field.known_members());
        }
    }
}

/// Gives every object in what is owned as a whole a member of the service's own, and every tool an id.
fn invent(field: Option<&Field>, value: &mut Value) {
    match value {
        secret if seal::is_seal(secret) => {}
        Value::Object(members) if !members.is_empty() => {
            members.values_mut().for_each(|member| invent(None, member));
            members.entry(INVENTED).or_insert(Value::Bool(false));
        }
        Value::Array(elements) => {
            for element in elements {
                invent(None, element);
                identify(field, element);
            }
        }
        _ => {}
    }
}

fn identify(list: Option<&Field>, element: &mut Value) {
    let text = element.to_string();
    let is_tool = list.is_some_and(|list| matches!(list.kind, Kind::Tools));
    if let Value::Object(tool) = element
        && is_tool
    {
        tool.entry("id").or_insert_with(|| id_of(&text));
    }
}

fn id_of(text: &str) -> Value {
    let mut hasher = Hasher::default();
    hasher.write_tagged('t', text);
    Value::from(hasher.finish().to_string())
}

/// Sorts the members and elements of everything in `value`.
fn sort(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(sort);
            members.sort_keys();
        }
        Value::Array(elements) => {
            elements.iter_mut().for_each(sort);
            elements.sort_by_cached_key(Value::to_string);
        }
        _ => {}
    }
}

/// Leaves nothing that a user may have written but the name.
fn hide(members: &mut Map<String, Value>, known: &'static [Field]) {
    members.retain(|name, value| match (named(known, name), value) {
        (Some(field), _) if field.access == Access::ReadOnly => true,
        (field, Value::Object(inner)) if is_divided(field) => {
            hide(inner, field.map_or(&[], Field::known_members));
            true
        }
        _ => name == PERSONA.name,
    });
}
