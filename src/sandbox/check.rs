//! What the service refuses: the whole persona is looked at after each write.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::seal;
use crate::catalog::{Access, Field, Kind, Normaliser, PERSONA, Requirement, Secrecy, is_unset};
use crate::model::{Pointer, canonical_decimal};

/// How deep a document may be nested: what is written has to be readable again.
const DEPTH: usize = 100;

/// Refuses a document with a value that the service does not take, and names the first one.
pub(super) fn document(members: &Map<String, Value>) -> Result<(), Refusal> {
    object(&Pointer::root(), members, PERSONA.fields)
}

/// Refuses what is nested deeper than a reader would follow.
pub(super) fn depth(value: &Value) -> Result<(), Refusal> {
    if is_deeper_than(DEPTH, value) {
        return Err(Refusal::Invalid("The body is nested too deeply".to_owned()));
    }
    Ok(())
}

fn is_deeper_than(levels: usize, value: &Value) -> bool {
    match value {
        Value::Object(_) | Value::Array(_) if levels == 0 => true,
        Value::Object(members) => members
            .values()
            .any(|member| is_deeper_than(levels - 1, member)),
        Value::Array(elements) => elements
            .iter()
            .any(|element| is_deeper_than(levels - 1, element)),
        _ => false,
    }
}

fn object(
    at: &Pointer,
    members: &Map<String, Value>,
    known: &'static [Field],
) -> Result<(), Refusal> {
    let writable = known
        .iter()
        .filter(|field| field.access == Access::Writable);
    for field in writable {
        requirement(at, field, members, known)?;
        match members.get(field.name) {
            None | Some(Value::Null) => {}
            Some(value) => member(&at.join(field.name), field, value)?,
        }
    }
    Ok(())
}

fn member(at: &Pointer, field: &'static Field, value: &Value) -> Result<(), Refusal> {
    if field.secrecy == Secrecy::Secret && seal::is_seal(value) {
        return Ok(());
    }
    if let Some(expected) = complaint(field, value) {
        return Err(Refusal::Invalid(format!("{at} {expected}")));
    }
    match value {
        Value::Object(members) => object(at, members, field.known_members()),
        _ => Ok(()),
    }
}

/// What `value` should be and is not.
fn complaint(field: &Field, value: &Value) -> Option<String> {
    let (fits, expected) = match field.kind {
        Kind::Text => (value.is_string(), "must be a string"),
        Kind::Flag => (is_flag(field, value), "must be a boolean"),
        Kind::Number => (value.is_number(), "must be a number"),
        Kind::Integer => (is_whole(value), "must be an integer"),
        Kind::Word(words) if words.closed => {
            let fits = value
                .as_str()
                .is_some_and(|word| words.known.contains(&word));
            return (!fits).then(|| format!("must be one of: {}", words.known.join(", ")));
        }
        Kind::Word(_) => (value.is_string(), "must be a string"),
        Kind::Texts(most) if value.as_array().is_some_and(|texts| texts.len() > most) => {
            return Some(format!("takes at most {most} elements"));
        }
        Kind::Texts(_) => (
            is_list_of(value, Value::is_string),
            "must be a list of strings",
        ),
        Kind::Tools => (
            is_list_of(value, Value::is_object),
            "must be a list of tools",
        ),
        Kind::Map | Kind::Members(_) | Kind::Each(_) | Kind::ByCode(_) => {
            (value.is_object(), "must be an object")
        }
        // These are never sent to a service.
        Kind::Ids | Kind::Pointers | Kind::Any => (true, ""),
    };
    (!fits).then(|| expected.to_owned())
}

fn is_flag(field: &Field, value: &Value) -> bool {
    let spelt_out = field.normaliser == Normaliser::Flag && (value == "true" || value == "false");
    value.is_boolean() || spelt_out
}

/// Whether a number has no fraction, however it is spelt.
fn is_whole(value: &Value) -> bool {
    let number = value
        .as_number()
        .map(|number| canonical_decimal(number.as_str()));
    number.is_some_and(|digits| !digits.contains("e-"))
}

fn is_list_of(value: &Value, fits: fn(&Value) -> bool) -> bool {
    value
        .as_array()
        .is_some_and(|elements| elements.iter().all(fits))
}

fn requirement(
    at: &Pointer,
    field: &Field,
    members: &Map<String, Value>,
    known: &[Field],
) -> Result<(), Refusal> {
    let is_set = |name: &str| members.get(name).is_some_and(|value| !is_unset(value));
    match field.required {
        Requirement::Unless(beside, values) if !is_set(field.name) => {
            let excused = members.get(beside).and_then(Value::as_str);
            if excused.is_some_and(|value| values.contains(&value)) {
                return Ok(());
            }
            let place = at.join(field.name);
            Err(Refusal::Invalid(format!("{place} is required")))
        }
        Requirement::Together(beside) if is_set(field.name) && !is_set(beside) => {
            Err(incomplete(at, [field.name, beside], known))
        }
        Requirement::Optional | Requirement::Unless(..) | Requirement::Together(_) => Ok(()),
    }
}

/// The service's own words, of which only those about the language model are known.
fn incomplete(at: &Pointer, pair: [&str; 2], known: &[Field]) -> Refusal {
    let names: Vec<_> = known
        .iter()
        .map(|field| field.name)
        .filter(|name| pair.contains(name))
        .collect();
    let layer = at.split_last().map_or_else(String::new, |(_, name)| name);
    Refusal::Invalid(format!(
        "Please ensure both {} are included in order to use a custom {layer}.",
        names.join(" and ")
    ))
}
