//! From two arrays to the operations that turn the one into the other.

use serde_json::Value;

use super::compute::node;
use super::patch::Operation;
use crate::model::Pointer;

/// Adds the operations that turn the array at `at` from `before` into `after`: by index, or the
/// whole array where that is shorter.
pub(super) fn elements(
    at: &Pointer,
    before: &[Value],
    after: &[Value],
    operations: &mut Vec<Operation>,
) {
    let indexed = by_index(at, before, after);
    let whole = Operation::Replace(at.clone(), Value::Array(after.to_vec()));
    if cost(&indexed) <= cost(std::slice::from_ref(&whole)) {
        operations.extend(indexed);
    } else {
        operations.push(whole);
    }
}

/// What stands alike at both ends is left alone. Between the ends, elements are edited pairwise;
/// what is left over is removed from the end, or added in order.
fn by_index(at: &Pointer, before: &[Value], after: &[Value]) -> Vec<Operation> {
    let head = before
        .iter()
        .zip(after)
        .take_while(|(before, after)| before == after)
        .count();
    let tail = before[head..]
        .iter()
        .rev()
        .zip(after[head..].iter().rev())
        .take_while(|(b, a)| b == a)
        .count();
    let old = &before[head..before.len() - tail];
    let new = &after[head..after.len() - tail];
    let shared = old.len().min(new.len());

    let mut operations = Vec::new();
    for index in (shared..old.len()).rev() {
        operations.push(Operation::Remove(at.join(&(head + index).to_string())));
    }
    for (index, (old, new)) in old.iter().zip(new).enumerate() {
        node(
            &at.join(&(head + index).to_string()),
            old,
            new,
            &mut operations,
        );
    }
    for (index, value) in new.iter().enumerate().skip(shared) {
        operations.push(Operation::Add(
            at.join(&(head + index).to_string()),
            value.clone(),
        ));
    }
    operations
}

/// The bytes that operations take in a request.
fn cost(operations: &[Operation]) -> usize {
    operations
        .iter()
        .map(|operation| serde_json::to_string(operation).map_or(0, |text| text.len() + 1))
        .sum()
}
