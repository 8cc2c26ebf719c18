//! How much a finding weighs, as the user wants it: by the settings, and by comments beside what was found.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use crate::catalog::nearest;
use crate::model::{Code, Finding, Place, Severity};
use crate::yaml::{OURS, Sources, lines};

/// The word that it begins with.
const ALLOW: &str = "allow";

const UNKNOWN: &str = "unknown-code";

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
    pub(crate) fn weigh(&self, findings: &mut Vec<Finding>, comments: &Comments<'_>) {
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
            !comments.allow(finding)
        });
    }
}

/// The lines with comments that are addressed to us, by their files and numbers.
#[derive(Debug)]
pub(crate) struct Comments<'s>(HashMap<(&'s Arc<str>, usize), &'s str>);

impl<'s> Comments<'s> {
    pub(crate) fn of(sources: &'s Sources) -> Self {
        let files = sources.addressed();
        let lines = files.flat_map(|(file, text)| {
            let numbered = lines(text).zip(1..);
            let ours = numbered.filter(|(line, _)| line.contains(OURS));
            ours.map(move |(line, number)| ((file, number), line))
        });
        Self(lines.collect())
    }

    /// Those that allow nothing, or what there is not.
    pub(crate) fn flaws(&self) -> Vec<Finding> {
        let lines = self.0.iter();
        lines
            .flat_map(|((file, number), line)| flaws(file, *number, line))
            .collect()
    }

    /// Whether a comment allows the finding: on its line, on the one above, or beside the member that brings the text in.
    fn allow(&self, finding: &Finding) -> bool {
        let mut places = finding.place.iter().chain(&finding.member);
        places.any(|place| {
            let allows = |line: &str| allowed(line).iter().any(|(_, code)| *code == finding.code);
            let line = |number| self.0.get(&(&place.file, number)).copied();
            let above = line(place.line.saturating_sub(1));
            let is_comment = |line: &&str| line.trim_start().starts_with('#');
            line(place.line).is_some_and(allows) || above.filter(is_comment).is_some_and(allows)
        })
    }
}

/// What is wrong with a comment.
fn flaws(file: &Arc<str>, number: usize, line: &str) -> Vec<Finding> {
    let place = |at: usize, text: &str| Place {
        file: file.clone(),
        line: number,
        column: line[..at].chars().count() + 1,
        width: text.chars().count().max(1),
    };
    let codes = allowed(line);
    let unknown = codes.iter().filter_map(|(at, code)| {
        let place = place(*at, code);
        match Code::named(code) {
            None => Some(unknown_code(code, place)),
            Some(known) if known.is_fixed() => {
                let message = format!("`{code}` is always an error: no comment allows it");
                Some(Finding::warning(UNKNOWN, place, message))
            }
            Some(_) => None,
        }
    });
    let misspelt = ours(line).filter(|(_, said)| codes.is_empty() && is_meant(said));
    let misspelt = misspelt.map(|(at, said)| {
        let message = "the comment allows nothing";
        Finding::warning(UNKNOWN, place(at, said), message)
            .hint("write `# personactl: allow(CODE)`")
    });
    unknown.chain(misspelt).collect()
}

/// What a line says to us, and where.
fn ours(line: &str) -> Option<(usize, &str)> {
    let at = line.rfind(OURS)? + OURS.len();
    let said = line[at..].trim_start();
    Some((line.len() - said.len(), said.trim_end()))
}

/// Whether somebody wants to allow something by it: texts may well speak of us.
fn is_meant(said: &str) -> bool {
    let word = said.split(|c: char| !c.is_alphanumeric()).next();
    let is_short = said.contains('(') || said.split_whitespace().count() <= 2;
    is_short && word.is_some_and(|word| nearest(word, [ALLOW]).is_some())
}

/// The finding for a code that there is not.
fn unknown_code(code: &str, place: Place) -> Finding {
    let finding = Finding::warning(UNKNOWN, place, format!("nothing is called `{code}`"));
    let finding = finding.hint("`personactl explain` lists all codes");
    finding.near(nearest(code, Code::names()))
}

/// The codes that a line allows, each with where it stands.
fn allowed(line: &str) -> Vec<(usize, &str)> {
    let list = ours(line).and_then(|(at, said)| {
        let list = said.strip_prefix(ALLOW)?.trim_start().strip_prefix('(')?;
        Some((at + said.len() - list.len(), list.split_once(')')?.0))
    });
    let Some((mut next, list)) = list else {
        return Vec::new();
    };
    let codes = list.split(',').map(|piece| {
        let at = next + piece.len() - piece.trim_start().len();
        next += piece.len() + 1;
        (at, piece.trim())
    });
    codes.filter(|(_, code)| !code.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Source;

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
            (
                "# personactl:allow( placeholder ,lost-text)",
                vec!["placeholder", "lost-text"],
            ),
            ("# personactl: allow (placeholder)", vec!["placeholder"]),
            ("# personactl: allow()", vec![]),
            ("# personactl: allow(placeholder", vec![]),
            ("greeting: allow(placeholder)", vec![]),
        ];
        for (line, expected) in rows {
            let codes = allowed(line);
            let named: Vec<_> = codes.iter().map(|(_, code)| *code).collect();
            assert_eq!(named, expected, "{line}");
            assert!(
                codes.iter().all(|(at, code)| line[*at..].starts_with(code)),
                "{line}"
            );
        }
    }

    #[test]
    fn comments_that_allow_nothing_are_told_where_they_stand() {
        let rows = [
            (
                "greeting: unknwn # personactl: allow(unknwn)",
                Some((38, "nothing is called")),
            ),
            (
                "# personactl: alow(placeholder)",
                Some((15, "allows nothing")),
            ),
            ("# personactl: allow", Some((15, "allows nothing"))),
            (
                "# personactl: allow placeholder",
                Some((15, "allows nothing")),
            ),
            (
                "# personactl: allow(placeholder",
                Some((15, "allows nothing")),
            ),
            (
                "a: 1 # personactl: allow( plain-secret )",
                Some((27, "always an error")),
            ),
            ("# personactl: allow(placeholder)", None),
            ("# personactl: all of these are ours", None),
            ("# personactl: see the README", None),
        ];
        for (line, expected) in rows {
            let file = "a.yaml".into();
            let (source, _) = Source::decode(file, line.as_bytes());
            let sources = Sources::of(&source);
            let findings = Comments::of(&sources).flaws();
            let told = findings.first().map(|finding| {
                let place = finding.place.as_ref().expect("a place");
                (place.column, finding.message.as_str())
            });
            assert_eq!(
                told.map(|told| told.0),
                expected.map(|told| told.0),
                "{line}"
            );
            let (said, wanted) = (
                told.map_or("", |told| told.1),
                expected.map_or("", |told| told.1),
            );
            assert!(said.contains(wanted), "{line}: {said}");
        }
    }
}
