//! What is shown at a time.

use axum::body::Bytes;
use serde_json::json;

/// What every browser is to show.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Which page it is: no two have the same, even of servers that follow one another.
    pub(super) version: u64,
    pub(super) page: Bytes,
    /// What is to be known beside the page, until something else is.
    pub(super) notice: Option<String>,
}

impl Shown {
    /// What browsers are told of it: those that show another page fetch this one.
    pub(super) fn told(&self) -> String {
        json!({"version": self.version, "notice": self.notice}).to_string()
    }
}
