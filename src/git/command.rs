//! How git is called.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a hook of git is started with, and what leads to another repository or index than the folder's own.
const MISLEADING: [&str; 9] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What a repository may not have done: take a folder that was committed for another one, and run programs.
const SETTINGS: [&str; 3] = [
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
];

/// Git in a folder, to which the arguments are still to be added. It asks nobody, neither a human nor the network, and reads what was
/// committed, whatever was put in its place since.
pub(crate) fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-optional-locks", "--literal-pathspecs"])
        .arg("--no-replace-objects")
        .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_GRAFT_FILE", "/dev/null")
        .env("GIT_NO_LAZY_FETCH", "1")
        // What an older git does not know of the line above it fetches by none of the protocols.
        .env("GIT_ALLOW_PROTOCOL", "")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for name in MISLEADING {
        command.env_remove(name);
    }
    command
}
