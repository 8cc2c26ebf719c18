//! What a seed stands for: a service of some kind, a few personas, and rounds in which things go wrong.

use crate::dice::Dice;

/// All that happens in one simulation.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// How the service is started.
    pub(crate) service: Vec<&'static str>,
    pub(crate) guards: Guards,
    /// How many personas there are.
    pub(crate) personas: usize,
    pub(crate) rounds: Vec<Round>,
}

/// What the service makes of the `test` operations in a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guards {
    /// It does nothing unless they hold.
    Honoured,
    /// It refuses a patch that has any.
    Refused,
    /// It does not look at them.
    Ignored,
}

/// Some work, and what happens around it.
#[derive(Debug)]
pub(crate) struct Round {
    /// What goes wrong at the service from now on.
    pub(crate) faults: Vec<String>,
    /// What is edited in the repository first.
    pub(crate) commits: Vec<Commit>,
    /// What is edited in the dashboard before the work.
    pub(crate) edits: Vec<Edit>,
    pub(crate) work: Work,
    pub(crate) manner: Manner,
    /// What happens in the middle of the work.
    pub(crate) moments: Vec<Moment>,
}

/// What the program is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Plan,
    Apply,
    /// An apply in which the repository wins.
    Insist,
    Prune,
    /// An apply that is given very little time.
    Hurry,
    /// A plan that is saved, and applied after the edits.
    Saved,
    /// Two applies at the same time.
    Twice,
}

/// How it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) concurrency: &'static str,
    pub(crate) format: &'static str,
}

/// An edit of a manifest; the number says whose.
#[derive(Clone, Debug)]
pub(crate) enum Commit {
    Context(usize, String),
    Tags(usize, Vec<&'static str>),
    Invite(usize, String),
    /// The manifest goes, or comes back.
    Toggle(usize),
}

/// An edit in the dashboard; the number says whose.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Context(usize, String),
    Tags(usize, Vec<&'static str>),
    /// No manifest says anything of the greeting.
    Greeting(usize, String),
    Delete(usize),
    Draft(usize),
}

/// What happens when the service is asked for the `request`-th time in a round.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) request: usize,
    pub(crate) event: Happening,
}

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// Whoever asks is killed.
    Kill(Kill),
    /// Somebody is faster.
    Edit(Edit),
    /// From now on, lists leave somebody out whom the ledger knows.
    Omit,
}

/// When a program is killed that asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Before it is done: the request is lost.
    Before,
    /// When it is done: the answer is lost.
    After,
    /// When it is answered.
    Answered,
}

/// What can go wrong at the service, each for a few times. A status that says that nothing was done is
/// never sent after something was: no client could know.
const FAULTS: [&str; 33] = [
    "POST /v2/personas reset after",
    "POST /v2/personas reset after",
    "POST /v2/personas reset before",
    "POST /v2/personas status=502 after",
    "POST /v2/personas status=500",
    "POST /v2/personas truncate",
    "POST /v2/personas garbage",
    "POST /v2/personas html",
    "POST /v2/personas status=429",
    "PATCH /v2/personas/* reset after",
    "PATCH /v2/personas/* reset before",
    "PATCH /v2/personas/* status=502 after",
    "PATCH /v2/personas/* status=500",
    "PATCH /v2/personas/* status=429 retry-after=1",
    "PATCH /v2/personas/* status=422",
    "DELETE /v2/personas/* reset after",
    "DELETE /v2/personas/* status=503",
    "GET /v2/personas* status=429 retry-after=1",
    "GET /v2/personas* status=429 retry-after=1",
    "GET /v2/personas* status=500",
    "GET /v2/personas* reset",
    "GET /v2/personas* truncate",
    "GET /v2/personas* garbage",
    "GET /v2/personas* html",
    "GET /v2/personas* delay=50ms",
    "GET /v2/personas/* trickle=1ms",
    "GET /v2/personas endless",
    "GET /v2/personas shift=1",
    "GET /v2/personas shift=-1",
    "GET /v2/personas short=1",
    "GET /v2/personas duplicate=1",
    "GET /v2/personas stale",
    "* /v2/personas* status=401",
];

/// What makes hurry hopeless.
const SILENCE: &str = "* /v2/personas* delay=2s skip=2 count=1";

/// Personas may have these tags.
const TAGS: [&str; 4] = ["first", "second", "third", "fourth"];

/// A text that would do things to a terminal or a CI log.
const HOSTILE: &str = "\u{1b}[31mred\u{7} \u{202e}turned\n::error::not an error\n";

impl Schedule {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let personas = 2 + dice.below(4);
        let rounds = 2 + dice.below(3);
        Self {
            service: service(&mut dice),
            guards: dice.pick(&[
                Guards::Honoured,
                Guards::Honoured,
                Guards::Refused,
                Guards::Ignored,
            ]),
            personas,
            rounds: (0..rounds)
                .map(|round| Round::throw(&mut dice, round, personas))
                .collect(),
        }
    }
}

fn service(dice: &mut Dice) -> Vec<&'static str> {
    let mut options = vec!["--page-cap", dice.pick(&["1", "2", "3", "100"])];
    options.extend(["--mask", dice.pick(&["stars", "ending", "null", "omitted"])]);
    options.extend(["--get-shape", dice.pick(&["bare", "envelope"])]);
    if dice.hits(40) {
        let kinds = ["trim", "rewrite", "fill", "reorder", "trim,fill,reorder"];
        options.extend(["--normalise", dice.pick(&kinds)]);
    }
    options
}

impl Round {
    fn throw(dice: &mut Dice, round: usize, personas: usize) -> Self {
        let work = match round {
            0 => dice.pick(&[Work::Apply, Work::Apply, Work::Twice, Work::Hurry]),
            _ => dice.pick(&[
                Work::Plan,
                Work::Apply,
                Work::Insist,
                Work::Insist,
                Work::Insist,
                Work::Prune,
                Work::Prune,
                Work::Hurry,
                Work::Saved,
                Work::Twice,
            ]),
        };
        let commits = if round == 0 { 0 } else { 1 + dice.below(4) };
        let edits = if round == 0 { 0 } else { dice.below(2) };
        Self {
            faults: faults(dice, work),
            commits: (0..commits)
                .map(|_| Commit::throw(dice, round, personas))
                .collect(),
            edits: (0..edits)
                .map(|_| Edit::throw(dice, round, personas))
                .collect(),
            work,
            manner: Manner {
                concurrency: dice.pick(&["1", "4"]),
                format: dice.pick(&["text", "json"]),
            },
            moments: moments(dice, round, personas),
        }
    }
}

fn faults(dice: &mut Dice, work: Work) -> Vec<String> {
    if work == Work::Hurry {
        return vec![SILENCE.to_owned()];
    }
    let count = dice.below(4);
    let fault = |dice: &mut Dice| {
        let (kind, count) = (dice.pick(&FAULTS), 1 + dice.below(2));
        let (chance, seed) = (dice.pick(&["0.3", "0.6", "1"]), dice.below(1000));
        format!("{kind} count={count} chance={chance} seed={seed}")
    };
    (0..count).map(|_| fault(dice)).collect()
}

fn moments(dice: &mut Dice, round: usize, personas: usize) -> Vec<Moment> {
    let mut moments = Vec::new();
    if dice.hits(35) {
        let kill = dice.pick(&[Kill::Before, Kill::After, Kill::Answered]);
        moments.push(at_some_request(dice, Happening::Kill(kill)));
    }
    if dice.hits(20) {
        moments.push(at_some_request(dice, Happening::Omit));
    }
    let edits = if round == 0 { 0 } else { dice.below(4) };
    for _ in 0..edits {
        let edit = Happening::Edit(Edit::throw(dice, round, personas));
        moments.push(at_some_request(dice, edit));
    }
    moments
}

fn at_some_request(dice: &mut Dice, event: Happening) -> Moment {
    let latest = dice.pick(&[4, 8, 16]);
    let request = 1 + dice.below(latest);
    Moment { request, event }
}

impl Commit {
    fn throw(dice: &mut Dice, round: usize, personas: usize) -> Self {
        let who = dice.below(personas);
        match dice.below(10) {
            0..=3 => Self::Context(who, format!(" Said HERE in  round {round} ")),
            4..=6 => Self::Tags(who, tags(dice)),
            7..=8 => Self::Invite(who, format!("someone{round}@example.org")),
            _ => Self::Toggle(who),
        }
    }
}

impl Edit {
    fn throw(dice: &mut Dice, round: usize, personas: usize) -> Self {
        let who = dice.below(personas);
        let number = dice.below(1000);
        match dice.below(12) {
            0..=4 => Self::Context(who, format!("Said THERE in round {round}, {number}")),
            5 => Self::Context(who, HOSTILE.to_owned()),
            6..=7 => Self::Tags(who, tags(dice)),
            8..=9 => Self::Greeting(who, format!("Hello {number}")),
            10 => Self::Delete(who),
            _ => Self::Draft(who),
        }
    }
}

fn tags(dice: &mut Dice) -> Vec<&'static str> {
    let count = dice.below(4);
    let start = dice.below(TAGS.len());
    TAGS.into_iter().cycle().skip(start).take(count).collect()
}
