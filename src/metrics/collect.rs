//! The metrics: what each is called, and what changes it.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::api::{Attempt, Observer, Trouble};
use crate::apply::Status;
use crate::plan::{Action, Cause, Obstacle, Plan, Step};

/// The content type of what [`Metrics::encode`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What begins the name of every metric.
const PREFIX: &str = "personactl";
/// The words of [`Action`].
const ACTIONS: [&str; 7] = [
    "create", "adopt", "update", "recreate", "delete", "keep", "blocked",
];
/// Upper bounds in seconds; no request takes longer than the last.
const BUCKETS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Seconds = Gauge<f64, AtomicU64>;

/// How a round of the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Nothing is left to be done.
    Done,
    /// Some of it was done, or there is something that a human has to decide.
    Partial,
    /// Nothing was done: mistakes in manifests, a service that is down.
    Failed,
    /// The key is missing or not accepted.
    Unauthorized,
}

impl Round {
    /// Every way in which a round ends.
    pub const ALL: [Self; 4] = [Self::Done, Self::Partial, Self::Failed, Self::Unauthorized];

    /// The round's word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Unauthorized => "unauthorized",
        }
    }
}

/// What is counted and measured. The loop and the client tell it, the probes show it.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    rounds: Family<Labels<1>, Counter>,
    last_round: Seconds,
    last_success: Seconds,
    steps: Family<Labels<2>, Counter>,
    pending: Gauge,
    drifted: Gauge,
    conflicting: Gauge,
    blocked: Gauge,
    held: Gauge,
    requests: Family<Labels<2>, Histogram>,
    retries: Family<Labels<1>, Counter>,
}

impl Metrics {
    /// Nothing has happened yet. The interval between rounds is told, for alerts to go by.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            rounds: Family::default(),
            last_round: Seconds::default(),
            last_success: Seconds::default(),
            steps: Family::default(),
            pending: Gauge::default(),
            drifted: Gauge::default(),
            conflicting: Gauge::default(),
            blocked: Gauge::default(),
            held: Gauge::default(),
            requests: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            retries: Family::default(),
        };
        metrics.begin_at_zero();
        metrics.registered(interval)
    }

    /// A counter that comes into being with its first event hides that event from whoever asks how much it has grown.
    fn begin_at_zero(&self) {
        for round in Round::ALL {
            drop(self.rounds.get_or_create(&[("result", round.word())]));
        }
        for trouble in Trouble::PASSING {
            drop(self.retries.get_or_create(&[("reason", trouble.word())]));
        }
        for action in ACTIONS {
            for status in Status::ALL {
                drop(self.steps.get_or_create(&step(action, status)));
            }
        }
    }

    fn registered(mut self, interval: Duration) -> Self {
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        let every = Seconds::default();
        every.set(interval.as_secs_f64());
        self.add("build", "The program", version);
        self.add_seconds("interval", "The time between two rounds", every);
        self.add("rounds", "Rounds, by how they ended", self.rounds.clone());
        self.add_seconds(
            "last_round_duration",
            "How long the last round took",
            self.last_round.clone(),
        );
        self.add_seconds(
            "last_success_timestamp",
            "When a round last left nothing to be done, 0 if none has yet",
            self.last_success.clone(),
        );
        self.add(
            "steps",
            "Steps, by what was to be done and what became of it",
            self.steps.clone(),
        );
        self.add(
            "pending_steps",
            "Steps of the last plan that are not done",
            self.pending.clone(),
        );
        self.add(
            "drifted_personas",
            "Personas that the last plan found edited or gone since they were applied",
            self.drifted.clone(),
        );
        self.add(
            "conflicting_personas",
            "Personas that the last plan found edited on both sides",
            self.conflicting.clone(),
        );
        self.add(
            "blocked_personas",
            "Personas that wait for a human, conflicts among them",
            self.blocked.clone(),
        );
        self.add(
            "held_manifests",
            "Manifests that are left alone for mistakes in them, or in files that they use",
            self.held.clone(),
        );
        self.add_seconds(
            "api_request_duration",
            "Requests to the service, by method and class of status",
            self.requests.clone(),
        );
        self.add(
            "api_retries",
            "Repetitions of requests, by what went wrong",
            self.retries.clone(),
        );
        self
    }

    fn add(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register(name, help, metric);
    }

    fn add_seconds(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry
            .register_with_unit(name, help, Unit::Seconds, metric);
    }

    /// Learns what a plan found.
    pub fn planned(&self, plan: &Plan) {
        let count = |is_so: fn(&Step) -> bool| {
            let count = plan.steps.iter().filter(|step| is_so(step)).count();
            i64::try_from(count).unwrap_or(i64::MAX)
        };
        self.pending.set(count(|step| is_pending(&step.action)));
        self.drifted.set(count(has_drifted));
        self.conflicting.set(count(|step| {
            matches!(step.action, Action::Blocked(Obstacle::Conflict))
        }));
        self.blocked
            .set(count(|step| matches!(step.action, Action::Blocked(_))));
    }

    /// Learns how many manifests are left alone for their mistakes.
    pub fn held(&self, manifests: usize) {
        self.held.set(i64::try_from(manifests).unwrap_or(i64::MAX));
    }

    /// Learns what became of a step of the last plan.
    pub fn stepped(&self, action: &Action, status: Status) {
        self.steps.get_or_create(&step(action.word(), status)).inc();
        if status.is_done() && is_pending(action) {
            self.pending.dec();
        }
    }

    /// Learns how a round ended, how long it took, and when that was.
    pub fn ended(&self, round: Round, took: Duration, now: Timestamp) {
        self.rounds.get_or_create(&[("result", round.word())]).inc();
        self.last_round.set(took.as_secs_f64());
        if round == Round::Done {
            self.last_success.set(now.as_duration().as_secs_f64());
        }
    }

    /// All metrics, as OpenMetrics writes them.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut written = String::new();
        text::encode(&mut written, &self.registry).expect("a string takes whatever is written");
        written
    }
}

impl Observer for Metrics {
    fn attempted(&self, attempt: Attempt) {
        let Attempt {
            method,
            status,
            took,
        } = attempt;
        self.requests
            .get_or_create(&[("method", method), ("status", class(status))])
            .observe(took.as_secs_f64());
    }

    fn repeats(&self, reason: Trouble) {
        self.retries
            .get_or_create(&[("reason", reason.word())])
            .inc();
    }
}

const fn step(action: &'static str, status: Status) -> Labels<2> {
    [("action", action), ("result", status.word())]
}

/// Whether there is something to be done that needs nobody's decision.
const fn is_pending(action: &Action) -> bool {
    !matches!(action, Action::Keep | Action::Blocked(_))
}

/// Whether the live side has moved since it was applied.
fn has_drifted(step: &Step) -> bool {
    let has_moved = |cause| matches!(cause, Cause::Drift | Cause::Conflict);
    matches!(step.action, Action::Recreate(_))
        || step.fields.iter().any(|field| has_moved(field.cause))
}

/// The class of a status; `none` where no whole answer came.
const fn class(status: Option<u16>) -> &'static str {
    match status {
        Some(100..=199) => "1xx",
        Some(200..=299) => "2xx",
        Some(300..=399) => "3xx",
        Some(400..=499) => "4xx",
        Some(500..=599) => "5xx",
        Some(_) => "other",
        None => "none",
    }
}
