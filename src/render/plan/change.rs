//! What is told of a field that differs, whatever the form.

use serde_json::Value;

use crate::diff::text::{self, Line};
use crate::model::{Place, secret};
use crate::plan::{FieldChange, Step};
use crate::render::escape::on_one_line;
use crate::render::value::{briefs, growth, is_short, laid_out};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 2;

/// What is told of a field that differs.
#[derive(Debug)]
pub(super) enum Change {
    /// Its values must not be shown: `(secret NAME, changed)`.
    Hidden(String),
    /// The values are short, or told by their size; one of them may be absent.
    Brief {
        before: Option<String>,
        after: Option<String>,
    },
    /// By how much the text has grown, and the lines that differ.
    Lines { growth: String, lines: Vec<Line> },
}

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Set,
    Changed,
    Removed,
}

/// How much is told of a long value that nothing is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Its size.
    Size,
    /// All of it.
    Whole,
}

impl Deed {
    pub(super) const fn of(field: &FieldChange) -> Self {
        match (&field.before, &field.after) {
            (None | Some(Value::Null), _) => Self::Set,
            (Some(_), None) => Self::Removed,
            (Some(_), Some(_)) => Self::Changed,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }

    pub(super) const fn sign(self) -> char {
        match self {
            Self::Set => '+',
            Self::Changed => '~',
            Self::Removed => '-',
        }
    }
}

impl Depth {
    /// What a new persona says stands in its manifest; what one that is there loses or gains is told whole.
    pub(super) const fn of(step: &Step) -> Self {
        match step.action.body() {
            Some(_) => Self::Size,
            None => Self::Whole,
        }
    }
}

impl Change {
    pub(super) fn of(field: &FieldChange, depth: Depth) -> Self {
        let before = field.before.as_ref().filter(|value| !value.is_null());
        let after = field.after.as_ref();
        if field.secret {
            return Self::Hidden(hidden(field));
        }
        match (before, after) {
            (Some(before), Some(after)) if !is_short(before, after) => Self::between(before, after),
            (Some(value), None) if depth == Depth::Whole && !is_short(value, &Value::Null) => {
                Self::between(value, &Value::Null)
            }
            (None, Some(value)) if depth == Depth::Whole && !is_short(value, &Value::Null) => {
                Self::between(&Value::Null, value)
            }
            _ => {
                let (before, after) = briefs(before, after);
                Self::Brief { before, after }
            }
        }
    }

    fn between(before: &Value, after: &Value) -> Self {
        let (before, after) = laid_out(before, after);
        Self::Lines {
            growth: growth(&before, &after),
            lines: text::compare(&before, &after, CONTEXT),
        }
    }

    /// All of it that has no lines of its own.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Hidden(told) => told.clone(),
            Self::Lines { growth, .. } => growth.clone(),
            Self::Brief { before, after } => match (before, after) {
                (None, Some(after)) => after.clone(),
                (Some(before), Some(after)) => format!("{before} → {after}"),
                (Some(before), None) => format!("{before}, removed"),
                (None, None) => "removed".to_owned(),
            },
        }
    }
}

/// What stands for values that must not be shown: the secret, or what a map that may hold some has for members.
fn hidden(field: &FieldChange) -> String {
    let value = field.after.as_ref().or(field.before.as_ref());
    let deed = Deed::of(field).word();
    let members = value.and_then(Value::as_object);
    match (value.and_then(secret::referred), members) {
        (Some(name), _) => format!("(secret {name}, {deed})"),
        (None, Some(members)) => {
            let members: Vec<String> = members.iter().map(member).collect();
            format!("(hidden, {deed}: {})", members.join(", "))
        }
        (None, None) => {
            let names = value.map(secret::names).unwrap_or_default();
            let names = names.iter().map(|name| format!(" {name}"));
            format!("(secret{}, {deed})", names.collect::<String>())
        }
    }
}

/// A member of a hidden map, without its value.
fn member((name, value): (&String, &Value)) -> String {
    let name = on_one_line(name);
    match secret::referred(value) {
        Some(secret) => format!("{name} from secret {secret}"),
        None => name.into_owned(),
    }
}

/// The field's place in its document, harmless.
pub(super) fn path(field: &FieldChange) -> String {
    on_one_line(field.path.as_str()).into_owned()
}

/// Where the manifest says so: the file is only named where it is another one than the step's.
pub(super) fn place(step: &Step, field: &FieldChange) -> String {
    match &field.place {
        // What is removed stands nowhere any more.
        _ if field.after.is_none() => String::new(),
        Some(Place { file, line, .. }) if Some(file) == step.file.as_ref() => {
            format!("line {line}")
        }
        Some(Place { file, line, .. }) => format!("{}:{line}", on_one_line(file)),
        None => String::new(),
    }
}
