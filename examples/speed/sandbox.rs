//! How many requests the sandbox answers in a second, beside a service that answers the same bytes from memory.

use std::thread;
use std::time::{Duration, Instant};

use crate::Args;
use crate::service::Service;
use crate::site::Site;
use crate::still;
use crate::table::{Row, middle};

/// How many ask at a time, each again when it is answered.
const ASKING: usize = 4;
/// For how long they ask in a round.
const TIME: Duration = Duration::from_millis(500);

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let site = Site::with(args.personas);
    let sandbox = site.applied();
    let pages = site.folder().join("pages");
    still::keep(&sandbox, args.personas, &pages);
    let still = still::start(&pages, Duration::ZERO);
    let round = |_| (rate(&sandbox), rate(&still));
    // Nobody measures the first time.
    round(0);
    let rounds: Vec<_> = (0..args.rounds).map(round).collect();
    let sandbox = middle(&rounds, |(sandbox, _)| *sandbox);
    vec![
        Row::new("sandbox: lists of 100 in a second", format!("{sandbox:.0}")),
        Row::ratio(
            "P9 that ÷ the same bytes from memory",
            middle(&rounds, |(sandbox, still)| sandbox / still),
        )
        .against("≥ 0.3", "≥ 0.8"),
    ]
}

/// Answers in a second.
fn rate(service: &Service) -> f64 {
    let begun = Instant::now();
    let answers: usize = thread::scope(|scope| {
        let asking: Vec<_> = (0..ASKING).map(|_| scope.spawn(|| ask(service))).collect();
        let answers = asking.into_iter().map(|one| one.join().expect("it asks"));
        answers.sum()
    });
    answers as f64 / begun.elapsed().as_secs_f64()
}

fn ask(service: &Service) -> usize {
    let mut connection = service.connect();
    let (begun, path) = (Instant::now(), still::page(1));
    let mut answers = 0;
    while begun.elapsed() < TIME {
        connection.get(&path);
        answers += 1;
    }
    answers
}
