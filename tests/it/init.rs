//! `init`: what it writes is a persona directory without a mistake, and it never touches what is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::support::Site;

/// All files of a site, by their path in it.
fn files(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let top = site.path("");
    let entries = WalkDir::new(&top).into_iter();
    let entries = entries.map(|entry| entry.expect("an entry"));
    let file = |entry: walkdir::DirEntry| {
        let below = entry.path().strip_prefix(&top).expect("it is below");
        let name = below.to_str().expect("a name").to_owned();
        (name, fs::read(entry.path()).expect("it can be read"))
    };
    let regular = |entry: &walkdir::DirEntry| entry.file_type().is_file();
    entries.filter(regular).map(file).collect()
}

/// A folder with a git repository in it.
fn repository() -> Site {
    let site = Site::bare();
    fs::create_dir(site.path(".git")).expect("it is made");
    site
}

/// The workflows that `--github` writes.
const WORKFLOWS: [&str; 3] = ["deploy", "drift", "pull-request"];

/// The environment of a workflow.
fn environment(site: &Site, workflow: &str) -> Value {
    let text = site.read(&format!(".github/workflows/personas-{workflow}.yml"));
    let workflow: Value = serde_yaml::from_str(&text).expect("it is YAML");
    workflow["env"].clone()
}

#[test]
fn from_an_empty_folder_to_no_changes() {
    let site = Site::bare();
    site.run(["init"])
        .success()
        .says("+ personas/receptionist.yaml")
        .says("personactl plan\n");

    let verdict = ["validate", "-e", "all", "--strict", "--format", "json"];
    let verdict = site.run(verdict).success().json();
    assert_eq!(verdict["findings"], json!([]));
    let plan = site.run(["plan", "--format", "json"]).success();
    assert_eq!(plan.stderr, "");
    let plan = plan.json();
    let mut counts = plan["summary"].as_object().expect("counts").clone();
    assert_eq!(counts.remove("create"), Some(json!(2)));
    assert!(counts.values().all(|count| *count == 0), "{plan}");

    site.run(["apply", "--yes"]).success();
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
}

#[test]
fn a_second_time_it_changes_nothing_and_names_what_is_there() {
    let site = Site::bare();
    site.run(["init"]).success();
    site.write("personas/personactl.yaml", "default_environment: mine\n");
    let before = files(&site);
    let mut output = site.run(["init"]).code(1).says("nothing was written");
    for name in before.keys() {
        output = output.says(&format!("`{name}`"));
    }
    assert_eq!(output.stdout, "");
    assert_eq!(files(&site), before);
}

#[test]
fn one_file_that_is_there_keeps_all_others_from_being_written() {
    for name in [
        "agents/_prompts/manners.md",
        "agents/personactl.yml",
        "agents/support/agent.json",
        ".github/workflows/personas-pull-request.yml",
        ".github/workflows/personas-deploy.yaml",
    ] {
        let site = Site::bare();
        site.write(name, "mine");
        site.run(["init", "agents", "--github"])
            .code(1)
            .says(&format!("already there: `{name}`; nothing was written"));
        assert_eq!(files(&site).len(), 1, "{name}");
    }
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let site = Site::bare();
    site.write("personas/_tools", "a file where a folder has to be");
    site.run(["init"])
        .code(1)
        .says("cannot write `personas/_tools/hand-over.yaml`");
    assert_eq!(files(&site).len(), 1);
}

#[test]
fn the_workflows_are_for_the_directory_and_stand_at_the_top_of_the_repository() {
    let site = repository();
    fs::create_dir(site.path("team")).expect("it is made");
    site.run(["-C", "team", "init", "our agents", "--github"])
        .success()
        .says("+ our agents/receptionist.yaml")
        .says("+ ../.github/workflows/personas-deploy.yml");
    for workflow in WORKFLOWS {
        assert_eq!(environment(&site, workflow)["DIRECTORY"], "team/our agents");
    }
    site.run(["plan", "team/our agents"])
        .success()
        .says("2 to create");
}

#[test]
fn the_workflows_are_those_of_the_examples() {
    let site = Site::bare();
    site.run(["init", "--github"]).success();
    for workflow in WORKFLOWS {
        let example = format!("examples/github/{workflow}.yml");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(example);
        let example = fs::read_to_string(example).expect("an example");
        let written = site.read(&format!(".github/workflows/personas-{workflow}.yml"));
        assert_eq!(
            written,
            example.replace("DIRECTORY: personas", "DIRECTORY: \"personas\"")
        );
    }
}

#[test]
fn what_the_workflows_run_works_before_anything_is_filled_in() {
    let mut site = Site::bare();
    site.run(["init", "--github"]).success();
    let environment = environment(&site, "deploy");
    let chosen = environment["PERSONACTL_ENVIRONMENT"].as_str();
    let chosen = chosen.expect("an environment").to_owned();
    site.set("PERSONACTL_ENVIRONMENT", &chosen);
    let validate = ["validate", "personas", "-e", "all", "--format", "github"];
    assert_eq!(site.run(validate).success().stdout, "");
    site.run(["plan", "personas"]).success();
    site.run(["apply", "personas", "--yes", &chosen]).success();
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_repository() {
    use std::os::unix::fs::symlink;

    let elsewhere = Site::bare();
    for link in [
        "personas",
        "personas/_prompts",
        ".github",
        ".github/workflows",
    ] {
        let site = repository();
        let path = site.path(link);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        symlink(elsewhere.path(""), &path).expect("it is made");
        site.run(["init", "--github"])
            .code(1)
            .says("lead out of the repository");
        assert_eq!(files(&site), BTreeMap::new(), "{link}");
        assert_eq!(files(&elsewhere), BTreeMap::new(), "{link}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_within_the_repository_is_followed() {
    let site = repository();
    fs::create_dir(site.path("agents")).expect("it is made");
    std::os::unix::fs::symlink("agents", site.path("personas")).expect("it is made");
    site.run(["init"]).success();
    assert!(site.path("agents/receptionist.yaml").is_file());
}

#[test]
fn a_workflow_needs_a_repository_or_a_directory_that_is_here() {
    let (site, elsewhere) = (Site::bare(), Site::bare());
    let directory = elsewhere.path("personas");
    let directory = directory.to_str().expect("a name");
    site.run(["init", directory, "--github"])
        .code(64)
        .says("git repository");
    site.run(["init", directory]).success();
    assert!(elsewhere.path("personas/receptionist.yaml").is_file());
    assert_eq!(files(&site), BTreeMap::new());
}
