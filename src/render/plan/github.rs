//! A plan as workflow commands: GitHub shows each change on its line of the manifest.

use super::change::{Change, Depth, path};
use super::entry::{Entry, cause, entries, kept};
use super::report::{Marks, Outcomes, Report};
use crate::apply::{Outcome, Status};
use crate::diff::text::Line;
use crate::model::Place;
use crate::plan::{Action, Cause, FieldChange, Step};
use crate::render::command::{Command, Level};
use crate::render::table::cut;
use crate::render::value::difference;

/// How many lines of a difference an annotation shows, and how much of each.
const SHOWN: usize = 8;
const WIDE: usize = 400;

/// What was found in the manifests and what is planned, a command on each line: first what needs a human, as GitHub shows only
/// so many.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut commands: Vec<String> = Vec::new();
    commands.extend(report.setting.annotations.lines().map(str::to_owned));
    for (step, outcome) in report.steps() {
        let told = outcome.and_then(|outcome| trouble(step, outcome));
        commands.extend(told.map(|command| command.line(report.setting.folder)));
    }
    let remarks = report.plan.against.remarks().iter();
    commands.extend(remarks.map(|remark| as_a_whole(remark).line(report.setting.folder)));
    let outcomes = report.endings();
    let entries = entries(&report.plan.steps, &outcomes);
    let busy = entries.iter().flat_map(Entry::steps);
    let busy = busy.filter(|step| is_as_planned(step, &outcomes));
    for step in busy.chain(kept(&report.plan.steps, false)) {
        let told = of_step(step);
        commands.extend(told.iter().map(|told| told.line(report.setting.folder)));
    }
    commands.join("\n")
}

/// Whether a step has not ended otherwise than was planned.
fn is_as_planned(step: &Step, outcomes: &Outcomes<'_>) -> bool {
    let outcome = outcomes.get(&step.key);
    outcome.is_none_or(|outcome| !is_trouble(outcome.status))
}

const fn is_trouble(status: Status) -> bool {
    matches!(
        status,
        Status::Stale | Status::Refused | Status::Failed | Status::Skipped
    )
}

/// A step that did not end as was planned.
fn trouble(step: &Step, outcome: &Outcome) -> Option<Command> {
    is_trouble(outcome.status).then(|| {
        let message = outcome.message.clone().unwrap_or_default();
        let title = format!("{}: {}", step.key, outcome.status.word());
        at_manifest(Level::Error, step, title, message)
    })
}

/// What is to be known of the plan as a whole.
fn as_a_whole(remark: &str) -> Command {
    Command {
        level: Level::Warning,
        place: None,
        title: "plan".to_owned(),
        lines: vec![remark.to_owned()],
    }
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
        Action::Adopt(_) | Action::Update(_) | Action::Keep => {
            reason.map(|reason| (Level::Notice, reason))
        }
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
    let change = Change::of(field, Depth::of(step));
    let mut lines = vec![format!("{} {}", path(field), change.line())];
    if let Change::Lines {
        lines: compared, ..
    } = &change
    {
        lines.extend(glimpse(compared));
    }
    match &field.place {
        Some(place) => Command {
            level,
            place: Some(place.clone()),
            title,
            lines,
        },
        None => Command {
            lines,
            ..at_manifest(level, step, title, String::new())
        },
    }
}

/// The first lines of a text that changed.
fn glimpse(lines: &[Line]) -> Vec<String> {
    let shown = difference(lines, Marks::Brackets, SHOWN).into_iter();
    let texts = shown.map(|spans| spans.into_iter().map(|span| span.text).collect::<String>());
    texts.map(|text| cut(&text, WIDE)).collect()
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
