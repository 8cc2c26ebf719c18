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
    /// Whether a directory that is not there is waited for from the beginning on.
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
    /// When it has gone by next; never where that is beyond all time.
    fn next(self) -> Option<Instant> {
        let mut random = [0];
        // Without any chance it is as long as it says.
        let chance = match getrandom::fill(&mut random) {
            Ok(()) => f64::from(random[0]) / 127.5 - 1.0,
            Err(_) => 0.0,
        };
        let seconds = self.time.as_secs_f64() * (1.0 + self.spread * chance);
        Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }
}

/// Goes on until it is asked to end, or nobody reads any more what it tells. What goes wrong is told, and tried again.
pub(super) async fn run(
    options: &Options<'_>,
    context: &Context,
    audience: &mut Audience<'_>,
    signals: Signals,
) -> Result<Outcome, Error> {
    let running = Loop {
        options,
        desk: Desk::new(options, context),
        watcher: Watcher::new(options.directory, options.manner),
        signals,
        retry: None,
        failures: 0,
        due: None,
        told: String::new(),
    };
    match running.run(audience).await {
        Err(Error::Unheard) => Ok(Outcome::Done),
        ended => ended,
    }
}

/// The loop, from one turn to the next.
struct Loop<'l> {
    options: &'l Options<'l>,
    desk: Desk<'l>,
    watcher: Watcher,
    signals: Signals,
    /// When what has failed is tried again.
    retry: Option<Instant>,
    /// How many turns in a row have failed.
    failures: u32,
    /// When all personas are looked at again.
    due: Option<Instant>,
    /// What the last failure said.
    told: String,
}

impl Loop<'_> {
    async fn run(mut self, audience: &mut Audience<'_>) -> Result<Outcome, Error> {
        let mut cause = Cause::Start;
        self.due = self.options.every.and_then(Every::next);
        loop {
            let began = Instant::now();
            let (watcher, signals) = (&mut self.watcher, &mut self.signals);
            let turn = self.desk.turn(cause, watcher, audience, signals).await;
            if let Some(monitor) = self.options.monitor {
                monitor.ended(&turn, began.elapsed());
            }
            match turn {
                Ok(Turn::Ended(outcome)) => return Ok(outcome),
                Ok(Turn::Idle) => {}
                Ok(Turn::Unfinished) => {
                    self.put_off();
                }
                Ok(Turn::Nothing | Turn::Done | Turn::Partial) => {
                    self.recover();
                    audience.recover()?;
                }
                Err(error) if cause == Cause::Start && self.options.ends(&error) => {
                    return Err(error);
                }
                Err(error) => self.fail(&error, cause, audience)?,
            }
            cause = match self.wait(audience).await? {
                Wake::Turn(cause) => cause,
                Wake::End(outcome) => return Ok(outcome),
            };
        }
    }

    /// Waits for the next turn.
    async fn wait(&mut self, audience: &mut Audience<'_>) -> Result<Wake, Error> {
        loop {
            tokio::select! {
                biased;
                outcome = self.signals.next() => return Ok(Wake::End(outcome)),
                wish = audience.wish() => match wish {
                    Wish::Quit => return Ok(Wake::End(Outcome::Done)),
                    Wish::Plan => return Ok(Wake::Turn(Cause::Asked)),
                    Wish::Apply => return Ok(Wake::Turn(Cause::Apply)),
                    Wish::Open => audience.open(self.desk.picture()).await?,
                },
                trouble = self.watcher.changed() => {
                    told(trouble.as_ref(), audience)?;
                    return Ok(Wake::Turn(Cause::Save));
                }
                () = at(self.retry) => {
                    self.retry = None;
                    return Ok(Wake::Turn(Cause::Retry));
                }
                () = at(self.due) => {
                    self.due = self.options.every.and_then(Every::next);
                    return Ok(Wake::Turn(Cause::Interval));
                }
            }
        }
    }

    /// Tells what went wrong. Nobody wants to hear with every file that is saved that there are no settings.
    fn fail(
        &mut self,
        error: &Error,
        cause: Cause,
        audience: &mut Audience<'_>,
    ) -> Result<(), Error> {
        if matches!(error, Error::Unheard) {
            return Err(Error::Unheard);
        }
        let again = is_passing(error).then(|| self.put_off());
        let told = causes(error);
        if cause != Cause::Save || again.is_some() || told != self.told {
            audience.tell(&Event::Failed { error, again })?;
        }
        self.told = told;
        Ok(())
    }

    /// Tries again, later each time.
    fn put_off(&mut self) -> Duration {
        let wait = wait(self.failures);
        self.failures = self.failures.saturating_add(1);
        self.retry = Some(Instant::now() + wait);
        wait
    }

    fn recover(&mut self) {
        self.failures = 0;
        self.retry = None;
        self.told.clear();
    }
}

/// What ends the waiting.
enum Wake {
    Turn(Cause),
    End(Outcome),
}

/// How a turn has ended.
enum Turn {
    /// There was nothing new, and it is not yet time for what is to be tried again.
    Idle,
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
    fn ends(&self, error: &Error) -> bool {
        match error {
            Error::NotConfirmed(_) | Error::NoSuchKey(..) | Error::Settings(_) => true,
            Error::Load(_) => !self.waits,
            _ => error.outcome() == Outcome::Unauthorized,
        }
    }
}

/// Whether it may be over without anybody doing anything here.
const fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::Api(_) | Error::Ledger(_) | Error::Undo { .. } | Error::Sandbox(_)
    )
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
