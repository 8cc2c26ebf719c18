//! The changes from one document to another, as far down as they go: what is not named stays as it is written, comments and all.
//!
//! The plan's own patches are as small as can be and may set a list as a whole. Here an element that stays is never touched.

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::catalog::tool_name;
use crate::diff::Operation;
use crate::model::{Pointer, canonical_decimal};

/// The changes, each to be made after those before it.
pub(super) fn steps(before: &Value, after: &Value) -> Vec<Operation> {
    let mut steps = Vec::new();
    value(&Pointer::root(), before, after, &mut steps);
    steps
}

fn value(at: &Pointer, before: &Value, after: &Value, steps: &mut Vec<Operation>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => members(at, before, after, steps),
        (Value::Array(before), Value::Array(after)) => elements(at, before, after, steps),
        _ if is_same(before, after) => {}
        _ => steps.push(Operation::Replace(at.clone(), after.clone())),
    }
}

fn members(
    at: &Pointer,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    steps: &mut Vec<Operation>,
) {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    steps.extend(gone.map(|name| Operation::Remove(at.join(name))));
    for (name, new) in after {
        match before.get(name) {
            Some(old) => value(&at.join(name), old, new, steps),
            None => steps.push(Operation::Add(at.join(name), new.clone())),
        }
    }
}

/// From the last change to the first, so that none moves what a later one is about.
fn elements(at: &Pointer, before: &[Value], after: &[Value], steps: &mut Vec<Operation>) {
    let names = |elements: &[Value]| elements.iter().map(name).collect::<Vec<String>>();
    let changes = capture_diff_slices(Algorithm::Myers, &names(before), &names(after));
    for change in changes.into_iter().rev() {
        let (old, new) = (change.old_range(), change.new_range());
        let kept = match change {
            DiffOp::Equal { len, .. } => len,
            DiffOp::Replace {
                old_len, new_len, ..
            } => old_len.min(new_len),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } => 0,
        };
        let at_index = |index: usize| at.join(&index.to_string());
        let gone = (old.start + kept..old.end).rev();
        steps.extend(gone.map(|index| Operation::Remove(at_index(index))));
        let fresh = (new.start + kept..new.end).rev();
        let place = at_index(old.start + kept);
        steps.extend(fresh.map(|index| Operation::Add(place.clone(), after[index].clone())));
        for nth in (0..kept).rev() {
            let (old, new) = (old.start + nth, new.start + nth);
            value(&at_index(old), &before[old], &after[new], steps);
        }
    }
}

/// What an element is known by: a tool by its name, all else by what it is.
fn name(element: &Value) -> String {
    tool_name(element).map_or_else(|| element.to_string(), |name| format!("tool {name}"))
}

/// Whether two values mean the same, so that the spelling of a number is nobody's edit.
fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Number(before), Value::Number(after)) => {
            canonical_decimal(before.as_str()) == canonical_decimal(after.as_str())
        }
        _ => before == after,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::diff::{Patch, any_json};

    fn shown(before: &Value, after: &Value) -> Vec<String> {
        let line = |step: &Operation| format!("{} {}", step.op(), step.path());
        steps(before, after).iter().map(line).collect()
    }

    #[test]
    fn what_stays_is_not_named() {
        let rows = [
            (
                json!({"a": [1, 2, 3]}),
                json!({"a": [1, 9, 2, 3, 8]}),
                vec!["add /a/3", "add /a/1"],
            ),
            (
                json!({"a": ["x", "y", "z"]}),
                json!({"a": ["y", "x", "z"]}),
                vec!["remove /a/1", "add /a/0"],
            ),
            (
                json!({"a": ["x", "y", "z"]}),
                json!({"a": ["w", "y"]}),
                vec!["remove /a/2", "replace /a/0"],
            ),
            (
                json!({"a": 0.90, "b": {"c": 1}}),
                json!({"a": 0.9, "b": {"d": 1}}),
                vec!["remove /b/c", "add /b/d"],
            ),
            (
                json!([{"function": {"name": "f", "x": 1}}, {"function": {"name": "g"}}]),
                json!([{"function": {"name": "e"}}, {"function": {"name": "f", "x": 2}}]),
                vec!["remove /1", "replace /0/function/x", "add /0"],
            ),
        ];
        for (before, after, expected) in rows {
            assert_eq!(shown(&before, &after), expected, "{before} {after}");
        }
    }

    proptest! {
        #[test]
        fn the_changes_lead_from_one_document_to_the_other(before in any_json(), after in any_json()) {
            let steps: Vec<Operation> = steps(&before, &after);
            let patched = Patch(steps).apply(&before).expect("they apply");
            prop_assert_eq!(patched, after);
        }
    }
}
