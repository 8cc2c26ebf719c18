//! An apply whose disk is full after so many kilobytes, wherever that is: the next one converges. And one
//! whose result has no place to go.
#![cfg(target_os = "linux")]

use crate::kill::site;
use crate::support::{Output, Served, Site};

/// More kilobytes than any file of an apply of three personas has.
const MOST: usize = 6;

/// Applies where no file may grow beyond this.
fn apply_within(site: &Site, kilobytes: usize) -> Output {
    let kilobytes = kilobytes.to_string();
    let limited = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
    site.run_under(&["bash", "-c", limited, &kilobytes], ["apply", "--yes"])
}

#[test]
fn an_apply_that_runs_out_of_space_is_taken_up_by_the_next_one() {
    let mut cut_short = 0;
    for kilobytes in 0..MOST {
        let service = Served::with(&[]);
        let site = site(&service);
        let output = apply_within(&site, kilobytes);
        let made = service.live();
        for id in made.iter().map(|live| &live["document"]["persona_id"]) {
            let id = id.as_str().expect("an id");
            assert!(output.stdout.contains(id), "{id} is lost\n{output:#?}");
        }
        cut_short += usize::from(!made.is_empty() && output.code != 0);
        site.run(["apply", "--yes"]).success();
        assert_eq!(service.live().len(), 3, "{kilobytes} kilobytes");
        site.run(["plan", "--detailed-exitcode"]).success();
    }
    assert!(cut_short > 0, "no apply ran out of space on its way");
    assert!(cut_short < MOST - 1, "every apply ran out of space");
}

/// Runs where standard output takes nothing.
fn run_untold(site: &Site, arguments: &[&str]) -> Output {
    let full = ["bash", "-c", "exec \"$@\" >/dev/full", "bash"];
    site.run_under(&full, arguments.iter().copied())
}

#[test]
fn what_was_done_and_cannot_be_told_is_no_failure_that_changed_nothing() {
    let service = Served::with(&[]);
    let site = site(&service);
    // In text, the plan cannot be shown, and so nothing is done.
    run_untold(&site, &["apply", "--yes"])
        .code(1)
        .says("cannot write the result");
    assert_eq!(service.live().len(), 0);
    let json = ["apply", "--yes", "--format", "json"];
    run_untold(&site, &json)
        .code(3)
        .says("cannot write the result");
    assert_eq!(service.live().len(), 3);
    run_untold(&site, &json).code(1);
    site.run(["plan", "--detailed-exitcode"]).success();
}
