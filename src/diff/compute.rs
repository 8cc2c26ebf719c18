//! From two documents to the patch that turns the one into the other.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::array;
use super::patch::{Operation, Patch};
use crate::model::Pointer;

/// The patch that turns `before` into `after`: members are changed one by one, and members that are
/// absent or null are added. Deterministic, whatever the order of members.
#[must_use]
pub fn compute(before: &Value, after: &Value) -> Patch {
    let mut operations = Vec::new();
    node(&Pointer::root(), before, after, &mut operations);
    Patch(operations)
}

/// Adds the operations that turn the value at `at` from `before` into `after`.
pub(super) fn node(at: &Pointer, before: &Value, after: &Value, operations: &mut Vec<Operation>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(before), Value::Object(after)) => members(at, before, after, operations),
        (Value::Array(before), Value::Array(after)) => {
            array::elements(at, before, after, operations)
        }
        _ => operations.push(Operation::Replace(at.clone(), after.clone())),
    }
}

fn members(
    at: &Pointer,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    operations: &mut Vec<Operation>,
) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let place = at.join(name);
        match (before.get(name), after.get(name)) {
            (None, Some(value)) => operations.push(Operation::Add(place, value.clone())),
            (Some(Value::Null), Some(value)) if !value.is_null() => {
                operations.push(Operation::Add(place, value.clone()));
            }
            (Some(_), None) => operations.push(Operation::Remove(place)),
            (Some(before), Some(after)) => node(&place, before, after, operations),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn patch(before: &Value, after: &Value) -> Value {
        serde_json::to_value(compute(before, after)).expect("a patch is JSON")
    }

    #[test]
    fn an_absent_or_null_member_is_added_and_a_present_one_replaced() {
        let before = json!({"a": null, "b": 1, "c": 2, "x~/y": "old"});
        let after = json!({"a": 1, "b": 2, "d": 3, "x~/y": "new"});
        assert_eq!(
            patch(&before, &after),
            json!([
                {"op": "add", "path": "/a", "value": 1},
                {"op": "replace", "path": "/b", "value": 2},
                {"op": "remove", "path": "/c"},
                {"op": "add", "path": "/d", "value": 3},
                {"op": "replace", "path": "/x~0~1y", "value": "new"},
            ])
        );
    }

    #[test]
    fn one_edited_element_is_one_operation() {
        let tool =
            |name: &str, text: &str| json!({"function": {"name": name, "description": text}});
        let before = json!({"tools": [tool("a", "x"), tool("b", "x"), tool("c", "x")]});
        let after = json!({"tools": [tool("a", "x"), tool("b", "y"), tool("c", "x")]});
        assert_eq!(
            patch(&before, &after),
            json!([{"op": "replace", "path": "/tools/1/function/description", "value": "y"}])
        );
    }

    #[test]
    fn elements_are_removed_from_the_end_and_inserted_in_order() {
        let before = json!(["a long first element", "b", "c", "a long last element"]);
        assert_eq!(
            patch(
                &before,
                &json!(["a long first element", "a long last element"])
            ),
            json!([{"op": "remove", "path": "/2"}, {"op": "remove", "path": "/1"}])
        );
        assert_eq!(
            patch(
                &json!(["a long first element", "a long last element"]),
                &before
            ),
            json!([{"op": "add", "path": "/1", "value": "b"}, {"op": "add", "path": "/2", "value": "c"}])
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..4i32).prop_map(Value::from),
            "[a-c/~é]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c/~é]{0,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn applying_the_patch_gives_the_target(before in any_json(), after in any_json()) {
            let patched = compute(&before, &after).apply(&before).expect("our own patch applies");
            prop_assert_eq!(patched, after);
        }

        #[test]
        fn equal_documents_need_no_patch(document in any_json()) {
            prop_assert!(compute(&document, &document).is_empty());
        }
    }
}
