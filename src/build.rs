//! The build script: the commit for `--version`, where one is known. It asks neither clock nor network, so that the same
//! sources make the same program.

use std::env;
use std::fs;
use std::process::Command;

/// Where `cargo package` writes down what the package was made of.
const PACKAGED: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo::rerun-if-env-changed=PERSONACTL_COMMIT");
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    let version = match named().or_else(packaged).or_else(checked_out) {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    println!("cargo::rustc-env=PERSONACTL_VERSION={version}");
}

/// What whoever builds says, as where the repository does not come along with the sources.
fn named() -> Option<String> {
    let commit = env::var("PERSONACTL_COMMIT").ok()?;
    let commit = commit.split_whitespace().collect::<Vec<_>>().join(" ");
    (!commit.is_empty()).then_some(commit)
}

/// The commit that was packaged, unless there is more in the package than that.
fn packaged() -> Option<String> {
    let info = fs::read_to_string(PACKAGED).ok()?;
    // It is not there any more where cargo goes on from a package to the repository, which it takes for the same crate.
    println!("cargo::rerun-if-changed={PACKAGED}");
    let (_, commit) = info.split_once("\"sha1\": \"")?;
    let is_clean = !info.contains("\"dirty\": true");
    is_clean.then(|| short(commit)).flatten()
}

/// The commit that is checked out, with its day. Cargo runs this again when HEAD moves; where git keeps no log of that, each time.
fn checked_out() -> Option<String> {
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    let commit = git(&["log", "-1", "--no-show-signature", "--format=%H %cs"])?;
    let (commit, day) = commit.split_once(' ')?;
    Some(format!("{} {day}", short(commit)?))
}

/// What git says of the repository that is right here: one that lies around it is somebody else's.
fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    let output = git.arg("--git-dir=.git").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

/// As much of a commit's name as one types.
fn short(commit: &str) -> Option<String> {
    commit.get(..12).map(str::to_owned)
}
