//! Ways to make a patch: ours, and those to compare with that need no other program.

use json_patch::{
    AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf,
};
use personactl::diff::{self, Dialect, Patch, Rules};
use personactl::model::Pointer;
use serde_json::Value;

use crate::corpus::Case;

/// Our patch in this dialect.
pub(crate) fn ours(case: &Case, dialect: Dialect) -> Patch {
    let rules = Rules {
        dialect,
        ..Rules::default()
    };
    diff::compute_with(&case.before, &case.after, rules)
}

/// The patch of a walk over objects alone: what is no object on both sides is replaced.
pub(crate) fn naive(before: &Value, after: &Value) -> Patch {
    let mut operations = Vec::new();
    walk(&Pointer::root(), before, after, &mut operations);
    Patch(operations)
}

fn walk(at: &Pointer, before: &Value, after: &Value, operations: &mut Vec<diff::Operation>) {
    use diff::Operation::{Add, Remove, Replace};
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            operations.push(Replace(at.clone(), after.clone()));
        }
        return;
    };
    for (name, old) in old {
        match new.get(name) {
            Some(new) => walk(&at.join(name), old, new, operations),
            None => operations.push(Remove(at.join(name))),
        }
    }
    for (name, new) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        operations.push(Add(at.join(name), new.clone()));
    }
}

/// The size of a patch as compact JSON.
pub(crate) fn bytes(patch: &impl serde::Serialize) -> usize {
    serde_json::to_string(patch).expect("a patch is JSON").len()
}

/// Whether a patch that somebody else made leads from the one document to the other. It is read by
/// hand: on the way through a tagged enum numbers would lose their spelling.
pub(crate) fn leads(patch: &Value, before: &Value, after: &Value) -> bool {
    let operations: Option<Vec<_>> = patch
        .as_array()
        .and_then(|operations| operations.iter().map(operation).collect());
    let mut patched = before.clone();
    operations.is_some_and(|operations| {
        json_patch::patch(&mut patched, &operations).is_ok() && patched == *after
    })
}

fn operation(sent: &Value) -> Option<PatchOperation> {
    let path = PointerBuf::parse(sent["path"].as_str()?).ok()?;
    let value = sent.get("value").cloned();
    Some(match (sent["op"].as_str()?, value) {
        ("add", Some(value)) => PatchOperation::Add(AddOperation { path, value }),
        ("replace", Some(value)) => PatchOperation::Replace(ReplaceOperation { path, value }),
        ("remove", None) => PatchOperation::Remove(RemoveOperation { path }),
        // Neither a move nor a copy is in our dialects, so that nobody may win by one.
        _ => return None,
    })
}
