//! What is done when a request goes wrong: one table, and its numbers.

use std::time::Duration;

use super::error::ApiErrorKind;
use super::request::Method;
use crate::mutant::{Mutant, planted};

/// How often a request is sent at most.
pub(super) const ATTEMPTS: u32 = 3;
/// The longest wait before the first repetition; it doubles with each.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait before any.
const LONGEST: Duration = Duration::from_secs(20);

/// What went wrong, as far as sending again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was sent: no address, no connection, no TLS.
    Unsent,
    /// The service had no time for it, and did nothing: 408, 429.
    Throttled,
    /// It was sent, and no answer came, or half of one.
    Unheard,
    /// The service failed on it: 5xx.
    Server,
    /// All is well, says the status, but what else it says cannot be read.
    Unreadable,
    /// The service said no, or something that no repetition mends.
    Refused,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send it again.
    Again,
    /// Look first what has become of it; that is for whoever sent it.
    Look,
    /// Give up.
    Fail,
}

impl Trouble {
    /// Those after which something may be sent again.
    pub const PASSING: [Self; 5] = [
        Self::Unsent,
        Self::Throttled,
        Self::Unheard,
        Self::Server,
        Self::Unreadable,
    ];

    /// The trouble's word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unsent => "connection",
            Self::Throttled => "throttled",
            Self::Unheard => "no-answer",
            Self::Server => "server-error",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
        }
    }

    pub(super) fn of(kind: &ApiErrorKind) -> Self {
        match kind {
            ApiErrorKind::NoAnswer(error) if error.is_connect() => Self::Unsent,
            ApiErrorKind::NoAnswer(_) | ApiErrorKind::Truncated(_) => Self::Unheard,
            ApiErrorKind::Status {
                status: 408 | 429, ..
            } => Self::Throttled,
            ApiErrorKind::Status {
                status: 500..=599, ..
            } => Self::Server,
            ApiErrorKind::NotJson { .. } | ApiErrorKind::Malformed(_) => Self::Unreadable,
            ApiErrorKind::Status { .. }
            | ApiErrorKind::Unauthorized { .. }
            | ApiErrorKind::Draft { .. }
            | ApiErrorKind::Key
            | ApiErrorKind::Redirect { .. }
            | ApiErrorKind::TooLarge(_)
            | ApiErrorKind::Deadline => Self::Refused,
        }
    }

    /// What a request with this method does about it. What changes a persona is never sent again before that
    /// has been looked at: somebody may have edited it while we waited.
    pub(super) fn next(self, method: Method) -> Next {
        match (self, method) {
            (Self::Refused, _) => Next::Fail,
            (_, Method::Get) | (Self::Unsent | Self::Throttled, Method::Post) => Next::Again,
            (_, Method::Post) if planted(Mutant::BlindPost) => Next::Again,
            (_, Method::Post | Method::Patch | Method::Delete) => Next::Look,
        }
    }

    /// What a repetition costs of the run's budget; a wave of refusals that are one event costs it once.
    pub(super) const fn price(self) -> usize {
        match self {
            Self::Throttled => 1,
            _ => 3,
        }
    }
}

/// How long to wait after so many attempts: a random part of a time that doubles, but never less than the
/// service asks for, and then not all at one moment.
pub(super) fn wait(attempts: u32, floor: Option<Duration>, random: f64) -> Duration {
    let longest = FIRST
        .saturating_mul(1 << attempts.saturating_sub(1).min(8))
        .min(LONGEST);
    match floor.filter(|floor| !floor.is_zero()) {
        Some(floor) => floor + FIRST.mul_f64(random),
        None => longest.mul_f64(random),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decision table, row by row: GET, DELETE, PATCH, POST.
    #[test]
    fn each_row_of_the_table_says_what_to_do() {
        use Next::{Again, Fail, Look};
        let rows = [
            (Trouble::Unsent, [Again, Look, Look, Again]),
            (Trouble::Throttled, [Again, Look, Look, Again]),
            (Trouble::Unheard, [Again, Look, Look, Look]),
            (Trouble::Server, [Again, Look, Look, Look]),
            (Trouble::Unreadable, [Again, Look, Look, Look]),
            (Trouble::Refused, [Fail, Fail, Fail, Fail]),
        ];
        let methods = [Method::Get, Method::Delete, Method::Patch, Method::Post];
        for (trouble, expected) in rows {
            assert_eq!(
                methods.map(|method| trouble.next(method)),
                expected,
                "{trouble:?}"
            );
        }
    }

    #[test]
    fn waits_grow_and_heed_what_the_service_asks_for() {
        let seconds = |attempts, floor: Option<u64>, random| {
            wait(attempts, floor.map(Duration::from_secs), random).as_secs_f64()
        };
        assert_eq!(
            [1, 2, 3, 9, 40].map(|attempts| seconds(attempts, None, 1.0)),
            [1.0, 2.0, 4.0, 20.0, 20.0]
        );
        assert_eq!(seconds(3, None, 0.0), 0.0);
        assert_eq!(seconds(1, Some(30), 0.0), 30.0);
        assert_eq!(seconds(1, Some(30), 1.0), 31.0);
        assert_eq!(seconds(2, Some(0), 0.5), 1.0, "zero seconds say nothing");
    }
}
