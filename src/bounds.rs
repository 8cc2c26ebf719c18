//! How far files of a persona directory may lead: whoever can write into a repository must not be able to
//! have other files of this machine read out.

use std::path::{Path, PathBuf};

/// How many bytes a file may have that people write.
pub const MAX_BYTES: u64 = 1_000_000;

/// The git work tree around a persona directory, or that directory where there is none.
#[derive(Debug)]
pub struct Bounds(PathBuf);

impl Bounds {
    /// The bounds of a directory, whose path is canonical.
    #[must_use]
    pub fn around(directory: &Path) -> Self {
        let tree = directory
            .ancestors()
            .find(|folder| folder.join(".git").exists());
        Self(tree.unwrap_or(directory).to_owned())
    }

    /// The folder at the top.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.0
    }

    /// Whether a canonical path may be read. What git keeps for itself holds credentials at times.
    #[must_use]
    pub fn hold(&self, real: &Path) -> bool {
        real.strip_prefix(&self.0)
            .is_ok_and(|below| below.components().all(|part| part.as_os_str() != ".git"))
    }

    /// A path within, as seen from the top; `None` for the top itself, and for what is without.
    #[must_use]
    pub fn below(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(&self.0).ok()?;
        (below != Path::new("")).then(|| below.to_owned())
    }

    /// Whether a path that need not be there yet may be read and written: no link on its way leads out.
    #[must_use]
    pub fn hold_new(&self, path: &Path) -> bool {
        match path.symlink_metadata() {
            Ok(_) => path.canonicalize().is_ok_and(|real| self.hold(&real)),
            Err(_) => path.parent().is_some_and(|folder| self.hold_new(folder)),
        }
    }
}
