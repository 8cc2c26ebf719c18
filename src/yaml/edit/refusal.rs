//! Why a change has to be made by hand, and where.

use thiserror::Error;

use crate::model::Place;
use crate::yaml::Tag;

/// A change that is left to somebody with an editor.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{reason}")]
pub(crate) struct Refusal {
    /// Where it would have to be made.
    pub(crate) place: Place,
    /// Why it was not made.
    pub(crate) reason: Reason,
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum Reason {
    /// The file has mistakes.
    #[error("the file has a mistake here")]
    Mistake,
    /// There is no such value.
    #[error("there is no value at `{0}`")]
    Missing(String),
    /// The value is what a tag makes of something else.
    #[error("the value comes from `{}`", .0.name())]
    Tagged(Tag),
    /// The value stands at an anchor, and here is only an alias to it.
    #[error("the value is part of an alias to line {0}")]
    Alias(usize),
    /// The value comes from a merge key.
    #[error("the value comes from `<<`")]
    Merged,
    /// The value is at an anchor, and used elsewhere.
    #[error("the value is shared by an alias on line {0}")]
    Shared(usize),
    /// No way to write it gave the value that was meant.
    #[error("the change cannot be made without touching more than it")]
    Unsure,
}
