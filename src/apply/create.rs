//! Making a persona: what was asked for is never asked for again before it has been looked for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::execute::{Bookkeeping, Session, Taken};
use super::look::SETTLING;
use super::trouble::{failed, failure, may_have_happened};
use super::verify::Echo;
use crate::api::ApiError;
use crate::ledger::LedgerError;
use crate::model::{Intent, PersonaId, causes};
use crate::plan::{self, Step, Trace};

/// How often a persona is made at most, if it is not there afterwards.
const CREATES: usize = 2;

impl Session<'_> {
    /// Makes a persona. That it is about to be made is written down first; where its answer is lost it is
    /// looked for, and only made again if it is not there.
    pub(super) async fn create(self, step: &Step, body: &Value) -> Taken {
        let intent = plan::intent(self.catalog, body, self.live);
        let body = match self.secrets.in_body(self.catalog, body) {
            Ok(body) => body,
            Err(problem) => return failed(problem),
        };
        if let Err(error) = self.intend(step, &intent).await {
            return (self.nothing_sent(&error), Bookkeeping::Leave);
        }
        let mut lost = None;
        for _ in 0..CREATES {
            let error = match self.writer.create(body.clone()).await {
                Ok(created) if self.is_anothers(step, &created.id) => {
                    return failed(not_new(&created.id));
                }
                Ok(created) => return self.created(step, &created.id).await,
                Err(error) if may_have_happened(&error) => error,
                Err(error) => {
                    if let Some(first) = lost {
                        let first = unsure_of(&first);
                        return failed(format!("{first}; sent again: {}", causes(&error)));
                    }
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

    async fn intend(self, step: &Step, intent: &Intent) -> Result<(), LedgerError> {
        let key = step.key.clone();
        self.ledger.borrow_mut().intend(key, intent.clone())?;
        self.on_disk().await
    }

    /// Whether an id cannot be that of a persona that was made for this step just now.
    fn is_anothers(self, step: &Step, id: &PersonaId) -> bool {
        let ledger = self.ledger.borrow();
        ledger.is_of_another(id, &step.key) || self.live.iter().any(|live| live.id == *id)
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
