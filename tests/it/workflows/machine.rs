//! A machine that runs the steps of a job: the program and stand-ins for those that a runner has, a repository which a team pushes to,
//! and a forge that is a file.
#![expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::support::{Output, Served, Site};

/// The key of the service, which nothing may ever show.
pub(super) const KEY: &str = "key-that-nobody-may-see";

/// What the forge takes for a token.
pub(super) const TOKEN: &str = "token-of-the-job";

/// The manifest that is there at first.
pub(super) const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\ncontext: old\n";

/// Where the ledger is.
pub(super) const LEDGER: &str = "personas/_ledger/production.json";

/// A persona of this name which is live already.
pub(super) fn ana(id: &str) -> Value {
    json!({"persona_id": id, "persona_name": "Ana", "system_prompt": "Be kind."})
}

pub(super) type Environment = BTreeMap<String, String>;

/// Whether what the scripts need is there: runners have it.
pub(super) fn has_tools() -> bool {
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    if !has_jq {
        eprintln!("SKIPPED: jq is not there");
    }
    has_jq
}

/// A machine, and the desk of somebody in the team.
pub(super) struct Machine {
    folder: Site,
    pub(super) desk: Site,
}

impl Machine {
    /// A repository whose environment `production` is this service, and one manifest in it.
    pub(super) fn with(service: &Served) -> Self {
        let machine = Self {
            folder: Site::bare(),
            desk: Site::with_manifest(ANA),
        };
        let settings = format!(
            "environments:\n  production: {{api_url: {}, protected: true}}\n",
            service.url()
        );
        machine.desk.write("personas/personactl.yaml", settings);
        machine.folder.write("forge/list", "[]");
        machine.folder.write("forge/token", TOKEN);
        for name in ["home", "forge", "workspace"] {
            fs::create_dir_all(machine.path(name)).expect("it is made");
        }
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/workflows/bin");
        let program = Path::new(env!("CARGO_BIN_EXE_personactl"));
        fs::create_dir(machine.path("bin")).expect("it is made");
        for entry in fs::read_dir(programs).expect("stand-ins") {
            let entry = entry.expect("an entry");
            symlink(entry.path(), machine.path("bin").join(entry.file_name())).expect("it is made");
        }
        symlink(program, machine.path("bin/personactl")).expect("it is made");

        let remote = machine.path("remote.git");
        let remote = remote.to_str().expect("a name");
        machine.git(&["init", "-q", "--bare", "-b", "main", remote]);
        machine.git(&[
            "-C",
            remote,
            "config",
            "receive.advertisePushOptions",
            "true",
        ]);
        machine.git(&["init", "-q", "-b", "main"]);
        machine.git(&["remote", "add", "origin", remote]);
        machine.commit("main");
        machine
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.path(path)
    }

    /// The address of the repository; of a path git would take more than it was asked for.
    pub(super) fn remote(&self) -> String {
        format!("file://{}", self.path("remote.git").display())
    }

    /// Commits what is on the desk, and pushes it.
    pub(super) fn commit(&self, branch: &str) {
        self.record();
        self.git(&["push", "-q", "origin", &format!("HEAD:{branch}")]);
    }

    /// Commits what is on the desk.
    pub(super) fn record(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", "an edit"]);
    }

    /// What is recorded at the desk is pushed to the main branch right after a job has committed something.
    pub(super) fn push_in_the_meantime(&self) {
        let hooks = self.path("hooks");
        let hook = format!(
            "#!/bin/sh\nunset $(git rev-parse --local-env-vars)\ncd '{}' && git push -q origin HEAD:main\n",
            self.desk.path("").display()
        );
        self.folder.write("hooks/post-commit", hook);
        let may_run = fs::Permissions::from_mode(0o755);
        fs::set_permissions(hooks.join("post-commit"), may_run).expect("it is there");
        let hooks = hooks.to_str().expect("a name");
        self.git(&["config", "--global", "core.hooksPath", hooks]);
    }

    /// What is on the desk becomes a pull request.
    pub(super) fn propose(&self) {
        self.git(&["checkout", "-q", "-B", "feature"]);
        self.commit("feature");
        self.git(&["checkout", "-q", "--detach", "origin/main"]);
        self.git(&[
            "merge",
            "-q",
            "--no-ff",
            "-m",
            "what a merge would give",
            "feature",
        ]);
        self.git(&["push", "-q", "--force", "origin", "HEAD:refs/pull/1/merge"]);
        self.git(&["checkout", "-q", "feature"]);
    }

    /// A file as it is on the main branch by now.
    pub(super) fn on_main(&self, file: &str) -> Option<String> {
        let output = self.command("git").args(["fetch", "-q", "origin"]).output();
        assert!(output.expect("git runs").status.success());
        let file = format!("origin/main:{file}");
        let output = self.command("git").args(["show", &file]).output();
        let output = output.expect("git runs");
        let text = String::from_utf8(output.stdout).expect("text");
        output.status.success().then_some(text)
    }

    /// Runs git at the desk.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.desk.path(""), arguments)
    }

    pub(super) fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let mut command = self.command("git");
        let output = command.current_dir(folder).args(arguments).output();
        let output = output.expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Begins a job: nothing of the one before is left in its folders.
    pub(super) fn clear(&self) {
        for name in ["workspace", "temp"] {
            let _ = fs::remove_dir_all(self.path(name));
            fs::create_dir(self.path(name)).expect("it is made");
        }
    }

    /// Runs a script in the workspace.
    pub(super) fn bash(&self, options: &[&str], script: &str, environment: &Environment) -> Output {
        fs::write(self.path("script"), script).expect("it is written");
        let mut command = self.command("bash");
        command
            .args(options)
            .arg(self.path("script"))
            .current_dir(self.path("workspace"))
            .envs(environment);
        let output = command.output().expect("bash runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Output {
            code: output.status.code().expect("it ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// A program at the desk, which finds the stand-ins first.
    fn command(&self, program: &str) -> Command {
        let inherited = std::env::var_os("PATH").expect("a path");
        let mut path = self.path("bin").into_os_string();
        path.push(":");
        path.push(inherited);
        let mut command = Command::new(program);
        command
            .current_dir(self.desk.path(""))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("FORGE", self.path("forge"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        // Only at the desk: a job has to say for itself who commits.
        if program == "git" {
            for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
                command.env(format!("{name}_NAME"), "Somebody");
                command.env(format!("{name}_EMAIL"), "somebody@team.example");
            }
        }
        command
    }

    /// Keeps the files that are meant by one of these. What was not in the workspace is named as seen from where it was.
    pub(super) fn keep(&self, artifact: &str, patterns: &[&str]) -> usize {
        let artifact = self.path("artifacts").join(artifact);
        let _ = fs::remove_dir_all(&artifact);
        let mut kept = 0;
        for top in [self.path("workspace"), self.path("temp")] {
            for (file, below) in files(&top) {
                let is_meant =
                    |pattern: &&&str| is_meant(pattern, &file) || is_meant(pattern, &below);
                let Some(pattern) = patterns.iter().find(is_meant) else {
                    continue;
                };
                copy(
                    &file,
                    &artifact.join(file.strip_prefix(pattern).unwrap_or(&below)),
                );
                kept += 1;
            }
        }
        kept
    }

    /// Brings what was kept.
    pub(super) fn bring(&self, artifact: &str, to: &Path) {
        for (file, below) in files(&self.path("artifacts").join(artifact)) {
            copy(&file, &to.join(below));
        }
    }

    /// A file of what was kept.
    pub(super) fn artifact(&self, file: &str) -> String {
        let path = self.path("artifacts").join(file);
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// What the forge has in the list that it will be asked for.
    pub(super) fn hold(&self, list: impl ToString) {
        self.folder.write("forge/list", list.to_string());
    }

    /// What the forge was asked for since the last time: method, path, body.
    pub(super) fn calls(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("forge/calls")).unwrap_or_default();
        let _ = fs::remove_file(self.path("forge/calls"));
        let call = |line: &str| serde_json::from_str(line).expect("JSON");
        text.lines().map(call).collect()
    }

    /// The calls that could have changed something.
    pub(super) fn writes(&self) -> Vec<(String, Value)> {
        let writes = self
            .calls()
            .into_iter()
            .filter(|call| call["method"] != "GET");
        let write = |call: Value| {
            let text = |name: &str| call[name].as_str().expect("a text").to_owned();
            (
                format!("{} {}", text("method"), text("path")),
                call["body"].clone(),
            )
        };
        writes.map(write).collect()
    }
}

/// Whether a file is meant by a folder, `folder/`, or by what begins and ends alike, `begin*end`.
fn is_meant(pattern: &str, path: &Path) -> bool {
    let path = path.to_str().expect("a name");
    match pattern.split_once('*') {
        Some((begin, end)) => path.starts_with(begin) && path.ends_with(end),
        None => pattern.ends_with('/') && path.starts_with(pattern),
    }
}

/// All files below a folder, with their paths in it.
fn files(top: &Path) -> Vec<(PathBuf, PathBuf)> {
    let entries = WalkDir::new(top)
        .into_iter()
        .map(|entry| entry.expect("an entry"));
    let regular = entries.filter(|entry| entry.file_type().is_file());
    let file = |entry: walkdir::DirEntry| {
        let below = entry
            .path()
            .strip_prefix(top)
            .expect("it is below")
            .to_owned();
        (entry.into_path(), below)
    };
    regular.map(file).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("it is made");
    fs::copy(from, to).expect("it is copied");
}
