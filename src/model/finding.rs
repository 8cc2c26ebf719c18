//! What the user can mend: a mistake with its place and the way out.

use super::Place;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing may be planned until this is mended.
    Error,
    /// Worth a look, in nobody's way.
    Warning,
    /// Good to know when the manifest is worked on, and no news in a plan.
    Advice,
}

/// One mistake in what the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it stops the run.
    pub severity: Severity,
    /// A stable word for this kind of mistake: `duplicate-key`.
    pub code: &'static str,
    /// What is wrong, a lowercase fragment without a full stop.
    pub message: String,
    /// Where it is wrong; `None` where no file is to blame.
    pub place: Option<Place>,
    /// What to do next.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding that stops the run.
    #[must_use]
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            place: Some(place),
            hint: None,
        }
    }

    /// A finding that is only said.
    #[must_use]
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, place, message)
        }
    }

    /// A finding that only those hear who ask for all of them.
    #[must_use]
    pub fn advice(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Advice,
            ..Self::error(code, place, message)
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether it stops the run.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }
}
