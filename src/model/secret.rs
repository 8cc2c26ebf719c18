//! References to secrets inside documents.
//!
//! The value of a secret never enters a document: `{"$secret": "NAME"}` stands in its place, in
//! plans and patches too, until the very request that carries it. The member is reserved: neither a
//! manifest nor a live persona may hold it, so a reference can only come from a `!secret` tag.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::SecretName;

/// The one member of a reference.
pub const MEMBER: &str = "$secret";

/// What stands in place of a value that must not be shown.
pub const MASK: &str = "********";

/// What stands in a document where the secret `name` belongs.
#[must_use]
pub fn reference(name: &SecretName) -> Value {
    json!({ MEMBER: name.as_str() })
}

/// The secret that `value` refers to, if it is a reference.
#[must_use]
pub fn referred(value: &Value) -> Option<SecretName> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    SecretName::new(members.get(MEMBER)?.as_str()?)
}

/// Whether the reserved member stands anywhere in `value`.
#[must_use]
pub fn occurs(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key(MEMBER) || members.values().any(occurs),
        Value::Array(elements) => elements.iter().any(occurs),
        _ => false,
    }
}

/// The secrets that `value` refers to.
#[must_use]
pub fn names(value: &Value) -> BTreeSet<SecretName> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<SecretName>) {
    if let Some(name) = referred(value) {
        found.insert(name);
        return;
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        _ => {}
    }
}
