//! Executing the very plan that was shown, a few steps at a time.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::outcome::{After, Normalised, Outcome, Status};
use super::resolve::Secrets;
use super::send::{Form, Sent};
use crate::api::{ApiError, ApiErrorKind, Writer};
use crate::catalog::{self, Catalog, is_unset};
use crate::ledger::{Ledger, LedgerError};
use crate::model::{Fingerprints, Key, Live, PersonaId, Pointer, Record, causes, secret};
use crate::plan::{self, Action, Base, Digests, FieldChange, Plan, Removal, Revision, Step};

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
    /// Steps that must not be taken any more, and why.
    pub outdated: &'s BTreeMap<Key, String>,
    /// How many steps are under way at a time.
    pub concurrency: usize,
    /// Whether nothing more is to be started.
    pub stop: &'s Cell<bool>,
    /// The fullest form of patches that the service takes, as far as is known.
    pub form: &'s Cell<Form>,
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
    let learns = note(plan, ledger);
    if learns || plan.sends() {
        ledger.write()?;
    }
    let mut outcomes = vec![Outcome::new(Status::Skipped); plan.steps.len()];
    for turn in turns(plan) {
        let mut results = stream::iter(turn)
            .map(|index| async move { (index, session.turn(&plan.steps[index]).await) })
            .buffer_unordered(session.concurrency.max(1));
        while let Some((index, (mut outcome, record))) = results.next().await {
            let step = &plan.steps[index];
            if let Some(Err(error)) = record.map(|record| save(ledger, step, record)) {
                session.stop.set(true);
                outcome.lose(&error);
            }
            tell(step, &outcome);
            outcomes[index] = outcome;
        }
    }
    Ok(outcomes)
}

/// The steps by their places in the plan: those that delete come when all others are done.
fn turns(plan: &Plan) -> [Vec<usize>; 2] {
    let is_delete = |index: &usize| matches!(plan.steps[*index].action, Action::Delete(_));
    let (deletes, others) = (0..plan.steps.len()).partition(is_delete);
    [others, deletes]
}

fn save(ledger: &mut Ledger, step: &Step, record: Option<Record>) -> Result<(), LedgerError> {
    if let Some(old) = step.moved_from() {
        ledger.records.remove(old);
    }
    match record {
        Some(record) => ledger.records.insert(step.key.clone(), record),
        None => ledger.records.remove(&step.key),
    };
    ledger.write()
}

/// Takes over what the ledger learns from a plan without any request; whether that is anything.
fn note(plan: &Plan, ledger: &mut Ledger) -> bool {
    let plan::Notes { record, forget } = &plan.notes;
    ledger.records.retain(|key, _| !forget.contains(key));
    ledger.records.extend(record.clone());
    !record.is_empty() || !forget.is_empty()
}

/// What became of a step, and what the ledger is to hold of it if that changes: `None` in it where
/// that is nothing.
type Taken = (Outcome, Option<Option<Record>>);

impl Session<'_> {
    /// Takes a step, unless nothing more is to be started.
    async fn turn(self, step: &Step) -> Taken {
        match self.outdated.get(&step.key) {
            _ if self.stop.get() => (Outcome::new(Status::Skipped), None),
            Some(why) => (Outcome::because(Status::Stale, why), None),
            None => self.take(step).await,
        }
    }

    async fn take(self, step: &Step) -> Taken {
        let (mut outcome, record) = match &step.action {
            Action::Create(body) | Action::Recreate(body) => self.create(step, body).await,
            Action::Adopt(revision) | Action::Update(revision) => self.revise(step, revision).await,
            Action::Delete(removal) => self.delete(removal).await,
            Action::Keep => (Outcome::of(Status::Unchanged, step.reason.clone()), None),
            Action::Blocked(_) => (Outcome::of(Status::Blocked, step.reason.clone()), None),
        };
        // The service may repeat in its refusal what it was sent.
        outcome.message = outcome.message.map(|message| self.secrets.redact(message));
        (outcome, record)
    }

    async fn create(self, step: &Step, body: &Value) -> Taken {
        let body = match self.secrets.in_body(self.catalog, body) {
            Ok(body) => body,
            Err(problem) => return (Outcome::because(Status::Failed, problem), None),
        };
        match self.writer.create(body).await {
            Ok(created) => {
                let written = step.fields.iter().map(|field| field.path.clone()).collect();
                self.read_back(step, &created.id, &written, Echo::Free)
                    .await
            }
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

    async fn revise(self, step: &Step, revision: &Revision) -> Taken {
        let live = match self.writer.reader().find(&revision.id).await {
            Ok(Some(live)) => live,
            Ok(None) => return (stale(&revision.id, "is gone"), None),
            Err(error) => return (failure(&error), None),
        };
        if let Some(stale) = self.staleness(&revision.id, &revision.base, &live) {
            return (stale, None);
        }
        if revision.requests.is_empty() {
            return self.done(step, &live, &BTreeSet::new());
        }
        self.send(step, revision).await
    }

    /// Deletes a persona, and looks whether it is gone: an unknown id is refused just as a bad request.
    async fn delete(self, removal: &Removal) -> Taken {
        let Removal { id, base } = removal;
        let live = match self.writer.reader().find(id).await {
            Ok(Some(live)) => live,
            Ok(None) => return gone(id, Some("it was gone already")),
            Err(error) => return (failure(&error), None),
        };
        if let Some(stale) = self.staleness(id, base, &live) {
            return (stale, None);
        }
        let deleted = self.writer.delete(id).await;
        match (deleted, self.writer.reader().find(id).await) {
            (_, Ok(None)) => gone(id, None),
            (Err(error), _) => (unsure(&error), None),
            (Ok(()), Ok(Some(_))) => {
                let kept = format!("the service took the request, but {id} is still there");
                (Outcome::because(Status::Failed, kept), None)
            }
            (Ok(()), Err(error)) => {
                let unsure = format!("{id} was deleted, but that could not be seen");
                let unsure = format!("{unsure}: {}", causes(&error));
                (Outcome::because(Status::Failed, unsure), None)
            }
        }
    }

    /// What to say where a persona is not what the plan was built on.
    fn staleness(self, id: &PersonaId, base: &Base, live: &Live) -> Option<Outcome> {
        let now = Base::of(self.catalog, &live.document, self.fingerprints.salt());
        let moved = base.moved(&now);
        (!moved.is_empty()).then(|| stale(id, &edited(&moved)))
    }

    /// Sends the requests of a step one after the other. Where one fails, those before it are
    /// recorded all the same.
    async fn send(self, step: &Step, revision: &Revision) -> Taken {
        let mut written = BTreeSet::new();
        let mut echo = Echo::Free;
        for request in &revision.requests {
            let trouble = match self.secrets.in_patch(self.catalog, &request.patch) {
                Err(problem) => Some(Outcome::because(Status::Failed, problem)),
                Ok(patch) => match self.patch(step, &revision.id, &patch).await {
                    Ok(Sent::Changed) => {
                        echo = Echo::Changed;
                        None
                    }
                    Ok(Sent::Unchanged) => None,
                    Ok(Sent::Stale) => {
                        let edited = "was edited in this very moment; plan again";
                        Some(stale(&revision.id, edited))
                    }
                    Err(error) => Some(unsure(&error)),
                },
            };
            match trouble {
                None => {}
                Some(outcome) if written.is_empty() => return (outcome, None),
                Some(outcome) => return self.partly(step, &revision.id, &written, outcome).await,
            }
            written.extend(request.fields.iter().cloned());
        }
        self.read_back(step, &revision.id, &written, echo).await
    }

    async fn read_back(
        self,
        step: &Step,
        id: &PersonaId,
        written: &BTreeSet<Pointer>,
        echo: Echo,
    ) -> Taken {
        let problem = match self.writer.reader().find(id).await {
            Ok(Some(live)) if secret::occurs(&live.document) => {
                format!(
                    "{id} was written, but holds a member `{}` now",
                    secret::MEMBER
                )
            }
            Ok(Some(live)) => {
                let unstored = self.unstored(step, &live, echo);
                return self.done(step, &live, &unstored);
            }
            Ok(None) => format!("{id} was written, but cannot be read"),
            Err(error) => format!("{id} was written, but not read back: {}", causes(&error)),
        };
        let mut outcome = Outcome::because(Status::Failed, problem);
        outcome.persona_id = Some(id.clone());
        outcome.after = After::Unseen;
        let record = step.record_unseen(id, written, self.digests());
        (outcome, Some(record))
    }

    const fn digests(&self) -> Digests<'_> {
        Digests {
            catalog: self.catalog,
            secrets: self.fingerprints,
        }
    }

    fn done(self, step: &Step, live: &Live, unstored: &BTreeSet<Pointer>) -> Taken {
        let record = step.record(live, unstored, self.digests());
        let mut outcome = Outcome::new(Status::Applied);
        outcome.persona_id = Some(live.id.clone());
        outcome.after = After::Seen(live.clone());
        if unstored.is_empty() {
            outcome.normalised = self.normalised(step, live);
        } else {
            let paths: Vec<_> = unstored.iter().map(Pointer::as_str).collect();
            outcome.status = Status::Failed;
            outcome.message = Some(format!(
                "the service took the change, but answers as before at {}: \
                 it may have gone to a draft",
                paths.join(", ")
            ));
        }
        (outcome, Some(record))
    }

    async fn partly(
        self,
        step: &Step,
        id: &PersonaId,
        written: &BTreeSet<Pointer>,
        mut outcome: Outcome,
    ) -> Taken {
        let words = outcome.message.unwrap_or_default();
        outcome.message = Some(format!("{id} was written in part, then: {words}"));
        outcome.persona_id = Some(id.clone());
        outcome.after = match self.writer.reader().find(id).await {
            Ok(Some(live)) => After::Seen(live),
            Ok(None) | Err(_) => After::Unseen,
        };
        let record = step.record_unseen(id, written, self.digests());
        (outcome, Some(record))
    }

    /// What was sent and is answered in another form. A secret is meant to come back masked.
    fn normalised(self, step: &Step, live: &Live) -> Vec<Normalised> {
        let compared = step.compared(live);
        let sent = step.fields.iter().filter_map(|field| {
            let sent = field.after.clone().unwrap_or_default();
            let seen = field.path.get(&compared);
            let changed = !field.secret && !self.catalog.meets(&field.path, seen, &sent);
            changed.then(|| Normalised {
                path: field.path.clone(),
                sent,
                seen: seen.cloned(),
            })
        });
        sent.collect()
    }

    /// The changed fields, where all of them read back as they were before although the service says
    /// that it changed something. What only differs in spelling from what was sent is normalised, not
    /// lost; and of what is hidden, or refilled when it is removed, nothing can be said.
    fn unstored(self, step: &Step, live: &Live, echo: Echo) -> BTreeSet<Pointer> {
        let compared = step.compared(live);
        let open = step.fields.iter().filter(|field| !field.secret);
        let (set, removed): (Vec<_>, Vec<_>) = open.partition(|field| field.after.is_some());
        let is_gone = |field: &&FieldChange| field.path.get(&compared).is_none_or(is_unset);
        let (lost, there): (Vec<_>, Vec<_>) = set
            .into_iter()
            .partition(|field| self.is_lost(field, &compared));
        if echo == Echo::Free || !there.is_empty() || removed.iter().any(is_gone) {
            return BTreeSet::new();
        }
        lost.iter().map(|field| field.path.clone()).collect()
    }

    fn is_lost(self, field: &FieldChange, compared: &Value) -> bool {
        let FieldChange {
            path,
            before,
            after,
            ..
        } = field;
        let (Some(before), Some(after)) = (before, after) else {
            return false;
        };
        path.get(compared) == Some(before)
            && !is_unset(before)
            && !self.catalog.meets(path, Some(before), after)
            && !catalog::resembles(before, after)
    }
}

/// What the service said of the requests of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    /// Nothing that it could be held to.
    Free,
    /// That it changed the persona.
    Changed,
}

/// What to say of a write that failed: if only its answer was lost, it may have been done.
fn unsure(error: &ApiError) -> Outcome {
    let mut outcome = failure(error);
    if may_have_happened(error) {
        outcome.after = After::Unseen;
    }
    outcome
}

/// A persona that is no longer there, as it should be.
fn gone(id: &PersonaId, message: Option<&str>) -> Taken {
    let mut outcome = Outcome::of(Status::Applied, message.map(str::to_owned));
    outcome.persona_id = Some(id.clone());
    outcome.after = After::Deleted;
    (outcome, Some(None))
}

fn stale(id: &PersonaId, what: &str) -> Outcome {
    Outcome::because(Status::Stale, format!("{id} {what}"))
}

fn failure(error: &ApiError) -> Outcome {
    let status = match &error.kind {
        ApiErrorKind::Draft { .. } => Status::Blocked,
        _ if error.is_refusal() => Status::Refused,
        _ => Status::Failed,
    };
    let is_unauthorized = error.is_unauthorized();
    Outcome {
        is_unauthorized,
        ..Outcome::because(status, causes(error))
    }
}

/// What was edited since the plan was made.
fn edited(moved: &BTreeSet<&Pointer>) -> String {
    let paths: Vec<_> = moved.iter().map(|path| path.as_str()).collect();
    format!(
        "was edited since the plan was made, at {}; plan again",
        paths.join(", ")
    )
}

/// Whether the service may have done what it was asked for without our knowing.
fn may_have_happened(error: &ApiError) -> bool {
    match &error.kind {
        ApiErrorKind::Status { status, .. } => *status >= 500,
        ApiErrorKind::NoAnswer(error) => !error.is_connect(),
        ApiErrorKind::Unauthorized { .. }
        | ApiErrorKind::Redirect { .. }
        | ApiErrorKind::Draft { .. }
        | ApiErrorKind::Key => false,
        ApiErrorKind::Truncated(_)
        | ApiErrorKind::NotJson { .. }
        | ApiErrorKind::Malformed(_)
        | ApiErrorKind::TooLarge(_) => true,
    }
}
