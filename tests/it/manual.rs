//! `completions` and `man`: generated from what can be typed, so that neither can forget a command.

use std::fs;
use std::process::Command;

use crate::support::Site;

/// The commands that the help lists.
fn commands(site: &Site) -> Vec<String> {
    let help = site.run(["-h"]).success().stdout;
    let (_, list) = help.split_once("Commands:\n").expect("a list");
    let (list, _) = list.split_once("\n\n").expect("an end");
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let names: Vec<_> = list.lines().filter_map(name).collect();
    assert!(names.contains(&"plan".to_owned()), "{help}");
    names
}

#[test]
fn each_shell_is_told_all_commands() {
    let site = Site::bare();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = site.run(["completions", shell]).success().stdout;
        for name in commands(&site) {
            assert!(script.contains(&name), "{shell} does not know {name}");
        }
    }
    site.run(["completions", "tcsh"]).code(64);
}

#[test]
fn bash_completes_a_command_and_an_option() {
    let site = Site::bare();
    let script = site.run(["completions", "bash"]).success().stdout;
    let script = format!(
        "{script}
complete_at_end() {{
    COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _personactl personactl \"${{@: -1}}\" \"${{@: -2:1}}\"
    echo \"${{COMPREPLY[@]}}\"
}}
complete_at_end personactl val
complete_at_end personactl plan --detailed
"
    );
    let output = Command::new("bash").args(["-euc", &script]).output();
    let output = output.expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "validate\n--detailed-exitcode\n", "{output:?}");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let site = Site::bare();
    site.run(["man", "--out", "share/man1"]).success();
    let page = |name: &str| fs::read_to_string(site.path("share/man1").join(name)).expect("a page");
    let first = page("personactl.1");
    assert_eq!(site.run(["man"]).success().stdout, first);
    for name in commands(&site).into_iter().filter(|name| name != "help") {
        assert!(first.contains(&format!("personactl\\-{name}(1)")), "{name}");
        let written = page(&format!("personactl-{name}.1"));
        assert_eq!(site.run(["man", &name]).success().stdout, written);
        assert!(written.contains("OPTIONS OF EVERY COMMAND"), "{name}");
        // Unfilled: each example is a line.
        assert!(
            written.contains(".SH EXAMPLES\n.nf\n  personactl "),
            "{name}"
        );
    }
    site.run(["man", "--out", "share/man1"]).success();
}

#[test]
fn a_page_that_there_is_not_is_told() {
    let site = Site::bare();
    site.run(["man", "aply"])
        .code(64)
        .says("did you mean `apply`?");
    site.write("file", "");
    site.run(["man", "--out", "file"])
        .code(1)
        .says("cannot write the manual into `file`");
}
