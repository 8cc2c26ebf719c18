//! Whether two values are equal, however deep they are, and most quickly where their members stand in
//! the same order.

use serde_json::{Map, Value};

/// Whether two values are equal, whatever the order of members.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    let mut open = Vec::new();
    let mut pair = Some((left, right));
    while let Some((left, right)) = pair {
        let alike = match (left, right) {
            (Value::Object(left), Value::Object(right)) => {
                left.len() == right.len() && members(left, right, &mut open)
            }
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| meet(left, right, &mut open))
            }
            _ => left == right,
        };
        if !alike {
            return false;
        }
        pair = open.pop();
    }
    true
}

type Open<'v> = Vec<(&'v Value, &'v Value)>;

fn members<'v>(
    left: &'v Map<String, Value>,
    right: &'v Map<String, Value>,
    open: &mut Open<'v>,
) -> bool {
    let mut beside = Beside::of(right);
    left.iter().all(|(name, left)| {
        beside
            .get(name)
            .is_some_and(|right| meet(left, right, open))
    })
}

/// Compares what can be compared at once, and leaves the rest for later.
fn meet<'v>(left: &'v Value, right: &'v Value, open: &mut Open<'v>) -> bool {
    match (left, right) {
        (Value::Object(_), Value::Object(_)) | (Value::Array(_), Value::Array(_)) => {
            open.push((left, right));
            true
        }
        (Value::String(left), Value::String(right)) => left == right,
        _ => left == right,
    }
}

/// The members of an object, asked for by name: at no cost as long as that is in their order.
pub(super) struct Beside<'v> {
    members: &'v Map<String, Value>,
    next: serde_json::map::Iter<'v>,
}

impl<'v> Beside<'v> {
    pub(super) fn of(members: &'v Map<String, Value>) -> Self {
        let next = members.iter();
        Self { members, next }
    }

    pub(super) fn get(&mut self, name: &str) -> Option<&'v Value> {
        let mut ahead = self.next.clone();
        if let Some((_, value)) = ahead.next().filter(|(next, _)| *next == name) {
            self.next = ahead;
            return Some(value);
        }
        let value = self.members.get(name)?;
        // Goes on behind it, if that is ahead.
        self.next.by_ref().find(|(next, _)| *next == name);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::diff::any_json;

    #[test]
    fn the_order_of_members_does_not_count() {
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let one = read(r#"{"a": 1, "b": {"c": [1, {"d": null}], "e": "x"}, "f": 2}"#);
        let two = read(r#"{"f": 2, "b": {"e": "x", "c": [1, {"d": null}]}, "a": 1}"#);
        assert!(same(&one, &two));
        assert!(!same(
            &one,
            &read(r#"{"a": 1, "b": {"c": [1, {"d": 0}], "e": "x"}, "f": 2}"#)
        ));
        assert!(!same(&json!([1]), &json!([1, 2])));
        assert!(!same(&json!({"a": null}), &json!({"b": null})));
    }

    #[test]
    fn depth_does_not_count() {
        let deep = |leaf: usize| (0..5000).fold(json!(leaf), |inner, _| Value::Array(vec![inner]));
        let compare = move || {
            assert!(same(&deep(1), &deep(1)));
            assert!(!same(&deep(1), &deep(2)));
        };
        // Values that deep need the room to be dropped, not to be compared.
        let thread = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn(compare);
        thread.expect("a thread").join().expect("it ends well");
    }

    proptest! {
        #[test]
        fn it_agrees_with_equality(left in any_json(), right in any_json()) {
            prop_assert_eq!(same(&left, &right), left == right);
            prop_assert!(same(&left, &left.clone()));
        }
    }
}
