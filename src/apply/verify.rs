//! What a write has come to: the persona is read back and held against what was sent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::execute::{Bookkeeping, Session, Taken};
use super::outcome::{After, Normalised, Outcome, Status};
use crate::catalog::{self, is_unset};
use crate::model::{Live, PersonaId, Pointer, causes, secret};
use crate::plan::{Digests, FieldChange, Step};

/// What the service said of the requests of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// Nothing that it could be held to.
    Free,
    /// That it changed the persona.
    Changed,
}

impl Session<'_> {
    pub(super) async fn read_back(
        self,
        step: &Step,
        id: &PersonaId,
        before: Option<&Live>,
        written: &BTreeSet<Pointer>,
        echo: Echo,
    ) -> Taken {
        let shows = |live: Option<&Live>| live.is_some_and(|live| self.shows(step, live, echo));
        let problem = match self.settled(id, shows).await {
            Ok(Some(live)) if secret::occurs(&live.document) => {
                format!(
                    "{id} was written, but holds a member `{}` now",
                    secret::MEMBER
                )
            }
            Ok(Some(live)) => {
                let unstored = self.unstored(step, &live, echo);
                return self.done(step, before.unwrap_or(&live), &live, &unstored);
            }
            Ok(None) => format!("{id} was written, but cannot be read"),
            Err(error) => format!("{id} was written, but not read back: {}", causes(&error)),
        };
        let mut outcome = Outcome::because(Status::Failed, problem);
        outcome.persona_id = Some(id.clone());
        outcome.after = After::Unseen;
        let record = step.record_unseen(id, written, self.digests());
        (outcome, Bookkeeping::of(record))
    }

    pub(super) const fn digests(&self) -> Digests<'_> {
        Digests {
            catalog: self.catalog,
            secrets: self.fingerprints,
        }
    }

    pub(super) fn done(
        self,
        step: &Step,
        before: &Live,
        live: &Live,
        unstored: &BTreeSet<Pointer>,
    ) -> Taken {
        let record = step.record(before, live, unstored, self.digests());
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
        (outcome, Bookkeeping::of(record))
    }

    /// Tells of a step of which some requests were taken, and then one was not.
    pub(super) async fn partly(
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
        (outcome, Bookkeeping::of(record))
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

    /// Whether a change shows that the service says it made: some field is not what it was. Of what is
    /// hidden, not answered at all, or refilled when it is removed, nothing can be said.
    fn shows(self, step: &Step, live: &Live, echo: Echo) -> bool {
        let compared = step.compared(live);
        let is_as_before = |field: &FieldChange| {
            let now = field.path.get(&compared);
            let is_open = !field.secret && field.after.is_some();
            is_open && now.is_some() && now == field.before.as_ref()
        };
        echo == Echo::Free || step.fields.is_empty() || !step.fields.iter().all(is_as_before)
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
