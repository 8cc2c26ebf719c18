//! Findings as text, and what `validate` found in each of its forms.

mod github;
mod json;
mod sarif;
mod text;

pub use github::verdict as annotations;
pub use json::verdict as verdict_json;
pub use sarif::verdict as verdict_sarif;
pub use text::{findings, verdict};
