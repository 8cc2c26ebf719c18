//! How many instructions the program takes for a plan with nothing to do and for a validation, beside the figures in
//! `instructions.json`: unlike a time, a count is the same on a busy machine, to within 0.1 %, and where the temporary folder
//! lies deep, to within 0.5 %.
//!
//! After a change that makes the program faster, or that is worth what it costs, and with another compiler, the figures are
//! renewed, and committed with the change:
//!
//!     RENEW_INSTRUCTIONS=1 cargo test --test it instructions::
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]

#[path = "../../examples/speed/corpus.rs"]
#[expect(dead_code, reason = "the example changes single manifests, too")]
mod corpus;
#[path = "../../examples/patches/dice.rs"]
#[expect(dead_code, reason = "another example throws them in more ways")]
mod dice;
#[path = "../../examples/patches/words.rs"]
#[expect(dead_code, reason = "another example changes them, too")]
mod words;

use std::env;
use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::support::{Served, Site};

const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/instructions.json");
/// Makes new figures of what is counted.
const RENEW: &str = "RENEW_INSTRUCTIONS";
/// As few as leave the start of the program a small part of the whole.
const PERSONAS: usize = 20;
/// How many in a hundred there may be more, or fewer.
const LEEWAY: u64 = 5;
/// What counts. It runs one thread at a time, however many cores there are.
const COUNTER: [&str; 4] = [
    "valgrind",
    "--tool=cachegrind",
    "--cache-sim=no",
    "--cachegrind-out-file=/dev/null",
];

/// How many instructions each takes when it is compiled by this.
#[derive(Debug, Deserialize, Serialize)]
struct Figures {
    compiler: String,
    plan: u64,
    validate: u64,
}

impl Figures {
    fn committed() -> Self {
        let text = fs::read_to_string(FIGURES).expect("figures");
        serde_json::from_str(&text).expect("figures")
    }

    fn counted() -> Self {
        let service = Served::with(&[]);
        let mut site = Site::bare();
        corpus::write(&site.path("personas"), PERSONAS);
        site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
        site.set("TAVUS_API_KEY", "any");
        site.run(["apply", "--yes"]).success();
        Self {
            compiler: compiler(),
            plan: count(&site, &["plan", "--detailed-exitcode"]),
            validate: count(&site, &["validate"]),
        }
    }

    fn write(&self) {
        let text = serde_json::to_string_pretty(self).expect("figures are JSON");
        fs::write(FIGURES, text + "\n").expect("it is written");
    }

    #[track_caller]
    fn compare(&self, committed: &Self) {
        let rows = [
            ("plan", self.plan, committed.plan),
            ("validate", self.validate, committed.validate),
        ];
        let far: Vec<_> = rows
            .iter()
            .filter(|(_, count, figure)| is_far(*count, *figure))
            .collect();
        assert!(
            far.is_empty(),
            "more than {LEEWAY} % from what was committed (command, now, then): {far:?}\n\
             compiled by {}, and then by {}\n\
             if the change is worth it, or the compiler another one, renew the figures: \
             {RENEW}=1 cargo test --test it instructions::",
            self.compiler,
            committed.compiler
        );
    }
}

fn is_far(count: u64, figure: u64) -> bool {
    count.abs_diff(figure) * 100 > figure * LEEWAY
}

/// How many instructions a run takes that goes well.
fn count(site: &Site, arguments: &[&str]) -> u64 {
    let counted = site.run_under(&COUNTER, arguments.iter().copied());
    let said = counted.success().stderr;
    let mut lines = said.lines();
    let count = lines.find_map(|line| Some(line.split_once(" refs:")?.1));
    let count = count.expect("a count").trim().replace(',', "");
    count.parse().expect("a number")
}

/// What compiles the program.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let said = output.expect("rustc runs").stdout;
    String::from_utf8(said).expect("text").trim().to_owned()
}

/// Whether instructions may be counted here.
fn can_count() -> bool {
    let counted = Command::new(COUNTER[0])
        .args(&COUNTER[1..])
        .arg("true")
        .output();
    counted.is_ok_and(|output| output.status.success())
}

#[test]
fn a_plan_and_a_validation_take_as_many_as_they_did() {
    if !can_count() {
        eprintln!("SKIPPED: valgrind is not there, or cannot run");
        return;
    }
    let counted = Figures::counted();
    eprintln!("{counted:?}");
    if env::var_os(RENEW).is_some() {
        counted.write();
    }
    counted.compare(&Figures::committed());
}

#[test]
fn a_count_is_far_from_its_figure_on_both_sides() {
    for (count, expected) in [(94, true), (95, false), (105, false), (106, true)] {
        assert_eq!(is_far(count, 100), expected, "{count}");
    }
}
