//! How large the program is, and of how many crates it is made.

use std::collections::BTreeSet;
use std::fs;

use crate::Args;
use crate::binary::{cargo, released};
use crate::table::Row;

/// What cargo tells the crates with that are in the program or build it, each one as often as it is needed.
const TREE: [&str; 6] = [
    "tree",
    "--edges=normal,build",
    "--prefix=none",
    "--no-dedupe",
    "--locked",
    "--quiet",
];

pub(crate) fn measure(_: &Args) -> Vec<Row> {
    let bytes = fs::metadata(released()).expect("it is built").len();
    vec![
        Row::new(
            "P8 release binary, MB",
            format!("{:.1}", bytes as f64 / 1e6),
        )
        .against("≤ 12", "≤ 6"),
        Row::new("P8 crates, with those that build it", crates().to_string())
            .against("≤ 220", "≤ 120"),
    ]
}

fn crates() -> usize {
    let output = cargo(&TREE).output().expect("cargo runs");
    let text = String::from_utf8(output.stdout).expect("names are text");
    // What stands behind the name and the version tells no crate from another one.
    let ids = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    let ids: BTreeSet<_> = ids.collect();
    ids.len() - 1
}
