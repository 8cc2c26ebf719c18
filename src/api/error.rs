//! What can go wrong between here and the service.

use std::time::Duration;

use thiserror::Error;

use super::retry::Trouble;
use crate::catalog::{Catalog, Vocabulary};

/// A request that did not do what it was for. Holds no header and no query value that could be
/// secret.
#[derive(Debug, Error)]
#[error("{method} {url}")]
pub struct ApiError {
    /// The request's method.
    pub method: &'static str,
    /// The request's address.
    pub url: String,
    /// What went wrong.
    #[source]
    pub kind: ApiErrorKind,
}

/// What went wrong with a request.
#[derive(Debug, Error)]
pub enum ApiErrorKind {
    /// No answer came: whether the service did anything is not known.
    #[error("the service did not answer")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer broke off.
    #[error("the answer broke off")]
    Truncated(#[source] reqwest::Error),
    /// The key is not accepted.
    #[error("status {status}, the service does not accept the API key: {message}")]
    Unauthorized {
        /// 401 or 403.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// The service refuses the request.
    #[error("status {status}: {message}")]
    Status {
        /// The status.
        status: u16,
        /// The service's words.
        message: String,
        /// How long the service wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The run may take no longer.
    #[error("the time for this run is over")]
    Deadline,
    /// The dashboard holds edits that are not live yet, and the service will not lose them.
    #[error("someone has unpublished edits in the dashboard: {message}")]
    Draft {
        /// The service's words.
        message: String,
    },
    /// The key cannot stand in a header.
    #[error("the API key holds characters that cannot be sent")]
    Key,
    /// The service wants the request sent elsewhere; the key is not carried there.
    #[error("status {status}, a redirect to `{location}`, which is not followed")]
    Redirect {
        /// The status.
        status: u16,
        /// Where to.
        location: String,
    },
    /// The answer is no JSON.
    #[error("the answer is no JSON ({content_type})")]
    NotJson {
        /// What the answer says that it is.
        content_type: String,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// The answer is JSON of another shape.
    #[error("the answer makes no sense: {0}")]
    Malformed(String),
    /// The answer is larger than any honest one.
    #[error("the answer is larger than {0} MB")]
    TooLarge(usize),
}

impl ApiErrorKind {
    /// Whether the service takes no more for now.
    pub(super) const fn is_throttled(&self) -> bool {
        matches!(self, Self::Status { status: 429, .. })
    }

    /// How long the service wants to be left alone.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl ApiError {
    /// Whether the key is not accepted.
    #[must_use]
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Unauthorized { .. })
    }

    /// Whether the service does not know the id: it says so with 400 and names the member, where
    /// others say 404. A 400 for any other reason says nothing about the id.
    #[must_use]
    pub(super) fn is_unknown_id(&self, catalog: &Catalog) -> bool {
        let names = [Vocabulary::Personas, Vocabulary::Pals];
        match &self.kind {
            // A page in HTML is not from the service itself.
            ApiErrorKind::Status {
                status: 404,
                message,
                ..
            } => !message.starts_with('<'),
            ApiErrorKind::Status {
                status: 400,
                message,
                ..
            } => names
                .iter()
                .any(|vocabulary| message.contains(vocabulary.member(catalog, catalog.id))),
            _ => false,
        }
    }

    /// The service's words, where it does not take what was sent.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match &self.kind {
            ApiErrorKind::Status {
                status: 400 | 422,
                message,
                ..
            } => Some(message),
            _ => None,
        }
    }

    /// Whether the service does not take what was sent.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.refusal().is_some()
    }

    /// Whether it may be done the next time, or was done this time.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        Trouble::of(&self.kind) != Trouble::Refused
    }

    /// Whether the service said no, so that nothing was changed.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self.kind,
            ApiErrorKind::Status {
                status: 400..=499,
                ..
            } | ApiErrorKind::Unauthorized { .. }
                | ApiErrorKind::Key
        )
    }
}
