//! Executing the very plan that was shown, a few steps at a time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::outcome::{Outcome, Status};
use super::resolve::Secrets;
use super::send::Form;
use super::stop::Stop;
use crate::api::{Drafts, Writer};
use crate::catalog::Catalog;
use crate::ledger::{Ledger, LedgerError};
use crate::model::{Fingerprints, Key, Live, Record};
use crate::plan::{self, Action, Plan, Step};

/// What a plan is executed with.
#[derive(Clone, Copy, Debug)]
pub struct Session<'s> {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// What writes to the service.
    pub writer: Writer<'s>,
    /// The secrets that are available here.
    pub secrets: &'s Secrets,
    /// What the plan was told of them.
    pub fingerprints: &'s Fingerprints,
    /// The live personas that the plan was made from.
    pub live: &'s [Live],
    /// What is written down of it.
    pub ledger: &'s RefCell<Ledger>,
    /// Steps that must not be taken any more, and why.
    pub outdated: &'s BTreeMap<Key, String>,
    /// What becomes of unpublished edits in the dashboard.
    pub drafts: Drafts,
    /// What may still be done.
    pub stop: &'s Stop,
    /// The fullest form of patches that the service takes, as far as is known.
    pub form: &'s Cell<Form>,
}

/// Executes every step and writes down what was done, step by step, in the ledger's journal: whoever calls
/// this ends that. What became of each step is told, again where a last look says otherwise, and returned,
/// in the order of the plan. One step's failure does not stop the others, but once nothing can be written
/// down nothing more is started.
///
/// # Errors
/// Where nothing can be written to begin with: nothing was sent then.
pub async fn execute(
    plan: &Plan,
    session: Session<'_>,
    mut tell: impl FnMut(&Step, &Outcome),
) -> Result<Vec<Outcome>, LedgerError> {
    note(plan, session.ledger)?;
    if plan.sends() || session.ledger.borrow().is_behind() {
        session.ledger.borrow_mut().begin()?;
    }
    session.writer.expect(plan.requests());
    let mut outcomes = vec![Outcome::new(Status::Skipped); plan.steps.len()];
    for turn in turns(plan) {
        let mut results = stream::iter(turn)
            .map(|index| async move { (index, session.step(&plan.steps[index]).await) })
            .buffer_unordered(session.writer.concurrency().max(1));
        while let Some((index, outcome)) = results.next().await {
            tell(&plan.steps[index], &outcome);
            outcomes[index] = outcome;
        }
    }
    session.look_for_twins(plan, &mut outcomes, tell).await;
    Ok(outcomes)
}

/// The steps by their places in the plan: those that delete come when all others are done.
fn turns(plan: &Plan) -> [Vec<usize>; 2] {
    let is_delete = |index: &usize| matches!(plan.steps[*index].action, Action::Delete(_));
    let (deletes, others) = (0..plan.steps.len()).partition(is_delete);
    [others, deletes]
}

/// Takes over what the ledger learns from a plan without any request.
fn note(plan: &Plan, ledger: &RefCell<Ledger>) -> Result<(), LedgerError> {
    let plan::Notes { record, forget } = &plan.notes;
    let mut ledger = ledger.borrow_mut();
    for key in forget {
        ledger.forget(key)?;
    }
    for (key, record) in record {
        ledger.bind(key.clone(), record.clone())?;
    }
    Ok(())
}

/// What the ledger is to hold of a step's persona from now on.
#[derive(Debug)]
pub(super) enum Bookkeeping {
    /// What it holds.
    Leave,
    /// This.
    Bind(Record),
    /// Nothing.
    Forget,
}

impl Bookkeeping {
    pub(super) fn of(record: Option<Record>) -> Self {
        record.map_or(Self::Forget, Self::Bind)
    }
}

/// What became of a step, and what the ledger learns of it.
pub(super) type Taken = (Outcome, Bookkeeping);

impl Session<'_> {
    /// Takes a step and writes down what became of it.
    async fn step(self, step: &Step) -> Outcome {
        let (mut outcome, bookkeeping) = self.turn(step).await;
        if let Err(error) = self.save(step, bookkeeping).await {
            self.stop.start_nothing();
            outcome.lose(&error);
        }
        outcome
    }

    async fn save(self, step: &Step, bookkeeping: Bookkeeping) -> Result<(), LedgerError> {
        match bookkeeping {
            Bookkeeping::Leave => return Ok(()),
            Bookkeeping::Bind(record) => {
                let mut ledger = self.ledger.borrow_mut();
                ledger.bind(step.key.clone(), record)?;
            }
            Bookkeeping::Forget => {
                let binding = step.binding.as_ref();
                let key = binding.map_or(&step.key, |binding| &binding.key);
                self.ledger.borrow_mut().forget(key)?;
            }
        }
        self.on_disk().await
    }

    /// Waits until all that is written down by now is on disk.
    pub(super) async fn on_disk(self) -> Result<(), LedgerError> {
        let written = self.ledger.borrow().written();
        written.on_disk().await
    }

    /// Takes a step, unless nothing more is to be started; what is to be left is left.
    async fn turn(self, step: &Step) -> Taken {
        let is_idle = matches!(step.action, Action::Keep | Action::Blocked(_));
        match self.outdated.get(&step.key) {
            // Where there is nothing to do, nothing is skipped.
            _ if self.stop.starts_nothing() && !is_idle => {
                (Outcome::new(Status::Skipped), Bookkeeping::Leave)
            }
            Some(why) => (Outcome::because(Status::Stale, why), Bookkeeping::Leave),
            None => tokio::select! {
                biased;
                taken = self.take(step) => taken,
                () = self.stop.left() => (Outcome::left(step), Bookkeeping::Leave),
            },
        }
    }

    async fn take(self, step: &Step) -> Taken {
        let (mut outcome, bookkeeping) = match &step.action {
            Action::Create(body) | Action::Recreate(body) => self.create(step, body).await,
            Action::Adopt(revision) | Action::Update(revision) => self.revise(step, revision).await,
            Action::Delete(removal) => self.delete(removal).await,
            Action::Keep => (
                Outcome::of(Status::Unchanged, step.reason.clone()),
                Bookkeeping::Leave,
            ),
            Action::Blocked(_) => (
                Outcome::of(Status::Blocked, step.reason.clone()),
                Bookkeeping::Leave,
            ),
        };
        // The service may repeat in its refusal what it was sent.
        outcome.message = outcome.message.map(|message| self.secrets.redact(message));
        (outcome, bookkeeping)
    }
}
