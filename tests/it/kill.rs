//! An apply that is killed, or refused, at each of its system calls that leaves a trace: the next one
//! converges.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]

use std::fs;
use std::process::{Command, Output};
use std::thread;

use crate::support::{Served, Site};

/// What leaves a trace on a disk or in a service.
const CALLS: [&str; 15] = [
    "write",
    "writev",
    "pwrite64",
    "sendto",
    "sendmsg",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
];
/// More of one kind than an apply of three personas makes.
const MOST: usize = 500;
/// How many applies are killed at a time.
const AT_ONCE: usize = 2;

/// Three personas, and the service that they go to.
pub(crate) fn site(service: &Served) -> Site {
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    for name in ["ana", "ben", "eva"] {
        let text = format!("persona_name: {name}\nsystem_prompt: Be kind.\ncontext: x\n");
        site.write(&format!("personas/{name}.yaml"), text);
    }
    site
}

/// What an apply says while strace, with these options, does this to one of its calls.
fn traced(site: &Site, options: &[&str], fault: &str) -> Output {
    let (call, _) = fault
        .split_once(':')
        .expect("a call and what happens to it");
    let (trace, inject) = (format!("trace={call}"), format!("inject={fault}"));
    let strace = ["strace", "-f", "-qqq", "-e", &trace, "-e", &inject];
    let apply = ["apply", "--yes", "--concurrency", "1"];
    let mut traced = site.command_under(&[&strace, options].concat(), apply);
    traced.output().expect("strace runs")
}

/// Applies with this `fault` at the `nth` call of this kind; whether that went well.
fn apply(site: &Site, call: &str, nth: usize, fault: &str) -> bool {
    let fault = format!("{call}:{fault}:when={nth}");
    let output = traced(site, &["-o", "/dev/null"], &fault);
    output.status.success()
}

/// Whether an apply came so far as to fail there; the next one has to converge either way.
fn converges(call: &str, nth: usize, fault: &str) -> bool {
    let service = Served::with(&[]);
    let site = site(&service);
    let went_well = apply(&site, call, nth, fault);
    let place = format!("{fault} at {call} number {nth}");
    site.run(["apply", "--yes"]).success();
    let live = service.live();
    assert_eq!(live.len(), 3, "{place}: {live:#?}");
    let ledger = site.read("personas/_ledger/default.json");
    for persona in &live {
        let id = persona["document"]["persona_id"].as_str().expect("an id");
        assert!(ledger.contains(id), "{place}: {id} is not known\n{ledger}");
    }
    site.run(["plan", "--detailed-exitcode"]).success();
    !went_well
}

/// Whether processes may be traced here.
fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-f", "-qqq", "-o", "/dev/null", "true"])
        .status();
    traced.is_ok_and(|status| status.success())
}

#[test]
fn an_apply_that_is_killed_anywhere_is_taken_up_by_the_next_one() {
    if !can_trace() {
        eprintln!("SKIPPED: strace is not there, or may not trace");
        return;
    }
    let kills = |call: &str| {
        (1..MOST)
            .take_while(|nth| converges(call, *nth, "signal=KILL"))
            .count()
    };
    let share = |first: usize| {
        CALLS
            .iter()
            .skip(first)
            .step_by(AT_ONCE)
            .map(|call| kills(call))
    };
    let killed: usize = thread::scope(|scope| {
        let share = &share;
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|first| scope.spawn(move || share(first).sum::<usize>()))
            .collect();
        let sums = workers
            .into_iter()
            .map(|worker| worker.join().expect("it converges"));
        sums.sum()
    });
    assert!(killed > 50, "only {killed} calls were found");
    eprintln!("killed at {killed} system calls, and converged after each");
}

#[test]
fn a_full_or_broken_disk_is_survived_wherever_it_shows() {
    if !can_trace() {
        eprintln!("SKIPPED: strace is not there, or may not trace");
        return;
    }
    let fails = |call: &str, fault: &str| {
        (1..MOST)
            .take_while(|nth| converges(call, *nth, fault))
            .count()
    };
    for call in ["fsync", "fdatasync"] {
        assert!(fails(call, "error=EIO") > 0, "{call} is never called");
    }
    let renames = ["rename", "renameat", "renameat2"];
    let renamed: usize = renames.iter().map(|call| fails(call, "error=ENOSPC")).sum();
    assert!(renamed > 0, "nothing is ever renamed");
}

/// The ids of all that was made, and whether that is known or told.
fn is_known(service: &Served, site: &Site, output: &Output) -> bool {
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    let ledger = site.path("personas/_ledger/default.json");
    let ledger = fs::read_to_string(ledger).unwrap_or_default();
    service.live().iter().all(|persona| {
        let id = persona["document"]["persona_id"].as_str().expect("an id");
        ledger.contains(id) || said.iter().any(|said| said.contains(id))
    })
}

/// The places, among all calls of this kind that the program's first thread makes in an apply, of those that
/// have all these words in common.
fn calls_with(words: &[&str], call: &str) -> Vec<usize> {
    let service = Served::with(&[]);
    let site = site(&service);
    let nothing = format!("{call}:delay_exit=0");
    let output = traced(&site, &["-y", "-o", "trace"], &nothing);
    assert!(output.status.success(), "{output:?}");
    let trace = site.read("trace");
    let first = trace.split(' ').next().expect("a process");
    let lines = trace.lines().filter_map(|line| line.strip_prefix(first));
    let lines = lines.filter(|line| line.trim_start().starts_with(&format!("{call}(")));
    let has_words = |line: &str| words.iter().all(|word| line.contains(word));
    let numbered = (1..).zip(lines);
    numbered
        .filter(|(_, line)| has_words(line))
        .map(|(nth, _)| nth)
        .collect()
}

/// An apply to which this happens says so and loses nothing, and the next one converges. Whether it has
/// happened to a file of ours: calls may be numbered otherwise than they were.
fn recovers(fault: &str) -> bool {
    let service = Served::with(&[]);
    let site = site(&service);
    let output = traced(&site, &["-y", "-o", "trace"], fault);
    let trace = site.read("trace");
    let is_ours = |line: &str| line.contains("(INJECTED)") && line.contains("personas/");
    let Some(injected) = trace.lines().find(|line| is_ours(line)) else {
        return false;
    };
    let place = format!("{injected}: {output:?}");
    assert!(matches!(output.status.code(), Some(1 | 3)), "{place}");
    assert!(is_known(&service, &site, &output), "{place}");
    site.run(["apply", "--yes"]).success();
    assert_eq!(service.live().len(), 3, "{place}");
    site.run(["plan", "--detailed-exitcode"]).success();
    true
}

#[test]
fn a_file_of_ours_that_cannot_be_written_stops_the_run_and_loses_nothing() {
    if !can_trace() {
        eprintln!("SKIPPED: strace is not there, or may not trace");
        return;
    }
    for (call, words, errors) in [
        ("write", &["personas/"][..], &["ENOSPC", "EDQUOT"][..]),
        ("openat", &["personas/", "O_CREAT"], &["EROFS"]),
    ] {
        let places = calls_with(words, call);
        let numbered = places.iter().zip(errors.iter().cycle());
        let faults = numbered.map(|(nth, error)| format!("{call}:error={error}:when={nth}"));
        let hit = faults.filter(|fault| recovers(fault)).count();
        assert!(hit > 3, "{call} has hit {hit} of {places:?}");
    }
}
