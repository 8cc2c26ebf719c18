//! What stops a commit: the plain git hook of the examples, in a repository, and what others find here for pre-commit.

use std::env;
use std::fs;
use std::iter;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{self, Site};

const GOOD: &str = "persona_name: Ana\nsystem_prompt: Be kind.\n";

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(path).expect("it is there")
}

/// A repository with the hook in place.
fn repository() -> Site {
    let site = Site::bare();
    assert!(git(&site, &["init", "-q"]).status.success());
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pre-commit/pre-commit");
    // It is there where git has a template, and not everywhere is one.
    fs::create_dir_all(site.path(".git/hooks")).expect("it is made");
    // With its permissions.
    fs::copy(hook, site.path(".git/hooks/pre-commit")).expect("it is copied");
    site
}

/// git in the repository, where hooks find the program.
fn git(site: &Site, arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_personactl"));
    let own = program.parent().expect("a folder").to_owned();
    let path = env::var_os("PATH").expect("a path");
    let folders = iter::once(own).chain(env::split_paths(&path));
    support::git(site.path(""), arguments.iter().copied())
        .env("PATH", env::join_paths(folders).expect("a path"))
        .output()
        .expect("git runs")
}

/// Adds all that there is and commits it; `Err` with what was said where that was stopped.
fn commit(site: &Site) -> Result<(), String> {
    assert!(git(site, &["add", "--all"]).status.success());
    let output = git(site, &["commit", "-m", "text"]);
    let said = [output.stdout, output.stderr].concat();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8(said).expect("text")),
    }
}

#[test]
fn a_mistake_stops_the_commit_until_it_is_mended() {
    let site = repository();
    site.write("personas/ana.yaml", GOOD);
    assert_eq!(commit(&site), Ok(()), "the first one");
    site.edit("personas/ana.yaml", "kind", "kinder");
    assert_eq!(commit(&site), Ok(()));

    site.edit("personas/ana.yaml", "system_prompt: ", "system_prompt: [");
    let before = git(&site, &["rev-parse", "HEAD"]).stdout;
    let said = commit(&site).expect_err("it is stopped");
    assert!(said.contains("personas/ana.yaml"), "{said}");
    assert_eq!(git(&site, &["rev-parse", "HEAD"]).stdout, before);

    site.write("personas/ana.yaml", GOOD);
    assert_eq!(commit(&site), Ok(()));
}

#[test]
fn a_commit_without_a_persona_is_nobodys_business() {
    let site = repository();
    site.write("personas/ana.yaml", GOOD);
    assert_eq!(commit(&site), Ok(()));
    site.write("README.md", "text");
    assert!(git(&site, &["add", "README.md"]).status.success());
    site.write("personas/ana.yaml", "[");
    let output = git(&site, &["commit", "-m", "text"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_work_tree_and_a_commit_of_all_edits_are_checked_the_same() {
    let site = repository();
    site.write("personas/ana.yaml", GOOD);
    assert_eq!(commit(&site), Ok(()));
    let tree = ["worktree", "add", "-q", "tree"];
    assert!(git(&site, &tree).status.success());
    for (prompt, passes) in [("Be kinder.", true), ("[", false)] {
        let manifest = format!("persona_name: Ana\nsystem_prompt: {prompt}\n");
        for folder in ["", "tree/"] {
            site.write(&format!("{folder}personas/ana.yaml"), &manifest);
            let place = site.path(folder);
            let place = place.to_str().expect("a path");
            let output = git(&site, &["-C", place, "commit", "-a", "-m", "text"]);
            assert_eq!(output.status.success(), passes, "{folder} {output:?}");
        }
    }
}

#[test]
fn what_pre_commit_runs_works() {
    let hooks: Value = serde_yaml::from_str(&file(".pre-commit-hooks.yaml")).expect("YAML");
    let hook = &hooks[0];
    let entry = hook["entry"].as_str().expect("a command");
    let arguments = entry.strip_prefix("personactl ").expect("it is ours");
    let site = Site::bare();
    site.run(["init"]).success();
    site.run(arguments.split(' ')).success();
    site.write("personas/ana.yaml", "[");
    site.run(arguments.split(' ')).code(1);
    // The other directory that the example names goes behind it.
    site.run(["init", "agents"]).success();
    site.run(arguments.split(' ').chain(["agents", "--strict"]))
        .success();

    let config = file("examples/pre-commit/.pre-commit-config.yaml");
    let config: Value = serde_yaml::from_str(&config).expect("YAML");
    assert_eq!(config["repos"][0]["hooks"][0]["id"], hook["id"]);
}
