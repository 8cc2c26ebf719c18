//! What became of a step.

use serde_json::Value;

use crate::ledger::LedgerError;
use crate::model::{Live, PersonaId, Pointer, causes};
use crate::plan::Step;

/// What became of a step.
#[derive(Clone, Debug)]
#[must_use = "an outcome is there to be told"]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Why it ended so.
    pub message: Option<String>,
    /// The persona, once it is known.
    pub persona_id: Option<PersonaId>,
    /// What the service made something else of.
    pub normalised: Vec<Normalised>,
    /// Whether the service did not accept the key.
    pub is_unauthorized: bool,
    /// What the step has left behind.
    pub after: After,
}

/// What a step has left behind.
#[derive(Clone, Debug)]
pub enum After {
    /// Nothing was done to the persona.
    Untouched,
    /// It was changed, at least in part, and could not be read again.
    Unseen,
    /// It reads like this.
    Seen(Live),
    /// It is gone.
    Deleted,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The persona is as the manifest says.
    Applied,
    /// There was nothing to send.
    Unchanged,
    /// The persona is not what the plan was built on; nothing was sent.
    Stale,
    /// A human has to decide first; nothing was sent.
    Blocked,
    /// The service said no.
    Refused,
    /// It went wrong on the way.
    Failed,
    /// Its turn never came.
    Skipped,
}

/// A field that the service made something else of.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalised {
    /// Where it stands.
    pub path: Pointer,
    /// What was sent.
    pub sent: Value,
    /// What the service answered right after; `None` where it answered nothing.
    pub seen: Option<Value>,
}

impl Outcome {
    pub(super) const fn new(status: Status) -> Self {
        Self {
            status,
            message: None,
            persona_id: None,
            normalised: Vec::new(),
            is_unauthorized: false,
            after: After::Untouched,
        }
    }

    pub(super) fn of(status: Status, message: Option<String>) -> Self {
        Self {
            message,
            ..Self::new(status)
        }
    }

    /// What was done is not in the journal.
    pub(super) fn lose(&mut self, error: &LedgerError) {
        let id = self.persona_id.as_ref().map(PersonaId::as_str);
        let lost = format!(
            "what was done to {} is not in the journal: {}",
            id.unwrap_or("it"),
            causes(error)
        );
        self.fail(lost);
    }

    /// The step has failed, for this reason too.
    pub(super) fn fail(&mut self, reason: String) {
        let message = self.message.take().into_iter().chain([reason]);
        self.message = Some(message.collect::<Vec<_>>().join("; "));
        self.status = Status::Failed;
    }

    /// The step was under way when the run was to end, and nobody waited for the service.
    pub(super) fn left(step: &Step) -> Self {
        let problem = "the run was ended before the service had answered; it may have been done all the \
                       same: the next run looks";
        Self {
            persona_id: step.persona_id.clone(),
            after: After::Unseen,
            ..Self::because(Status::Failed, problem)
        }
    }

    pub(super) fn because(status: Status, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..Self::new(status)
        }
    }
}

impl Status {
    /// Every status, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Applied,
        Self::Unchanged,
        Self::Stale,
        Self::Blocked,
        Self::Refused,
        Self::Failed,
        Self::Skipped,
    ];

    /// The status's word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether the persona is now as the manifest says.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Applied | Self::Unchanged)
    }
}
