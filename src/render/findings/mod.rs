//! Findings as text, and what `validate` found in each of its forms.

use std::borrow::Cow;

use crate::catalog::without_credentials;
use crate::lint::{Told, Verdict};
use crate::model::{Finding, Place, Severity};

mod github;
mod json;
mod sarif;
mod text;

pub use github::verdict as annotations;
pub use json::{findings as findings_json, verdict as verdict_json};
pub use sarif::verdict as verdict_sarif;
pub use text::{findings, verdict};

/// A finding as every form tells it: its words quote what the user wrote, which may be a key in the wrong place.
pub(super) struct Said<'f> {
    severity: Severity,
    code: &'static str,
    pub(super) message: Cow<'f, str>,
    place: Option<&'f Place>,
    pub(super) hint: Option<Cow<'f, str>>,
    documentation: Option<&'static str>,
}

impl<'f> Said<'f> {
    pub(super) fn of(finding: &'f Finding) -> Self {
        let Finding {
            severity,
            code,
            message,
            place,
            member: _,
            hint,
            link: _,
        } = finding;
        Self {
            severity: *severity,
            code,
            message: without_credentials(message),
            place: place.as_ref(),
            hint: hint.as_deref().map(without_credentials),
            documentation: finding.documentation(),
        }
    }
}

/// Where a finding holds, unless it does wherever was looked.
fn only(verdict: &Verdict, told: &Told) -> Option<String> {
    let names = verdict.only(told)?;
    Some(format!("only in {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Sources;

    #[test]
    fn no_form_tells_a_key_that_a_finding_quotes() {
        let place = Place::start_of("ana.yaml".as_ref());
        let finding = Finding::error("missing-file", place, "there is no `sk-live-4711.md`")
            .hint("set `PERSONACTL_VAR_sk-live-4711`");
        let mut found = Verdict::default();
        found.add("default", vec![finding.clone()], Sources::default());
        let alone = std::slice::from_ref(&finding);
        for told in [
            findings(alone, |_| None),
            findings_json(alone).to_string(),
            text::verdict(&found),
            annotations(&found, ""),
            verdict_json(&found),
            verdict_sarif(&found, ""),
        ] {
            assert!(!told.contains("live-4711"), "{told}");
            assert!(told.contains("there is no `********`"), "{told}");
            assert!(told.contains("PERSONACTL_VAR_********"), "{told}");
        }
    }
}
