//! Mistakes that are planted in the program: each is found, and by the invariant that forbids it.

use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use libtest_mimic::Failed;

use crate::players::play;
use crate::schedule::Schedule;
use crate::world::simulate;

/// The mistakes, and what finds them.
const MUTANTS: [(&str, &str); 5] = [
    ("BlindPost", "I1"),
    ("TruncateInPlace", "I4"),
    ("AbsenceIsDeletion", "I1"),
    ("RetryAfterIgnored", "I6"),
    ("NoReadBeforeWrite", "I2"),
];
/// Where they are looked for.
const SEEDS: Range<u64> = 0..300;
/// How many seeds are tried at a time for each.
const AT_ONCE: usize = 6;

pub(crate) fn each_planted_mutant_is_found() -> Result<(), Failed> {
    thread::scope(|scope| {
        let hunts = MUTANTS.map(|(mutant, invariant)| scope.spawn(move || hunt(mutant, invariant)));
        let mut found = hunts
            .into_iter()
            .map(|hunt| hunt.join().expect("nobody panicked"));
        found.try_for_each(|found| found)
    })
}

/// A mistake is found with some seed, and without it there is nothing to find.
fn hunt(mutant: &str, invariant: &str) -> Result<(), Failed> {
    let seed = find(mutant, invariant)?;
    println!("{mutant} is found by {invariant} with seed {seed}");
    match simulate(&Schedule::of(seed), &[]).outcome {
        Ok(()) => Ok(()),
        Err(broken) => Err(format!("seed {seed} fails without {mutant}, too: {broken:?}").into()),
    }
}

/// A seed with which a mistake breaks this invariant.
fn find(mutant: &str, invariant: &str) -> Result<u64, Failed> {
    let found = Mutex::new(None);
    play(SEEDS, AT_ONCE, |seed| {
        let simulated = simulate(&Schedule::of(seed), &[("PERSONACTL_MUTANT", mutant)]);
        let is_it = simulated
            .outcome
            .is_err_and(|broken| broken.invariant == invariant);
        if is_it {
            found.lock().expect("nobody panicked").get_or_insert(seed);
        }
        !is_it
    });
    let found = found.into_inner().expect("nobody panicked");
    found.ok_or_else(|| format!("{invariant} does not find {mutant}").into())
}
