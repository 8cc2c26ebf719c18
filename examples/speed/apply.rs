//! How near an apply comes to what a service allows that takes so many requests in a second: each change is asked for, made and
//! looked at again, and whoever asks too soon is sent away for a whole second.

use std::thread;
use std::time::Duration;

use crate::limiter::{self, Limit};
use crate::service::Service;
use crate::site::Site;
use crate::table::{Row, middle};
use crate::{Args, corpus};

/// How many personas are changed.
const CHANGES: usize = 100;
/// What the service allows.
const LIMIT: Limit = Limit {
    rate: 25.0,
    burst: 25.0,
};

/// One apply.
struct Round {
    /// Seconds that it takes, and that it would take if it lost no time.
    taken: f64,
    ideal: f64,
    requests: f64,
    refused: f64,
}

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let site = Site::with(args.personas);
    let sandbox = site.applied();
    let limiter = limiter::start(&site, &sandbox, LIMIT);
    let changes = CHANGES.min(args.personas);
    let rounds = (0..args.rounds).map(|nth| round(&site, &limiter, changes, nth));
    let rounds: Vec<_> = rounds.collect();
    let median = |figure: fn(&Round) -> f64| middle(&rounds, figure);
    let rate = LIMIT.rate;
    vec![
        Row::ms(
            format!("apply of {changes} changes, {rate} requests a second"),
            median(|round| round.taken),
        ),
        Row::ratio(
            "P5 ideal time ÷ that",
            median(|round| round.ideal / round.taken),
        )
        .against("≥ 0.9", "≥ 0.98"),
        Row::new(
            "P5 refused (429), of all requests",
            format!(
                "{} of {}",
                median(|round| round.refused),
                median(|round| round.requests)
            ),
        )
        .against("≤ 1 %", "≤ 2"),
    ]
}

fn round(site: &Site, limiter: &Service, changes: usize, nth: usize) -> Round {
    for number in 0..changes {
        site.save(
            number,
            &corpus::remarked(number, &format!("It is round {nth}.")),
        );
    }
    // Until the service has forgotten what it was asked before.
    thread::sleep(Duration::from_secs_f64(LIMIT.burst / LIMIT.rate));
    limiter.counts();
    let taken = site.time(limiter, &["apply", "--yes", "-q"]).as_secs_f64();
    let counts = limiter.counts();
    let answered = counts.answered as f64;
    Round {
        taken,
        ideal: (answered - LIMIT.burst).max(0.0) / LIMIT.rate,
        requests: answered + counts.refused as f64,
        refused: counts.refused as f64,
    }
}
