//! What an import writes, in each of its forms.

mod json;
mod text;

pub use json::imported;
pub use text::{import, strangers};
