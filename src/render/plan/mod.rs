//! A plan, and what became of it, in each of its forms.

mod json;
mod text;

pub use json::{applied, planned};
pub use text::plan;
