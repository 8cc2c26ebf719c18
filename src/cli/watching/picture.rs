//! What all plans together say: each tells of the personas that it is about, and nothing of the others.

use std::collections::BTreeSet;

use super::due::Due;
use crate::apply::{Outcome, Status};
use crate::model::Key;
use crate::plan::{Action, FieldChange, Plan, Step};

/// What is known to be different, by the last plan for each persona.
#[derive(Debug, Default)]
pub(in crate::cli) struct Picture(pub(super) Plan);

impl Picture {
    /// Takes over a plan, which is about these personas.
    pub(super) fn take(&mut self, plan: &Plan, about: &Due) {
        let mut steps = std::mem::take(&mut self.0.steps);
        steps.retain(|step| !about.has(&step.key));
        steps.extend(plan.steps.iter().cloned());
        steps.sort_by(|a, b| a.key.cmp(&b.key));
        self.0 = Plan {
            environment: plan.environment.clone(),
            against: plan.against.clone(),
            steps,
            notes: plan.notes.clone(),
        };
    }

    /// Takes over what was done.
    pub(super) fn done(&mut self, plan: &Plan, outcomes: &[Outcome]) {
        let ended = plan.steps.iter().zip(outcomes);
        let done = ended.filter(|(_, outcome)| outcome.status == Status::Applied);
        let done: BTreeSet<&Key> = done.map(|(step, _)| &step.key).collect();
        for step in &mut self.0.steps {
            if done.contains(&step.key) {
                step.action = Action::Keep;
                step.fields.clear();
                step.reason = None;
            }
        }
    }

    /// How many personas are not as they should be.
    pub(super) fn pending(&self) -> usize {
        open(&self.0).count()
    }

    /// Whether anything waits for a human.
    pub(super) fn waits(&self) -> bool {
        let mut steps = self.0.steps.iter();
        steps.any(|step| matches!(step.action, Action::Blocked(_)))
    }

    /// Whether a plan for all says nothing that is not known.
    pub(super) fn says(&self, plan: &Plan) -> bool {
        let both = || (open(&self.0), open(plan));
        let (known, new) = both();
        known.count() == new.count() && {
            let (known, new) = both();
            known.zip(new).all(|(known, new)| is_same(known, new))
        }
    }
}

fn open(plan: &Plan) -> impl Iterator<Item = &Step> {
    let steps = plan.steps.iter();
    steps.filter(|step| !matches!(step.action, Action::Keep))
}

/// Whether two steps look the same.
fn is_same(a: &Step, b: &Step) -> bool {
    let shown = |field: &FieldChange| {
        (
            field.path.clone(),
            field.cause,
            field.before.clone(),
            field.after.clone(),
        )
    };
    a.key == b.key
        && a.action.word() == b.action.word()
        && a.reason == b.reason
        && a.fields.iter().map(shown).eq(b.fields.iter().map(shown))
}
