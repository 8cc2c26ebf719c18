//! What it takes to find all mistakes in the manifests, beside what it takes to read the same files with the fastest event parser
//! for YAML that there is in Rust.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use saphyr_parser::Parser;

use crate::median;
use crate::site::Site;

/// Both in turns, so that the machine is as noisy for the one as for the other.
pub(crate) fn measure(personas: usize, rounds: usize) -> String {
    let site = Site::with(personas);
    let mut validating = Vec::new();
    let mut reading = Vec::new();
    for _ in 0..rounds {
        validating.push(site.time(&["env"], &["validate"]).as_secs_f64());
        reading.push(read(&site));
    }
    let (validating, reading) = (median(validating), median(reading));
    format!(
        "| {personas} personas | ms |\n|---|--:|\n| validate, the program's start and all | {:.0} |\n\
         | reading them as events alone | {:.0} |\n| ratio | {:.2} |",
        1_000.0 * validating,
        1_000.0 * reading,
        validating / reading,
    )
}

/// Seconds to read the files and all of their events.
fn read(site: &Site) -> f64 {
    let start = Instant::now();
    for entry in fs::read_dir(site.personas()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = fs::read_to_string(path).expect("a file");
            let events = Parser::new_from_str(&text).map(|event| event.expect("YAML"));
            black_box(events.count());
        }
    }
    start.elapsed().as_secs_f64()
}
