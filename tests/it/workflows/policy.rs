//! What every workflow of this repository keeps to, the ready-made ones and its own.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// All workflows: the file's name, its text and what it says.
fn workflows() -> Vec<(String, String, Value)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["examples/github", ".github/workflows"];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(top.join(folder)).into_iter().flatten());
    let workflow = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a workflow");
        let said = serde_yaml::from_str(&text).expect("it is YAML");
        (path.display().to_string(), text, said)
    };
    let all: Vec<_> = entries.map(workflow).collect();
    assert!(all.len() >= 3);
    all
}

/// All jobs and steps of a workflow.
fn parts(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().expect("jobs");
    let steps = jobs
        .values()
        .flat_map(|job| job["steps"].as_array().into_iter().flatten());
    jobs.values().chain(steps).collect()
}

#[test]
fn what_others_wrote_is_pinned_to_a_commit() {
    for (file, text, workflow) in workflows() {
        for action in parts(&workflow)
            .iter()
            .filter_map(|part| part["uses"].as_str())
        {
            let (_, commit) = action.split_once('@').expect("a version");
            let is_digest =
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_digest, "{file}: {action}");
            let tag = text.split_once(&format!("{action} # v"));
            assert!(tag.is_some(), "{file}: which version is {action}?");
        }
    }
}

#[test]
fn nobody_may_write_unless_a_job_says_so() {
    for (file, _, workflow) in workflows() {
        let permissions = workflow["permissions"]
            .as_object()
            .unwrap_or_else(|| panic!("{file}"));
        assert!(permissions.values().all(|may| may == "read"), "{file}");
    }
}

#[test]
fn the_ready_made_ones_may_write_what_they_have_to() {
    let may = |file: &str, job: &str| {
        let all = workflows();
        let mut named = all
            .iter()
            .filter(|(name, ..)| name.ends_with(&format!("examples/github/{file}")));
        let (.., workflow) = named.next().expect("it is there");
        assert_eq!(workflow["permissions"], json!({}));
        workflow["jobs"][job]["permissions"].clone()
    };
    assert_eq!(may("pull-request.yml", "plan"), json!({"contents": "read"}));
    assert_eq!(
        may("pull-request.yml", "comment"),
        json!({"pull-requests": "write"})
    );
    assert_eq!(may("deploy.yml", "deploy"), json!({"contents": "write"}));
    assert_eq!(may("drift.yml", "plan"), json!({"contents": "read"}));
    assert_eq!(may("drift.yml", "issue"), json!({"issues": "write"}));
}

#[test]
fn what_comes_from_outside_is_never_a_part_of_a_script() {
    for (file, text, workflow) in workflows() {
        assert!(
            workflow["on"].get("pull_request_target").is_none(),
            "{file}"
        );
        assert!(!text.contains("\non: pull_request_target"), "{file}");
        for script in parts(&workflow)
            .iter()
            .filter_map(|part| part["run"].as_str())
        {
            assert!(!script.contains("${{ github.event."), "{file}: {script}");
            let is_ours = file.contains("examples/github");
            assert!(!(is_ours && script.contains("${{")), "{file}: {script}");
        }
    }
}

#[test]
fn every_job_ends_and_no_checkout_leaves_a_token_behind() {
    for (file, _, workflow) in workflows() {
        for part in parts(&workflow) {
            if part.get("runs-on").is_some() {
                assert!(part["timeout-minutes"].is_u64(), "{file}");
            }
            let action = part["uses"].as_str().unwrap_or_default();
            if action.starts_with("actions/checkout@") {
                assert_eq!(part["with"]["persist-credentials"], false, "{file}");
            }
        }
    }
}
