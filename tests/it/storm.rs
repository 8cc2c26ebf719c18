//! Applies in a storm of faults: however many runs it takes, nothing is doubled, and in the end all is in
//! sync. `STORM_SEEDS=100..200 cargo test storm` weathers other storms than the few that CI does.

use std::ops::Range;
use std::thread;

use crate::support::{Served, Site};

/// How many runs a storm may take.
const RUNS: usize = 12;
/// How many storms blow at a time.
const AT_ONCE: u64 = 4;

fn seeds() -> Range<u64> {
    let given = std::env::var("STORM_SEEDS").ok();
    let range = given.as_deref().and_then(|text| {
        let (first, end) = text.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    });
    range.unwrap_or(1..9)
}

/// Faults that blow over: each has its count.
fn faults(seed: u64) -> Vec<String> {
    let faults = [
        "POST /v2/personas reset after chance=0.5 count=3",
        "POST /v2/personas reset before chance=0.3 count=2",
        "POST /v2/personas status=502 after chance=0.3 count=2",
        "PATCH * reset after chance=0.5 count=2",
        "PATCH * status=500 before chance=0.4 count=2",
        "GET /v2/personas/* truncate chance=0.2 count=3",
        "GET * status=429 chance=0.1 count=3",
        "GET * html chance=0.1 count=2",
    ];
    let numbered = faults.iter().zip(8 * seed..);
    numbered
        .map(|(fault, seed)| format!("{fault} seed={seed}"))
        .collect()
}

/// Applies until that goes well.
fn weather(site: &Site, seed: u64) {
    let went_well = (0..RUNS).any(|_| site.run(["apply", "--yes"]).code == 0);
    assert!(went_well, "seed {seed}: no apply went well");
}

fn storm(seed: u64) {
    let faults = faults(seed);
    let options: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    let service = Served::with(&options);
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    for name in ["ana", "ben", "eva", "kim"] {
        let text = format!("persona_name: {name}\nsystem_prompt: Be kind.\ncontext: old\n");
        site.write(&format!("personas/{name}.yaml"), text);
    }
    weather(&site, seed);
    for name in ["ana", "kim"] {
        site.edit(&format!("personas/{name}.yaml"), "old", "new");
    }
    weather(&site, seed);
    site.run(["plan", "--detailed-exitcode"]).success();
    let live = service.live();
    let contexts: Vec<_> = live
        .iter()
        .map(|live| live["document"]["context"].clone())
        .collect();
    assert_eq!(live.len(), 4, "seed {seed}: {live:#?}");
    assert_eq!(
        contexts.iter().filter(|context| **context == "new").count(),
        2,
        "seed {seed}"
    );
}

#[test]
fn every_storm_is_weathered() {
    let Range { start, end } = seeds();
    thread::scope(|scope| {
        for first in start..(start + AT_ONCE).min(end) {
            scope.spawn(move || (first..end).step_by(AT_ONCE as usize).for_each(storm));
        }
    });
}
