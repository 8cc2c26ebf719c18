//! git, as the same somebody in the same moment, whatever the machine's settings are.

use std::env;
use std::path::Path;
use std::process::Command;

/// When all commits are made, in seconds: 2001-02-03T04:05:06+07:00, which is the day before in London.
pub(crate) const DAY: u64 = 981_147_906;

/// git, ready to run in this folder.
pub(crate) fn git<'a>(
    folder: impl AsRef<Path>,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Command {
    let mut git = Command::new("git");
    git.args(arguments)
        .current_dir(folder)
        // Run by a hook of git, a test would else work on the repository that the hook is of.
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Somebody")
            .env(format!("GIT_{who}_EMAIL"), "somebody@example.com")
            .env(format!("GIT_{who}_DATE"), format!("@{DAY} +0700"));
    }
    git
}
