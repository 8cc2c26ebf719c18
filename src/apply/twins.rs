//! A last look at the account where personas were made: an apply elsewhere may have made the same ones at the same
//! time, and no look before a create can see that.

use std::collections::BTreeSet;

use super::execute::Session;
use super::outcome::Outcome;
use crate::model::{Intent, Live, PersonaId, causes, folded};
use crate::plan::{self, Plan, Step};

impl Session<'_> {
    /// Makes a failure of each create that has a twin, and tells that of it. What was made stays recorded.
    pub(super) async fn look_for_twins(
        self,
        plan: &Plan,
        outcomes: &mut [Outcome],
        mut tell: impl FnMut(&Step, &Outcome),
    ) {
        let all = plan.steps.iter().zip(outcomes);
        let made = all.filter_map(|(step, outcome)| {
            let id = outcome.persona_id.clone()?;
            step.action.body().map(|_| (step, id, outcome))
        });
        let made: Vec<_> = made.collect();
        if made.is_empty() || self.stop.starts_nothing() {
            return;
        }
        let Some(live) = self.look_at_all().await else {
            return;
        };
        let strangers = plan::appeared(self.live, &live, self.ledger.borrow().records());
        for (step, id, outcome) in made {
            let twins = self.twins(step, &id, &strangers);
            if !twins.is_empty() {
                doubt(outcome, &id, &twins);
                tell(step, outcome);
            }
        }
    }

    /// All personas, if the service shows them and there is time. That it does not makes nothing undone, and the
    /// next plan tells of twins as well.
    async fn look_at_all(self) -> Option<Vec<Live>> {
        let none = BTreeSet::new();
        let live = tokio::select! {
            biased;
            live = self.writer.reader().fetch(&none) => live,
            () = self.stop.left() => return None,
        };
        let seen = live.inspect_err(|error| {
            let error = self.secrets.redact(causes(error));
            tracing::warn!(
                error,
                "whether another apply made the same personas could not be seen; the next plan looks"
            );
        });
        seen.ok()
    }

    fn twins<'l>(self, step: &Step, id: &PersonaId, strangers: &[&'l Live]) -> Vec<&'l PersonaId> {
        let ledger = self.ledger.borrow();
        let (catalog, name) = (self.catalog, &step.persona_name);
        let is_alike = |intent: &Intent| folded(&intent.name) == folded(name);
        if ledger.unheard().creates.values().any(is_alike) {
            // It may be our own, for another manifest: the next run looks for that.
            return Vec::new();
        }
        let mut twins = plan::namesakes(catalog, name, strangers);
        twins.retain(|twin| *twin != id);
        twins
    }
}

fn doubt(outcome: &mut Outcome, id: &PersonaId, twins: &[&PersonaId]) {
    let twins: Vec<&str> = twins.iter().map(|id| id.as_str()).collect();
    outcome.fail(format!(
        "{id} was made, but another apply seems to have made {} at the same time: keep one and delete the other",
        twins.join(", ")
    ));
}
