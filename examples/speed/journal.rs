//! What the journal costs: an apply that creates everything, beside the same one where no call to the disk waits.
//! Both run under strace, which answers these calls itself in the second one.

use std::process::Command;

use crate::Args;
use crate::role::time;
use crate::site::Site;
use crate::table::{Row, middle};

/// How strace stands in for the disk.
const TRACE: [&str; 8] = [
    "strace",
    "-f",
    "--seccomp-bpf",
    "-qqq",
    "-o",
    "/dev/null",
    "-e",
    "trace=fdatasync",
];
const WITHOUT: [&str; 2] = ["-e", "inject=fdatasync:retval=0"];

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let what = format!("apply of {}, all created", args.personas);
    if Command::new(TRACE[0]).arg("--version").output().is_err() {
        return vec![Row::new(what, "needs strace")];
    }
    let without: Vec<&str> = TRACE.into_iter().chain(WITHOUT).collect();
    let rounds: Vec<_> = (0..args.rounds)
        .map(|_| (apply(&TRACE, args), apply(&without, args)))
        .collect();
    vec![
        Row::ms(what, middle(&rounds, |(with, _)| *with)),
        Row::ratio(
            "the same ÷ without waiting for the disk",
            middle(&rounds, |(with, without)| with / without),
        ),
    ]
}

/// Seconds that it takes under strace.
fn apply(wrapper: &[&str], args: &Args) -> f64 {
    let site = Site::with(args.personas);
    let sandbox = site.sandbox();
    time(&mut site.under(wrapper, &sandbox, &["apply", "--yes", "-q"])).as_secs_f64()
}
