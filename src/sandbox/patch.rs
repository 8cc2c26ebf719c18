//! A JSON Patch (RFC 6902) as the service takes it: on the document as GET shows it, all or
//! nothing.

use std::collections::BTreeSet;
use std::slice;

use json_patch::{AddOperation, PatchOperation, ReplaceOperation, TestOperation, jsonptr};
use serde_json::Value;

use super::quirk::Quirks;
use super::refusal::Refusal;
use super::{check, normalise, seal};
use crate::catalog::{PERSONA, Vocabulary};
use crate::model::{Pointer, canonical_decimal};

/// A patch that was sent, in the catalogue's names.
#[derive(Debug)]
pub(super) struct Patch {
    operations: Vec<PatchOperation>,
}

impl Patch {
    /// Reads a request's body, in either vocabulary.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let sent: Vec<Value> = serde_json::from_slice(body).map_err(|_| Refusal::Patch)?;
        let operations = sent.into_iter().map(operation).collect::<Result<_, _>>()?;
        Ok(Self { operations })
    }

    /// Whether it names only what travels in a request of its own; a patch that mixes is refused.
    pub(super) fn is_apart(&self) -> Result<bool, Refusal> {
        let places = self.operations.iter().flat_map(places);
        let homes: BTreeSet<_> = places.map(|place| PERSONA.apart(&place)).collect();
        match homes.iter().flatten().next() {
            Some(apart) if homes.len() > 1 => Err(Refusal::Invalid(format!(
                "{apart} must be patched in a request of its own"
            ))),
            apart => Ok(apart.is_some()),
        }
    }

    /// The document after the patch.
    pub(super) fn apply(&self, document: &Value, quirks: &Quirks) -> Result<Value, Refusal> {
        let mut patched = document.clone();
        for operation in &self.operations {
            apply(&mut patched, operation, quirks)?;
            check::depth(&patched)?;
        }
        Ok(patched)
    }
}

/// One operation, put into the catalogue's names.
fn operation(mut sent: Value) -> Result<PatchOperation, Refusal> {
    let value = sent.get_mut("value").map(Value::take);
    if value.as_ref().is_some_and(seal::occurs) {
        return Err(Refusal::Patch);
    }
    let pointer = |name: &str| Pointer::parse(sent.get(name)?.as_str()?);
    let path = pointer("path").ok_or(Refusal::Patch)?;
    let from = pointer("from");

    let (path, value) = Vocabulary::Personas.operand(&PERSONA, &path, value);
    sent["path"] = Value::from(path.as_str());
    if let Some(from) = from {
        let (from, _) = Vocabulary::Personas.operand(&PERSONA, &from, None);
        sent["from"] = Value::from(from.as_str());
    }
    let mut operation = serde_json::from_value(sent).map_err(|_| Refusal::Patch)?;
    put_back(&mut operation, value.unwrap_or_default());
    Ok(operation)
}

/// The value does not take the way through `json_patch`'s tagged enum, on which numbers lose their
/// spelling.
fn put_back(operation: &mut PatchOperation, sent: Value) {
    if let PatchOperation::Add(AddOperation { value, .. })
    | PatchOperation::Replace(ReplaceOperation { value, .. })
    | PatchOperation::Test(TestOperation { value, .. }) = operation
    {
        *value = sent;
    }
}

fn apply(document: &mut Value, operation: &PatchOperation, quirks: &Quirks) -> Result<(), Refusal> {
    let shown = normalise::show(document, quirks);
    let shown = shown.pointer(operation.path().as_str());
    match operation {
        PatchOperation::Test(test) if shown.is_some_and(|shown| same(shown, &test.value)) => Ok(()),
        PatchOperation::Test(_) => Err(Refusal::Patch),
        PatchOperation::Replace(_) | PatchOperation::Remove(_) if shown.is_none() => {
            Err(Refusal::Patch)
        }
        PatchOperation::Remove(_) if remove_member(document, &ours(operation.path())) => Ok(()),
        PatchOperation::Copy(_) | PatchOperation::Move(_) if holds_seal(document, operation) => {
            Err(Refusal::Invalid("A secret cannot be copied".to_owned()))
        }
        other => json_patch::patch(document, slice::from_ref(other)).map_err(|_| Refusal::Patch),
    }
}

/// Removes a member of an object; the others keep their order, which `json_patch` does not see to.
fn remove_member(document: &mut Value, pointer: &Pointer) -> bool {
    let Some((parent, name)) = pointer.split_last() else {
        return false;
    };
    let parent = document.pointer_mut(parent.as_str());
    parent
        .and_then(Value::as_object_mut)
        .is_some_and(|members| members.shift_remove(&name).is_some())
}

fn holds_seal(document: &Value, operation: &PatchOperation) -> bool {
    source(operation)
        .and_then(|from| document.pointer(from.as_str()))
        .is_some_and(seal::occurs)
}

/// Every place that the operation names.
fn places(operation: &PatchOperation) -> impl Iterator<Item = Pointer> {
    let named = [Some(operation.path()), source(operation)];
    named.into_iter().flatten().map(ours)
}

fn source(operation: &PatchOperation) -> Option<&jsonptr::Pointer> {
    match operation {
        PatchOperation::Move(operation) => Some(&operation.from),
        PatchOperation::Copy(operation) => Some(&operation.from),
        _ => None,
    }
}

fn ours(pointer: &jsonptr::Pointer) -> Pointer {
    Pointer::parse(pointer.as_str()).expect("both follow RFC 6901")
}

/// Whether two values are equal as RFC 6902 has it: numbers by value, members in any order.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            canonical_decimal(left.as_str()) == canonical_decimal(right.as_str())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}
