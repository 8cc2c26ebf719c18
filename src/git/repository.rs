//! The repository around a folder, and the commits that its revisions mean.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use super::command::git;
use super::error::GitError;
use crate::bounds::Bounds;

/// A repository with a work tree.
#[derive(Debug)]
pub struct Repository {
    /// The folder at the top of the work tree.
    pub(super) top: PathBuf,
}

impl Repository {
    /// The repository around a folder, whose path is canonical.
    ///
    /// # Errors
    /// Where there is none.
    pub fn around(folder: &Path) -> Result<Self, GitError> {
        let top = Bounds::around(folder).top().to_owned();
        match top.join(".git").exists() {
            true => Ok(Self { top }),
            false => Err(GitError::NoRepository),
        }
    }

    /// The folder at the top of its work tree.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The id of the commit that a revision means.
    ///
    /// # Errors
    /// Where git is not there or does not read the repository, or where that has no such commit.
    pub fn commit(&self, name: &str) -> Result<String, GitError> {
        // Asked first, as git says of a repository that it does not read no more than that there is no revision.
        let is_shallow = self.ask(&["rev-parse", "--is-shallow-repository"])?;
        if !is_shallow.status.success() {
            return Err(GitError::Refused(words(&is_shallow.stderr)));
        }
        let commit = format!("{name}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let found = self.ask(&arguments)?;
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let is_id = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        match found.status.success() && is_id && !name.is_empty() {
            true => Ok(id),
            false => Err(GitError::NoRevision {
                name: name.to_owned(),
                is_shallow: is_shallow.stdout.trim_ascii() == b"true",
            }),
        }
    }

    fn ask(&self, arguments: &[&str]) -> Result<Output, GitError> {
        let mut git = git(&self.top);
        git.args(arguments).stderr(Stdio::piped());
        git.output().map_err(GitError::Start)
    }
}

/// What git says on standard error, as one line.
fn words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
