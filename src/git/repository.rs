//! The repository around a folder, and the commits that its revisions mean.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

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

    /// The id of the commit that a revision means. `REF...` is the last one that REF and the work tree's own history
    /// share, as in `git diff`.
    ///
    /// # Errors
    /// Where git is not there or does not read the repository, or where that has no such commit.
    pub async fn commit(&self, name: &str) -> Result<String, GitError> {
        let is_shallow = self.is_shallow().await?;
        let forked = name.strip_suffix("HEAD").unwrap_or(name);
        let Some(other) = forked.strip_suffix("...") else {
            return self.named(name, is_shallow).await;
        };
        let other = self.named(other, is_shallow).await?;
        let head = self.named("HEAD", is_shallow).await?;
        let shared = self.id(&["merge-base", &other, &head]).await?;
        shared.ok_or_else(|| GitError::NothingShared {
            name: name.to_owned(),
            is_shallow,
        })
    }

    /// The commit that has this name, or that a tag of this name leads to.
    async fn named(&self, name: &str, is_shallow: bool) -> Result<String, GitError> {
        // What is added to a name to have its commit would be a part of the text in `:/TEXT`.
        let found = match self.object(name).await? {
            Some(id) => self.object(&format!("{id}^{{}}")).await?,
            None => None,
        };
        let Some(id) = found else {
            return Err(GitError::NoRevision {
                name: name.to_owned(),
                is_shallow,
            });
        };
        let kind = self.ask(&["cat-file", "-t", &id]).await?.stdout;
        match kind.trim_ascii() {
            b"commit" => Ok(id),
            kind => Err(GitError::NoCommit {
                name: name.to_owned(),
                kind: String::from_utf8_lossy(kind).into_owned(),
            }),
        }
    }

    /// The id of the object that has this name.
    async fn object(&self, name: &str) -> Result<Option<String>, GitError> {
        if name.is_empty() {
            return Ok(None);
        }
        self.id(&["rev-parse", "--verify", "--quiet", "--end-of-options", name])
            .await
    }

    /// The id that git answers with; `None` where it has none.
    async fn id(&self, arguments: &[&str]) -> Result<Option<String>, GitError> {
        let answer = self.ask(arguments).await?;
        let id = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        let is_id = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok(Some(id).filter(|_| answer.status.success() && is_id))
    }

    /// Whether it holds only a part of its history. Asked first, as git says of a repository that it does not read no more than that
    /// there is no revision; and where it takes a folder for none, it reads the next one further up.
    async fn is_shallow(&self) -> Result<bool, GitError> {
        let answer = self
            .ask(&["rev-parse", "--is-shallow-repository", "--show-toplevel"])
            .await?;
        if !answer.status.success() {
            return Err(GitError::Refused(words(&answer.stderr)));
        }
        let said = String::from_utf8_lossy(&answer.stdout);
        let (is_shallow, top) = said.split_once('\n').unwrap_or_default();
        let top = PathBuf::from(top.strip_suffix('\n').unwrap_or(top));
        match top.canonicalize().is_ok_and(|top| top == self.top) {
            true => Ok(is_shallow == "true"),
            false => Err(GitError::Elsewhere(self.top.join(".git"), top)),
        }
    }

    async fn ask(&self, arguments: &[&str]) -> Result<Output, GitError> {
        let mut git = Command::from(git(&self.top));
        git.args(arguments)
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        git.output().await.map_err(GitError::Start)
    }
}

/// What git says on standard error, as one line.
fn words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
