//! Two documents in, a JSON Patch out; a patch and a document in, a document out; two texts in,
//! their lines compared.
//!
//! Nothing here knows what a persona is. `compute` walks two documents side by side and weighs, at
//! each place, editing it against replacing it; `array` aligns the elements of two lists; `edit` is
//! what they agree on, with its price; `weigh` tells prices and likenesses.

mod array;
mod compute;
mod edit;
mod patch;
pub mod text;
mod weigh;

pub use compute::{Dialect, Rules, compute, compute_with};
pub use patch::{ApplyError, Operation, Patch};
