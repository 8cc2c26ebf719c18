//! The loop of `watch`: looks whenever something may have changed, plans what that affects, and applies it where that
//! was asked for.
//!
//! `desk` is what one turn does, `due` what is still to be planned, `picture` what all plans together say, `event` what
//! is told, and `view` whom it is told to.

mod desk;
mod due;
mod event;
mod picture;
mod view;

use std::path::Path;
use std::time::{Duration, Instant};

use self::desk::Desk;
pub(super) use self::event::{Cause, Event, Wish};
pub(super) use self::view::View;
use super::args::Selection;
use super::context::Context;
use super::error::Error;
use super::outcome::Outcome;
use super::signals::Signals;
use crate::watch::{Manner, Trouble, Watcher};

/// How long is waited after a failure, and at most where it goes on failing.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// How the loop goes.
pub(super) struct Options<'o> {
    pub(super) directory: &'o Path,
    pub(super) selection: &'o Selection,
    /// Whether each plan is applied.
    pub(super) applies: bool,
    /// Whether what others have changed is changed back, too.
    pub(super) reverts: bool,
    /// The protected environment that may be applied to.
    pub(super) allowed: Option<&'o str>,
    /// How often all personas are looked at.
    pub(super) every: Option<Duration>,
    pub(super) manner: Manner,
}

/// Goes on until it is asked to end. What goes wrong is told, and tried again.
pub(super) async fn run(
    options: &Options<'_>,
    context: &Context,
    view: &mut View<'_>,
) -> Result<Outcome, Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let mut watcher = Watcher::new(options.directory, options.manner);
    let mut desk = Desk::new(options, context);
    let mut failures = 0;
    let mut cause = Cause::Start;
    let mut due = options.every.map(|every| Instant::now() + every);
    loop {
        let again = match desk.turn(cause, &mut watcher, view, &mut signals).await {
            Ok(Turn::Ended(outcome)) => return Ok(outcome),
            Ok(Turn::Done) => None,
            Ok(Turn::Unfinished) => Some(wait(failures)),
            Err(error) if cause == Cause::Start && is_ours(&error) => return Err(error),
            Err(error) => {
                let again = is_passing(&error).then(|| wait(failures));
                let error = &error;
                view.tell(&Event::Failed { error, again })?;
                again
            }
        };
        failures = again.map_or(0, |_| failures + 1);
        let retry = again.map(|again| Instant::now() + again);
        cause = tokio::select! {
            biased;
            outcome = signals.next() => return Ok(outcome),
            wish = view.wish() => match wish {
                Wish::Quit => return Ok(Outcome::Done),
                Wish::Plan => Cause::Asked,
                Wish::Apply => Cause::Apply,
                Wish::Open => Cause::Asked,
            },
            trouble = watcher.changed() => {
                told(trouble.as_ref(), view)?;
                Cause::Save
            }
            () = at(retry) => Cause::Retry,
            () = at(due) => {
                due = options.every.map(|every| Instant::now() + every);
                Cause::Interval
            }
        };
    }
}

/// How a turn has ended.
enum Turn {
    /// All that was due is planned, and done where that was asked for.
    Done,
    /// Some of it is still to be done.
    Unfinished,
    /// The program was asked to end.
    Ended(Outcome),
}

/// How long is waited after so many failures in a row.
fn wait(failures: u32) -> Duration {
    let longer = FIRST.saturating_mul(2_u32.saturating_pow(failures));
    longer.min(LONGEST)
}

/// Whether it is a mistake of whoever has begun the loop.
const fn is_ours(error: &Error) -> bool {
    matches!(
        error,
        Error::NotConfirmed(_) | Error::NoSuchKey(..) | Error::Load(_) | Error::Settings(_)
    )
}

/// Whether it may be over without anybody doing anything here.
const fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Api(_) | Error::Ledger(_))
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

fn told(trouble: Option<&Trouble>, view: &mut View<'_>) -> Result<(), Error> {
    let told = match trouble {
        None => return Ok(()),
        Some(Trouble::Overflow) => {
            "More has changed at once than the system keeps: all files are looked at.".to_owned()
        }
        Some(Trouble::Polling(why)) => {
            format!("The system does not watch these files, they are looked at every second: {why}")
        }
    };
    view.tell(&Event::Notice(&told))
}
