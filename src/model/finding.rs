//! What the user can mend: a mistake with its place and the way out.

use super::{Code, Place};

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
    /// Where the member is named that holds it, if it is in another file.
    pub member: Option<Place>,
    /// What to do next.
    pub hint: Option<String>,
    /// Where the documentation says more of the field.
    pub link: Option<&'static str>,
}

impl Finding {
    fn new(severity: Severity, code: &'static str, place: Place, message: String) -> Self {
        debug_assert!(Code::named(code).is_some(), "`{code}` is in codes.md");
        Self {
            severity,
            code,
            message,
            place: Some(place),
            member: None,
            hint: None,
            link: None,
        }
    }

    /// A finding that stops the run.
    #[must_use]
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, message.into())
    }

    /// A finding that is only said.
    #[must_use]
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, place, message.into())
    }

    /// A finding that only those hear who ask for all of them.
    #[must_use]
    pub fn advice(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Advice, code, place, message.into())
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what was probably meant, if anything is near: that says more than any other hint.
    #[must_use]
    pub fn near(self, near: Option<&str>) -> Self {
        match near {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Adds where the member is named that holds what is wrong.
    #[must_use]
    pub fn within(mut self, member: Place) -> Self {
        self.member = Some(member);
        self
    }

    /// Where to read more.
    #[must_use]
    pub fn documentation(&self) -> Option<&'static str> {
        self.link.or_else(|| Code::named(self.code)?.link)
    }

    /// Whether it stops the run.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }
}
