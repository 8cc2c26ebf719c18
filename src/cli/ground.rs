//! The ground that new files stand on: where a persona directory is, or is to be, and how far what is written there may
//! lead.

use std::env;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::Error;
use crate::bounds::Bounds;

/// Where a persona directory is, or is to be, and how far its files may lead.
pub(super) struct Ground {
    /// The working directory.
    pub(super) here: PathBuf,
    /// The persona directory, which need not be there yet.
    pub(super) directory: PathBuf,
    /// What the files have to stay in.
    pub(super) bounds: Bounds,
}

impl Ground {
    /// What is below the working directory stays in its repository; any other place was named by the user.
    pub(super) fn of(directory: &Path) -> Result<Self, Error> {
        Self::found(directory).map_err(|source| Error::Scaffold {
            path: directory.to_owned(),
            source,
        })
    }

    fn found(directory: &Path) -> io::Result<Self> {
        let here = env::current_dir()?.canonicalize()?;
        let named = here.join(directory);
        let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if directory.components().all(is_below) {
            return Ok(Self {
                bounds: Bounds::around(&here),
                directory: named,
                here,
            });
        }
        let there = named.ancestors().find(|folder| folder.exists());
        let there = there.unwrap_or(&named);
        let real = there.canonicalize()?;
        let rest = named.strip_prefix(there).map_err(io::Error::other)?;
        Ok(Self {
            bounds: Bounds::around(&real),
            directory: real.join(rest),
            here,
        })
    }

    /// The way from the working directory to the top of the repository.
    pub(super) fn way_up(&self) -> PathBuf {
        let top = self.bounds.top();
        match self.here.strip_prefix(top) {
            Ok(below) => below.components().map(|_| Component::ParentDir).collect(),
            Err(_) => top.to_owned(),
        }
    }
}

/// The working directory as seen from the top of the repository, for those who show a pull request: `agents/`, or nothing at the top.
pub(super) fn folder() -> String {
    let here = env::current_dir().and_then(|here| here.canonicalize());
    let below = here
        .ok()
        .and_then(|here| Bounds::around(&here).below(&here));
    below.map_or_else(String::new, |below| format!("{}/", below.display()))
}
