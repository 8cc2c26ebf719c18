//! Being asked to end while something is under way: the first time it is finished and saved, the second
//! time the program ends at once.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::Duration;

use super::outcome::Outcome;
use super::watching;
use crate::apply::Stop;

/// How long is waited for what is under way: seven seconds after its first signal, CI kills.
const GRACE: Duration = Duration::from_secs(5);

/// Waits for `work`. The first signal tells it to start nothing new and, some seconds later, to leave what is
/// under way; from then on, the outcome of the whole run is the signal's.
pub(super) async fn heeding<T>(
    stop: &Stop,
    signals: &mut Signals,
    mention: impl Fn(&str),
    work: impl Future<Output = T>,
) -> (T, Option<Outcome>) {
    let mut work = std::pin::pin!(work);
    let outcome = tokio::select! {
        done = &mut work => return (done, None),
        outcome = signals.next() => outcome,
    };
    stop.start_nothing();
    mention("Finishing what is under way; once more ends it at once.");
    let grace = async {
        tokio::time::sleep(GRACE).await;
        stop.leave_everything();
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        done = &mut work => (done, Some(outcome)),
        outcome = signals.next() => end(outcome),
        never = grace => match never {},
    }
}

/// Waits for `work` that can be left at any time, as it changes nothing: what it holds goes with it. The outcome of
/// the run, where a signal came first.
pub(super) async fn leaving<T>(work: impl Future<Output = T>) -> Result<T, Outcome> {
    let work = async {
        let done = work.await;
        // Whoever does something long at last has not heard of a signal meanwhile.
        tokio::task::yield_now().await;
        done
    };
    tokio::select! {
        biased;
        Ok(outcome) = signal() => Err(outcome),
        done = work => Ok(done),
    }
}

/// Ends the program. Every write up to here is whole, and recorded or found again by the next plan.
fn end(outcome: Outcome) -> ! {
    watching::give_back();
    #[expect(
        clippy::exit,
        reason = "the user has asked twice, and nothing is left to save"
    )]
    std::process::exit(outcome.code().into())
}

/// Waits until the program is asked to end.
pub(super) async fn signal() -> io::Result<Outcome> {
    Ok(Signals::listen()?.next().await)
}

/// What the program is asked by from now on: none is lost while something else is done.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until the program is asked to end.
    pub(super) async fn next(&mut self) -> Outcome {
        tokio::select! {
            _ = self.interrupt.recv() => Outcome::Interrupted,
            _ = self.terminate.recv() => Outcome::Terminated,
        }
    }
}

/// What the program is asked by from now on: none is lost while something else is done.
#[cfg(windows)]
pub(super) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Waits until the program is asked to end.
    pub(super) async fn next(&mut self) -> Outcome {
        self.0.recv().await;
        Outcome::Interrupted
    }
}
