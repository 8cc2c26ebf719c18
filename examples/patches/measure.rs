//! How long things take beside one another: in turns, and the least of many rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use personactl::diff::{self, Dialect};
use serde_json::Value;

use crate::corpus::Case;
use crate::generate;

const ROUNDS: usize = 21;

/// A thing to be timed.
type Work<'w> = (&'static str, &'w dyn Fn());

/// A table of what takes how long, the corpus over, and how much of the last line that is.
pub(crate) fn table(corpus: &[Case]) -> String {
    let whole: &dyn Fn() = &|| {
        each(corpus, &|case| {
            drop(black_box(generate::ours(case, Dialect::Whole)))
        });
    };
    let patches = least(&[
        ("patch, indexed", &|| {
            each(corpus, &|case| {
                drop(black_box(diff::compute(&case.before, &case.after)))
            });
        }),
        ("patch, whole", whole),
        ("`json_patch::diff`", &|| {
            each(corpus, &|case| {
                drop(black_box(json_patch::diff(&case.before, &case.after)))
            });
        }),
    ]);
    let twins: Vec<_> = corpus.iter().map(|case| twin(&case.before)).collect();
    let pairs: Vec<_> = corpus.iter().map(|case| &case.before).zip(&twins).collect();
    let no_change = least(&[
        ("no change", &|| {
            for (one, other) in &pairs {
                assert!(black_box(diff::compute(one, other)).is_empty());
            }
        }),
        ("`Value ==`", &|| {
            for (one, other) in &pairs {
                assert!(black_box(one) == black_box(other));
            }
        }),
    ]);
    format!(
        "| timed | µs for a case | ratio |\n|---|--:|--:|\n{}{}",
        lines(&patches, corpus.len()),
        lines(&no_change, corpus.len())
    )
}

fn each(corpus: &[Case], work: &dyn Fn(&Case)) {
    corpus.iter().for_each(|case| work(black_box(case)));
}

/// An equal document that shares nothing with this one.
fn twin(document: &Value) -> Value {
    serde_json::from_str(&document.to_string()).expect("it was JSON")
}

fn least(works: &[Work<'_>]) -> Vec<(&'static str, Duration)> {
    let mut least = vec![Duration::MAX; works.len()];
    for _ in 0..ROUNDS {
        for ((_, work), least) in works.iter().zip(&mut least) {
            let start = Instant::now();
            work();
            *least = (*least).min(start.elapsed());
        }
    }
    works.iter().map(|(name, _)| *name).zip(least).collect()
}

fn lines(times: &[(&str, Duration)], cases: usize) -> String {
    let (_, last) = times.last().expect("something is timed");
    let line = |(name, time): &(&str, Duration)| {
        let micros = time.as_secs_f64() * 1e6 / cases as f64;
        let ratio = time.as_secs_f64() / last.as_secs_f64();
        format!("| {name} | {micros:.1} | {ratio:.2} |\n")
    };
    times.iter().map(line).collect()
}
