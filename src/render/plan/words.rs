//! What a plan is for and what it comes to, in the words of every form for people.

use super::report::Report;
use crate::apply::{Outcome, Status};
use crate::plan::{Action, Against, Cause, FieldChange, Plan, Step, Summary};
use crate::render::escape::on_one_line;

/// How many fields are named where a step has one line.
const NAMED: usize = 3;
/// How much of a commit is shown.
const SHORT: usize = 10;
/// What a plan against a revision does not say.
pub(super) const NOT_LOOKED_AT: &str =
    "Files were compared with files: what the account holds was not looked at.";

/// Foreign text in a line of ours, as a form puts it.
type Quote<'q> = &'q dyn Fn(&str) -> String;

/// In text, names stand between backticks.
pub(super) fn ticked(name: &str) -> String {
    format!("`{}`", on_one_line(name))
}

/// What the plan is for, and what it comes to or came to.
pub(super) fn headline(report: &Report<'_>, quote: Quote<'_>) -> String {
    let plan = report.plan;
    let target = target(plan, quote);
    match report.outcomes {
        _ if plan.is_empty() => format!("No changes for {target}"),
        Some(outcomes) => format!("Applied to {target}: {}.", ended(outcomes)),
        None => format!("Plan for {target}: {}.", counts(plan.summary())),
    }
}

/// What the plan is for.
fn target(plan: &Plan, quote: Quote<'_>) -> String {
    let environment = quote(&plan.environment);
    match &plan.against {
        Against::Service(address) if plan.environment == *address => environment,
        Against::Service(address) => format!("{environment} at {}", quote(address)),
        Against::Revision { name, commit, .. } => {
            let commit: String = commit.chars().take(SHORT).collect();
            let commit = on_one_line(&commit);
            format!("{environment} against {} ({commit})", quote(name))
        }
    }
}

/// How many steps have ended in which way, leaving out the ways in which none has.
pub(crate) fn ended(outcomes: &[Outcome]) -> String {
    listed(&tally(outcomes))
}

/// How many steps have ended in each way.
pub(super) fn tally(outcomes: &[Outcome]) -> [(usize, &'static str); Status::ALL.len()] {
    let count = |status: Status| {
        let ended = outcomes.iter().filter(|outcome| outcome.status == status);
        ended.count()
    };
    Status::ALL.map(|status| (count(status), status.word()))
}

/// The sign of an action.
pub(super) const fn sign(action: &Action) -> char {
    match action {
        Action::Create(_) | Action::Recreate(_) => '+',
        Action::Adopt(_) | Action::Update(_) => '~',
        Action::Delete(_) => '-',
        Action::Keep => '=',
        Action::Blocked(_) => '!',
    }
}

/// What there is to do, leaving out what there is none of.
pub(crate) fn counts(summary: Summary) -> String {
    listed(&parts(summary))
}

fn listed(parts: &[(usize, &str)]) -> String {
    let said = parts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = said
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    said.join(", ")
}

/// How many personas there are of each kind, with its words.
pub(super) const fn parts(summary: Summary) -> [(usize, &'static str); 7] {
    let Summary {
        create,
        adopt,
        update,
        recreate,
        delete,
        keep,
        blocked,
    } = summary;
    [
        (create, "to create"),
        (adopt, "to adopt"),
        (update, "to update"),
        (recreate, "to recreate"),
        (delete, "to delete"),
        (blocked, "blocked"),
        (keep, "unchanged"),
    ]
}

/// What it means that secrets are not set here: what stands among them was not compared.
pub(super) fn unavailable(step: &Step) -> impl Iterator<Item = String> {
    let meaning = match step.action.body() {
        Some(_) => "; applying this needs it",
        None => ", so its field is not compared",
    };
    let names = step.unavailable.iter();
    names.map(move |name| format!("{name} is not set here{meaning}"))
}

/// The first fields of a step, in one line; that somebody edited one live is worth a look.
pub(in crate::render) fn named(step: &Step, quote: Quote<'_>) -> String {
    let field = |field: &FieldChange| {
        let path = quote(field.path.as_str());
        match field.cause {
            Cause::Drift | Cause::Conflict => format!("{path} ({})", field.cause),
            Cause::Change | Cause::FirstContact => path,
        }
    };
    let fields: Vec<String> = step.fields.iter().take(NAMED).map(field).collect();
    match step.fields.len().saturating_sub(NAMED) {
        0 => fields.join(", "),
        more => format!("{} and {more} more", fields.join(", ")),
    }
}
