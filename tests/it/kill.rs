//! An apply that is killed, or refused, at each of its system calls that leaves a trace: the next one
//! converges.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]

use std::process::Command;
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
fn site(service: &Served) -> Site {
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    for name in ["ana", "ben", "eva"] {
        let text = format!("persona_name: {name}\nsystem_prompt: Be kind.\ncontext: x\n");
        site.write(&format!("personas/{name}.yaml"), text);
    }
    site
}

/// Applies with this `fault` at the `nth` call of this kind; whether that went well.
fn apply(site: &Site, call: &str, nth: usize, fault: &str) -> bool {
    let apply = site.command(["apply", "--yes", "--concurrency", "1"]);
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:{fault}:when={nth}");
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qqq", "-o", "/dev/null", "-e", &trace, "-e", &inject])
        .arg(apply.get_program())
        .args(apply.get_args())
        .current_dir(site.path("."))
        .env_clear();
    for (name, value) in apply.get_envs() {
        traced.env(name, value.expect("it is set"));
    }
    traced.output().expect("strace runs").status.success()
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
