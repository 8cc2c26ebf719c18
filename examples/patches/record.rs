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

#[cfg(test)]
mod tests {
    use personactl::diff::Dialect;

    use super::*;
    use crate::compare::{Column, losses, score};
    use crate::corpus::corpus;
    use crate::generate::{bytes, naive, ours};

    fn best(corpus: &[Case]) -> Vec<usize> {
        let text = fs::read_to_string(PATH).expect("the record is there");
        let record: Record = serde_json::from_str(&text).expect("the record is whole");
        let message =
            "the corpus has changed: `cargo run --release --example patches -- --peers --record`";
        assert_eq!(record.corpus, digest(corpus), "{message}");
        corpus.iter().map(|case| record.bytes[&case.name]).collect()
    }

    #[test]
    fn our_patches_are_as_small_as_the_best_of_the_peers() {
        let corpus = corpus();
        let best = best(&corpus);
        let sizes = corpus
            .iter()
            .map(|case| Some(bytes(&ours(case, Dialect::Indexed))));
        let column = Column {
            name: "ours".to_owned(),
            sizes: sizes.collect(),
        };
        let score = score(&column, &best);
        let losses = losses(&corpus, &[column], &best);
        assert!(score.mean <= 1.05, "{}\n{losses}", score.mean);
        assert!(score.at_best >= 95.0, "{}\n{losses}", score.at_best);
    }

    #[test]
    fn our_patches_are_right_and_whole_lists_no_larger_than_a_naive_walk_makes_them() {
        for case in corpus() {
            for dialect in [Dialect::Indexed, Dialect::Whole] {
                let patched = ours(&case, dialect).apply(&case.before);
                assert_eq!(
                    patched.expect("it applies"),
                    case.after,
                    "{} {dialect:?}",
                    case.name
                );
            }
            let whole = bytes(&ours(&case, Dialect::Whole));
            let naive = bytes(&naive(&case.before, &case.after));
            assert!(whole <= naive, "{}: {whole} > {naive}", case.name);
        }
    }
}
