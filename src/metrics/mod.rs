//! What a loop that nobody looks at tells of itself, in numbers. No label holds a key, a name or a text: there are few
//! series, and nothing in them is a secret.

mod collect;

pub use collect::{CONTENT_TYPE, Metrics, Round};

#[cfg(test)]
mod tests;
