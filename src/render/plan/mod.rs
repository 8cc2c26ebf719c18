//! A plan, and what became of it, in each of its forms.
//!
//! `report` is what all of them tell; `entry` says in which order, `change` what of a field, `words` the rest; `budget` keeps a report short.

mod budget;
mod change;
mod entry;
mod github;
mod html;
mod json;
mod markdown;
mod patch;
mod redacted;
mod report;
mod text;
mod words;

pub use html::waiting;
pub use redacted::{redacted, redacted_outcomes};
pub use report::{Form, Marks, Report, SUMMARY, Setting};
pub(super) use text::sign;
pub(super) use words::named;
pub(crate) use words::{counts, ended};
