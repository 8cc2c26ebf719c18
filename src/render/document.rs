//! One document for people and programs: JSON, with nothing in it that must not be shown.

use serde_json::Value;

use super::escape::in_json;
use crate::catalog::{Catalog, without_credentials};
use crate::model::{Pointer, Record, secret};

/// A document as JSON: secrets by name, and what else may be one hidden.
#[must_use]
pub fn document(catalog: &Catalog, document: &Value) -> String {
    let shown = shown(catalog, &Pointer::root(), document);
    in_json(&serde_json::to_string_pretty(&shown).expect("a value is JSON"))
}

/// What the ledger knows of a persona.
#[must_use]
pub fn record(record: &Record) -> String {
    in_json(&serde_json::to_string_pretty(record).expect("a record is JSON"))
}

fn shown(catalog: &Catalog, at: &Pointer, value: &Value) -> Value {
    if let Some(name) = secret::referred(value) {
        return Value::from(format!("(secret {name})"));
    }
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), shown(catalog, &at.join(name), value)));
            Value::Object(members.collect())
        }
        Value::Array(elements) if !catalog.is_hidden(at) => {
            let elements = elements.iter().enumerate();
            let shown = |(index, each)| shown(catalog, &at.join(&format!("{index}")), each);
            elements.map(shown).collect()
        }
        Value::Null => Value::Null,
        other if catalog.hides(at, Some(other)) => Value::from(secret::MASK),
        Value::String(text) => Value::from(without_credentials(text)),
        other => other.clone(),
    }
}
