//! Secrets as the sandbox keeps them: sealed. A seal says that a secret is set, and by a digest
//! whether another one is the same; the secret itself is not kept.

use serde_json::{Map, Value, json};

use super::quirk::Mask;
use super::refusal::Refusal;
use crate::catalog::{Field, PERSONA, Secrecy, is_unset, named, seems_credential};
use crate::model::Hasher;

/// The one member of a seal. Reserved: no request may hold it.
const MEMBER: &str = "$sealed";

/// What a secret that is set reads back as, or begins with.
const STARS: &str = "********";

/// How many characters of it follow.
const ENDING: usize = 4;

/// Where a document comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// From a GET: a mask in it stands for a secret that is set.
    Seed,
    /// From a request: a mask in it is a mistake.
    Request,
}

/// Puts a seal in the place of each secret.
pub(super) fn seal(document: &mut Map<String, Value>, origin: Origin) -> Result<(), Refusal> {
    let mut echoed = None;
    visit(document, PERSONA.fields, &mut |name, value| {
        if is_unset(value) {
            *value = Value::Null;
        } else if origin == Origin::Request && is_mask(value) {
            echoed = Some(name.to_owned());
        } else if !is_seal(value) {
            *value = sealed(value);
        }
        true
    });
    match echoed {
        Some(name) => Err(Refusal::Invalid(format!(
            "{name} is the mask of a secret, not a secret"
        ))),
        None => Ok(()),
    }
}

/// The document as it reads back.
pub(super) fn show(document: &Value, mask: Mask) -> Value {
    let mut shown = document.clone();
    if let Value::Object(members) = &mut shown {
        visit(members, PERSONA.fields, &mut |_, value| {
            *value = masked(value, mask);
            mask != Mask::Omitted
        });
    }
    shown
}

/// A secret as it reads back. As none is kept, the ending is that of its digest.
fn masked(value: &Value, mask: Mask) -> Value {
    let digest = value.get(MEMBER).and_then(Value::as_str);
    match (mask, digest) {
        (Mask::Stars, Some(_)) => Value::from(STARS),
        (Mask::Ending, Some(digest)) => {
            let ending = digest.len().saturating_sub(ENDING);
            Value::from(format!(
                "{STARS}{}",
                digest.get(ending..).unwrap_or_default()
            ))
        }
        (Mask::Null | Mask::Omitted, _) | (_, None) => Value::Null,
    }
}

fn is_mask(value: &Value) -> bool {
    let rest = value.as_str().and_then(|text| text.strip_prefix(STARS));
    rest.is_some_and(|rest| rest.is_empty() || rest.len() == ENDING)
}

/// Whether this is a secret that is kept.
pub(super) fn is_seal(value: &Value) -> bool {
    value.get(MEMBER).is_some()
}

/// Whether a seal stands anywhere in `value`.
pub(super) fn occurs(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key(MEMBER) || members.values().any(occurs),
        Value::Array(elements) => elements.iter().any(occurs),
        _ => false,
    }
}

fn sealed(secret: &Value) -> Value {
    let mut hasher = Hasher::default();
    hasher.write_tagged('s', &secret.to_string());
    json!({ MEMBER: hasher.finish() })
}

/// Shows each secret member to `secret`, which says whether the member stays.
fn visit(
    members: &mut Map<String, Value>,
    known: &'static [Field],
    secret: &mut dyn FnMut(&str, &mut Value) -> bool,
) {
    members.retain(|name, value| {
        let Some(field) = named(known, name) else {
            return true;
        };
        match (field.secrecy, value) {
            (Secrecy::Secret, value) => return secret(name, value),
            (Secrecy::Holds, value) => visit_held(value, secret),
            (Secrecy::Open, Value::Object(inner)) => visit(inner, field.known_members(), secret),
            (Secrecy::Open, _) => {}
        }
        true
    });
}

fn visit_held(value: &mut Value, secret: &mut dyn FnMut(&str, &mut Value) -> bool) {
    match value {
        Value::Object(members) => members.retain(|name, value| {
            let is_single = is_seal(value) || !value.is_object() && !value.is_array();
            if is_single && seems_credential(name) {
                return secret(name, value);
            }
            visit_held(value, secret);
            true
        }),
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| visit_held(element, secret)),
        _ => {}
    }
}
