//! Many seeds at a time: a simulation waits most of the time.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Plays each of these seeds, so many `at_once`, until one says that this is enough.
pub(crate) fn play(seeds: Range<u64>, at_once: usize, goes_on: impl Fn(u64) -> bool + Sync) {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            if !goes_on(seed) {
                // There is nothing left for the others.
                next.store(seeds.end, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(work);
        }
    });
}
