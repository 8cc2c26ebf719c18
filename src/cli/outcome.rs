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
    /// The system has ended it.
    Terminated,
}

impl Outcome {
    /// The exit code.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Differs => 2,
            Self::Partial => 3,
            Self::Unauthorized => 4,
            Self::Usage => 64,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}
