//! What it takes to start the program, beside the smallest program that there is in Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Args;
use crate::binary::released;
use crate::role::{alone, time};
use crate::site::Site;
use crate::table::{Row, middle};

/// How often each is started in a round: they are over before the machine is calm.
const STARTS: usize = 30;
const HELLO: &str = r#"fn main() { println!("Hello, world!"); }"#;

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let site = Site::with(1);
    let (hello, program) = (hello(site.folder()), released());
    let start = |program: &Path, arguments: &[&str]| {
        time(alone(program, site.folder()).args(arguments)).as_secs_f64()
    };
    let round = |_| {
        let version = start(&program, &["--version"]);
        let validate = start(&program, &["validate"]);
        (start(&hello, &[]), version, validate)
    };
    // Nobody measures the first time.
    round(0);
    let rounds: Vec<_> = (0..STARTS * args.rounds).map(round).collect();
    vec![
        Row::ms("hello world", middle(&rounds, |(hello, ..)| *hello)),
        Row::ratio(
            "P7 --version ÷ hello world",
            middle(&rounds, |(hello, version, _)| version / hello),
        )
        .against("≤ 1.5", "≤ 1.1"),
        Row::ratio(
            "P7 validate of one file ÷ hello world",
            middle(&rounds, |(hello, _, validate)| validate / hello),
        )
        .against("≤ 4", "≤ 2"),
    ]
}

fn hello(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("hello.rs"), folder.join("hello"));
    fs::write(&source, HELLO).expect("it is written");
    let mut rustc = Command::new("rustc");
    let status = rustc.args(["-O", "-o"]).args([&program, &source]).status();
    assert!(status.expect("rustc runs").success(), "it is not built");
    program
}
