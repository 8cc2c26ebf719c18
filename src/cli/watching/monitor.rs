//! What a cluster learns of the loop: whether it lives, whether it gets on, and what it does.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Turn;
use crate::apply;
use crate::cli::error::Error;
use crate::cli::outcome::Outcome;
use crate::cli::site::Service;
use crate::metrics::{Metrics, Round};
use crate::plan::{Plan, Step};
use crate::probes::Health;

/// How long a turn may take until the loop is taken for dead: a service that asks for patience is granted some.
const SILENCE: Duration = Duration::from_secs(20 * 60);
/// How many rounds may fail until the loop is not ready any more.
const ROUNDS: u32 = 3;

/// Who keeps the figures of a loop.
pub(in crate::cli) struct Monitor {
    pub(in crate::cli) metrics: Arc<Metrics>,
    pub(in crate::cli) health: Arc<Health>,
    every: Duration,
}

impl Monitor {
    /// Of a loop that looks at everything so often.
    pub(in crate::cli) fn new(every: Duration) -> Self {
        Self {
            metrics: Arc::new(Metrics::new(every)),
            health: Arc::new(Health::new(silence(every))),
            every,
        }
    }

    /// The loop is alive.
    pub(super) fn beat(&self) {
        self.health.beat(silence(self.every));
    }

    /// From now on this service is spoken to.
    pub(super) fn connected(&self, service: &mut Service) {
        service.client.observe(self.metrics.clone());
    }

    /// What all personas need, as far as is known.
    pub(super) fn planned(&self, plan: &Plan) {
        self.metrics.planned(plan);
    }

    /// So many manifests are left alone for their mistakes.
    pub(super) fn held(&self, manifests: usize) {
        self.metrics.held(manifests);
    }

    /// A step has ended.
    pub(super) fn stepped(&self, step: &Step, outcome: &apply::Outcome) {
        self.beat();
        self.metrics.stepped(&step.action, outcome.status);
    }

    /// A turn has ended.
    pub(super) fn ended(&self, turn: &Result<Turn, Error>, took: Duration) {
        self.beat();
        let round = match turn {
            Ok(Turn::Idle | Turn::Nothing | Turn::Ended(_)) => return,
            Ok(Turn::Done) => Round::Done,
            Ok(Turn::Partial | Turn::Unfinished) => Round::Partial,
            Err(error) if error.outcome() == Outcome::Unauthorized => Round::Unauthorized,
            Err(_) => Round::Failed,
        };
        self.metrics.ended(round, took, Timestamp::now());
        if turn.is_ok() {
            self.health.succeeded(self.every.saturating_mul(ROUNDS));
        }
    }
}

/// How long nothing may be heard of a loop that looks at everything so often.
const fn silence(every: Duration) -> Duration {
    every.saturating_mul(2).saturating_add(SILENCE)
}
