//! How fast requests go out: not before the service allows it, not more at a time than it bears, and with a
//! bounded number of repetitions for a whole run.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::error::ApiErrorKind;
use super::pace::Pace;
use super::retry::{self, Trouble};

/// What repetitions may cost in a small run, beyond what its successes earn.
const BUDGET: usize = 10;
/// In a large run they may cost one for so many planned requests.
const SHARE: usize = 10;
/// Whoever has to wait longer is told.
const LONG: Duration = Duration::from_secs(10);

/// What all requests of a run share.
#[derive(Debug)]
pub(super) struct Flow {
    /// Nothing is sent before.
    gate: Cell<Option<Instant>>,
    /// What is known of the service's limit.
    pace: RefCell<Pace>,
    /// How long a run may take, and until when this one may.
    timeout: Option<Duration>,
    deadline: Cell<Option<Instant>>,
    /// What repetitions may still cost, and at most.
    budget: Cell<usize>,
    capacity: Cell<usize>,
    /// Whether the last wave of refusals is still to be paid for.
    unpaid: Cell<bool>,
    /// How many requests went well, ever.
    served: Cell<usize>,
    /// How many requests may be under way, ever and now, and are.
    most: usize,
    limit: Cell<usize>,
    under_way: Cell<usize>,
    /// How many went well since the limit was changed.
    clean: Cell<usize>,
    freed: Notify,
    /// Who holds it is the next to have a turn.
    next: Mutex<()>,
}

/// A request's turn, which ends when this is dropped.
pub(super) struct Turn<'f> {
    flow: &'f Flow,
    /// When it began.
    pub(super) sent: Instant,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.flow.under_way.set(self.flow.under_way.get() - 1);
        self.flow.freed.notify_one();
    }
}

impl Flow {
    /// With `most` requests under way at a time, and this long to go.
    pub(super) fn new(most: usize, timeout: Option<Duration>) -> Self {
        let most = most.max(1);
        Self {
            gate: Cell::new(None),
            pace: RefCell::new(Pace::new(Instant::now())),
            timeout,
            deadline: Cell::new(until(timeout)),
            budget: Cell::new(BUDGET),
            capacity: Cell::new(BUDGET),
            unpaid: Cell::new(false),
            served: Cell::new(0),
            most,
            limit: Cell::new(most),
            under_way: Cell::new(0),
            clean: Cell::new(0),
            freed: Notify::new(),
            next: Mutex::new(()),
        }
    }

    /// Begins another run, with all the time and the budget that a run has.
    pub(super) fn begin(&self) {
        self.deadline.set(until(self.timeout));
        self.expect(0);
    }

    /// Learns how many requests are to come if all goes well.
    pub(super) fn expect(&self, requests: usize) {
        self.pace.borrow_mut().begin(Instant::now());
        let capacity = BUDGET.max(requests / SHARE);
        self.capacity.set(capacity);
        self.budget.set(capacity);
    }

    /// Waits for a turn, in the order of coming.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, ApiErrorKind> {
        let _next = self.within(self.next.lock()).await?;
        loop {
            let now = Instant::now();
            let opens = self
                .pace
                .borrow()
                .opens(now)
                .max(self.gate.get().unwrap_or(now));
            if opens > now {
                self.within(sleep_until(opens)).await?;
            } else if self.under_way.get() < self.limit.get() {
                self.under_way.set(self.under_way.get() + 1);
                self.pace.borrow_mut().sent(now);
                return Ok(Turn {
                    flow: self,
                    sent: now,
                });
            } else {
                self.within(self.freed.notified()).await?;
            }
        }
    }

    /// Waits for something, but no longer than the run may take.
    pub(super) async fn within<T>(
        &self,
        future: impl Future<Output = T>,
    ) -> Result<T, ApiErrorKind> {
        match self.deadline.get() {
            None => Ok(future.await),
            Some(deadline) => {
                let ended = timeout_at(deadline, future).await;
                ended.map_err(|_| ApiErrorKind::Deadline)
            }
        }
    }

    /// Learns from a request that went well: after as many as are under way at a time, one more may be.
    pub(super) fn went_well(&self, sent: Instant) {
        self.pace.borrow_mut().taken(sent, Instant::now());
        self.served.set(self.served.get() + 1);
        self.budget
            .set(self.capacity.get().min(self.budget.get() + 1));
        self.clean.set(self.clean.get() + 1);
        if self.clean.get() >= self.limit.get() {
            self.clean.set(0);
            self.limit.set(self.most.min(self.limit.get() + 1));
            self.freed.notify_one();
        }
    }

    /// How many requests went well so far.
    pub(super) const fn served(&self) -> usize {
        self.served.get()
    }

    /// Learns from a request that went wrong. Whoever has no time for it halves what is under way; and if the
    /// service says when it has, all wait until then. All that was sent before a refusal was heard is one wave: it
    /// is felt once.
    pub(super) fn went_wrong(&self, sent: Instant, kind: &ApiErrorKind) {
        let ApiErrorKind::Status {
            status,
            retry_after,
            ..
        } = kind
        else {
            return;
        };
        if let Some(wait) = retry_after {
            if *wait > LONG {
                tracing::warn!(?wait, "the service wants to be left alone");
            }
            self.close(until(Some(*wait)));
        }
        match status {
            429 => {
                let asked = retry_after.filter(|wait| !wait.is_zero());
                let mut pace = self.pace.borrow_mut();
                if let Some(gate) = pace.refused(sent, Instant::now(), asked) {
                    self.close(Some(gate));
                    self.unpaid.set(true);
                    self.halve();
                }
            }
            503 => self.halve(),
            _ => {}
        }
    }

    fn close(&self, gate: Option<Instant>) {
        self.gate.set(self.gate.get().max(gate));
    }

    /// Bears with half of what was under way, with the one that was just answered.
    fn halve(&self) {
        let under_way = self.limit.get().min(self.under_way.get() + 1);
        self.clean.set(0);
        self.limit.set(1.max(under_way / 2));
    }

    /// Waits before a request is repeated; `false` where the run's budget or its time is spent.
    pub(super) async fn pause(&self, kind: &ApiErrorKind, attempts: u32) -> bool {
        let is_throttled = kind.is_throttled();
        let price = match Trouble::of(kind).price() {
            _ if is_throttled && !self.unpaid.take() => 0,
            price => price,
        };
        let Some(budget) = self.budget.get().checked_sub(price) else {
            return false;
        };
        self.budget.set(budget);
        let now = Instant::now();
        let until = if is_throttled {
            // The pace keeps those who come back from coming all at one moment.
            let gate = self.gate.get().unwrap_or(now);
            gate.max(self.pace.borrow().opens(now))
        } else {
            let random = getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX));
            now + retry::wait(attempts, kind.retry_after(), random)
        };
        if self.deadline.get().is_some_and(|deadline| until > deadline) {
            return false;
        }
        sleep_until(until).await;
        true
    }
}

/// When this time is over; `None` where it never is.
fn until(time: Option<Duration>) -> Option<Instant> {
    time.and_then(|time| Instant::now().checked_add(time))
}

#[cfg(test)]
mod limits;

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, seconds: Option<u64>) -> ApiErrorKind {
        ApiErrorKind::Status {
            status,
            message: String::new(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    fn throttled(seconds: Option<u64>) -> ApiErrorKind {
        status(429, seconds)
    }

    fn failing() -> ApiErrorKind {
        status(500, None)
    }

    /// Learns of something that went wrong with a request that was sent a moment ago.
    async fn goes_wrong(flow: &Flow, kind: &ApiErrorKind) {
        tokio::time::advance(Duration::from_millis(1)).await;
        flow.went_wrong(Instant::now(), kind);
    }

    #[tokio::test(start_paused = true)]
    async fn all_wait_for_what_one_was_told() {
        let flow = Flow::new(32, None);
        let sent = Instant::now();
        flow.went_wrong(sent, &throttled(Some(30)));
        flow.went_wrong(sent, &throttled(None));
        let begun = Instant::now();
        drop(flow.turn().await.expect("a turn"));
        assert_eq!(begun.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_halves_when_throttled_and_grows_when_all_is_well() {
        let flow = Flow::new(32, None);
        let limit = || flow.limit.get();
        assert_eq!(limit(), 32);
        let mut turns = Vec::new();
        for _ in 0..7 {
            turns.push(flow.turn().await.expect("a turn"));
        }
        goes_wrong(&flow, &throttled(None)).await;
        flow.went_wrong(Instant::now(), &throttled(None));
        assert_eq!(limit(), 4, "what was sent before is the same wave");
        goes_wrong(&flow, &throttled(None)).await;
        goes_wrong(&flow, &throttled(None)).await;
        assert_eq!(limit(), 1);
        flow.went_well(Instant::now());
        assert_eq!(limit(), 2);
        flow.went_well(Instant::now());
        flow.went_well(Instant::now());
        assert_eq!(limit(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_never_passes_what_was_asked_for() {
        let flow = Flow::new(2, None);
        (0..100).for_each(|_| flow.went_well(Instant::now()));
        assert_eq!(flow.limit.get(), 2);
        flow.went_wrong(Instant::now(), &throttled(None));
        assert_eq!(flow.limit.get(), 1, "one refusal is felt at once");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_under_way_than_the_limit_allows() {
        let flow = Flow::new(4, None);
        let mut turns = Vec::new();
        for _ in 0..4 {
            turns.push(flow.turn().await.expect("a turn"));
        }
        let fifth = tokio::time::timeout(Duration::from_secs(1), flow.turn()).await;
        assert!(fifth.is_err());
        turns.pop();
        assert!(flow.turn().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_is_spent_and_earned_again() {
        let flow = Flow::new(32, None);
        for _ in 0..3 {
            assert!(flow.pause(&failing(), 1).await);
        }
        assert!(!flow.pause(&failing(), 1).await);
        flow.went_well(Instant::now());
        flow.went_well(Instant::now());
        assert!(flow.pause(&failing(), 1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenth_of_a_large_plan_may_be_repeated() {
        let flow = Flow::new(32, None);
        for (requests, affordable) in [(99, 10), (300, 30)] {
            flow.expect(requests);
            for _ in 0..affordable {
                goes_wrong(&flow, &throttled(None)).await;
                assert!(flow.pause(&throttled(None), 1).await);
                assert!(flow.pause(&throttled(None), 1).await, "it is the same wave");
            }
            goes_wrong(&flow, &throttled(None)).await;
            assert!(!flow.pause(&throttled(None), 1).await, "{requests}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_run_has_its_own_time() {
        let flow = Flow::new(32, Some(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(6)).await;
        let late = flow.within(std::future::pending::<()>()).await;
        assert!(matches!(late, Err(ApiErrorKind::Deadline)));
        flow.begin();
        assert!(
            flow.within(tokio::time::sleep(Duration::from_secs(4)))
                .await
                .is_ok()
        );
        assert!(Flow::new(1, Some(Duration::MAX)).deadline.get().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_outlasts_the_deadline() {
        let flow = Flow::new(32, Some(Duration::from_secs(5)));
        let forever = flow.within(std::future::pending::<()>()).await;
        assert!(matches!(forever, Err(ApiErrorKind::Deadline)));
        let flow = Flow::new(32, Some(Duration::from_secs(5)));
        goes_wrong(&flow, &throttled(Some(9))).await;
        assert!(!flow.pause(&throttled(Some(9)), 1).await);
    }
}
