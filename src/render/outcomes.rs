//! What became of a plan, for people.

use std::fmt::Write as _;

use anstyle::Style;

use super::escape::on_one_line;
use super::plan::ended;
use super::style::{ADDED, BLOCKED, CHANGED, FAINT, REMOVED, STRONG, paint};
use super::value::brief;
use crate::apply::{Normalised, Outcome, Status};
use crate::plan::{Action, Step};

/// One line, and what there is to know, of a step that has ended; nothing of one that had nothing
/// to do.
#[must_use]
pub fn outcome(step: &Step, outcome: &Outcome) -> String {
    let mut text = String::new();
    if matches!(step.action, Action::Keep) {
        return text;
    }
    let (sign, style) = sign(outcome.status);
    let id = outcome.persona_id.as_ref().or(step.persona_id.as_ref());
    let id = id.map(|id| format!("  {id}")).unwrap_or_default();
    let what = format!("{sign} {}", outcome.status.word());
    let action = match step.action {
        Action::Blocked(_) => "",
        _ => step.action.word(),
    };
    let key = on_one_line(step.key.as_str());
    let words: Vec<&str> = [action, &key]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    writeln!(text, "{} {}{id}", paint(style, what), words.join(" ")).expect("a string takes all");
    if let Some(message) = &outcome.message {
        writeln!(text, "    {}", on_one_line(message)).expect("a string takes all");
    }
    for Normalised { path, sent, seen } in &outcome.normalised {
        let seen = seen.as_ref().map_or_else(|| "nothing".to_owned(), brief);
        let told = format!("the service answers {seen} for {}", brief(sent));
        writeln!(
            text,
            "    {} {}: {told}",
            paint(CHANGED, "normalised"),
            on_one_line(path.as_str())
        )
        .expect("a string takes all");
    }
    text
}

/// The sign of a status, and its colour.
pub(super) const fn sign(status: Status) -> (char, Style) {
    match status {
        Status::Applied => ('✓', ADDED),
        Status::Unchanged => ('=', FAINT),
        Status::Stale | Status::Blocked | Status::Skipped => ('!', BLOCKED),
        Status::Refused | Status::Failed => ('✗', REMOVED),
    }
}

/// How many steps ended in which way.
#[must_use]
pub fn outcomes(outcomes: &[Outcome]) -> String {
    paint(STRONG, format!("Done: {}.", ended(outcomes)))
}
