//! Findings as text, and what `validate` found in each of its forms.

use std::borrow::Cow;

use crate::catalog::without_credentials;
use crate::model::Finding;

mod github;
mod json;
mod sarif;
mod text;

pub use github::verdict as annotations;
pub use json::verdict as verdict_json;
pub use sarif::verdict as verdict_sarif;
pub use text::{findings, verdict};

/// The words of a finding, its message and its hint, as every form tells them: they quote what the user wrote, which may be a
/// key in the wrong place.
fn words(finding: &Finding) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    let hint = finding.hint.as_deref().map(without_credentials);
    (without_credentials(&finding.message), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Verdict;
    use crate::model::Place;
    use crate::yaml::Sources;

    #[test]
    fn no_form_tells_a_key_that_a_finding_quotes() {
        let place = Place::start_of("ana.yaml".as_ref());
        let finding = Finding::error("missing-file", place, "there is no `sk-live-4711.md`")
            .hint("set `PERSONACTL_VAR_sk-live-4711`");
        let mut found = Verdict::default();
        found.add("default", vec![finding.clone()], Sources::default());
        for told in [
            findings(&[finding], |_| None),
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
