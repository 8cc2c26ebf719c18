//! What can be wrong with another revision.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Another revision could not be read.
#[derive(Debug, Error)]
pub enum GitError {
    /// There is no git on this machine, or it does not start.
    #[error("cannot run git")]
    Start(#[source] io::Error),
    /// There is nothing that could have revisions.
    #[error("the persona directory is in no git repository")]
    NoRepository,
    /// Git does not want to read the repository; in its own words.
    #[error("git does not read the repository: {0}")]
    Refused(String),
    /// Git does not take for a repository what lies around the persona directory, and would read another one.
    #[error("`{}` is no repository to git, which would read `{}` instead", .0.display(), .1.display())]
    Elsewhere(PathBuf, PathBuf),
    /// The repository has no such revision.
    #[error("there is no revision `{name}` here")]
    NoRevision {
        /// What was asked for.
        name: String,
        /// Whether the repository holds only a part of its history.
        is_shallow: bool,
    },
    /// What is called so is something else.
    #[error("`{name}` is a {kind}, not a commit")]
    NoCommit {
        /// What was asked for.
        name: String,
        /// What git calls that: a tree or a blob.
        kind: String,
    },
    /// No commit that both histories begin with is here.
    #[error("there is no commit here that `{name}` could begin at")]
    NothingShared {
        /// What was asked for.
        name: String,
        /// Whether the repository holds only a part of its history.
        is_shallow: bool,
    },
    /// An object is not there, or damaged.
    #[error("git cannot read the object {0}: it is not in this clone, or damaged")]
    NoObject(String),
    /// Git is gone, or says what it should not.
    #[error("cannot understand what git answers")]
    Answer(#[source] io::Error),
    /// The revision holds more than is read.
    #[error("too much is to be read at that revision: more than {0}")]
    TooMuch(&'static str),
    /// What was read cannot be laid out.
    #[error("cannot write temporary files")]
    Layout(#[source] io::Error),
}

/// What a revision may be.
const ASKED_FOR: &str =
    "a branch, a tag or a commit is asked for; `git branch --all` lists the branches";

impl GitError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Start(_) => Some("other revisions are read with git: install it, or put it on the PATH".to_owned()),
            Self::NoRepository => {
                Some("run where the repository was cloned to, or see `git init`".to_owned())
            }
            Self::Elsewhere(..) => {
                Some("remove it where it is a leftover, or see `git init`".to_owned())
            }
            Self::NoRevision { name, is_shallow } => Some(fetching(name, *is_shallow)),
            Self::NoCommit { .. } => Some(ASKED_FOR.to_owned()),
            Self::NothingShared { is_shallow: true, .. } => {
                Some("this clone is shallow: `git fetch --unshallow` brings its history".to_owned())
            }
            Self::NoObject(_) => Some(
                "a clone that was made with --filter lacks what was never checked out: `git fetch --refetch --no-filter` brings it"
                    .to_owned(),
            ),
            Self::NothingShared { .. }
            | Self::Refused(_)
            | Self::Answer(_)
            | Self::TooMuch(_)
            | Self::Layout(_) => None,
        }
    }
}

/// How to come by a revision that is not here.
fn fetching(name: &str, is_shallow: bool) -> String {
    let there = name.strip_prefix("origin/").unwrap_or(name);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if there.is_empty() || there.starts_with('-') || !there.chars().all(is_plain) {
        return ASKED_FOR.to_owned();
    }
    match is_shallow {
        true => format!(
            "this clone is shallow: `git fetch --depth=1 origin {there}` brings it, and FETCH_HEAD names it then"
        ),
        false => format!("`git fetch origin {there}` brings it, and FETCH_HEAD names it then"),
    }
}
