//! What it means for a step that a request failed.

use super::execute::{Bookkeeping, Session, Taken};
use super::outcome::{After, Outcome, Status};
use crate::api::{ApiError, ApiErrorKind};
use crate::ledger::LedgerError;
use crate::model::{PersonaId, causes};

/// How often a change or a delete is sent at most, if nothing was done.
const TRIES: u32 = 3;

impl Session<'_> {
    /// Whether a change may be sent once more that failed so many times; it is waited for the right moment.
    pub(super) async fn may_repeat(self, error: &ApiError, tries: u32) -> bool {
        error.may_pass() && tries < TRIES && self.writer.pause(error, tries).await
    }

    /// What to say where nothing can be written down any more, and so nothing may be sent.
    pub(super) fn nothing_sent(self, error: &LedgerError) -> Outcome {
        self.stop.start_nothing();
        Outcome::because(
            Status::Failed,
            format!("nothing was sent: {}", causes(error)),
        )
    }
}

/// A step that failed, with nothing for the ledger to learn.
pub(super) fn failed(problem: impl Into<String>) -> Taken {
    (
        Outcome::because(Status::Failed, problem),
        Bookkeeping::Leave,
    )
}

/// What to say of a request that failed.
pub(super) fn failure(error: &ApiError) -> Outcome {
    let status = match &error.kind {
        ApiErrorKind::Draft { .. } => Status::Blocked,
        _ if error.is_refusal() => Status::Refused,
        _ => Status::Failed,
    };
    let is_unauthorized = error.is_unauthorized();
    let mut words = causes(error);
    if status == Status::Blocked {
        words.push_str("; publish them there, or let --discard-drafts lose them");
    }
    Outcome {
        is_unauthorized,
        ..Outcome::because(status, words)
    }
}

/// What to say of a write that failed: if only its answer was lost, it may have been done.
pub(super) fn unsure(error: &ApiError) -> Outcome {
    let mut outcome = failure(error);
    if may_have_happened(error) {
        outcome.after = After::Unseen;
    }
    outcome
}

/// What to say of a persona that is not what the plan was built on.
pub(super) fn stale(id: &PersonaId, what: &str) -> Outcome {
    Outcome::because(Status::Stale, format!("{id} {what}"))
}

/// Whether the service may have done what it was asked for without our knowing.
pub(super) fn may_have_happened(error: &ApiError) -> bool {
    match &error.kind {
        ApiErrorKind::Status { status, .. } => *status >= 500,
        ApiErrorKind::NoAnswer(error) => !error.is_connect(),
        ApiErrorKind::Deadline => true,
        ApiErrorKind::Unauthorized { .. }
        | ApiErrorKind::Redirect { .. }
        | ApiErrorKind::Draft { .. }
        | ApiErrorKind::Key => false,
        ApiErrorKind::Truncated(_)
        | ApiErrorKind::NotJson { .. }
        | ApiErrorKind::Malformed(_)
        | ApiErrorKind::TooLarge(_) => true,
    }
}
