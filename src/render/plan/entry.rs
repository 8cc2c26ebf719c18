//! The steps in the order in which a reviewer wants them, and those that do the same told as one.

use super::change::place;
use super::report::Outcomes;
use crate::plan::{Action, Cause, FieldChange, Step};

/// Steps that are told at once.
#[derive(Debug)]
pub(super) struct Entry<'p> {
    /// The first, which is told whole.
    pub(super) step: &'p Step,
    /// Others that do the same to other personas.
    pub(super) alike: Vec<&'p Step>,
}

impl<'p> Entry<'p> {
    /// All its steps.
    pub(super) fn steps(&self) -> impl Iterator<Item = &'p Step> {
        std::iter::once(self.step).chain(self.alike.iter().copied())
    }

    /// Where the manifest says so; of several personas, if all of them say it there.
    pub(super) fn place(&self, field: &FieldChange) -> String {
        let first = place(self.step, field);
        let same = |step: &&Step| {
            let mut fields = step.fields.iter();
            let same = fields.find(|other| other.path == field.path);
            same.is_some_and(|same| place(step, same) == first)
        };
        match self.alike.iter().all(same) {
            true => first,
            false => String::new(),
        }
    }
}

/// What is done, grouped by action: first what needs a human, then what cannot be taken back.
pub(super) fn entries<'p>(steps: &'p [Step], outcomes: &Outcomes<'_>) -> Vec<Entry<'p>> {
    let mut busy: Vec<&Step> = steps
        .iter()
        .filter(|step| !matches!(step.action, Action::Keep))
        .collect();
    busy.sort_by_key(|step| rank(&step.action));
    let end = |step: &Step| {
        let outcome = outcomes.get(&step.key);
        outcome.map(|outcome| (outcome.status, &outcome.message, outcome.normalised.len()))
    };
    let mut entries: Vec<Entry<'p>> = Vec::new();
    for step in busy {
        let same = entries.iter_mut().rev();
        let same = same.take_while(|entry| rank(&entry.step.action) == rank(&step.action));
        match { same }.find(|entry| is_alike(entry.step, step) && end(entry.step) == end(step)) {
            Some(entry) => entry.alike.push(step),
            None => entries.push(Entry {
                step,
                alike: Vec::new(),
            }),
        }
    }
    entries
}

const fn rank(action: &Action) -> u8 {
    match action {
        Action::Blocked(_) => 0,
        Action::Delete(_) => 1,
        Action::Recreate(_) => 2,
        Action::Update(_) => 3,
        Action::Adopt(_) => 4,
        Action::Create(_) => 5,
        Action::Keep => 6,
    }
}

/// Whether two personas are changed in the same way, for the same reason.
fn is_alike(one: &Step, other: &Step) -> bool {
    let is_update = |step: &Step| matches!(step.action, Action::Update(_));
    let differ = |(a, b): (&FieldChange, &FieldChange)| told(a) != told(b);
    is_update(one)
        && is_update(other)
        && one.reason == other.reason
        && one.unavailable == other.unavailable
        && one.unmanaged == other.unmanaged
        && one.fields.len() == other.fields.len()
        && !one.fields.iter().zip(&other.fields).any(differ)
}

/// What is told of a field beside its line, which each manifest has its own of.
fn told(field: &FieldChange) -> impl PartialEq {
    let FieldChange {
        path,
        cause,
        before,
        after,
        secret,
        place: _,
    } = field;
    (path, *cause, before, after, *secret)
}

/// The steps that are left alone, and that there is something to say of.
pub(super) fn kept(steps: &[Step], lists_unmanaged: bool) -> impl Iterator<Item = &Step> {
    steps.iter().filter(move |step| {
        let is_told = step.reason.is_some() || !step.unavailable.is_empty();
        let is_listed = lists_unmanaged && !step.unmanaged.is_empty();
        matches!(step.action, Action::Keep) && (is_told || is_listed)
    })
}

/// The cause in two words where it is two.
pub(super) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::FirstContact => "first contact",
        other => other.word(),
    }
}
