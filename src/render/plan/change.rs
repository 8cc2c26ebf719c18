//! What is told of a field that differs, whatever the form.

use serde_json::Value;

use crate::diff::text::{self, Line};
use crate::model::{Place, secret};
use crate::plan::{FieldChange, Step};
use crate::render::escape::on_one_line;
use crate::render::value::{brief, growth, is_short, laid_out};

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

impl Change {
    pub(super) fn of(field: &FieldChange, depth: Depth) -> Self {
        let before = field.before.as_ref().filter(|value| !value.is_null());
        let after = field.after.as_ref();
        if field.secret {
            return Self::Hidden(hidden(field));
        }
        match (before, after) {
            (Some(before), Some(after)) if !is_short(before, after) => Self::between(before, after),
            (Some(value), None) | (None, Some(value))
                if depth == Depth::Whole && !is_short(value, &Value::Null) =>
            {
                let nothing = Value::from("");
                match before {
                    Some(before) => Self::between(before, &nothing),
                    None => Self::between(&nothing, value),
                }
            }
            _ => Self::Brief {
                before: before.map(brief),
                after: after.map(brief),
            },
        }
    }

    fn between(before: &Value, after: &Value) -> Self {
        Self::Lines {
            growth: growth(before, after),
            lines: text::compare(&laid_out(before), &laid_out(after), CONTEXT),
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

/// What stands for values that must not be shown.
fn hidden(field: &FieldChange) -> String {
    let value = field.after.as_ref().or(field.before.as_ref());
    let names = value.map(secret::names).unwrap_or_default();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let deed = Deed::of(field).word();
    match names.is_empty() {
        true => format!("(secret, {deed})"),
        false => format!("(secret {}, {deed})", names.join(", ")),
    }
}

/// The field's place in its document, harmless.
pub(super) fn path(field: &FieldChange) -> String {
    on_one_line(field.path.as_str()).into_owned()
}

/// Where the manifest says so: the file is only named where it is another one than the step's.
pub(super) fn place(step: &Step, field: &FieldChange) -> String {
    match &field.place {
        Some(Place { file, line, .. }) if Some(file) == step.file.as_ref() => {
            format!("line {line}")
        }
        Some(Place { file, line, .. }) => format!("{}:{line}", on_one_line(file)),
        None => String::new(),
    }
}
