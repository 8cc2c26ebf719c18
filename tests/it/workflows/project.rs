//! GitLab's runner, as far as our pipeline uses it: rules, variables in scopes, artifacts, and scripts in bash.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::machine::{Environment, KEY, Machine, TOKEN};
use crate::support::{Output, Served};

/// What comes of a pipeline: the jobs that ran.
pub(super) type Jobs = BTreeMap<String, Output>;

/// A project on GitLab, with a runner.
pub(super) struct Project {
    pub(super) machine: Machine,
    variables: Environment,
}

impl Project {
    pub(super) fn new(service: &Served) -> Self {
        let machine = Machine::with(service);
        let remote = machine.remote();
        let variables = owned(&[
            ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_PIPELINE_URL", "https://gitlab.example/pipelines/42"),
            ("CI_PROJECT_ID", "3"),
            ("CI_PROJECT_URL", remote.trim_end_matches(".git")),
            ("PERSONACTL_ENVIRONMENT", "production"),
        ]);
        Self { machine, variables }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// The pipeline of a merge request from this project, or from a fork of it.
    pub(super) fn merge_request(&self, source: &str) -> Jobs {
        let base = self.machine.git(&["merge-base", "origin/main", "feature"]);
        let happened = [
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_BRANCH", ""),
            ("CI_MERGE_REQUEST_IID", "1"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "3"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.trim()),
        ];
        self.pipeline(&happened, "feature")
    }

    /// The pipeline of the main branch.
    pub(super) fn on_main(&self, source: &str) -> Jobs {
        let happened = [
            ("CI_PIPELINE_SOURCE", source),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_MERGE_REQUEST_PROJECT_ID", ""),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", ""),
        ];
        self.pipeline(&happened, "main")
    }

    /// Runs the pipeline for what happened, stage by stage.
    fn pipeline(&self, happened: &[(&str, &str)], revision: &str) -> Jobs {
        let pipeline = pipeline();
        let mut environment = defined(&pipeline["variables"]);
        environment.extend(self.variables.clone());
        environment.extend(owned(happened));
        let mut ran = Jobs::new();
        for stage in pipeline["stages"].as_array().expect("stages") {
            let jobs = pipeline.as_object().expect("jobs").iter();
            for (name, job) in jobs.filter(|(_, job)| job["stage"] == *stage) {
                let is_well = |need: &&str| ran.get(*need).is_some_and(|done| done.code == 0);
                let is_well = texts(&job["needs"]).iter().all(is_well);
                if self.is_due(job, is_well, &environment) {
                    let done = self.run(name, job, environment.clone(), revision);
                    ran.insert(name.clone(), done);
                }
            }
        }
        ran
    }

    /// Whether one of the rules holds: their conditions are some for bash as well.
    fn is_due(&self, job: &Value, is_well: bool, environment: &Environment) -> bool {
        let mut rules = job["rules"].as_array().expect("rules").iter();
        rules.any(|rule| {
            let condition = rule["if"].as_str().expect("a condition");
            let script = format!("[[ {condition} ]]");
            let said = self.machine.bash(&["-u"], &script, environment);
            assert_eq!(said.stderr, "");
            said.code == 0 && (is_well || rule["when"] == "always")
        })
    }

    fn run(&self, name: &str, job: &Value, mut environment: Environment, revision: &str) -> Output {
        environment.extend(defined(&job["variables"]));
        let scope = &job["environment"];
        environment.extend(scoped(scope.get("name").unwrap_or(scope).as_str()));

        let machine = &self.machine;
        machine.clear();
        self.check_out(&environment, revision);
        let is_kept = |job: &&str| machine.path("artifacts").join(job).is_dir();
        for needed in texts(&job["needs"]).into_iter().filter(is_kept) {
            machine.bring(needed, &machine.path("workspace"));
        }
        let script = texts(&job["script"]).join("\n");
        let done = machine.bash(&["-eo", "pipefail"], &script, &environment);

        let artifacts = &job["artifacts"];
        let paths = texts(&artifacts["paths"]).join("\n");
        let paths = paths.replace("$DIRECTORY", &environment["DIRECTORY"]);
        if done.code == 0 || artifacts["when"] == "always" {
            machine.keep(name, &paths.lines().collect::<Vec<_>>());
        }
        done
    }

    fn check_out(&self, environment: &Environment, revision: &str) {
        let workspace = self.machine.path("workspace");
        let git = |arguments: &[&str]| self.machine.git_in(&workspace, arguments);
        let said = |name: &str| environment.get(name).map(String::as_str);
        if said("GIT_STRATEGY") == Some("none") {
            return;
        }
        let depth = match said("GIT_DEPTH") {
            Some("0") => String::new(),
            other => format!("--depth={}", other.unwrap_or("20")),
        };
        let fetch = ["fetch", "-q", &depth, "origin", revision];
        let fetch = fetch.into_iter().filter(|word| !word.is_empty());
        git(&["init", "-q"]);
        git(&["remote", "add", "origin", &self.machine.remote()]);
        git(&fetch.collect::<Vec<_>>());
        git(&["checkout", "-q", "--detach", "FETCH_HEAD"]);
    }
}

fn pipeline() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitlab/.gitlab-ci.yml");
    let text = fs::read_to_string(path).expect("a pipeline");
    let mut pipeline: serde_yaml::Value = serde_yaml::from_str(&text).expect("it is YAML");
    pipeline.apply_merge().expect("it can be merged");
    serde_yaml::from_value(pipeline).expect("it is JSON as well")
}

/// The variables that are for the jobs of one environment only.
fn scoped(environment: Option<&str>) -> Environment {
    match environment {
        Some("personas-plan") => owned(&[("TAVUS_API_KEY", KEY)]),
        Some("personas-tell") => owned(&[("TELL_TOKEN", TOKEN)]),
        Some("personas-deploy") => owned(&[("TAVUS_API_KEY", KEY), ("LEDGER_TOKEN", TOKEN)]),
        Some(other) => panic!("nobody has said what is in `{other}`"),
        None => Environment::new(),
    }
}

/// Variables as a part of the pipeline defines them.
fn defined(variables: &Value) -> Environment {
    let all = variables.as_object().into_iter().flatten();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    all.map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn owned(variables: &[(&str, &str)]) -> Environment {
    let variable = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(variable).collect()
}

/// The texts of a list, or none where there is no list.
fn texts(list: &Value) -> Vec<&str> {
    let all = list.as_array().into_iter().flatten();
    all.map(|text| text.as_str().expect("a text")).collect()
}
