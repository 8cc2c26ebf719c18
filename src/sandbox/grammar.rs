//! The text form of a fault: `METHOD PATH WORD...`, the words in any order.

use std::str::FromStr;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use thiserror::Error;

use super::fault::{Effect, Fault, Moment, Target, Times, Twist};
use super::pages::Flaw;

/// What can happen, one of these to a request; a `delay` may come on top.
const EFFECTS: &str = "status=CODE, reset, html, truncate, garbage, trickle=TIME, endless, shift=N, \
                       short=N, missing=N, duplicate=N, stale, draft";
/// What else can be said.
const OTHERS: &str =
    "retry-after=SECONDS, delay=TIME, before, after, skip=N, count=N, chance=P, seed=N";

/// A text says no fault.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{word}` {kind}")]
pub struct FaultError {
    /// The word that is to blame, or the whole text.
    pub word: String,
    /// What is wrong with it.
    pub kind: FaultErrorKind,
}

/// What is wrong with a word.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FaultErrorKind {
    /// The text has no method and path.
    #[error("does not begin with a method and a path, as `POST /v2/personas status=503` does")]
    Short,
    /// The text does not say what happens.
    #[error("does not say what happens: delay=TIME, or one of {EFFECTS}")]
    Idle,
    /// It stands where the method should.
    #[error("is no method: GET, POST, PATCH, DELETE, or * for any")]
    Method,
    /// It stands where the path should.
    #[error("is no path: it begins with a slash or a *, and has no query")]
    Path,
    /// Nobody knows it.
    #[error("is not known; these are: {EFFECTS}, {OTHERS}")]
    Word,
    /// It needs a value and has none.
    #[error("wants a value, after a =")]
    Bare,
    /// It has a value and takes none.
    #[error("takes no value")]
    Valued,
    /// Its value is no number.
    #[error("wants a whole number from 0 up")]
    Number,
    /// Nothing would be hit, or happen.
    #[error("comes to nothing: 1 is the least")]
    Never,
    /// Its value shifts nothing.
    #[error("wants a whole number, above 0 for too late or below for too early")]
    Shift,
    /// Its value is no status of an error.
    #[error("is no error's status: 400 to 599")]
    Status,
    /// Its value is no time.
    #[error("wants a time, such as 500ms or 2s")]
    Time,
    /// Its value is no probability.
    #[error("wants a number above 0 and up to 1")]
    Chance,
    /// It has been said before.
    #[error("says again what another word has said")]
    Twice,
    /// Only one such thing can happen.
    #[error("cannot happen together with another of: {EFFECTS}")]
    Second,
    /// It says something about a word that is not there.
    #[error("says nothing without `status`")]
    NoStatus,
    /// It says something about a word that is not there.
    #[error("says nothing without `chance`")]
    NoChance,
    /// What happens takes the answer.
    #[error("is too early: what happens is done to the answer")]
    Early,
    /// What happens keeps the request from taking effect.
    #[error("is too late: what happens stands in the way of the request")]
    Late,
    /// What happens has nothing to do with this method.
    #[error("is not what this happens to: GET has lists and stale answers, PATCH meets drafts")]
    OtherMethod,
    /// What happens has nothing to do with this path.
    #[error("is not what this happens to: the list, /v2/personas or /v2/pals, is")]
    NoList,
}

use FaultErrorKind as Kind;

/// What the words have said so far.
#[derive(Debug, Default)]
struct Said {
    effect: Option<Effect>,
    moment: Option<Moment>,
    delay: Option<Duration>,
    retry_after: Option<u32>,
    skip: Option<u64>,
    count: Option<u64>,
    chance: Option<f64>,
    seed: Option<u64>,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let words: Vec<_> = text.split_whitespace().collect();
        let [method, path, rest @ ..] = words.as_slice() else {
            return Err(blame(text, Kind::Short));
        };
        let target = Target {
            method: read_method(method).map_err(|kind| blame(method, kind))?,
            path: read_path(path).map_err(|kind| blame(path, kind))?,
        };
        let mut said = Said::default();
        for word in rest {
            said.take(word).map_err(|kind| blame(word, kind))?;
        }
        said.fault(words.join(" "), target)
    }
}

impl Said {
    fn take(&mut self, word: &str) -> Result<(), Kind> {
        match word.split_once('=') {
            None => self.take_bare(word),
            Some((name, value)) => self.take_valued(name, value),
        }
    }

    fn take_bare(&mut self, word: &str) -> Result<(), Kind> {
        match word {
            "reset" => self.happens(Effect::Reset),
            "html" => self.happens(Effect::Html),
            "truncate" => self.happens(Effect::Truncate),
            "garbage" => self.happens(Effect::Garbage),
            "endless" => self.flawed(Flaw::Endless),
            "stale" => self.happens(Effect::Twist(Twist::Stale)),
            "draft" => self.happens(Effect::Twist(Twist::Draft)),
            "before" => once(&mut self.moment, Moment::Before),
            "after" => once(&mut self.moment, Moment::After),
            _ => Err(misread(word)),
        }
    }

    fn take_valued(&mut self, name: &str, value: &str) -> Result<(), Kind> {
        match name {
            "status" => self.happens(Effect::Status {
                code: read_status(value)?,
                retry_after: None,
            }),
            "trickle" => self.happens(Effect::Trickle(read_time(value)?)),
            "shift" => self.flawed(Flaw::Shift(read_shift(value)?)),
            "short" => self.flawed(Flaw::Short(read_count(value)?)),
            "missing" => self.flawed(Flaw::Missing(read_count(value)?)),
            "duplicate" => self.flawed(Flaw::Duplicate(read_count(value)?)),
            "delay" => once(&mut self.delay, read_time(value)?),
            "retry-after" => once(&mut self.retry_after, read_number(value)?),
            "skip" => once(&mut self.skip, read_number(value)?),
            "count" => once(&mut self.count, read_count(value)?),
            "chance" => once(&mut self.chance, read_chance(value)?),
            "seed" => once(&mut self.seed, read_number(value)?),
            _ => Err(misread(name)),
        }
    }

    fn flawed(&mut self, flaw: Flaw) -> Result<(), Kind> {
        self.happens(Effect::Twist(Twist::Flawed(flaw)))
    }

    fn happens(&mut self, effect: Effect) -> Result<(), Kind> {
        match self.effect.replace(effect) {
            None => Ok(()),
            Some(_) => Err(Kind::Second),
        }
    }

    /// The fault, once all words are taken and fit together.
    fn fault(self, text: String, target: Target) -> Result<Fault, FaultError> {
        let Self {
            effect,
            moment,
            delay,
            retry_after,
            skip,
            count,
            chance,
            seed,
        } = self;
        if seed.is_some() && chance.is_none() {
            return Err(blame("seed", Kind::NoChance));
        }
        let effect = match (effect, retry_after, delay) {
            (Some(Effect::Status { code, .. }), retry_after, _) => {
                Effect::Status { code, retry_after }
            }
            (_, Some(_), _) => return Err(blame("retry-after", Kind::NoStatus)),
            (Some(effect), None, _) => effect,
            (None, None, Some(_)) => Effect::Wait,
            (None, None, None) => return Err(blame(&text, Kind::Idle)),
        };
        fits(&effect, &target)?;
        let moment = match (effect.moment(), moment) {
            (Some(Moment::After), Some(Moment::Before)) => {
                return Err(blame("before", Kind::Early));
            }
            (Some(Moment::Before), Some(Moment::After)) => return Err(blame("after", Kind::Late)),
            (Some(only), _) => only,
            (None, moment) => moment.unwrap_or(Moment::Before),
        };
        Ok(Fault {
            text,
            target,
            times: Times {
                skip: skip.unwrap_or(0),
                count,
                chance: chance.unwrap_or(1.0),
                seed: seed.unwrap_or(0),
            },
            effect,
            moment,
            delay: delay.unwrap_or_default(),
        })
    }
}

/// Whether such requests can meet the effect.
fn fits(effect: &Effect, target: &Target) -> Result<(), FaultError> {
    match (&target.method, effect.method()) {
        (Some(method), Some(only)) if *method != only => {
            return Err(blame(method.as_str(), Kind::OtherMethod));
        }
        _ => {}
    }
    match effect.is_about_lists() && !target.includes_lists() {
        true => Err(blame(&target.path, Kind::NoList)),
        false => Ok(()),
    }
}

/// What is wrong with a word that was not understood: it may only lack its value, or have one.
fn misread(name: &str) -> Kind {
    let mut known = EFFECTS.split(", ").chain(OTHERS.split(", "));
    let known = known.find(|known| known.split('=').next() == Some(name));
    match known.map(|known| known.contains('=')) {
        Some(true) => Kind::Bare,
        Some(false) => Kind::Valued,
        None => Kind::Word,
    }
}

fn blame(word: &str, kind: Kind) -> FaultError {
    FaultError {
        word: word.to_owned(),
        kind,
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Kind> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Kind::Twice),
    }
}

fn read_method(word: &str) -> Result<Option<Method>, Kind> {
    match word {
        "*" => Ok(None),
        "GET" => Ok(Some(Method::GET)),
        "POST" => Ok(Some(Method::POST)),
        "PATCH" => Ok(Some(Method::PATCH)),
        "DELETE" => Ok(Some(Method::DELETE)),
        _ => Err(Kind::Method),
    }
}

fn read_path(word: &str) -> Result<String, Kind> {
    match word.starts_with(['/', '*']) && !word.contains('?') {
        true => Ok(word.to_owned()),
        false => Err(Kind::Path),
    }
}

fn read_number<N: FromStr>(value: &str) -> Result<N, Kind> {
    value.parse().map_err(|_| Kind::Number)
}

/// A number of things that are hit, or left out.
fn read_count<N: FromStr + Default + PartialEq>(value: &str) -> Result<N, Kind> {
    let count = read_number(value)?;
    match count == N::default() {
        true => Err(Kind::Never),
        false => Ok(count),
    }
}

fn read_shift(value: &str) -> Result<i16, Kind> {
    match value.parse() {
        Ok(0) | Err(_) => Err(Kind::Shift),
        Ok(by) => Ok(by),
    }
}

fn read_status(value: &str) -> Result<StatusCode, Kind> {
    let code = value.parse::<StatusCode>().map_err(|_| Kind::Status)?;
    match code.is_client_error() || code.is_server_error() {
        true => Ok(code),
        false => Err(Kind::Status),
    }
}

fn read_time(value: &str) -> Result<Duration, Kind> {
    let span: jiff::SignedDuration = value.parse().map_err(|_| Kind::Time)?;
    Duration::try_from(span).map_err(|_| Kind::Time)
}

fn read_chance(value: &str) -> Result<f64, Kind> {
    let chance: f64 = value.parse().map_err(|_| Kind::Chance)?;
    match chance > 0.0 && chance <= 1.0 {
        true => Ok(chance),
        false => Err(Kind::Chance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Fault, FaultError> {
        text.parse()
    }

    #[test]
    fn words_come_in_any_order() {
        let fault =
            read("POST  /v2/personas count=1 after seed=7 reset chance=0.3 skip=2 delay=1s");
        assert_eq!(
            fault.expect("a fault"),
            Fault {
                text: "POST /v2/personas count=1 after seed=7 reset chance=0.3 skip=2 delay=1s"
                    .to_owned(),
                target: Target {
                    method: Some(Method::POST),
                    path: "/v2/personas".to_owned(),
                },
                times: Times {
                    skip: 2,
                    count: Some(1),
                    chance: 0.3,
                    seed: 7,
                },
                effect: Effect::Reset,
                moment: Moment::After,
                delay: Duration::from_secs(1),
            }
        );
    }

    #[test]
    fn a_fault_comes_before_the_effect_unless_it_is_done_to_the_answer() {
        for (words, moment) in [
            ("status=503 retry-after=2", Moment::Before),
            ("reset", Moment::Before),
            ("html", Moment::Before),
            ("delay=500ms", Moment::Before),
            ("delay=500ms after", Moment::After),
            ("truncate", Moment::After),
            ("garbage after", Moment::After),
            ("trickle=1ms", Moment::After),
            ("stale", Moment::After),
            ("shift=-1 delay=1s", Moment::After),
            ("draft", Moment::Before),
        ] {
            let fault = read(&format!("* * {words}")).expect(words);
            assert_eq!(fault.moment, moment, "{words}");
        }
    }

    #[test]
    fn every_word_that_messages_name_is_known() {
        for known in EFFECTS.split(", ").chain(OTHERS.split(", ")) {
            let (name, value) = known.split_once('=').unwrap_or((known, ""));
            let said = match value {
                "" => Said::default().take_bare(name),
                _ => Said::default().take_valued(name, "?"),
            };
            assert!(
                !matches!(said, Err(Kind::Word | Kind::Bare | Kind::Valued)),
                "{known}"
            );
        }
    }

    #[test]
    fn the_word_that_is_wrong_is_named() {
        for (text, word, kind) in [
            ("", "", Kind::Short),
            ("reset", "reset", Kind::Short),
            ("* /", "* /", Kind::Idle),
            ("* / count=1", "* / count=1", Kind::Idle),
            ("post / reset", "post", Kind::Method),
            ("* personas reset", "personas", Kind::Path),
            ("* /v2?page=1 reset", "/v2?page=1", Kind::Path),
            ("* / rest", "rest", Kind::Word),
            ("* / reset, count=1", "reset,", Kind::Word),
            ("* / times=3", "times=3", Kind::Word),
            ("* / status", "status", Kind::Bare),
            ("* / reset=after", "reset=after", Kind::Valued),
            ("* / reset count=-1", "count=-1", Kind::Number),
            ("* / reset count=0", "count=0", Kind::Never),
            ("* / status=200", "status=200", Kind::Status),
            ("* / status=5e2", "status=5e2", Kind::Status),
            ("* / delay=5", "delay=5", Kind::Time),
            ("* / delay=-5s", "delay=-5s", Kind::Time),
            ("* / reset chance=30%", "chance=30%", Kind::Chance),
            ("* / reset chance=0", "chance=0", Kind::Chance),
            ("* / reset chance=NaN", "chance=NaN", Kind::Chance),
            ("* / reset after before", "before", Kind::Twice),
            ("* / reset html", "html", Kind::Second),
            ("* / reset retry-after=1", "retry-after", Kind::NoStatus),
            ("* / reset seed=1", "seed", Kind::NoChance),
            ("* / truncate before", "before", Kind::Early),
            ("* * stale before", "before", Kind::Early),
            ("* * draft after", "after", Kind::Late),
            ("* * endless=3", "endless=3", Kind::Valued),
            ("* * missing", "missing", Kind::Bare),
            ("* * short=0", "short=0", Kind::Never),
            ("* * duplicate=-1", "duplicate=-1", Kind::Number),
            ("* * shift=0", "shift=0", Kind::Shift),
            ("* * shift=all", "shift=all", Kind::Shift),
            ("* * endless short=1", "short=1", Kind::Second),
            ("POST * missing=1", "POST", Kind::OtherMethod),
            ("PATCH * stale", "PATCH", Kind::OtherMethod),
            ("GET * draft", "GET", Kind::OtherMethod),
            (
                "GET /v2/personas/p* short=1",
                "/v2/personas/p*",
                Kind::NoList,
            ),
        ] {
            assert_eq!(read(text), Err(blame(word, kind)), "{text}");
        }
    }
}
