//! What is told in one line each: what is to be done with a persona, what became of that, and what is wrong.

use super::escape::on_one_line;
use super::findings::Said;
use super::outcomes;
use super::plan::{self, named};
use super::style::{CHANGED, FAINT, REMOVED};
use super::wrap::Span;
use crate::apply::Outcome;
use crate::model::Finding;
use crate::plan::{Action, Step};

/// What is to be done with a persona, in which fields and why.
pub(crate) fn step(step: &Step) -> Vec<Span> {
    let (sign, style) = plan::sign(&step.action);
    let title = format!("{sign} {} ", step.action.word());
    let mut spans = vec![
        Span::new(style.bold(), title),
        Span::plain(on_one_line(step.key.as_str())),
    ];
    let plainly = |path: &str| on_one_line(path).into_owned();
    if step.action.body().is_none() && !step.fields.is_empty() {
        let fields = named(step, &plainly);
        spans.push(Span::plain(format!("  {fields}")));
    }
    let reason = step.reason.as_deref().map(on_one_line);
    spans.extend(reason.map(|reason| Span::new(style, format!("  {reason}"))));
    spans
}

/// What became of a step, where that is worth a word: a persona that is now as it should be is none.
pub(crate) fn stepped(step: &Step, outcome: &Outcome) -> Option<Vec<Span>> {
    if matches!(step.action, Action::Keep | Action::Blocked(_)) {
        return None;
    }
    let key = on_one_line(step.key.as_str());
    let (sign, style) = outcomes::sign(outcome.status);
    if !outcome.status.is_done() {
        let title = format!("{sign} {} ", outcome.status.word());
        let message = outcome.message.as_deref().map(on_one_line);
        let message = message.map(|message| Span::plain(format!(": {message}")));
        let title = [Span::new(style.bold(), title), Span::plain(key)];
        return Some(title.into_iter().chain(message).collect());
    }
    let others = outcome.normalised.iter();
    let others: Vec<_> = others
        .map(|other| on_one_line(other.path.as_str()))
        .collect();
    let told = format!(" in {key}: {}", others.join(", "));
    let title = Span::new(CHANGED, "normalised");
    (!others.is_empty()).then(|| vec![title, Span::plain(told)])
}

/// What is wrong, and the way out.
pub(crate) fn finding(finding: &Finding) -> Vec<Span> {
    let said = Said::of(finding);
    let (sign, style) = match finding.is_error() {
        true => ("✗ ", REMOVED),
        false => ("! ", CHANGED),
    };
    let place = finding.place.as_ref().map(ToString::to_string);
    let place = place.map(|place| Span::plain(format!("{}: ", on_one_line(&place))));
    let hint = said.hint.as_deref().map(on_one_line);
    let hint = hint.map(|hint| Span::new(FAINT, format!("  {hint}")));
    let message = Span::plain(on_one_line(&said.message));
    let spans = [
        Some(Span::new(style.bold(), sign)),
        place,
        Some(message),
        hint,
    ];
    spans.into_iter().flatten().collect()
}
