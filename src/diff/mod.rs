//! Two documents in, a JSON Patch out; a patch and a document in, a document out; two texts in,
//! their lines compared.
//!
//! Nothing here knows what a persona is.

mod array;
mod compute;
mod patch;
pub mod text;

pub use compute::compute;
pub use patch::{ApplyError, Operation, Patch};
