//! GitHub's runner, as far as our workflows use it: conditions, environments, outputs, artifacts, and `run:` steps in bash.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::expressions::Values;
use super::machine::{Environment, Machine, TOKEN};
use crate::support::Output;

/// A repository on GitHub, with a runner.
pub(super) struct Hub {
    pub(super) machine: Machine,
    pub(super) values: Values,
    filled_in: Environment,
    /// How the jobs ended that have run.
    codes: BTreeMap<String, i32>,
}

/// A job under way.
struct Job<'h> {
    hub: &'h Hub,
    values: Values,
    /// The environment of the workflow and of the job.
    environment: Environment,
    output: Output,
}

impl Hub {
    pub(super) fn new(machine: Machine) -> Self {
        let mut values = Values::default();
        for (name, value) in [
            ("github.repository", "team/agents"),
            ("github.server_url", "https://github.example"),
            ("github.run_id", "42"),
            ("github.token", TOKEN),
            ("github.ref", "refs/heads/main"),
            ("github.event.repository.default_branch", "main"),
            ("always()", "true"),
            ("!cancelled()", "true"),
        ] {
            values.set(name, value);
        }
        values.set(
            "runner.temp",
            machine.path("temp").to_str().expect("a name"),
        );
        Self {
            machine,
            values,
            filled_in: Environment::new(),
            codes: BTreeMap::new(),
        }
    }

    /// Fills in what the workflows ask for.
    pub(super) fn fill_in(&mut self, name: &str, value: &str) {
        self.filled_in.insert(name.to_owned(), value.to_owned());
    }

    /// What the last job wrote into the summary of the run.
    pub(super) fn summary(&self) -> String {
        fs::read_to_string(self.machine.path("temp/summary")).expect("it is there")
    }

    /// Whether a job runs, now that those which it needs have.
    pub(super) fn is_due(&self, file: &str, name: &str) -> bool {
        let job = &workflow(file)["jobs"][name];
        let condition = job["if"].as_str();
        let needs_success = condition.is_none_or(|condition| !condition.contains("!cancelled()"));
        let is_well = job["needs"]
            .as_str()
            .is_none_or(|need| self.codes[need] == 0);
        let holds = || condition.is_none_or(|condition| self.values.holds(condition));
        (is_well || !needs_success) && holds()
    }

    pub(super) fn run(&mut self, file: &str, name: &str) -> Output {
        assert!(self.is_due(file, name), "{file}: {name} does not run");
        let workflow = workflow(file);
        let job = &workflow["jobs"][name];
        self.machine.clear();
        let mut values = self.values.clone();
        let mut environment = merged(&Environment::new(), &workflow["env"], &values);
        for (name, value) in &self.filled_in {
            environment
                .insert(name.clone(), value.clone())
                .expect("the workflow asks for it");
        }
        environment = merged(&environment, &job["env"], &values);
        for (name, value) in &environment {
            values.set(format!("env.{name}"), value);
        }
        let output = Output {
            code: 0,
            stdout: String::new(),
            stderr: String::new(),
        };
        let mut run = Job {
            hub: self,
            values,
            environment,
            output,
        };
        for step in job["steps"].as_array().expect("steps") {
            run.step(step);
        }

        let Job { values, output, .. } = run;
        for (output, value) in job["outputs"].as_object().into_iter().flatten() {
            let value = values.fill(value.as_str().expect("a text"));
            self.values
                .set(format!("needs.{name}.outputs.{output}"), value);
        }
        self.codes.insert(name.to_owned(), output.code);
        output
    }
}

impl Job<'_> {
    fn step(&mut self, step: &Value) {
        let condition = step["if"].as_str();
        let is_due = self.output.code == 0
            || condition.is_some_and(|condition| condition.contains("always()"));
        let holds = || condition.is_none_or(|condition| self.values.holds(condition));
        let outcome = match is_due && holds() {
            true => self.perform(step),
            false => "skipped",
        };
        if let Some(id) = step["id"].as_str() {
            self.values.set(format!("steps.{id}.outcome"), outcome);
        }
    }

    fn perform(&mut self, step: &Value) -> &'static str {
        if let Some(action) = step["uses"].as_str() {
            let kept = self.act(action, &step["with"]);
            if let (Some(id), true) = (step["id"].as_str(), kept > 0) {
                self.values
                    .set(format!("steps.{id}.outputs.artifact-id"), "1");
            }
            return "success";
        }
        match self.shell(step) {
            0 => "success",
            _ => "failure",
        }
    }

    /// Does a `run:` step, as with `shell: bash`.
    fn shell(&mut self, step: &Value) -> i32 {
        let machine = &self.hub.machine;
        let mut environment = merged(&self.environment, &step["env"], &self.values);
        let temp = machine.path("temp");
        for (name, path) in [
            ("RUNNER_TEMP", temp.clone()),
            ("GITHUB_OUTPUT", temp.join("output")),
            ("GITHUB_ENV", temp.join("env")),
            ("GITHUB_STEP_SUMMARY", temp.join("summary")),
        ] {
            environment.insert(name.to_owned(), path.to_str().expect("a name").to_owned());
        }
        environment.insert("GITHUB_REPOSITORY".to_owned(), "team/agents".to_owned());
        for name in ["output", "env"] {
            fs::write(temp.join(name), "").expect("it is written");
        }

        let script = step["run"].as_str().expect("a script");
        let options = ["--noprofile", "--norc", "-eo", "pipefail"];
        let done = machine.bash(&options, script, &environment);
        self.output.stdout.push_str(&done.stdout);
        self.output.stderr.push_str(&done.stderr);
        if self.output.code == 0 {
            self.output.code = done.code;
        }
        for (name, value) in lines(&temp.join("env")) {
            self.environment.insert(name, value);
        }
        for (name, value) in lines(&temp.join("output")) {
            let id = step["id"]
                .as_str()
                .expect("an output has a step with an id");
            self.values.set(format!("steps.{id}.outputs.{name}"), value);
        }
        done.code
    }

    /// Does what an action does, and says how many files that keeps.
    fn act(&self, action: &str, with: &Value) -> usize {
        let with = merged(&Environment::new(), with, &self.values);
        let (action, _) = action.split_once('@').expect("a version");
        match action {
            "actions/upload-artifact" => return self.upload(&with),
            "actions/checkout" => self.check_out(&with),
            "actions/download-artifact" => {
                let to = Path::new(&with["path"]);
                self.hub.machine.bring(&with["name"], to);
            }
            other => panic!("nobody has said what `{other}` does"),
        }
        0
    }

    fn check_out(&self, with: &Environment) {
        let machine = &self.hub.machine;
        let git = |arguments: &[&str]| machine.git_in(&machine.path("workspace"), arguments);
        let reference = match with.get("ref") {
            Some(branch) => format!("refs/heads/{branch}"),
            None => self.values.fill("${{ github.ref }}"),
        };
        let depth = with.get("fetch-depth").map_or("1", String::as_str);
        git(&["init", "-q", "-b", "none"]);
        git(&["remote", "add", "origin", &machine.remote()]);
        git(&["fetch", "-q", "--depth", depth, "origin", &reference]);
        match reference.strip_prefix("refs/heads/") {
            Some(branch) => git(&["checkout", "-q", "-B", branch, "FETCH_HEAD"]),
            None => git(&["checkout", "-q", "--detach", "FETCH_HEAD"]),
        };
    }

    fn upload(&self, with: &Environment) -> usize {
        let patterns: Vec<_> = with["path"].lines().map(str::trim).collect();
        let kept = self.hub.machine.keep(&with["name"], &patterns);
        let may_be_none = with["if-no-files-found"] == "ignore";
        assert!(kept > 0 || may_be_none, "nothing at {patterns:?}");
        kept
    }
}

fn workflow(file: &str) -> Value {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(top.join("examples/github").join(file)).expect("a workflow");
    let workflow: Value = serde_yaml::from_str(&text).expect("it is YAML");
    assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
    workflow
}

/// An environment with what a part of the workflow adds to it.
fn merged(environment: &Environment, more: &Value, values: &Values) -> Environment {
    let mut all = environment.clone();
    for (name, value) in more.as_object().into_iter().flatten() {
        let text = match value.as_str() {
            Some(text) => values.fill(text),
            None => value.to_string(),
        };
        all.insert(name.clone(), text);
    }
    all
}

/// `name=value`, as a step writes its outputs.
fn lines(file: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(file).expect("it is there");
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').expect("a name and a value");
        (name.to_owned(), value.to_owned())
    };
    text.lines().map(pair).collect()
}
