//! How much a finding weighs, as the user wants it: by the settings, and by comments beside what was found.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalog::nearest;
use crate::model::{Code, Finding, Place, Severity};
use crate::yaml::Sources;

/// How a comment begins that allows something.
const ALLOW: &str = "# personactl: allow(";

/// How much a kind of finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not told.
    Off,
    /// It is told by `validate`.
    Advice,
    /// It is told by every command.
    Warning,
    /// It stops every command.
    Error,
}

/// What is weighed otherwise than by default, by code. Errors are errors, whatever stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<String, Level>);

impl Levels {
    /// The levels of these codes.
    #[must_use]
    pub const fn new(levels: BTreeMap<String, Level>) -> Self {
        Self(levels)
    }

    /// Weighs the findings, and leaves out those that are allowed where they are.
    pub(crate) fn weigh(&self, findings: &mut Vec<Finding>, sources: &Sources) {
        findings.retain_mut(|finding| {
            if finding.is_error() {
                return true;
            }
            match self.0.get(finding.code) {
                Some(Level::Off) => return false,
                Some(Level::Advice) => finding.severity = Severity::Advice,
                Some(Level::Warning) => finding.severity = Severity::Warning,
                Some(Level::Error) => finding.severity = Severity::Error,
                None => {}
            }
            !is_allowed(finding, sources)
        });
    }
}

/// Comments that allow what there is not.
pub(crate) fn unknown_codes(sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in sources.iter().filter(|(_, text)| text.contains(ALLOW)) {
        for (index, line) in text.lines().enumerate() {
            let unknown = allowed(line).filter(|code| Code::named(code).is_none());
            findings.extend(unknown.map(|code| {
                let before = line.find(code).unwrap_or_default();
                let place = Place {
                    file: file.clone(),
                    line: index + 1,
                    column: line[..before].chars().count() + 1,
                    width: code.chars().count().max(1),
                };
                unknown_code(code, place)
            }));
        }
    }
    findings
}

/// The finding for a code that there is not.
fn unknown_code(code: &str, place: Place) -> Finding {
    let finding = Finding::warning("unknown-code", place, format!("nothing is called `{code}`"));
    let known = Code::all().iter().map(|code| code.name);
    finding.hint(match nearest(code, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`personactl explain` lists all codes".to_owned(),
    })
}

/// Whether a comment allows the finding: on its line, on the one above, or beside the member that brings the text in.
fn is_allowed(finding: &Finding, sources: &Sources) -> bool {
    let mut places = finding.place.iter().chain(&finding.member);
    places.any(|place| {
        let allows = |line: &str| allowed(line).any(|code| code == finding.code);
        let above = place.line.checked_sub(1).map(|line| Place {
            line,
            ..place.clone()
        });
        let above = above.and_then(|above| sources.line(&above));
        let is_comment = |line: &&str| line.trim_start().starts_with('#');
        sources.line(place).is_some_and(allows) || above.filter(is_comment).is_some_and(allows)
    })
}

/// The codes that a line allows.
fn allowed(line: &str) -> impl Iterator<Item = &str> {
    let list = line
        .split_once(ALLOW)
        .and_then(|(_, rest)| rest.split_once(')'));
    let codes = list.map_or("", |(codes, _)| codes);
    codes
        .split(',')
        .map(str::trim)
        .filter(|code| !code.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_allows_what_it_names() {
        let rows = [
            (
                "greeting: Hi {{name}} # personactl: allow(placeholder)",
                vec!["placeholder"],
            ),
            (
                "  # personactl: allow(placeholder, lost-text)",
                vec!["placeholder", "lost-text"],
            ),
            ("# personactl: allow()", vec![]),
            ("# personactl: allow(placeholder", vec![]),
            ("greeting: allow(placeholder)", vec![]),
        ];
        for (line, expected) in rows {
            assert_eq!(allowed(line).collect::<Vec<_>>(), expected, "{line}");
        }
    }
}
