//! The persona directory: which of its files are manifests, and under which key.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::files::{File, Files, normalised};
use super::leftover;
use super::overlay::ENDINGS;
use crate::durable;
use crate::model::{Finding, Key, Place};

/// The persona directory could not be read.
#[derive(Debug, Error)]
#[error("cannot load `{}`", path.display())]
pub struct LoadError {
    /// The directory, or a folder in it.
    pub path: PathBuf,
    /// What went wrong.
    #[source]
    pub kind: LoadErrorKind,
}

/// What went wrong with a persona directory.
#[derive(Debug, Error)]
pub enum LoadErrorKind {
    /// Nothing is there.
    #[error("there is no such directory")]
    Missing,
    /// Something else is there.
    #[error("it is not a directory")]
    NotADirectory,
    /// It cannot be listed.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
}

/// The manifests of a directory, sorted by key.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) manifests: Vec<(Key, File)>,
    /// The keys of what is there and cannot be taken for a manifest: what is wrong with it is a finding.
    pub(super) flawed: BTreeSet<Key>,
    /// What stands beside them under names that begin with `_`, less what is ours.
    pub(super) private: Vec<File>,
    pub(super) findings: Vec<Finding>,
}

impl Found {
    /// One manifest, as if it were all there is.
    pub(super) fn only(key: &Key, file: &File) -> Self {
        Self {
            manifests: vec![(key.clone(), file.clone())],
            flawed: BTreeSet::new(),
            private: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// Whether there is a persona directory at all.
///
/// # Errors
/// Where there is none.
pub fn is_there(directory: &Path) -> Result<(), LoadError> {
    canonical(directory).map(drop)
}

/// The canonical form of the persona directory.
pub(super) fn canonical(directory: &Path) -> Result<PathBuf, LoadError> {
    let given = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let real = given
        .canonicalize()
        .map_err(|error| load_error(given, error))?;
    if real.is_dir() {
        return Ok(real);
    }
    let path = given.to_owned();
    let kind = LoadErrorKind::NotADirectory;
    Err(LoadError { path, kind })
}

/// Finds the manifests below `directory`, whose canonical form is `real`.
pub(super) fn discover(directory: &Path, real: &Path, files: &Files) -> Result<Found, LoadError> {
    let mut walk = Walk {
        directory,
        files,
        keys: BTreeMap::new(),
        private: Vec::new(),
        flawed: BTreeSet::new(),
        findings: Vec::new(),
        visited: BTreeSet::new(),
        folders: vec![(PathBuf::new(), real.to_owned())],
        linked: Vec::new(),
    };
    // Each folder is read once, and linked ones last: so a link never leads in circles, nor renames
    // what it points to.
    while let Some((below, real)) = walk.folders.pop().or_else(|| walk.linked.pop()) {
        if walk.visited.insert(real.clone()) {
            walk.folder(&below, &real)?;
        }
    }
    Ok(walk.found())
}

struct Walk<'w> {
    directory: &'w Path,
    files: &'w Files,
    keys: BTreeMap<String, Vec<File>>,
    private: Vec<File>,
    flawed: BTreeSet<Key>,
    findings: Vec<Finding>,
    visited: BTreeSet<PathBuf>,
    /// Folders to read: the path below the directory, and where it really is.
    folders: Vec<(PathBuf, PathBuf)>,
    /// The same for folders that a symlink leads to.
    linked: Vec<(PathBuf, PathBuf)>,
}

impl Walk<'_> {
    fn folder(&mut self, below: &Path, real: &Path) -> Result<(), LoadError> {
        let failed = |error| load_error(&self.directory.join(below), error);
        let entries: Vec<_> = fs::read_dir(real)
            .and_then(Iterator::collect::<io::Result<_>>)
            .map_err(failed)?;
        let mut entries: Vec<fs::DirEntry> = entries;
        entries.sort_by_cached_key(fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type().map_err(failed)?;
            self.entry(below, &entry.path(), kind);
        }
        Ok(())
    }

    fn entry(&mut self, below: &Path, path: &Path, kind: FileType) {
        let is_link = kind.is_symlink();
        let Some(name) = path.file_name() else {
            return;
        };
        let is_leftover = name.to_str().is_some_and(leftover::is_leftover);
        if is_private(name) && !is_leftover {
            return;
        }
        let below = below.join(name);
        let shown = normalised(&self.directory.join(&below));
        if is_leftover {
            let real = path.to_owned();
            self.private.push(File { shown, real });
            return;
        }
        let key = key_of(&below);
        let flaw = |code, message: &str| Finding::error(code, Place::start_of(&shown), message);
        if key.is_some() && below.to_str().is_none() {
            let finding = flaw("file-name", "the name of the file is not UTF-8");
            self.refuse(key, finding.hint("rename it: its name is its key"));
            return;
        }
        let real = if is_link {
            match path.canonicalize() {
                Ok(real) => real,
                Err(_) if key.is_none() => return,
                Err(error) => {
                    let message = format!("the link leads nowhere: {error}");
                    self.refuse(key, flaw("broken-link", &message));
                    return;
                }
            }
        } else {
            path.to_owned()
        };
        let is_folder = kind.is_dir() || is_link && real.is_dir();
        if !is_folder && key.is_none() {
            return;
        }
        if is_link && !self.files.may_read(&real) {
            self.refuse(key, flaw("outside", "the link leads out of the repository"));
        } else if is_folder {
            let folders = if is_link {
                &mut self.linked
            } else {
                &mut self.folders
            };
            folders.push((below, real));
        } else if let Some(key) = key {
            self.keys.entry(key).or_default().push(File { shown, real });
        }
    }

    /// Takes note of what is wrong with what would have this key.
    fn refuse(&mut self, key: Option<String>, finding: Finding) {
        self.flawed.extend(key.map(Key::new));
        self.findings.push(finding);
    }

    fn found(self) -> Found {
        let (mut flawed, mut findings) = (self.flawed, self.findings);
        let mut manifests = Vec::new();
        for (key, mut files) in self.keys {
            if let [first, .., last] = files.as_slice() {
                for (file, other) in [(first, last), (last, first)] {
                    let message = format!("`{}` has the key `{key}` too", other.shown.display());
                    findings.push(Finding::error(
                        "duplicate-manifest",
                        Place::start_of(&file.shown),
                        message,
                    ));
                }
                flawed.insert(Key::new(key));
            } else {
                manifests.extend(files.pop().map(|file| (Key::new(key), file)));
            }
        }
        Found {
            manifests,
            flawed,
            private: self.private,
            findings,
        }
    }
}

/// Whether a file that is written to `path` would be read as a manifest of the directory.
#[must_use]
pub fn is_manifest(directory: &Path, path: &Path) -> bool {
    below(directory, path).is_some_and(|below| !is_hidden(&below) && key_of(&below).is_some())
}

/// Whether a file at `path` belongs to the directory: a manifest, its settings, what stands below a name that begins with `_` or
/// `.`; or whether it is git's own.
#[must_use]
pub fn is_part(directory: &Path, path: &Path) -> bool {
    let is_of_git = durable::meant(path).iter().any(|part| part == ".git");
    let below = below(directory, path);
    is_of_git || below.is_some_and(|below| is_hidden(&below) || is_document(&below))
}

/// The way to a file from the directory, if it lies in it.
fn below(directory: &Path, path: &Path) -> Option<PathBuf> {
    let real = directory.canonicalize().ok()?;
    let folder = durable::meant(durable::folder_of(path));
    let below = folder.join(path.file_name()?);
    below.strip_prefix(&real).ok().map(Path::to_owned)
}

fn is_hidden(below: &Path) -> bool {
    below.iter().any(is_private)
}

/// Whether a file is called as manifests, and most of what they include, are.
pub(crate) fn is_document(path: &Path) -> bool {
    let ending = path.extension();
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

/// Whether what is called so is never a manifest, nor holds any.
pub(super) fn is_private(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b"_") || name.starts_with(b".")
}

/// The key of a file below the persona directory; `None` where it is no manifest.
fn key_of(below: &Path) -> Option<String> {
    let is_settings = below == Path::new("personactl.yaml") || below == Path::new("personactl.yml");
    let ending = below.extension()?;
    if is_settings || !ENDINGS.iter().any(|known| ending == *known) {
        return None;
    }
    let stem = below.with_extension("");
    let parts: Vec<_> = stem
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Some(parts.join("/"))
}

fn load_error(path: &Path, error: io::Error) -> LoadError {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => LoadErrorKind::Missing,
        io::ErrorKind::NotADirectory => LoadErrorKind::NotADirectory,
        _ => LoadErrorKind::Unreadable(error),
    };
    let path = path.to_owned();
    LoadError { path, kind }
}
