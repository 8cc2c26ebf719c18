//! How long `personactl` takes, beside what it cannot do without: ratios within one run, medians of several.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod corpus;
mod editors;
mod journal;
mod site;
mod validate;
mod watch;

use std::env;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Set where this example is run as the program itself, which is built into it.
const AS_PROGRAM: &str = "SPEED_AS_PROGRAM";

/// Measures how fast things are.
#[derive(Parser)]
struct Args {
    /// What is measured; all of it unless there is something here
    #[arg(value_enum)]
    what: Vec<What>,
    /// How many personas there are
    #[arg(long, default_value_t = 1_000)]
    personas: usize,
    /// How often each thing is done
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    /// What the journal costs
    Journal,
    /// Finding mistakes, beside reading the files
    Validate,
    /// From a save to its plan
    Watch,
}

fn main() -> ExitCode {
    if env::var_os(AS_PROGRAM).is_some() {
        return personactl::cli::run();
    }
    let Args {
        what,
        personas,
        rounds,
    } = Args::parse();
    for (part, measure) in [
        (
            What::Journal,
            journal::measure as fn(usize, usize) -> String,
        ),
        (What::Validate, validate::measure),
        (What::Watch, watch::measure),
    ] {
        if what.is_empty() || what.contains(&part) {
            println!("{}\n", measure(personas, rounds));
        }
    }
    ExitCode::SUCCESS
}

/// The middle one of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
