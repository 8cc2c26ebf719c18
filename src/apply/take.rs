//! One step: the persona is read again, and written if it is what the plan was built on.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::execute::{Bookkeeping, Session, Taken};
use super::outcome::{After, Outcome, Status};
use super::send::Sent;
use super::verify::Echo;
use crate::api::{ApiError, ApiErrorKind};
use crate::diff::Patch;
use crate::ledger::LedgerError;
use crate::model::{Intent, Live, PersonaId, Pointer, causes};
use crate::mutant::{Mutant, planted};
use crate::plan::{self, Base, FieldChange, Removal, Request, Revision, Step, Trace};

/// How often a persona is made at most, if it is not there afterwards.
const CREATES: usize = 2;
/// How often a change or a delete is sent at most, if nothing was done.
const TRIES: u32 = 3;
/// How long to wait before each look for what was written, or may have been.
pub const SETTLING: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
];

impl Session<'_> {
    /// Makes a persona. That it is about to be made is written down first; where its answer is lost it is
    /// looked for, and only made again if it is not there.
    pub(super) async fn create(self, step: &Step, body: &Value) -> Taken {
        let intent = plan::intent(self.catalog, body, self.live);
        let body = match self.secrets.in_body(self.catalog, body) {
            Ok(body) => body,
            Err(problem) => return failed(problem),
        };
        let mut lost = None;
        for _ in 0..CREATES {
            let intended = self
                .ledger
                .borrow_mut()
                .intend(step.key.clone(), intent.clone());
            if let Err(error) = intended {
                return (self.nothing_sent(&error), Bookkeeping::Leave);
            }
            let error = match self.writer.create(body.clone()).await {
                Ok(created) if self.is_anothers(step, &created.id) => {
                    return failed(not_new(&created.id));
                }
                Ok(created) => return self.created(step, &created.id).await,
                Err(error) if may_have_happened(&error) => error,
                Err(error) => {
                    self.ledger.borrow_mut().not_made(&step.key);
                    return (failure(&error), Bookkeeping::Leave);
                }
            };
            match self.look_for(&intent).await {
                Ok(Trace::None) => lost = Some(error),
                Ok(Trace::Made(id)) => return self.created(step, &id).await,
                Ok(Trace::Unclear(found)) => return failed(ambiguity(&error, &found)),
                Err(unseen) => return failed(unsure_of(&unseen)),
            }
        }
        let error = lost.expect("it was tried at least once");
        failed(unsure_of(&error))
    }

    /// Whether an id cannot be that of a persona that was made for this step just now.
    fn is_anothers(self, step: &Step, id: &PersonaId) -> bool {
        let ledger = self.ledger.borrow();
        let mut records = ledger.records().iter();
        records.any(|(key, record)| *key != step.key && record.id == *id)
            || self.live.iter().any(|live| live.id == *id)
    }

    /// Takes over a persona that was made; its id is written down before anything else can go wrong.
    async fn created(self, step: &Step, id: &PersonaId) -> Taken {
        let made = self.ledger.borrow_mut().made(step.key.clone(), id.clone());
        if made.is_err() {
            // What is read now is recorded, or told, in the end.
            self.stop.start_nothing();
        }
        let written = step.fields.iter().map(|field| field.path.clone()).collect();
        self.read_back(step, id, None, &written, Echo::Free).await
    }

    /// Looks for a persona that may have been made, until what was made has surely settled.
    async fn look_for(self, intent: &Intent) -> Result<Trace, ApiError> {
        for wait in SETTLING {
            tokio::time::sleep(wait).await;
            let live = self.writer.reader().fetch(&BTreeSet::new()).await?;
            let ledger = self.ledger.borrow();
            match plan::trace(self.catalog, intent, &live, ledger.records()) {
                Trace::None => {}
                found => return Ok(found),
            }
        }
        Ok(Trace::None)
    }

    /// Reads a persona that was written, again where that does not show: the service may need a moment. What
    /// it is in the end counts.
    pub(super) async fn settled(
        self,
        id: &PersonaId,
        shows: impl Fn(Option<&Live>) -> bool,
    ) -> Result<Option<Live>, ApiError> {
        for wait in SETTLING {
            let live = self.writer.reader().find(id).await?;
            if shows(live.as_ref()) {
                return Ok(live);
            }
            tracing::debug!(%id, "does not show what was written: reading it again");
            tokio::time::sleep(wait).await;
        }
        self.writer.reader().find(id).await
    }

    /// Reads a persona again before it is written.
    async fn look(self, id: &PersonaId) -> Result<Option<Live>, ApiError> {
        if planted(Mutant::NoReadBeforeWrite) {
            let mut planned = self.live.iter();
            return Ok(planned.find(|live| live.id == *id).cloned());
        }
        self.writer.reader().find(id).await
    }

    pub(super) async fn revise(self, step: &Step, revision: &Revision) -> Taken {
        let live = match self.look(&revision.id).await {
            Ok(Some(live)) => live,
            Ok(None) => return (stale(&revision.id, "is gone"), Bookkeeping::Leave),
            Err(error) => return (failure(&error), Bookkeeping::Leave),
        };
        if let Some(stale) = self.staleness(&revision.id, &revision.base, &live) {
            return (stale, Bookkeeping::Leave);
        }
        if revision.requests.is_empty() {
            return self.done(step, &live, &live, &BTreeSet::new());
        }
        self.send(step, revision, &live).await
    }

    /// Deletes a persona, and looks whether it is gone: an unknown id is refused just as a bad request.
    pub(super) async fn delete(self, removal: &Removal) -> Taken {
        let Removal {
            id,
            base,
            record: _,
        } = removal;
        let live = match self.look(id).await {
            Ok(Some(live)) => live,
            Ok(None) => return gone(id, After::Untouched),
            Err(error) => return (failure(&error), Bookkeeping::Leave),
        };
        if let Some(stale) = self.staleness(id, base, &live) {
            return (stale, Bookkeeping::Leave);
        }
        for tries in 1.. {
            let Err(error) = self.writer.delete(id).await else {
                break;
            };
            let may_repeat = self.may_repeat(&error, tries).await;
            match self.writer.reader().find(id).await {
                Ok(None) => return gone(id, After::Deleted),
                Ok(Some(live)) if may_repeat => {
                    if let Some(stale) = self.staleness(id, base, &live) {
                        return (stale, Bookkeeping::Leave);
                    }
                }
                Ok(Some(_)) | Err(_) => return (unsure(&error), Bookkeeping::Leave),
            }
        }
        self.deleted(id).await
    }

    /// Looks whether a persona is gone whose end the service has confirmed.
    async fn deleted(self, id: &PersonaId) -> Taken {
        let problem = match self.settled(id, |live| live.is_none()).await {
            Ok(None) => return gone(id, After::Deleted),
            Ok(Some(_)) => format!("the service took the request, but {id} is still there"),
            Err(error) => {
                let causes = causes(&error);
                format!("{id} was deleted, but that could not be seen: {causes}")
            }
        };
        let mut outcome = Outcome::because(Status::Failed, problem);
        outcome.after = After::Unseen;
        (outcome, Bookkeeping::Leave)
    }

    /// Whether a change may be sent once more that failed so many times; it is waited for the right moment.
    async fn may_repeat(self, error: &ApiError, tries: u32) -> bool {
        error.may_pass() && tries < TRIES && self.writer.pause(error, tries).await
    }

    /// Sends one request; what it sends is written down first.
    async fn request(
        self,
        step: &Step,
        revision: &Revision,
        request: &Request,
        before: &Live,
    ) -> Result<Sent, Outcome> {
        let patch = self.secrets.in_patch(self.catalog, &request.patch);
        let patch = patch.map_err(|problem| Outcome::because(Status::Failed, problem))?;
        let id = &revision.id;
        let announced = self.announce(step, id, request);
        announced.map_err(|error| self.nothing_sent(&error))?;
        let problem = match self.deliver(step, revision, request, &patch).await {
            Ok(Sent::Stale) => stale(id, "was edited in this very moment; plan again"),
            Ok(sent) => return Ok(sent),
            Err(error) if may_have_happened(&error) => return Err(unsure(&error)),
            Err(error) => self.refused(&error, before, &request.patch),
        };
        self.ledger.borrow_mut().not_changed(id);
        Err(problem)
    }

    /// Writes down what is about to be sent, so that it is not taken for an edit if nobody hears of it. Of a
    /// persona that the ledger does not know yet, nothing is an edit.
    fn announce(self, step: &Step, id: &PersonaId, request: &Request) -> Result<(), LedgerError> {
        let sent = step.sent(request, self.digests());
        if step.binding.is_none() || sent.is_empty() {
            return Ok(());
        }
        self.ledger.borrow_mut().change(id.clone(), sent)
    }

    /// What to say where nothing can be written down any more, and so nothing may be sent.
    fn nothing_sent(self, error: &LedgerError) -> Outcome {
        self.stop.start_nothing();
        Outcome::because(
            Status::Failed,
            format!("nothing was sent: {}", causes(error)),
        )
    }

    /// Sends one request. Where it was not heard, or its answer was not, the persona tells what has become of
    /// it: if nothing has, it is sent again.
    async fn deliver(
        self,
        step: &Step,
        revision: &Revision,
        request: &Request,
        patch: &Patch,
    ) -> Result<Sent, ApiError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.patch(step, &revision.id, patch).await {
                Err(error) if error.may_pass() || may_have_happened(&error) => error,
                settled => return settled,
            };
            let may_repeat = self.may_repeat(&error, tries).await;
            let Ok(Some(live)) = self.writer.reader().find(&revision.id).await else {
                return Err(error);
            };
            if self.holds(step, request, &live) {
                return Ok(Sent::Changed);
            }
            match is_untouched(step, request, &live) {
                true if may_repeat => {}
                false if !may_have_happened(&error) => return Ok(Sent::Stale),
                _ => return Err(error),
            }
        }
    }

    /// Whether all that a request mends is as it is wanted; of what is hidden nothing can be told.
    fn holds(self, step: &Step, request: &Request, live: &Live) -> bool {
        let compared = step.compared(live);
        mended(step, request).all(|field| {
            let wanted = field.after.as_ref().unwrap_or(&Value::Null);
            let seen = field.path.get(&compared);
            !field.secret && self.catalog.meets(&field.path, seen, wanted)
        })
    }

    /// What to say of a request that failed. The service may have refused it for what it leaves alone.
    fn refused(self, error: &ApiError, live: &Live, patch: &Patch) -> Outcome {
        let mut outcome = failure(error);
        let words = error.refusal();
        let culprit =
            words.and_then(|words| plan::culprit(self.catalog, &live.document, patch, words));
        if let (Some(culprit), Some(message)) = (culprit, &mut outcome.message) {
            message.push_str(&format!(
                "; the live persona is invalid at {culprit}, which this change leaves alone: \
                 set that in the manifest as well"
            ));
        }
        outcome
    }

    /// What to say where a persona is not what the plan was built on.
    fn staleness(self, id: &PersonaId, base: &Base, live: &Live) -> Option<Outcome> {
        let now = Base::of(self.catalog, &live.document, self.fingerprints.salt());
        let moved = base.moved(&now);
        (!moved.is_empty()).then(|| stale(id, &edited(&moved)))
    }

    /// Sends the requests of a step, for a persona that was `before`, one after the other. Where one fails,
    /// those in front of it are recorded all the same.
    async fn send(self, step: &Step, revision: &Revision, before: &Live) -> Taken {
        let mut written = BTreeSet::new();
        let mut echo = Echo::Free;
        for request in &revision.requests {
            match self.request(step, revision, request, before).await {
                Ok(Sent::Changed) => echo = Echo::Changed,
                Ok(Sent::Unchanged | Sent::Stale) => {}
                Err(outcome) if written.is_empty() => return (outcome, Bookkeeping::Leave),
                Err(outcome) => return self.partly(step, &revision.id, &written, outcome).await,
            }
            written.extend(request.fields.iter().cloned());
        }
        self.read_back(step, &revision.id, Some(before), &written, echo)
            .await
    }
}

/// Whether all that a request mends is what it was when that was planned, as far as it is shown.
fn is_untouched(step: &Step, request: &Request, live: &Live) -> bool {
    let compared = step.compared(live);
    mended(step, request).all(|field| {
        let seen = field.path.get(&compared).filter(|seen| !seen.is_null());
        field.secret || seen == field.before.as_ref()
    })
}

/// The fields that a request mends.
fn mended<'s>(step: &'s Step, request: &'s Request) -> impl Iterator<Item = &'s FieldChange> {
    let fields = step.fields.iter();
    fields.filter(|field| request.fields.contains(&field.path))
}

fn failed(problem: impl Into<String>) -> Taken {
    (
        Outcome::because(Status::Failed, problem),
        Bookkeeping::Leave,
    )
}

fn not_new(id: &PersonaId) -> String {
    format!(
        "the service answered with the id of another persona, {id}; what was asked for may have been created \
         all the same: the next run looks for it"
    )
}

fn unsure_of(error: &ApiError) -> String {
    let causes = causes(error);
    format!("{causes}; it may have been created all the same: the next run looks for it")
}

fn ambiguity(error: &ApiError, found: &[PersonaId]) -> String {
    let ids: Vec<_> = found.iter().map(PersonaId::as_str).collect();
    let (causes, ids) = (causes(error), ids.join(", "));
    match found {
        [id] => format!(
            "{causes}; {id} has appeared with its name, but not its content: plan again to see how it differs"
        ),
        _ => format!("{causes}; it may be any of {ids}: delete the others, and pin its id"),
    }
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
fn gone(id: &PersonaId, after: After) -> Taken {
    let mut outcome = Outcome::new(Status::Applied);
    if matches!(after, After::Untouched) {
        outcome.message = Some("it was gone already".to_owned());
    }
    outcome.persona_id = Some(id.clone());
    outcome.after = after;
    (outcome, Bookkeeping::Forget)
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
    let mut words = causes(error);
    if status == Status::Blocked {
        words.push_str("; publish them there, or let --discard-drafts lose them");
    }
    Outcome {
        is_unauthorized,
        ..Outcome::because(status, words)
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
        ApiErrorKind::Deadline => true,
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
