//! Changing a persona: it is read again, and written if it is what the plan was built on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::execute::{Bookkeeping, Session, Taken};
use super::outcome::{Outcome, Status};
use super::send::Sent;
use super::trouble::{failure, may_have_happened, stale, unsure};
use super::verify::Echo;
use crate::api::ApiError;
use crate::diff::Patch;
use crate::ledger::LedgerError;
use crate::model::{Live, PersonaId};
use crate::plan::{self, FieldChange, Request, Revision, Step};

impl Session<'_> {
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
        let announced = self.announce(step, id, request).await;
        announced.map_err(|error| self.nothing_sent(&error))?;
        let problem = match self.deliver(step, revision, request, before, &patch).await {
            Ok(Sent::Stale) => stale(id, "was edited in this very moment; plan again"),
            Ok(sent) => return Ok(sent),
            Err(error) if may_have_happened(&error) => return Err(unsure(&error)),
            Err(error) => self.refused(&error, before, &request.patch),
        };
        self.ledger.borrow_mut().not_changed(id, &request.fields);
        Err(problem)
    }

    /// Writes down what is about to be sent, so that it is not taken for an edit if nobody hears of it. Of a
    /// persona that the ledger does not know yet, nothing is an edit.
    async fn announce(
        self,
        step: &Step,
        id: &PersonaId,
        request: &Request,
    ) -> Result<(), LedgerError> {
        let sent = step.sent(request, self.digests());
        if step.binding.is_none() || sent.is_empty() {
            return Ok(());
        }
        self.ledger.borrow_mut().change(id.clone(), sent)?;
        self.on_disk().await
    }

    /// Sends one request. Where it was not heard, or its answer was not, the persona tells what has become of
    /// it: if nothing has, it is sent again.
    async fn deliver(
        self,
        step: &Step,
        revision: &Revision,
        request: &Request,
        before: &Live,
        patch: &Patch,
    ) -> Result<Sent, ApiError> {
        // What may have been done once makes the guards of the next try fail.
        let mut lost = None;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.patch(step, &revision.id, patch).await {
                Ok(Sent::Stale) => return lost.map_or(Ok(Sent::Stale), Err),
                Err(error) if error.may_pass() || may_have_happened(&error) => error,
                settled => return settled,
            };
            let may_repeat = self.may_repeat(&error, tries).await;
            let error = lost.unwrap_or(error);
            let Ok(Some(live)) = self.writer.reader().find(&revision.id).await else {
                return Err(error);
            };
            if self.holds(step, request, &live) {
                return Ok(Sent::Changed);
            }
            match is_untouched(step, request, before, &live) {
                true if may_repeat => {}
                false if !may_have_happened(&error) => return Ok(Sent::Stale),
                _ => return Err(error),
            }
            lost = Some(error).filter(may_have_happened);
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
}

/// Whether all that a request mends is what it was `before`.
fn is_untouched(step: &Step, request: &Request, before: &Live, live: &Live) -> bool {
    let (before, now) = (step.compared(before), step.compared(live));
    mended(step, request).all(|field| field.path.get(&before) == field.path.get(&now))
}

/// The fields that a request mends.
fn mended<'s>(step: &'s Step, request: &'s Request) -> impl Iterator<Item = &'s FieldChange> {
    let fields = step.fields.iter();
    fields.filter(|field| request.fields.contains(&field.path))
}
