//! What the loop has to tell, and what a human may ask of it.

use std::path::Path;
use std::time::Duration;

use super::picture::Picture;
use crate::apply::Outcome;
use crate::cli::error::Error;
use crate::model::{Conversation, Finding, Key};
use crate::plan::{Plan, Step};
use crate::yaml::Sources;

/// What has happened.
#[derive(Debug)]
pub(in crate::cli) enum Event<'e> {
    /// The loop has begun, or its settings have changed.
    Watching {
        directory: &'e Path,
        environment: &'e str,
        /// The service, as it is shown.
        address: &'e str,
        /// Whether plans are applied.
        applies: bool,
    },
    /// Something beside the personas is worth a word.
    Notice(&'e str),
    /// All that is wrong with the manifests now, worst first shown by its place. The manifests that have mistakes are left alone, the
    /// others go on.
    Mistakes {
        findings: &'e [Finding],
        sources: &'e Sources,
    },
    /// These files have no mistakes any more.
    Mended(&'e [String]),
    /// A plan was made, of all personas or of those that may have changed.
    Planned {
        cause: Cause,
        plan: &'e Plan,
        /// What all plans together say.
        picture: &'e Picture,
        /// From when it was noticed on.
        took: Duration,
    },
    /// A plan is being applied.
    Applying(&'e Plan),
    /// A step has ended.
    Stepped(&'e Step, &'e Outcome),
    /// A plan was applied, as far as could be.
    Applied {
        plan: &'e Plan,
        outcomes: &'e [Outcome],
        /// What is left of all plans together.
        picture: &'e Picture,
        /// The plan that takes it back.
        undo: Option<&'e Path>,
        took: Duration,
    },
    /// A conversation with a persona can be joined.
    Talk {
        key: &'e Key,
        conversation: &'e Conversation,
    },
    /// What had failed goes well again, and there is no plan to tell.
    Recovered,
    /// What was to be done could not be: it is tried again at the next save, and after this time.
    Failed {
        error: &'e Error,
        again: Option<Duration>,
    },
}

/// Why a plan was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Cause {
    /// The loop has begun, or its settings have changed.
    Start,
    /// A file was saved.
    Save,
    /// It could not be done before.
    Retry,
    /// It was time to look at all of them: somebody may have changed one elsewhere.
    Interval,
    /// A human has asked for a plan.
    Asked,
    /// A human has asked to apply what is planned.
    Apply,
}

impl Cause {
    /// The word for programs.
    pub(in crate::cli) const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Save => "save",
            Self::Retry => "retry",
            Self::Interval => "interval",
            Self::Asked => "asked",
            Self::Apply => "apply",
        }
    }
}

/// What a human asks of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Wish {
    /// Apply what is planned.
    Apply,
    /// Plan all personas.
    Plan,
    /// Open the report in a browser.
    Open,
    /// End the loop.
    Quit,
}
