//! The smallest patches that the peers made, kept with the code: what ours are held to where no peer
//! can be run.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::corpus::Case;
use crate::peers::{NPM, PYPI};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/patches/best.json");

/// What is kept.
#[derive(Debug, Deserialize, Serialize)]
struct Record {
    /// The peers, with their versions.
    peers: Vec<String>,
    /// The corpus that they were given.
    corpus: String,
    /// The smallest correct patch of each case, in bytes.
    bytes: BTreeMap<String, usize>,
}

/// Keeps the best sizes, in the order of the cases.
pub(crate) fn write(corpus: &[Case], best: &[usize]) -> io::Result<()> {
    let names = corpus.iter().map(|case| case.name.clone());
    let record = Record {
        peers: NPM.into_iter().chain(PYPI).map(str::to_owned).collect(),
        corpus: digest(corpus),
        bytes: names.zip(best.iter().copied()).collect(),
    };
    let text = serde_json::to_string_pretty(&record).expect("a record is JSON");
    fs::write(PATH, text + "\n")
}

fn digest(corpus: &[Case]) -> String {
    let mut hasher = blake3::Hasher::new();
    for case in corpus {
        let line = format!("{}\n{}\n{}\n", case.name, case.before, case.after);
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
