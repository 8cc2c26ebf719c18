//! How a run ended, as an exit code. The codes are the same for every command.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an outcome becomes the exit code"]
pub(super) enum Outcome {
    /// Nothing (more) is to be done.
    Done,
    /// Nothing was changed.
    Failed,
    /// There is something to do.
    Differs,
    /// Some of it was done.
    Partial,
    /// The key is missing or not accepted.
    Unauthorized,
    /// The arguments make no sense.
    Usage,
    /// The user has ended it.
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Differs => 2,
            Outcome::Partial => 3,
            Outcome::Unauthorized => 4,
            Outcome::Usage => 64,
            Outcome::Interrupted => 130,
        })
    }
}
