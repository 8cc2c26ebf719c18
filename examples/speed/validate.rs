//! What it takes to find all mistakes in the manifests, beside what it takes to read the same files with the fastest event parser
//! for YAML that there is in Rust.

use std::time::Instant;

use crate::site::Site;
use crate::table::{Row, middle};
use crate::{Args, floor};

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let site = Site::with(args.personas);
    // Nobody measures the first time.
    round(&site);
    let rounds: Vec<_> = (0..args.rounds).map(|_| round(&site)).collect();
    let validating = middle(&rounds, |(validating, _)| *validating);
    let ratio = middle(&rounds, |(validating, reading)| validating / reading);
    vec![
        Row::ms(format!("validate of {}", args.personas), validating),
        Row::ratio("validate ÷ reading the files as events", ratio),
    ]
}

/// Seconds that the program takes, its start and all, and that reading takes.
fn round(site: &Site) -> (f64, f64) {
    let validating = site.alone(&["validate"]).as_secs_f64();
    let begun = Instant::now();
    floor::read(&site.personas());
    (validating, begun.elapsed().as_secs_f64())
}
