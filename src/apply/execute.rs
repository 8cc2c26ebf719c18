//! Executing the very plan that was shown, a few steps at a time.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::outcome::{Normalised, Outcome, Status};
use super::resolve::Secrets;
use crate::api::{ApiError, ApiErrorKind, Writer};
use crate::catalog::Catalog;
use crate::ledger::{Ledger, LedgerError};
use crate::model::{Fingerprints, Live, PersonaId, Record, causes};
use crate::plan::{self, Action, Plan, Revision, Step};

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
    /// How many steps are under way at a time.
    pub concurrency: usize,
}

/// Executes every step and records what was done, step by step. What became of each is told and
/// returned, in the order of the plan. One step's failure does not stop the others, but once the
/// ledger cannot be saved nothing more is started.
///
/// # Errors
/// Where the ledger cannot be written to begin with: nothing was sent then.
pub async fn execute(
    plan: &Plan,
    session: Session<'_>,
    ledger: &mut Ledger,
    mut tell: impl FnMut(&Step, &Outcome),
) -> Result<Vec<Outcome>, LedgerError> {
    settle(plan, ledger)?;
    if plan.sends() {
        ledger.write()?;
    }
    let is_lost = Cell::new(false);
    let mut outcomes = vec![Outcome::new(Status::Skipped); plan.steps.len()];
    let mut results = stream::iter(plan.steps.iter().enumerate())
        .map(|(index, step)| {
            let is_lost = &is_lost;
            async move {
                let skipped = (Outcome::new(Status::Skipped), None);
                (
                    index,
                    if is_lost.get() {
                        skipped
                    } else {
                        session.take(step).await
                    },
                )
            }
        })
        .buffer_unordered(session.concurrency.max(1));
    while let Some((index, (mut outcome, record))) = results.next().await {
        let step = &plan.steps[index];
        if let Some(Err(error)) = record.map(|record| save(ledger, step, record)) {
            is_lost.set(true);
            outcome.lose(&error);
        }
        tell(step, &outcome);
        outcomes[index] = outcome;
    }
    Ok(outcomes)
}

fn save(ledger: &mut Ledger, step: &Step, record: Record) -> Result<(), LedgerError> {
    if let Some(old) = &step.owned.moved_from {
        ledger.records.remove(old);
    }
    ledger.records.insert(step.key.clone(), record);
    ledger.write()
}

/// Writes down what the ledger learns from a plan without any request.
///
/// # Errors
/// Where the ledger cannot be written.
pub fn settle(plan: &Plan, ledger: &mut Ledger) -> Result<(), LedgerError> {
    if plan.notes == plan::Notes::default() {
        return Ok(());
    }
    ledger
        .records
        .retain(|key, _| !plan.notes.forget.contains(key));
    ledger.records.extend(plan.notes.record.clone());
    ledger.write()
}

/// What became of a step, and what the ledger is to know of it.
type Taken = (Outcome, Option<Record>);

impl Session<'_> {
    async fn take(self, step: &Step) -> Taken {
        match &step.action {
            Action::Create(body) | Action::Recreate(body) => self.create(step, body).await,
            Action::Adopt(revision) | Action::Update(revision) => self.revise(step, revision).await,
            Action::Keep => (
                Outcome {
                    message: step.reason.clone(),
                    ..Outcome::new(Status::Unchanged)
                },
                None,
            ),
            Action::Blocked => (
                Outcome {
                    message: step.reason.clone(),
                    ..Outcome::new(Status::Blocked)
                },
                None,
            ),
        }
    }

    async fn create(self, step: &Step, body: &serde_json::Value) -> Taken {
        let body = match self.secrets.in_body(self.catalog, body) {
            Ok(body) => body,
            Err(problem) => return (Outcome::because(Status::Failed, problem), None),
        };
        match self.writer.create(body).await {
            Ok(created) => self.created(step, created.id).await,
            Err(error) if may_have_happened(&error) => {
                let unsure = format!(
                    "{}; it may have been created all the same: the next plan adopts it by its name",
                    causes(&error)
                );
                (Outcome::because(Status::Failed, unsure), None)
            }
            Err(error) => (failure(&error), None),
        }
    }

    /// The id is recorded whatever reading it back says, so that the persona is never made twice.
    async fn created(self, step: &Step, id: PersonaId) -> Taken {
        let (outcome, record) = self.read_back(step, &id).await;
        let bare = || Record {
            id,
            name: step.persona_name.clone(),
            prevent_delete: step.owned.prevent_delete,
            fields: BTreeMap::new(),
        };
        (outcome, Some(record.unwrap_or_else(bare)))
    }

    async fn revise(self, step: &Step, revision: &Revision) -> Taken {
        let live = match self.writer.reader().find(&revision.id).await {
            Ok(Some(live)) => live,
            Ok(None) => return (stale(&revision.id, "is gone"), None),
            Err(error) => return (failure(&error), None),
        };
        if plan::fingerprint(self.catalog, &live.document, self.fingerprints) != revision.base {
            return (
                stale(
                    &revision.id,
                    "was edited since the plan was made; plan again",
                ),
                None,
            );
        }
        for patch in &revision.patches {
            let patch = match self.secrets.in_patch(self.catalog, patch) {
                Ok(patch) => patch,
                Err(problem) => return (Outcome::because(Status::Failed, problem), None),
            };
            if let Err(error) = self.writer.patch(&revision.id, &patch).await {
                return (failure(&error), None);
            }
        }
        if revision.patches.is_empty() {
            return self.done(step, &live);
        }
        self.read_back(step, &revision.id).await
    }

    async fn read_back(self, step: &Step, id: &PersonaId) -> Taken {
        match self.writer.reader().find(id).await {
            Ok(Some(live)) => self.done(step, &live),
            Ok(None) => (
                Outcome::because(
                    Status::Failed,
                    format!("{id} was written, but cannot be read"),
                ),
                None,
            ),
            Err(error) => {
                let unread = format!(
                    "{id} was written, but reading it back failed: {}",
                    causes(&error)
                );
                (Outcome::because(Status::Failed, unread), None)
            }
        }
    }

    fn done(self, step: &Step, live: &Live) -> Taken {
        let record = step.owned.record(
            self.catalog,
            live.id.clone(),
            &live.document,
            self.fingerprints,
        );
        let outcome = Outcome {
            persona_id: Some(live.id.clone()),
            normalised: self.normalised(step, live),
            ..Outcome::new(Status::Applied)
        };
        (outcome, Some(record))
    }

    /// What was sent and is answered in another form. A secret is meant to come back masked.
    fn normalised(self, step: &Step, live: &Live) -> Vec<Normalised> {
        let sent = step.fields.iter().filter_map(|field| {
            let sent = field.after.as_ref()?;
            let seen = field.path.get(&live.document);
            let changed = !field.secret && !self.catalog.meets(&field.path, seen, sent);
            changed.then(|| Normalised {
                path: field.path.clone(),
                sent: sent.clone(),
                seen: seen.cloned(),
            })
        });
        sent.collect()
    }
}

fn stale(id: &PersonaId, what: &str) -> Outcome {
    Outcome::because(Status::Stale, format!("{id} {what}"))
}

fn failure(error: &ApiError) -> Outcome {
    let status = if error.is_refusal() {
        Status::Refused
    } else {
        Status::Failed
    };
    Outcome::because(status, causes(error))
}

/// Whether the service may have done what it was asked for without our knowing.
fn may_have_happened(error: &ApiError) -> bool {
    match &error.kind {
        ApiErrorKind::Status { status, .. } => *status >= 500,
        ApiErrorKind::NoAnswer(error) => !error.is_connect(),
        ApiErrorKind::Unauthorized { .. } | ApiErrorKind::Redirect { .. } => false,
        ApiErrorKind::Truncated(_)
        | ApiErrorKind::NotJson { .. }
        | ApiErrorKind::Malformed(_)
        | ApiErrorKind::TooLarge(_) => true,
    }
}
