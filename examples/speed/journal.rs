//! What the journal costs: an apply that creates everything, beside the same one where no call to the disk waits.
//! Both run under strace, which answers these calls itself in the second one.

use crate::median;
use crate::site::Site;

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

/// How much longer an apply takes with its journal on disk than without waiting for it.
pub(crate) fn measure(personas: usize, rounds: usize) -> String {
    let apply = |wrapper: &[&str]| {
        let site = Site::with(personas);
        site.time(wrapper, &["apply", "--yes", "-q"]).as_secs_f64()
    };
    let without: Vec<&str> = TRACE.into_iter().chain(WITHOUT).collect();
    let pairs: Vec<(f64, f64)> = (0..rounds)
        .map(|_| (apply(&TRACE), apply(&without)))
        .collect();
    let column = |figure: fn(&(f64, f64)) -> f64| median(pairs.iter().map(figure).collect());
    format!(
        "| apply of {personas}, all created | s |\n|---|--:|\n| with the journal on disk | {:.2} |\n| without waiting for it | {:.2} |\n\
         | ratio of each pair | {:.3} |",
        column(|(with, _)| *with),
        column(|(_, without)| *without),
        column(|(with, without)| with / without),
    )
}
