//! What git knows of a file. Where there is no git, or no repository, it knows nothing.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::durable;
use crate::git;

/// Whether a file has changes that are not committed; one that git does not keep has nothing else. Where there is no repository nothing
/// is ever committed, and nothing is asked for. `None` where git is not able to tell.
pub(super) fn is_dirty(file: &Path) -> Option<bool> {
    let is_repository = |folder: &Path| folder.join(".git").symlink_metadata().is_ok();
    if !file.ancestors().skip(1).any(is_repository) {
        return Some(false);
    }
    let arguments = [
        "status",
        "--porcelain",
        "--ignored",
        "--untracked-files=all",
        "--",
    ];
    let status = run(file, &arguments, Some(file.file_name()?))?;
    Some(!status.trim().is_empty())
}

/// What git says in the folder of a file; `None` where it says nothing but errors.
fn run(file: &Path, arguments: &[&str], name: Option<&std::ffi::OsStr>) -> Option<String> {
    let mut git = git::git(durable::folder_of(file));
    let output = git.args(arguments).args(name).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines of a file, each with the day on which it was committed last. Where git does not keep the file, that of the file itself
/// stands for all.
pub(super) fn written(file: &Path) -> Vec<(String, String)> {
    let Some(name) = file.file_name() else {
        return Vec::new();
    };
    // Not with `textconv`, which is a program that the repository names.
    let arguments = ["blame", "--line-porcelain", "--no-textconv", "--"];
    match run(file, &arguments, Some(name)) {
        Some(blame) => blamed(&blame),
        None => edited(file).unwrap_or_default(),
    }
}

/// Reads what `git blame --line-porcelain` says: headers, then the line behind a tab.
fn blamed(blame: &str) -> Vec<(String, String)> {
    let mut time = String::new();
    let mut lines = Vec::new();
    for line in blame.lines() {
        if let Some(seconds) = line.strip_prefix("committer-time ") {
            time = seconds.parse().ok().and_then(day).unwrap_or_default();
        } else if let Some(text) = line.strip_prefix('\t') {
            lines.push((text.to_owned(), time.clone()));
        }
    }
    lines
}

fn edited(file: &Path) -> Option<Vec<(String, String)>> {
    let text = fs::read_to_string(file).ok()?;
    let edited = Timestamp::try_from(fs::metadata(file).ok()?.modified().ok()?).ok()?;
    let time = day(edited.as_second())?;
    Some(
        text.lines()
            .map(|line| (line.to_owned(), time.clone()))
            .collect(),
    )
}

fn day(seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%Y-%m-%d").to_string())
}
