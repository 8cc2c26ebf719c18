//! A plan as workflow commands: GitHub shows each change on its line of the manifest.

use super::change::{Change, Depth, path};
use super::entry::{cause, entries};
use super::report::Report;
use crate::apply::{Outcome, Status};
use crate::model::Place;
use crate::plan::{Action, Cause, FieldChange, Step};
use crate::render::command::{Command, Level};

/// What was found in the manifests and what is planned, a command on each line: first what needs a human, as GitHub shows only
/// so many.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut commands: Vec<String> = Vec::new();
    commands.extend(report.setting.annotations.lines().map(str::to_owned));
    for (step, outcome) in report.steps() {
        let told = outcome.and_then(|outcome| trouble(step, outcome));
        commands.extend(told.map(|command| command.line(report.setting.folder)));
    }
    for entry in entries(&report.plan.steps) {
        for step in entry.steps() {
            let told = of_step(step);
            commands.extend(told.iter().map(|told| told.line(report.setting.folder)));
        }
    }
    commands.join("\n")
}

/// A step that did not end as was planned.
fn trouble(step: &Step, outcome: &Outcome) -> Option<Command> {
    let is_trouble = matches!(
        outcome.status,
        Status::Stale | Status::Refused | Status::Failed | Status::Skipped
    );
    is_trouble.then(|| {
        let message = outcome.message.clone().unwrap_or_default();
        let title = format!("{}: {}", step.key, outcome.status.word());
        at_manifest(Level::Error, step, title, message)
    })
}

/// What is said of a step: as a whole where it has a reason or no fields, else field by field.
fn of_step(step: &Step) -> Vec<Command> {
    let title = format!("{} {}", step.action.word(), step.key);
    let reason = step.reason.clone();
    let whole = match &step.action {
        Action::Blocked(_) => Some((Level::Error, reason.unwrap_or_default())),
        Action::Delete(_) => Some((Level::Warning, reason.unwrap_or_default())),
        Action::Create(_) | Action::Recreate(_) => {
            let name = format!("\"{}\" is made", step.persona_name);
            Some((Level::Notice, reason.unwrap_or(name)))
        }
        Action::Adopt(_) | Action::Update(_) => reason.map(|reason| (Level::Notice, reason)),
        Action::Keep => None,
    };
    let whole = whole.map(|(level, message)| at_manifest(level, step, title, message));
    let fields = match step.action.body() {
        Some(_) => &[][..],
        None => &step.fields,
    };
    let fields = fields.iter().map(|field| of_field(step, field));
    whole.into_iter().chain(fields).collect()
}

fn of_field(step: &Step, field: &FieldChange) -> Command {
    let level = match field.cause {
        Cause::Change | Cause::FirstContact => Level::Notice,
        Cause::Drift => Level::Warning,
        Cause::Conflict => Level::Error,
    };
    let title = format!("{}: {}", step.key, cause(field.cause));
    let told = Change::of(field, Depth::Size).line();
    let message = format!("{} {told}", path(field));
    match &field.place {
        Some(place) => Command {
            level,
            place: Some(place.clone()),
            title,
            lines: vec![message],
        },
        None => at_manifest(level, step, title, message),
    }
}

/// What is said where a manifest begins, if there is one.
fn at_manifest(level: Level, step: &Step, title: String, message: String) -> Command {
    Command {
        level,
        place: step
            .file
            .as_deref()
            .map(|file| Place::start_of(file.as_ref())),
        title,
        lines: vec![message],
    }
}
