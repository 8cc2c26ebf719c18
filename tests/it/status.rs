//! `status`: every persona at a glance.

use serde_json::Value;

use crate::support::{self, Site};

fn ana(name: &str) -> String {
    format!("persona_name: {name}\nsystem_prompt: P\n")
}

/// Key and state of each persona.
fn states(site: &Site) -> Vec<(String, String)> {
    let output = site.run(["status", "--format", "json"]).success();
    let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let personas = report["personas"].as_array().expect("personas");
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    personas
        .iter()
        .map(|persona| (word(&persona["key"]), word(&persona["state"])))
        .collect()
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter()
        .map(|(key, state)| ((*key).to_owned(), (*state).to_owned()))
        .collect()
}

#[test]
fn every_state_has_its_word() {
    let site = Site::empty();
    for name in ["ana", "bob", "cid", "dan", "eve"] {
        site.write(&format!("personas/{name}.yaml"), ana(name));
    }
    let _ = site.run(["apply", "--yes"]).success();
    assert!(states(&site).iter().all(|(_, state)| state == "in-sync"));
    let _ = site.run(["status", "--detailed-exitcode"]).success();

    site.edit("personas/bob.yaml", "P", "Q");
    site.edit("personas/cid.yaml", "P", "Q");
    site.in_dashboard("cid", |document| document["system_prompt"] = "R".into());
    std::fs::remove_file(site.path("personas/dan.yaml")).expect("it goes");
    site.write("personas/fay.yaml", ana("fay"));
    let production = format!("{}x-personactl: {{environments: [default]}}\n", ana("gus"));
    site.write("personas/gus.yaml", production);
    // What the ledger forgets is live without a manifest.
    let ledger = site.read("personas/.personactl/sandbox/ledger.json");
    let kept: Vec<&str> = ledger
        .lines()
        .filter(|line| !line.starts_with("\"eve\""))
        .collect();
    let kept = kept.join("\n").replace("},\n}", "}\n}");
    site.write("personas/.personactl/sandbox/ledger.json", kept);
    std::fs::remove_file(site.path("personas/eve.yaml")).expect("it goes");

    let expected = [
        ("ana", "in-sync"),
        ("bob", "differs"),
        ("cid", "blocked"),
        ("dan", "no-manifest"),
        ("fay", "to-create"),
        ("gus", "elsewhere"),
        ("-", "unmanaged"),
    ];
    assert_eq!(states(&site), rows(&expected));
    let _ = site.run(["status", "--detailed-exitcode"]).code(2);
    let table = site.run(["status"]).success().stdout;
    assert!(table.contains("!  cid  blocked, 1 in conflict"), "{table}");
    let mut rows = table.lines().take_while(|line| !line.is_empty());
    assert!(rows.all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn git_knows_when_a_persona_was_applied_last() {
    let site = Site::with_manifest(&ana("Ana"));
    let _ = site.run(["apply", "--yes"]).success();
    let git = |arguments: &[&str]| {
        let status = support::git(site.path("."), arguments.iter().copied())
            .env("GIT_COMMITTER_DATE", "2020-02-03T04:05:06Z")
            .status();
        assert!(status.expect("git runs").success());
    };
    git(&["init", "-q"]);
    git(&["add", "-f", "personas/.personactl/sandbox/ledger.json"]);
    git(&["commit", "-q", "-m", "applied"]);
    // Git is looked for by its name.
    let path = std::env::var("PATH").expect("a path");
    let output = site
        .command(["status"])
        .env("PATH", path)
        .output()
        .expect("it runs");
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(table.contains("2020-02-03"), "{table}");
}

#[test]
fn mistakes_are_told_and_the_others_shown() {
    let site = Site::with_manifest(&ana("Ana"));
    site.write("personas/bad.yaml", "persona_name: [\n");
    let output = site.run(["status"]).code(1);
    assert!(output.stderr.contains("personas/bad.yaml:"), "{output:#?}");
    assert!(output.stdout.contains("+  ana"), "{output:#?}");
}
