//! The simulator: seeded schedules of faults, crashes, edits and runs against the sandbox, with the program as
//! a real process that is really killed, and a check of what has to hold after each round.
//!
//! `cargo test --test simulator -- --seed 17` plays one seed again, and tells all that happens; `--seeds
//! 1000..3000` plays a range of them. A seed decides all that is done to the program and when, counted in its
//! requests; in which order these come where several steps are under way is up to the machine.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test tells what it has seen"
)]

mod books;
mod crowd;
mod dice;
mod evidence;
mod figures;
mod invariants;
mod message;
#[cfg(feature = "mutants")]
mod mutants;
mod office;
mod people;
mod players;
mod programs;
mod schedule;
#[expect(dead_code, reason = "these tests do not need all of it")]
#[path = "../it/support/scripted.rs"]
mod scripted;
#[expect(dead_code, reason = "these tests do not need all of it")]
#[path = "../it/support/served.rs"]
mod served;
#[expect(dead_code, reason = "these tests do not need all of it")]
#[path = "../it/support/site.rs"]
mod site;
mod wire;
mod world;

use std::env;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::figures::Figures;
use crate::invariants::Broken;
use crate::players::play;
use crate::schedule::Schedule;
use crate::world::simulate;

/// The seeds that every change is tried with.
const SEEDS: Range<u64> = 0..300;
/// How many are played at a time.
const AT_ONCE: usize = 24;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = env::args().collect();
    let seeds = match take_seeds(&mut arguments) {
        Ok(seeds) => seeds.unwrap_or(SEEDS),
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let trials = vec![
        Trial::test("what_must_hold_holds_with_every_seed", move || hold(&seeds)),
        Trial::test(
            "of_many_applies_at_once_one_wins",
            crowd::of_many_applies_at_once_one_wins,
        ),
        Trial::test(
            "of_two_clones_only_the_blind_moment_makes_two",
            crowd::of_two_clones_only_the_blind_moment_makes_two,
        ),
        #[cfg(feature = "mutants")]
        Trial::test(
            "each_planted_mutant_is_found",
            mutants::each_planted_mutant_is_found,
        ),
    ];
    libtest_mimic::run(&Arguments::from_iter(arguments), trials).exit_code()
}

/// Takes `--seed N` or `--seeds N..M` out of the arguments; the others are those of every test.
fn take_seeds(arguments: &mut Vec<String>) -> Result<Option<Range<u64>>, String> {
    let mut names = arguments.iter();
    let Some(index) = names.position(|name| name == "--seed" || name == "--seeds") else {
        return Ok(None);
    };
    let given: Vec<String> = arguments
        .drain(index..(index + 2).min(arguments.len()))
        .collect();
    let [_, value] = &given[..] else {
        return Err("--seed wants a number, --seeds a range such as 0..300".to_owned());
    };
    let (first, end) = value.split_once("..").unwrap_or((value, ""));
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|error| format!("{value}: {error}"))
    };
    let first = number(first)?;
    let end = if end.is_empty() {
        first + 1
    } else {
        number(end)?
    };
    Ok(Some(first..end))
}

/// Plays all seeds; what fails is told with what it takes to see it again.
fn hold(seeds: &Range<u64>) -> Result<(), Failed> {
    let begun = Instant::now();
    let is_single = seeds.end == seeds.start + 1;
    let (seen, failures) = (Mutex::new(Figures::default()), Mutex::new(Vec::new()));
    play(seeds.clone(), AT_ONCE, |seed| {
        let simulated = simulate(&Schedule::of(seed), &[]);
        seen.lock().expect("nobody panicked").add(simulated.figures);
        if let Err(broken) = simulated.outcome {
            let story = if is_single { &*simulated.story } else { "" };
            let failure = format!("{story}{}", told(seed, &broken));
            failures.lock().expect("nobody panicked").push(failure);
        }
        true
    });
    let seen = seen.into_inner().expect("nobody panicked");
    println!("{seen}, in {:.0?}", begun.elapsed());
    if is_single {
        println!("{:#?}", Schedule::of(seeds.start));
    }
    match failures.into_inner().expect("nobody panicked").as_slice() {
        [] => Ok(()),
        failures => Err(failures.join("\n\n").into()),
    }
}

fn told(seed: u64, broken: &Broken) -> String {
    let Broken { invariant, what } = broken;
    format!(
        "seed {seed} breaks {invariant}: {what}\nagain: cargo test --test simulator -- --seed {seed}"
    )
}
