//! What programs may rely on in a plan. It is written by hand, as it is a promise: a test holds what the program prints against
//! it.

/// The JSON Schema of a plan in JSON, and of what became of it.
pub const PLAN: &str = include_str!("plan.json");
