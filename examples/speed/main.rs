//! How long `personactl` takes, beside what it cannot do without: medians of several rounds, and in each of them all things that
//! are compared are done in turns, so that the machine is as noisy for the one as for the other.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod apply;
mod binary;
mod corpus;
mod counts;
#[path = "../patches/dice.rs"]
#[expect(dead_code, reason = "the other example throws them in more ways")]
mod dice;
mod editors;
mod floor;
mod journal;
mod limiter;
mod memory;
mod plan;
mod role;
mod sandbox;
mod service;
mod site;
mod size;
mod start;
mod still;
mod table;
mod validate;
mod watch;
#[path = "../patches/words.rs"]
#[expect(dead_code, reason = "the other example changes them, too")]
mod words;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use mimalloc::MiMalloc;

use role::Role;
use table::Row;

/// That of the program, for what it is measured against as well.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures how fast things are.
#[derive(Parser)]
struct Args {
    /// What is measured; all of it unless there is something here
    #[arg(value_enum)]
    what: Vec<What>,
    /// How many personas there are
    #[arg(long, default_value_t = 1_000)]
    personas: usize,
    /// How many times as many there are in the large directory, whose plan is measured as well
    #[arg(long, default_value_t = 10)]
    times: usize,
    /// How often each thing is done
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How many files are saved while they are watched
    #[arg(long, default_value_t = 500)]
    saves: usize,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    /// A plan with nothing to do
    Plan,
    /// Finding mistakes, beside reading the files
    Validate,
    /// From a save to its plan
    Watch,
    /// What a service's limit makes of an apply
    Apply,
    /// What the journal costs
    Journal,
    /// Starting the program
    Start,
    /// The size of the program
    Size,
    /// The sandbox, beside the same bytes from memory
    Sandbox,
}

impl What {
    fn measure(self, args: &Args) -> Vec<Row> {
        match self {
            Self::Plan => plan::measure(args),
            Self::Validate => validate::measure(args),
            Self::Watch => watch::measure(args),
            Self::Apply => apply::measure(args),
            Self::Journal => journal::measure(args),
            Self::Start => start::measure(args),
            Self::Size => size::measure(args),
            Self::Sandbox => sandbox::measure(args),
        }
    }
}

fn main() -> ExitCode {
    if let Some(role) = Role::given() {
        return role.play();
    }
    let args = Args::parse();
    println!("{}", table::head());
    for what in What::value_variants() {
        if args.what.is_empty() || args.what.contains(what) {
            for row in what.measure(&args) {
                println!("{row}");
            }
        }
    }
    ExitCode::SUCCESS
}
