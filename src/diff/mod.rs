//! Two documents in, a JSON Patch out; a patch and a document in, a document out; two texts in,
//! their lines compared.
//!
//! Nothing here knows what a persona is. `compute` walks two documents side by side and weighs, at
//! each place, editing it against replacing it. `array` takes lists apart, and `table` finds out which of
//! their elements belong together. `edit` is what they agree on, with its price; `weigh` and `same` tell
//! sizes, likenesses and equality.
//!
//! No document is too deep or too long: what lies deeper than some levels is replaced where it differs,
//! and how many pairs of elements are weighed is bounded, also for lists within lists.

mod array;
mod compute;
mod edit;
mod patch;
mod same;
mod table;
pub mod text;
mod weigh;

pub use compute::{Dialect, Rules, compute, compute_with};
pub use patch::{ApplyError, Operation, Patch};

#[cfg(test)]
pub(crate) use tests::any_json;

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    /// Small documents that have much in common.
    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
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
}
