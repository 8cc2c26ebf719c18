//! Whole runs against services that keep a limit, by a clock that only the runs move.

use futures_util::stream::{self, StreamExt};
use tokio::time::sleep;

use super::*;
use crate::api::retry::ATTEMPTS;

/// How long a request is on its way, and its answer.
const WAY: Duration = Duration::from_millis(10);

/// A service that takes `rate` requests in a second, and `burst` at once.
struct Service {
    rate: Cell<f64>,
    burst: f64,
    says_when: bool,
    ready: Cell<f64>,
    at: Cell<Instant>,
    refused: Cell<usize>,
}

impl Service {
    fn new(rate: f64, burst: f64, says_when: bool) -> Self {
        Self {
            rate: Cell::new(rate),
            burst,
            says_when,
            ready: Cell::new(burst),
            at: Cell::new(Instant::now()),
            refused: Cell::new(0),
        }
    }

    fn ask(&self) -> Result<(), ApiErrorKind> {
        let more = self.at.replace(Instant::now()).elapsed().as_secs_f64() * self.rate.get();
        self.ready.set(self.burst.min(self.ready.get() + more));
        // What is rounded away is no request's fault.
        if self.ready.get() > 1.0 - 1e-6 {
            self.ready.set(self.ready.get() - 1.0);
            return Ok(());
        }
        self.refused.set(self.refused.get() + 1);
        let wait = (1.0 / self.rate.get()).ceil();
        Err(ApiErrorKind::Status {
            status: 429,
            message: String::new(),
            retry_after: self.says_when.then(|| Duration::from_secs_f64(wait)),
        })
    }
}

/// Sends a request as the client does.
async fn carry(flow: &Flow, service: &Service) -> bool {
    let mut attempts = 0;
    loop {
        let served = flow.served();
        let turn = flow.turn().await.expect("there is no deadline");
        sleep(WAY).await;
        let answer = service.ask();
        sleep(WAY).await;
        let sent = turn.sent;
        drop(turn);
        let Err(kind) = answer else {
            flow.went_well(sent);
            return true;
        };
        flow.went_wrong(sent, &kind);
        if flow.served() == served {
            attempts += 1;
        }
        if attempts == ATTEMPTS || !flow.pause(&kind, attempts).await {
            return false;
        }
    }
}

/// What a run came to.
#[derive(Debug)]
struct Run {
    took: f64,
    refused: usize,
    failed: usize,
}

/// Sends so many requests, some of them at a time. Meanwhile the limit may become another one.
async fn run(
    service: &Service,
    requests: usize,
    at_once: usize,
    change: impl Future<Output = ()>,
) -> Run {
    let flow = Flow::new(at_once, None);
    flow.expect(requests);
    let begun = Instant::now();
    let done = stream::iter(0..requests).map(|_| carry(&flow, service));
    let done = done.buffer_unordered(at_once).collect::<Vec<_>>();
    let done = async { (done.await, begun.elapsed()) };
    let ((done, took), ()) = tokio::join!(done, change);
    Run {
        took: took.as_secs_f64(),
        refused: service.refused.get(),
        failed: done.iter().filter(|done| !**done).count(),
    }
}

/// How long it would take if the limit were known, in seconds.
fn ideal(rate: f64, burst: f64, requests: usize, at_once: usize) -> f64 {
    let alone = requests.div_ceil(at_once) as f64 * (WAY * 2).as_secs_f64();
    ((requests as f64 - burst) / rate).max(alone)
}

/// The limits, and whether the service says when it has time again.
fn limits(rates: &[f64]) -> impl Iterator<Item = (f64, f64, bool)> {
    rates.iter().flat_map(|rate| {
        [1.0, 10.0, 50.0]
            .into_iter()
            .flat_map(move |burst| [false, true].map(|says_when| (*rate, burst, says_when)))
    })
}

/// A refusal may cost a second in which a small bucket overflows, and a rate is found in fewer than eight times
/// that: what is lost is bounded, and a run of a minute takes hardly longer than it must.
#[tokio::test(start_paused = true)]
async fn a_limit_is_found_and_kept() {
    for (rate, burst, says_when) in limits(&[2.0, 10.0, 50.0, 200.0]) {
        for (requests, at_once) in [(200, 4), (600, 4), (2000, 4), (600, 99)] {
            let service = Service::new(rate, burst, says_when);
            let run = run(&service, requests, at_once, async {}).await;
            let ideal = ideal(rate, burst, requests, at_once);
            let row =
                format!("{rate}/s, {burst}, {says_when}, {requests}, {at_once}: {run:?}, {ideal}");
            assert_eq!(run.failed, 0, "{row}");
            assert!(run.took <= ideal / 0.9 + 8.0, "{row}");
            assert!(ideal < 60.0 || run.took <= ideal / 0.9, "{row}");
            assert!(run.refused <= at_once + 16, "{row}");
            assert!(requests < 2000 || run.refused * 100 <= requests, "{row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn below_the_limit_nothing_is_held_back() {
    for at_once in [1, 4, 99] {
        let service = Service::new(10_000.0, 99.0, true);
        let run = run(&service, 2000, at_once, async {}).await;
        assert_eq!(run.took, ideal(10_000.0, 99.0, 2000, at_once), "{run:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_limit_is_found() {
    for (rate, burst, says_when) in limits(&[10.0, 50.0]) {
        for factor in [0.5, 2.0] {
            let service = Service::new(rate, burst, says_when);
            let (third, rest) = (2000.0 / rate, 4000.0 / rate / factor);
            let change = async {
                sleep(Duration::from_secs_f64(third)).await;
                service.rate.set(rate * factor);
            };
            let run = run(&service, 6000, 4, change).await;
            let row =
                format!("{rate}/s, {burst}, {says_when}, {factor}: {run:?}, {third} + {rest}");
            assert_eq!(run.failed, 0, "{row}");
            assert!(run.took <= (third + rest) / 0.75, "{row}");
            assert!(run.refused <= 60, "{row}");
        }
    }
}
