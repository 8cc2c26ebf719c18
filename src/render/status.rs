//! Every persona at a glance, as a table and as JSON.

use serde::Serialize;

use super::escape::in_json;
use super::style::{ADDED, BLOCKED, CHANGED, FAINT, REMOVED, STRONG, paint};
use super::table::{Line, cut, table};
use crate::catalog::Catalog;
use crate::model::{Key, Live};
use crate::plan::{Action, Cause, Step};

/// One persona at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The manifest's key; none where it has no manifest.
    pub key: Option<Key>,
    /// Its name.
    pub name: String,
    /// The service's id, where it has one.
    pub id: Option<String>,
    /// How it stands.
    pub state: State,
    /// How many fields the manifest was edited in.
    pub changes: usize,
    /// How many somebody edited live.
    pub drifts: usize,
    /// How many were edited on both sides.
    pub conflicts: usize,
    /// How many only the live side has.
    pub unmanaged_fields: usize,
    /// When the ledger last learnt of it, as git knows it.
    pub last_applied: Option<String>,
    /// What there is to know.
    pub reason: Option<String>,
}

/// How a persona stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is as its manifest says.
    InSync,
    /// It is not.
    Differs,
    /// It is not live yet.
    ToCreate,
    /// It is live, and not bound yet.
    ToAdopt,
    /// It was live.
    Gone,
    /// A human has to decide.
    Blocked,
    /// Its manifest is gone.
    NoManifest,
    /// Its manifest is for other environments.
    Elsewhere,
    /// It never had a manifest.
    Unmanaged,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            Self::Differs => "differs",
            Self::ToCreate => "to create",
            Self::ToAdopt => "to adopt",
            Self::Gone => "gone",
            Self::Blocked => "blocked",
            Self::NoManifest => "no manifest",
            Self::Elsewhere => "not for here",
            Self::Unmanaged => "unmanaged",
        }
    }

    const fn sign(self) -> char {
        match self {
            Self::InSync => '=',
            Self::Differs | Self::ToAdopt => '~',
            Self::ToCreate | Self::Gone => '+',
            Self::Blocked => '!',
            Self::NoManifest => '-',
            Self::Elsewhere | Self::Unmanaged => ' ',
        }
    }
}

impl Status {
    /// How the persona of a step stands.
    #[must_use]
    pub fn of(step: &Step, last_applied: Option<String>) -> Self {
        let count = |cause| {
            step.fields
                .iter()
                .filter(|field| field.cause == cause)
                .count()
        };
        Self {
            key: Some(step.key.clone()),
            name: step.persona_name.clone(),
            id: step.persona_id.as_ref().map(ToString::to_string),
            state: match step.action {
                Action::Create(_) => State::ToCreate,
                Action::Adopt(_) => State::ToAdopt,
                Action::Update(_) => State::Differs,
                Action::Recreate(_) => State::Gone,
                Action::Blocked(_) => State::Blocked,
                Action::Keep if step.file.is_some() => State::InSync,
                Action::Keep | Action::Delete(_) => State::NoManifest,
            },
            changes: count(Cause::Change) + count(Cause::FirstContact),
            drifts: count(Cause::Drift),
            conflicts: count(Cause::Conflict),
            unmanaged_fields: step.unmanaged.len(),
            last_applied,
            reason: step.reason.clone(),
        }
    }

    /// A manifest that is for other environments.
    #[must_use]
    pub fn elsewhere(key: &Key, last_applied: Option<String>) -> Self {
        Self {
            key: Some(key.clone()),
            last_applied,
            ..Self::new(State::Elsewhere)
        }
    }

    /// A live persona that no manifest describes.
    #[must_use]
    pub fn unmanaged(catalog: &Catalog, live: &Live) -> Self {
        Self {
            name: catalog
                .name_of(&live.document)
                .unwrap_or_default()
                .to_owned(),
            id: Some(live.id.to_string()),
            ..Self::new(State::Unmanaged)
        }
    }

    const fn new(state: State) -> Self {
        Self {
            key: None,
            name: String::new(),
            id: None,
            state,
            changes: 0,
            drifts: 0,
            conflicts: 0,
            unmanaged_fields: 0,
            last_applied: None,
            reason: None,
        }
    }

    /// How it stands, and what differs, in few words.
    fn words(&self) -> String {
        let counts = [
            (self.changes, "changed"),
            (self.drifts, "drifted"),
            (self.conflicts, "in conflict"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let state = self.state.word();
        match (self.state, counts.is_empty()) {
            (State::Differs, false) => counts.join(", "),
            (State::Blocked | State::ToAdopt, false) => format!("{state}, {}", counts.join(", ")),
            _ => state.to_owned(),
        }
    }
}

/// How wide the column of keys may grow.
const WIDEST_KEY: usize = 32;

/// How wide the column of names may grow.
const WIDEST: usize = 24;

/// The personas as a table.
#[must_use]
pub fn statuses(all: &[Status], environment: &str) -> String {
    let head = ["", "KEY", "STATE", "NAME", "ID", "APPLIED"];
    let mut lines = vec![Line(head.map(str::to_owned).to_vec())];
    lines.extend(all.iter().map(|status| {
        let key = status.key.as_ref().map_or("–", Key::as_str);
        let cells = [
            status.state.sign().to_string(),
            cut(key, WIDEST_KEY),
            status.words(),
            cut(&status.name, WIDEST),
            status.id.clone().unwrap_or_else(|| "–".to_owned()),
            status.last_applied.clone().unwrap_or_default(),
        ];
        Line(cells.to_vec())
    }));
    let table = table(&lines);
    let mut shown = table.lines();
    let mut painted = vec![paint(STRONG, shown.next().unwrap_or_default())];
    painted.extend(shown.zip(all).map(|(line, status)| match status.state {
        State::InSync => line.to_owned(),
        State::Differs | State::ToAdopt => paint(CHANGED, line),
        State::ToCreate | State::Gone => paint(ADDED, line),
        State::Blocked => paint(BLOCKED, line),
        State::NoManifest => paint(REMOVED, line),
        State::Elsewhere | State::Unmanaged => paint(FAINT, line),
    }));
    painted.push(String::new());
    painted.push(summary(all, environment));
    painted.join("\n")
}

fn summary(all: &[Status], environment: &str) -> String {
    let mut counts: Vec<(State, usize)> = Vec::new();
    for status in all {
        match counts.iter_mut().find(|(state, _)| *state == status.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((status.state, 1)),
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(state, count)| format!("{count} {}", state.word()))
        .collect();
    let counts = if counts.is_empty() {
        "no personas".to_owned()
    } else {
        counts.join(", ")
    };
    paint(STRONG, format!("`{environment}`: {counts}."))
}

#[derive(Serialize)]
struct Report<'s> {
    format_version: &'static str,
    environment: &'s str,
    personas: &'s [Status],
}

/// The personas as one JSON object.
#[must_use]
pub fn statuses_json(all: &[Status], environment: &str) -> String {
    let report = Report {
        format_version: "1",
        environment,
        personas: all,
    };
    in_json(&serde_json::to_string_pretty(&report).expect("a report is JSON"))
}
