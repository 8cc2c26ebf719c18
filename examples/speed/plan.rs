//! A plan that finds nothing to do, in a directory of N personas and in one of many more: beside what no plan can do
//! without, in requests, bytes and round trips, and in memory. Nothing is kept from one plan for the next, so that a second one
//! has no figure of its own.

use std::fs;
use std::time::Duration;

use crate::Args;
use crate::memory::peak;
use crate::service::Service;
use crate::site::Site;
use crate::still;
use crate::table::{Row, middle};

/// How long the slow service takes for each answer.
const LATENCY: Duration = Duration::from_millis(50);

/// A directory whose personas are all live, with a service that answers at once and one that does not.
struct Ground {
    site: Site,
    near: Service,
    far: Service,
    personas: usize,
}

/// Seconds that one round took.
struct Round {
    floor: f64,
    plan: f64,
    far: f64,
    large: f64,
    large_far: f64,
}

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let small = Ground::with(args.personas);
    let large = Ground::with(args.times * args.personas);
    // Nobody measures the first time.
    small.round(&large);
    let rounds: Vec<_> = (0..args.rounds).map(|_| small.round(&large)).collect();
    let median = |figure: fn(&Round) -> f64| middle(&rounds, figure);
    let (n, m) = (small.personas, large.personas);
    vec![
        Row::ms(format!("plan of {n}"), median(|round| round.plan)),
        Row::ms(
            "its floor: files, events, pages, JSON",
            median(|round| round.floor),
        ),
        Row::ratio("P1 plan ÷ floor", median(|round| round.plan / round.floor))
            .against("≤ 1.5", "≤ 0.8"),
        Row::ms(format!("plan of {m}"), median(|round| round.large)),
        Row::ratio(
            format!("P2 plan of {m} ÷ plan of {n}"),
            median(|round| round.large / round.plan),
        )
        .against("≤ 10.5", "≤ 9"),
        small.requests(),
        large.requests(),
        small.trips(median(|round| round.far - round.plan)),
        large.trips(median(|round| round.large_far - round.large)),
        large.memory(args.rounds),
    ]
}

impl Ground {
    fn with(personas: usize) -> Self {
        let site = Site::with(personas);
        let pages = site.kept(personas);
        Self {
            near: still::start(&pages, Duration::ZERO),
            far: still::start(&pages, LATENCY),
            site,
            personas,
        }
    }

    /// Both directories in turns, so that the machine is as noisy for the one as for the other.
    fn round(&self, large: &Self) -> Round {
        Round {
            floor: self.site.floor(&self.near).as_secs_f64(),
            plan: self.plan(&self.near),
            far: self.plan(&self.far),
            large: large.plan(&large.near),
            large_far: large.plan(&large.far),
        }
    }

    fn plan(&self, service: &Service) -> f64 {
        let arguments = ["plan", "--detailed-exitcode"];
        self.site.time(service, &arguments).as_secs_f64()
    }

    fn requests(&self) -> Row {
        self.near.counts();
        self.plan(&self.near);
        let counts = self.near.counts();
        Row::new(
            format!("P4 requests of a plan of {}, and MB", self.personas),
            format!("{}, {:.1}", counts.answered, counts.bytes as f64 / 1e6),
        )
        .against("N ÷ 100", "N ÷ 100")
    }

    fn trips(&self, seconds: f64) -> Row {
        Row::new(
            format!("P4 round trips of 50 ms, plan of {}", self.personas),
            format!("{:.1}", seconds / LATENCY.as_secs_f64()),
        )
        .against("≤ 2", "≤ 2")
    }

    /// The most that a plan holds, beside the bytes of all that it reads.
    fn memory(&self, rounds: usize) -> Row {
        self.near.counts();
        let mut plan = self.site.command(&self.near, &["plan"]);
        let peaks: Vec<_> = (0..rounds)
            .map(|_| peak(&mut plan, self.site.folder()))
            .collect();
        let answered = self.near.counts().bytes as f64 / rounds as f64;
        let entries = fs::read_dir(self.site.personas()).expect("a folder");
        let lengths = entries.map(|entry| {
            entry
                .and_then(|entry| entry.metadata())
                .expect("a file")
                .len()
        });
        let read = answered + lengths.sum::<u64>() as f64;
        let peak = middle(&peaks, |peak| *peak);
        Row::new(
            format!("P6 memory of a plan of {} ÷ YAML and JSON", self.personas),
            format!(
                "{:.2} ({:.0} ÷ {:.0} MB)",
                peak / read,
                peak / 1e6,
                read / 1e6
            ),
        )
        .against("≤ 1.0", "≤ 0.3")
    }
}
