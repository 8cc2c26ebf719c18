//! The build script, run by itself: where it finds the commit that `--version` names, and where it must not.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::{Site, git};

/// A commit as `cargo package` writes it down.
const PACKAGED: &str = r#"{
  "git": {
    "sha1": "c0ffee1234567890c0ffee1234567890c0ffee12"
  },
  "path_in_vcs": ""
}"#;

/// The build script as a program. It is made once.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("version-script{EXE_SUFFIX}"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/build.rs");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-o"]).arg(&program);
    let status = rustc.arg(source).status().expect("rustc runs");
    assert!(status.success(), "it is no program");
    program
});

/// Folders for the script to run in.
struct Script {
    site: Site,
}

/// What it said: the version, and the file whose changes run it again.
#[derive(Debug, PartialEq)]
struct Said {
    version: String,
    watched: Option<PathBuf>,
}

impl Script {
    fn new() -> Self {
        Self { site: Site::bare() }
    }

    /// It, ready to run in this folder.
    fn at(&self, folder: &str) -> Command {
        let mut command = Command::new(&*PROGRAM);
        command
            .current_dir(self.site.path(folder))
            .env_remove("PERSONACTL_COMMIT")
            .env("CARGO_PKG_VERSION", "1.2.3");
        command
    }

    /// What it says in this folder.
    fn says(&self, folder: &str) -> Said {
        said(self.at(folder))
    }

    /// Makes a folder with a repository of one commit, and tells what the script has to say of it.
    fn repository(&self, folder: &str) -> String {
        fs::create_dir_all(self.site.path(folder)).expect("it is made");
        self.git(folder, &["init", "-q"]);
        self.commit(folder)
    }

    fn commit(&self, folder: &str) -> String {
        self.git(folder, &["commit", "-q", "--allow-empty", "-m", folder]);
        let name = self.git(folder, &["rev-parse", "HEAD"]);
        format!("1.2.3 ({} 2001-02-03)", &name[..12])
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let mut git = git(self.site.path(folder), arguments.iter().copied());
        let output = git.output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}

fn said(mut command: Command) -> Said {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let after = |start: &str| {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(start));
        lines.next().map(str::to_owned)
    };
    // Without a word on this, cargo would run it after each edit.
    assert!(text.contains("cargo::rerun-if-env-changed=PERSONACTL_COMMIT\n"));
    let folder = command.get_current_dir().expect("a folder");
    Said {
        version: after("cargo::rustc-env=PERSONACTL_VERSION=").expect("a version"),
        watched: after("cargo::rerun-if-changed=").map(|log| folder.join(log)),
    }
}

#[test]
fn the_commit_that_is_checked_out_is_named_until_head_moves() {
    let script = Script::new();
    let first = script.repository("ours");
    let Said { version, watched } = script.says("ours");
    assert_eq!(version, first);
    let log = watched.expect("it watches something");
    let before = fs::read(&log).expect("a log");

    script.git("ours", &["branch", "other"]);
    script.git("ours", &["tag", "v1"]);
    script.site.write("ours/file", "text");
    script.git("ours", &["add", "file"]);
    assert_eq!(fs::read(&log).expect("a log"), before);

    let second = script.commit("ours");
    assert_ne!(fs::read(&log).expect("a log"), before);
    assert_eq!(script.says("ours").version, second);

    script.git("ours", &["pack-refs", "--all"]);
    script.git("ours", &["checkout", "-q", "other"]);
    assert_eq!(script.says("ours").version, first);
}

#[test]
fn a_work_tree_has_a_head_of_its_own() {
    let script = Script::new();
    script.repository("ours");
    script.git("ours", &["worktree", "add", "-q", "../tree"]);
    let elsewhere = script.commit("ours");
    let commit = script.commit("tree");
    assert_ne!(commit, elsewhere);
    let Said { version, watched } = script.says("tree");
    assert_eq!(version, commit);
    assert!(watched.expect("it watches something").is_file());
}

#[test]
fn the_repository_around_is_somebody_elses() {
    let script = Script::new();
    script.repository("theirs");
    // git takes neither an empty folder nor an empty file for a repository, and would look further up.
    fs::create_dir_all(script.site.path("theirs/vendored/.git")).expect("it is made");
    script.site.write("theirs/broken/.git", "");
    fs::create_dir_all(script.site.path("theirs/unpacked")).expect("it is made");
    for folder in ["theirs/vendored", "theirs/broken", "theirs/unpacked"] {
        assert_eq!(script.says(folder).version, "1.2.3", "{folder}");
    }
}

#[test]
fn git_may_be_busy_with_another_repository() {
    let script = Script::new();
    let ours = script.repository("ours");
    script.repository("theirs");
    let mut command = script.at("ours");
    command.env("GIT_DIR", script.site.path("theirs/.git"));
    command.env("GIT_WORK_TREE", script.site.path("theirs"));
    assert_eq!(said(command).version, ours);
}

#[test]
fn a_packaged_crate_names_the_commit_that_it_was_packaged_at() {
    let script = Script::new();
    script.repository("ours");
    let info = ".cargo_vcs_info.json";
    script.site.write(&format!("ours/{info}"), PACKAGED);
    let Said { version, watched } = script.says("ours");
    assert_eq!(version, "1.2.3 (c0ffee123456)");
    assert!(watched.is_some_and(|path| path.ends_with(info)));
    // What was packaged with edits is not that commit.
    let edited = PACKAGED.replace("ee12\"", "ee12\",\n    \"dirty\": true");
    script.site.write(&format!("dirty/{info}"), edited);
    assert_eq!(script.says("dirty").version, "1.2.3");
    script.site.write(&format!("odd/{info}"), "{\"git\": {}}");
    assert_eq!(script.says("odd").version, "1.2.3");
}

#[test]
fn who_builds_has_the_last_word() {
    let script = Script::new();
    let commit = script.repository("ours");
    let told = |text: &str| {
        let mut command = script.at("ours");
        command.env("PERSONACTL_COMMIT", text);
        said(command).version
    };
    assert_eq!(
        told(" c0ffee123456\n2026-11-21\n"),
        "1.2.3 (c0ffee123456 2026-11-21)"
    );
    assert_eq!(told(" "), commit);
}

#[test]
fn without_git_there_is_a_version_all_the_same() {
    let script = Script::new();
    script.repository("ours");
    let mut command = script.at("ours");
    command.env("PATH", "");
    assert_eq!(said(command).version, "1.2.3");
}

#[test]
fn the_program_says_what_the_script_says() {
    let site = Site::bare();
    let version = concat!("personactl ", env!("CARGO_PKG_VERSION"));
    assert_eq!(site.run(["-V"]).success().stdout, format!("{version}\n"));
    let long = site.run(["--version"]).success().stdout;
    let commit = long.strip_prefix(version).expect("the version").trim();
    let shape = commit.starts_with('(') && commit.ends_with(')');
    assert!(commit.is_empty() || shape, "{long}");
    let among_others = site.run(["--quiet", "--version"]).success();
    assert_eq!(among_others.stdout, long);
}
