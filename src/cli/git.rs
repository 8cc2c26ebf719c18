//! What git knows of a file. Where there is no git, or no repository, it knows nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::durable;

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
    let output = Command::new("git")
        .args(["--no-optional-locks", "--literal-pathspecs"])
        .args(arguments)
        .args(name)
        .current_dir(durable::folder_of(file))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
