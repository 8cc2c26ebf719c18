//! The loop of `watch`: looks whenever something may have changed, plans what that affects, and applies it where that
//! was asked for.
//!
//! `desk` is what one turn does, `due` what is still to be planned, `picture` what all plans together say, `event` what
//! is told, and `audience` whom it is told to: a `view` and a page in the browser. `screen` is the view of a terminal, whose
//! lines `brief` makes, with the time by `clock`. `monitor` is for a cluster.

mod audience;
mod brief;
mod clock;
mod desk;
mod due;
mod event;
mod monitor;
mod picture;
#[cfg(test)]
mod samples;
mod screen;
mod view;

use std::path::Path;
use std::time::{Duration, Instant};

pub(super) use self::audience::Audience;
use self::desk::Desk;
pub(super) use self::event::{Cause, Event, Wish};
pub(super) use self::monitor::Monitor;
pub(super) use self::screen::{Screen, give_back};
pub(super) use self::view::View;
use super::args::Selection;
use super::context::Context;
use super::error::Error;
use super::outcome::Outcome;
use super::signals::Signals;
use crate::model::{Key, causes};
use crate::settings::{SettingsError, SettingsErrorKind};
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
    /// With whom a conversation is begun after each apply.
    pub(super) talk: Option<Talk<'o>>,
    /// Whether a directory that is not there is waited for, and settings that make no sense, from the beginning on.
    pub(super) waits: bool,
    /// How often all personas are looked at.
    pub(super) every: Option<Every>,
    /// Who keeps the figures, if anybody does.
    pub(super) monitor: Option<&'o Monitor>,
    pub(super) manner: Manner,
}

/// A conversation that is begun again and again.
#[derive(Clone, Copy)]
pub(super) struct Talk<'o> {
    pub(super) key: &'o Key,
    pub(super) replica: Option<&'o str>,
    /// Whether a browser is to show it.
    pub(super) opens: bool,
}

/// A time that goes by again and again.
#[derive(Clone, Copy)]
pub(super) struct Every {
    pub(super) time: Duration,
    /// By how much of it each one may be longer or shorter: many that begin together do not stay together.
    pub(super) spread: f64,
}

impl Every {
    /// When it has gone by next.
    fn next(self) -> Instant {
        let mut random = [0];
        // Without any chance it is as long as it says.
        let chance = match getrandom::fill(&mut random) {
            Ok(()) => f64::from(random[0]) / 127.5 - 1.0,
            Err(_) => 0.0,
        };
        Instant::now() + self.time.mul_f64(1.0 + self.spread * chance)
    }
}

/// Goes on until it is asked to end. What goes wrong is told, and tried again.
pub(super) async fn run(
    options: &Options<'_>,
    context: &Context,
    audience: &mut Audience<'_>,
) -> Result<Outcome, Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let mut watcher = Watcher::new(options.directory, options.manner);
    let mut desk = Desk::new(options, context);
    let mut failures = 0;
    let mut cause = Cause::Start;
    let mut due = options.every.map(Every::next);
    let mut told_before = String::new();
    loop {
        let began = Instant::now();
        let turn = desk.turn(cause, &mut watcher, audience, &mut signals).await;
        if let Some(monitor) = options.monitor {
            monitor.ended(&turn, began.elapsed());
        }
        let again = match turn {
            Ok(Turn::Ended(outcome)) => return Ok(outcome),
            Ok(turn) => {
                told_before.clear();
                matches!(turn, Turn::Unfinished).then(|| wait(failures))
            }
            Err(error) if cause == Cause::Start && options.ends(&error) => return Err(error),
            Err(error) => {
                let again = is_passing(&error).then(|| wait(failures));
                let error = &error;
                let told = causes(error);
                // Nobody wants to hear with every file that is saved that there are no settings.
                if cause != Cause::Save || again.is_some() || told != told_before {
                    audience.tell(&Event::Failed { error, again })?;
                }
                told_before = told;
                again
            }
        };
        failures = again.map_or(0, |_| failures + 1);
        let retry = again.map(|again| Instant::now() + again);
        cause = loop {
            tokio::select! {
                biased;
                outcome = signals.next() => return Ok(outcome),
                wish = audience.wish() => match wish {
                    Wish::Quit => return Ok(Outcome::Done),
                    Wish::Plan => break Cause::Asked,
                    Wish::Apply => break Cause::Apply,
                    Wish::Open => audience.open(desk.picture()).await?,
                },
                trouble = watcher.changed() => {
                    told(trouble.as_ref(), audience)?;
                    break Cause::Save;
                }
                () = at(retry) => break Cause::Retry,
                () = at(due) => {
                    due = options.every.map(Every::next);
                    break Cause::Interval;
                }
            }
        };
    }
}

/// How a turn has ended.
enum Turn {
    /// There was nothing to plan.
    Nothing,
    /// All that was due is planned, and done where that was asked for.
    Done,
    /// The same, but some of it was refused, or waits for a human.
    Partial,
    /// Some of it is to be tried again.
    Unfinished,
    /// The program was asked to end.
    Ended(Outcome),
}

/// How long is waited after so many failures in a row.
fn wait(failures: u32) -> Duration {
    let longer = FIRST.saturating_mul(2_u32.saturating_pow(failures));
    longer.min(LONGEST)
}

impl Options<'_> {
    /// Whether there is no point in beginning: whoever has begun the loop has made a mistake.
    const fn ends(&self, error: &Error) -> bool {
        match error {
            Error::NotConfirmed(_)
            | Error::NoSuchKey(..)
            | Error::Settings(SettingsError {
                kind: SettingsErrorKind::NoKey(_),
                ..
            }) => true,
            Error::Load(_) | Error::Settings(_) => !self.waits,
            _ => false,
        }
    }
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

fn told(trouble: Option<&Trouble>, audience: &mut Audience<'_>) -> Result<(), Error> {
    let told = match trouble {
        None => return Ok(()),
        Some(Trouble::Overflow) => {
            "More has changed at once than the system keeps: all files are looked at.".to_owned()
        }
        Some(Trouble::Polling(why)) => {
            format!("The system does not watch these files, they are looked at every second: {why}")
        }
    };
    audience.tell(&Event::Notice(&told))
}
