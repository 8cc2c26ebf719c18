//! A plan for people: what is to be done, persona by persona, field by field.

use anstyle::Style;
use serde_json::Value;

use crate::plan::{Action, Cause, FieldChange, Plan, Step, Summary};
use crate::render::escape::on_one_line;
use crate::render::style::{ADDED, BLOCKED, CHANGED, FAINT, REMOVED, STRONG, paint};
use crate::render::value::{brief, counted, difference, growth, hidden, is_short};

/// How wide the column of pointers may grow.
const WIDEST: usize = 52;

/// The plan as text.
#[must_use]
pub fn plan(plan: &Plan, show_unmanaged: bool) -> String {
    let mut text = String::new();
    let summary = plan.summary();
    if !plan.is_empty() {
        line(&mut text, "", &headline(plan, summary));
        text.push('\n');
        let steps = plan
            .steps
            .iter()
            .filter(|step| !matches!(step.action, Action::Keep));
        steps.for_each(|step| self::step(&mut text, step, show_unmanaged));
    }
    kept(&mut text, plan, show_unmanaged);
    line(&mut text, "", &closing(plan, summary));
    text
}

fn headline(plan: &Plan, summary: Summary) -> String {
    format!("Plan for {}: {}.", where_to(plan), counts(summary))
}

fn closing(plan: &Plan, summary: Summary) -> String {
    if plan.is_empty() {
        let nothing = format!("No changes for {}: nothing to do for", where_to(plan));
        return format!(
            "{} {}.",
            paint(STRONG, nothing),
            counted(summary.keep, "persona")
        );
    }
    format!(
        "{} Plan id {}",
        paint(STRONG, format!("{}.", counts(summary))),
        plan.id()
    )
}

fn where_to(plan: &Plan) -> String {
    if plan.environment == plan.api_url {
        return format!("`{}`", on_one_line(&plan.environment));
    }
    format!(
        "`{}` at {}",
        on_one_line(&plan.environment),
        on_one_line(&plan.api_url)
    )
}

/// What there is to do, leaving out what there is none of.
fn counts(summary: Summary) -> String {
    let Summary {
        create,
        adopt,
        update,
        recreate,
        delete,
        keep,
        blocked,
    } = summary;
    let parts = [
        (create, "to create"),
        (adopt, "to adopt"),
        (update, "to update"),
        (recreate, "to recreate"),
        (delete, "to delete"),
        (blocked, "blocked"),
        (keep, "unchanged"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    said.join(", ")
}

fn step(text: &mut String, step: &Step, show_unmanaged: bool) {
    let (sign, style) = sign(&step.action);
    let id = step
        .persona_id
        .as_ref()
        .map(|id| format!(" ({id})"))
        .unwrap_or_default();
    let title = format!(
        "{sign} {} {}",
        step.action.word(),
        on_one_line(step.key.as_str())
    );
    let name = format!("\"{}\"{id}", on_one_line(&step.persona_name));
    line(
        text,
        "",
        &format!("{}  {}", paint(style.bold(), title), name),
    );
    if let Some(file) = &step.file {
        line(text, "    ", &paint(FAINT, on_one_line(file)));
    }
    if let Some(reason) = &step.reason {
        line(text, "    ", &paint(style, on_one_line(reason)));
    }
    unavailable(text, step);
    let width = step
        .fields
        .iter()
        .map(|field| field.path.as_str().chars().count())
        .max()
        .unwrap_or_default();
    for field in &step.fields {
        self::field(text, step, field, width.min(WIDEST));
    }
    unmanaged(text, step, show_unmanaged);
    text.push('\n');
}

/// Secrets that are not set here: what stands among them was not compared.
fn unavailable(text: &mut String, step: &Step) {
    for name in &step.unavailable {
        let said = match step.action.body() {
            Some(_) => format!("{name} is not set here; applying this needs it"),
            None => format!("{name} is not set here, so its field is not compared"),
        };
        line(text, "    ", &paint(BLOCKED, said));
    }
}

const fn sign(action: &Action) -> (char, Style) {
    match action {
        Action::Create(_) | Action::Recreate(_) => ('+', ADDED),
        Action::Adopt(_) | Action::Update(_) => ('~', CHANGED),
        Action::Delete(_) => ('-', REMOVED),
        Action::Keep => ('=', FAINT),
        Action::Blocked(_) => ('!', BLOCKED),
    }
}

fn field(text: &mut String, step: &Step, field: &FieldChange, width: usize) {
    let (sign, style) = match (&field.before, &field.after) {
        (None | Some(Value::Null), _) => ('+', ADDED),
        (Some(_), None) => ('-', REMOVED),
        (Some(_), Some(_)) => ('~', CHANGED),
    };
    let path = on_one_line(field.path.as_str());
    let path = format!("{} {path:<width$}", paint(style, sign));
    // Of a persona that is new, every field is new, from its own manifest: saying so is only noise.
    if step.action.body().is_some() {
        return line(text, "    ", &format!("{path}  {}", change(field)));
    }
    let cause = paint(cause_style(field.cause), field.cause);
    let place = paint(FAINT, place(step, field));
    line(
        text,
        "    ",
        &format!("{path}  {cause}  {}  {place}", change(field)),
    );
    if let Some((before, after)) = long(field) {
        difference(before, after)
            .iter()
            .for_each(|shown| line(text, "      │ ", shown));
    }
}

/// Where the manifest says so: the file is only named where it is another one than the step's.
fn place(step: &Step, field: &FieldChange) -> String {
    match &field.place {
        Some(place) if Some(&place.file) == step.file.as_ref() => format!("line {}", place.line),
        Some(place) => format!("{}:{}", on_one_line(&place.file), place.line),
        None => String::new(),
    }
}

/// The two values of a field whose change does not fit on its line.
fn long(field: &FieldChange) -> Option<(&Value, &Value)> {
    let values = (field.before.as_ref()?, field.after.as_ref()?);
    (!field.secret && !is_short(values.0, values.1)).then_some(values)
}

fn change(field: &FieldChange) -> String {
    if field.secret {
        return format!(
            "{}, {}",
            hidden(field.after.as_ref().or(field.before.as_ref())),
            verb(field)
        );
    }
    if let Some((before, after)) = long(field) {
        return growth(before, after);
    }
    match (&field.before, &field.after) {
        (None | Some(Value::Null), Some(after)) => brief(after),
        (Some(before), Some(after)) => format!("{} → {}", brief(before), brief(after)),
        (Some(before), None) => format!("{}, removed", brief(before)),
        (None, None) => "removed".to_owned(),
    }
}

const fn verb(field: &FieldChange) -> &'static str {
    match (&field.before, &field.after) {
        (None | Some(Value::Null), _) => "set",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    }
}

const fn cause_style(cause: Cause) -> Style {
    match cause {
        Cause::Change => ADDED,
        Cause::Drift => CHANGED,
        Cause::Conflict => BLOCKED,
        Cause::FirstContact => FAINT,
    }
}

fn unmanaged(text: &mut String, step: &Step, show: bool) {
    if step.unmanaged.is_empty() {
        return;
    }
    let count = counted(step.unmanaged.len(), "unmanaged field");
    if show {
        line(text, "    ", &paint(FAINT, format!("{count}, left alone:")));
        step.unmanaged
            .iter()
            .for_each(|path| line(text, "      ", &paint(FAINT, on_one_line(path.as_str()))));
    } else {
        line(
            text,
            "    ",
            &paint(FAINT, format!("{count}, left alone (--show-unmanaged)")),
        );
    }
}

/// Personas that are left alone are only named where there is something to say of them.
fn kept(text: &mut String, plan: &Plan, show_unmanaged: bool) {
    for step in plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Keep))
    {
        let title = paint(FAINT, format!("= keep {}", on_one_line(step.key.as_str())));
        let lists = show_unmanaged && !step.unmanaged.is_empty();
        let Step {
            reason,
            unavailable: secrets,
            ..
        } = step;
        if reason.is_none() && secrets.is_empty() && !lists {
            continue;
        }
        let reason = reason.as_deref().map(on_one_line).unwrap_or_default();
        line(text, "", &format!("{title}  {reason}"));
        unavailable(text, step);
        if lists {
            unmanaged(text, step, true);
        }
        text.push('\n');
    }
}

fn line(text: &mut String, gutter: &str, content: &str) {
    text.push_str(gutter);
    text.push_str(content.trim_end());
    text.push('\n');
}
