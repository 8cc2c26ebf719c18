//! One simulation: what a schedule says is done, and after each round it is checked what holds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::books::Books;
use crate::evidence::Evidence;
use crate::figures::Figures;
use crate::invariants::{Broken, KEY, are_met, check};
use crate::office::Office;
use crate::people::{self, Manifest, SECRET};
use crate::programs::{Ended, Programs};
use crate::schedule::{Manner, Round, Schedule, Work};
use crate::site::Site;
use crate::wire::{Ends, Wire};

/// Where a saved plan goes.
const PLAN: &str = "saved.plan";
/// After how long a program that does not end is ended.
const HANGING: Duration = Duration::from_secs(90);

/// A service, a repository, and the wire between them.
struct World<'s> {
    schedule: &'s Schedule,
    office: Office,
    programs: Arc<Programs>,
    wire: Wire,
    site: Site,
    manifests: Vec<Manifest>,
    figures: Figures,
    story: String,
}

/// What has come of a simulation.
pub(crate) struct Simulated {
    pub(crate) outcome: Result<(), Broken>,
    pub(crate) figures: Figures,
    /// All that happened, line by line.
    pub(crate) story: String,
}

/// Simulates what a seed stands for, with these variables in the program's environment.
pub(crate) fn simulate(schedule: &Schedule, variables: &[(&str, &str)]) -> Simulated {
    let mut world = World::begin(schedule, variables);
    let outcome = world.play_all();
    Simulated {
        outcome,
        figures: world.figures,
        story: world.story,
    }
}

impl Site {
    pub(crate) fn books(&self) -> Books {
        Books {
            ledger: self.path("personas/_ledger/default.json"),
            journal: self.path("personas/.personactl/default.journal"),
        }
    }
}

impl Work {
    /// How long a program is given.
    pub(crate) const fn longest(self) -> Duration {
        match self {
            Self::Hurry => Duration::from_secs(1),
            _ => Duration::from_secs(60),
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Plan => &["plan"],
            Self::Apply | Self::Hurry | Self::Twice => &["apply", "--yes"],
            Self::Insist => &[
                "apply",
                "--yes",
                "--on-conflict",
                "repo",
                "--discard-drafts",
            ],
            Self::Prune => &["apply", "--yes", "--prune", "--allow-mass-delete"],
            Self::Saved => &["apply", PLAN],
        }
    }
}

impl<'s> World<'s> {
    fn begin(schedule: &'s Schedule, variables: &[(&str, &str)]) -> Self {
        let office = Office::open(&schedule.service);
        let programs = Arc::new(Programs::default());
        let mut site = Site::empty();
        let wire = Wire::lay(Ends {
            office: office.clone(),
            guards: schedule.guards,
            books: site.books(),
            programs: programs.clone(),
        });
        site.set("TAVUS_PUBLIC_API_BASE_URL", wire.url());
        for (name, value) in variables.iter().chain([&SECRET]) {
            site.set(name, *value);
        }
        Self {
            schedule,
            office,
            programs,
            wire,
            site,
            manifests: people::manifests(schedule.personas),
            figures: Figures {
                seeds: 1,
                ..Figures::default()
            },
            story: String::new(),
        }
    }

    fn play_all(&mut self) -> Result<(), Broken> {
        for round in &self.schedule.rounds {
            self.play(round)?;
        }
        self.settle()
    }

    /// Plays a round and checks it; whether the program says that all is done.
    fn play(&mut self, round: &Round) -> Result<bool, Broken> {
        for commit in &round.commits {
            people::commit(&mut self.manifests, commit);
        }
        people::write(&self.manifests, &self.site);
        self.office.set_faults(&round.faults);
        let mut held = self.site.books().hold();
        let ended = self.work(round);
        let events = self.wire.events();
        self.figures.count(&events);
        let stored = self.office.stored();
        let evidence = Evidence {
            schedule: self.schedule,
            round,
            manifests: &self.manifests,
            site: &self.site,
            events: &events,
            ended: &ended,
            stored: &stored,
            old_ledger_is_whole: held.as_mut().is_none_or(|held| held.is_whole()),
        };
        self.story += &evidence.story();
        check(&evidence)?;
        Ok(ended.iter().all(|ended| ended.code == Some(0)))
    }

    fn work(&mut self, round: &Round) -> Vec<Ended> {
        let mut ended = Vec::new();
        if round.work == Work::Saved {
            self.wire.expect(Vec::new());
            ended.push(self.run(round, &["plan", "--out", PLAN]));
            if !self.site.path(PLAN).exists() {
                return ended;
            }
        }
        for edit in &round.edits {
            self.office.edit(edit, &BTreeSet::new());
        }
        self.wire.expect(round.moments.clone());
        if round.work == Work::Twice {
            ended.extend(self.run_twice(round));
        } else {
            ended.push(self.run(round, round.work.arguments()));
        }
        ended
    }

    fn run(&mut self, round: &Round, arguments: &[&str]) -> Ended {
        self.figures.runs += 1;
        let client = format!("{KEY}{}", self.figures.runs);
        self.programs
            .run(&self.site, &client, &spelt(round, arguments), HANGING)
    }

    fn run_twice(&mut self, round: &Round) -> Vec<Ended> {
        let clients = [1, 2].map(|nth| format!("{KEY}{}", self.figures.runs + nth));
        self.figures.runs += clients.len();
        let run = |client: &String| {
            let arguments = spelt(round, round.work.arguments());
            self.programs.run(&self.site, client, &arguments, HANGING)
        };
        thread::scope(|scope| {
            let runs = clients
                .each_ref()
                .map(|client| scope.spawn(move || run(client)));
            runs.into_iter()
                .map(|run| run.join().expect("it ends"))
                .collect()
        })
    }

    /// Nothing goes wrong any more: it takes two runs to an empty plan, and one that says that all is done
    /// leaves nothing to do (I3); the plan is the same whenever it is made (I11).
    fn settle(&mut self) -> Result<(), Broken> {
        let calm = |work| Round {
            faults: Vec::new(),
            commits: Vec::new(),
            edits: Vec::new(),
            work,
            manner: Manner {
                concurrency: "4",
                format: "text",
            },
            moments: Vec::new(),
        };
        let is_done = self.play(&calm(Work::Insist))?;
        let writes = self.figures.writes;
        self.play(&calm(Work::Insist))?;
        if is_done && self.figures.writes > writes {
            return Err(broken(
                "I3",
                "a second apply had something to do".to_owned(),
            ));
        }
        let plan = self.run(&calm(Work::Plan), &["plan", "--detailed-exitcode"]);
        if plan.code != Some(0) {
            return Err(broken(
                "I3",
                format!("after two runs there is still this to do: {plan:#?}"),
            ));
        }
        are_met(&self.manifests, &self.office.stored()).map_err(|what| broken("I9", what))?;
        let plans = [1, 2].map(|_| {
            self.run(&calm(Work::Plan), &["plan", "--format", "json"])
                .stdout
        });
        if plans[0] != plans[1] {
            return Err(broken("I11", plans.join("\nis not\n")));
        }
        Ok(())
    }
}

/// The arguments with the manner and the time in which it is to be done.
fn spelt<'a>(round: &Round, arguments: &[&'a str]) -> Vec<&'a str> {
    let mut spelt = arguments.to_vec();
    if arguments[0] == "apply" {
        spelt.extend([
            "--format",
            round.manner.format,
            "--concurrency",
            round.manner.concurrency,
        ]);
    }
    let timeout = if round.work == Work::Hurry {
        "1s"
    } else {
        "60s"
    };
    spelt.extend(["--timeout", timeout]);
    spelt
}

const fn broken(invariant: &'static str, what: String) -> Broken {
    Broken { invariant, what }
}
