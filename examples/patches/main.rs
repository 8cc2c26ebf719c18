//! How small, how right and how fast the patches are that `personactl` makes.
//!
//! Without arguments: their sizes and times on a corpus of edited personas, beside generators that this
//! crate depends on anyway. With `--peers`: beside the best of npm and PyPI. With `--random`: whether
//! they are right for so many pairs of documents made of chance.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod compare;
mod corpus;
mod dice;
mod edits;
mod generate;
mod measure;
mod pairs;
mod peers;
mod persona;
mod record;
mod words;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use personactl::diff::Dialect;
use serde_json::to_value;

use compare::Column;
use corpus::{Case, corpus};
use generate::{bytes, leads, naive, ours};

/// Measures the patches.
#[derive(Parser)]
struct Args {
    /// Compare with generators from npm and PyPI, which are installed into a temporary folder
    #[arg(long)]
    peers: bool,
    /// Keep the smallest sizes of the peers in `best.json`
    #[arg(long, requires = "peers")]
    record: bool,
    /// Only check the patches of so many random pairs
    #[arg(long, value_name = "PAIRS", conflicts_with = "peers")]
    random: Option<u64>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    if let Some(pairs) = args.random {
        return Ok(check(pairs));
    }
    let corpus = corpus();
    println!("{} cases\n", corpus.len());
    show_own(&corpus);
    println!("{}", measure::table(&corpus));
    if args.peers {
        show_peers(&corpus, args.record)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(pairs: u64) -> ExitCode {
    let wrong = pairs::wrong(pairs, 2);
    println!("{pairs} pairs, {wrong} wrong");
    ExitCode::from(u8::from(wrong > 0))
}

/// Our sizes beside those that come from this program's own dependencies.
fn show_own(corpus: &[Case]) {
    let columns = [
        indexed(corpus),
        column("ours, whole", corpus, |case| {
            to_value(ours(case, Dialect::Whole))
        }),
        column("naive walk", corpus, |case| {
            to_value(naive(&case.before, &case.after))
        }),
        column("`json_patch::diff`", corpus, |case| {
            to_value(json_patch::diff(&case.before, &case.after))
        }),
    ];
    println!(
        "{}",
        compare::table(&columns, &compare::best(&columns, corpus.len()))
    );
}

/// Our sizes beside those of the peers.
fn show_peers(corpus: &[Case], record: bool) -> Result<(), Box<dyn Error>> {
    let peers = peers::run(corpus)?;
    let best = compare::best(&peers, corpus.len());
    let mut columns = vec![indexed(corpus)];
    columns.extend(peers);
    println!("{}", compare::table(&columns, &best));
    println!(
        "Larger than the best of the peers:\n{}",
        compare::losses(corpus, &columns, &best)
    );
    if record {
        record::write(corpus, &best)?;
    }
    Ok(())
}

fn indexed(corpus: &[Case]) -> Column {
    column("ours, indexed", corpus, |case| {
        to_value(ours(case, Dialect::Indexed))
    })
}

fn column(
    name: &str,
    corpus: &[Case],
    make: impl Fn(&Case) -> serde_json::Result<serde_json::Value>,
) -> Column {
    let size = |case: &Case| {
        let patch = make(case).expect("a patch is JSON");
        leads(&patch, &case.before, &case.after).then(|| bytes(&patch))
    };
    Column {
        name: name.to_owned(),
        sizes: corpus.iter().map(size).collect(),
    }
}
