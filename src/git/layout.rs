//! A revision's files, laid out in a temporary folder: only those that are asked for, and what leads to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use super::error::GitError;
use super::objects::{Entry, Kind, Objects, Tree};
use super::repository::Repository;
use crate::bounds::MAX_BYTES;

/// How many links may lead from one to the next.
const MOST_LINKS: usize = 40;
/// How many files and folders are laid out: a few objects can stand for any number of them.
const MOST: usize = 20_000;

/// A temporary folder with files of a revision. It goes with this value.
#[derive(Debug)]
pub struct Layout {
    objects: Objects,
    top: PathBuf,
    /// The folders that are laid out, by their way from the top, with what they hold in the revision.
    folders: BTreeMap<PathBuf, Tree>,
    /// The files and links that are laid out.
    laid: BTreeSet<PathBuf>,
    _folder: TempDir,
}

/// How much of a folder is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Nothing of what is in it.
    Itself,
    /// All that YAML and JSON is called, and where links lead; names that begin with a dot aside.
    Documents,
}

/// What is to be laid out.
#[derive(Debug)]
struct Wanted {
    /// A folder that is laid out.
    from: PathBuf,
    /// The way from there.
    way: PathBuf,
    extent: Extent,
    /// How many links have led here.
    links: usize,
}

impl Layout {
    /// A layout of a commit, with nothing in it yet.
    ///
    /// # Errors
    /// Where the repository cannot be read, or nothing can be written.
    pub async fn of(repository: &Repository, commit: &str) -> Result<Self, GitError> {
        let mut objects = Objects::of(repository)?;
        let tree = objects.tree(&format!("{commit}^{{tree}}")).await?;
        let folder = tempfile::tempdir().map_err(GitError::Layout)?;
        let top = folder.path().canonicalize().map_err(GitError::Layout)?;
        // Nothing that is read here may lead out of it, as nothing may lead out of the repository.
        fs::create_dir(top.join(".git")).map_err(GitError::Layout)?;
        Ok(Self {
            objects,
            top,
            folders: BTreeMap::from([(PathBuf::new(), tree)]),
            laid: BTreeSet::new(),
            _folder: folder,
        })
    }

    /// The folder, which stands for the top of the work tree.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The folder at the end of a way from the top; `None` where none is laid out there, or a link leads out.
    #[must_use]
    pub fn folder(&self, way: &Path) -> Option<PathBuf> {
        let path = self.top.join(way);
        let real = path.canonicalize().ok()?;
        (real.starts_with(&self.top) && real.is_dir()).then_some(path)
    }

    /// Lays out what is found on a way from the top, with where links lead; whether anything new has come of it.
    ///
    /// # Errors
    /// Where the repository cannot be read, or nothing can be written.
    pub async fn bring(&mut self, way: &Path, extent: Extent) -> Result<bool, GitError> {
        let before = self.count();
        let mut seen = BTreeSet::new();
        let mut open = vec![Wanted {
            from: PathBuf::new(),
            way: way.to_owned(),
            extent,
            links: 0,
        }];
        while let Some(wanted) = open.pop() {
            if wanted.links <= MOST_LINKS
                && seen.insert((wanted.from.join(&wanted.way), wanted.extent))
            {
                self.follow(wanted, &mut open).await?;
            }
            if self.count() > MOST {
                return Err(GitError::TooMuch("20,000 files and folders"));
            }
        }
        Ok(self.count() > before)
    }

    fn count(&self) -> usize {
        self.laid.len() + self.folders.len()
    }

    /// Goes one way to its end, or to the first link, from which another way leads on.
    async fn follow(&mut self, wanted: Wanted, open: &mut Vec<Wanted>) -> Result<(), GitError> {
        let mut at = wanted.from;
        let mut parts = wanted.way.components();
        while let Some(part) = parts.next() {
            let name = match part {
                Component::CurDir => continue,
                Component::ParentDir if at.pop() => continue,
                Component::Normal(name) => name,
                _ => return Ok(()),
            };
            let entry = name.to_str().and_then(|name| self.folders[&at].get(name));
            let Some(Entry { kind, id }) = entry.cloned() else {
                return Ok(());
            };
            let path = at.join(name);
            match kind {
                Kind::File => return self.file(path, &id).await,
                Kind::Folder if self.make(&path, &id).await? => at = path,
                Kind::Folder => return Ok(()),
                Kind::Link => {
                    if let Some(target) = self.link(path, &id).await? {
                        open.push(Wanted {
                            from: at,
                            way: target.join(parts.as_path()),
                            extent: wanted.extent,
                            links: wanted.links + 1,
                        });
                    }
                    return Ok(());
                }
            }
        }
        if wanted.extent == Extent::Documents {
            let names = self.folders[&at].iter();
            let names = names.filter(|(name, entry)| is_document(name, entry.kind));
            open.extend(names.map(|(name, _)| Wanted {
                from: at.clone(),
                way: PathBuf::from(name),
                extent: wanted.extent,
                links: wanted.links,
            }));
        }
        Ok(())
    }

    /// Lays out a folder; whether it is one of ours, as names that differ in the revision may be one name here.
    async fn make(&mut self, path: &Path, id: &str) -> Result<bool, GitError> {
        if self.folders.contains_key(path) {
            return Ok(true);
        }
        let tree = self.objects.tree(id).await?;
        let is_ours = made(fs::create_dir(self.top.join(path)))?;
        if is_ours {
            self.folders.insert(path.to_owned(), tree);
        }
        Ok(is_ours)
    }

    /// Lays out a file: of one that is too large no more than that.
    async fn file(&mut self, path: PathBuf, id: &str) -> Result<(), GitError> {
        if self.laid.contains(&path) {
            return Ok(());
        }
        let content = self.objects.content(id).await?;
        let file = File::create_new(self.top.join(&path));
        made(file.and_then(|mut file| match content {
            Some(content) => file.write_all(&content),
            None => file.set_len(MAX_BYTES + 1),
        }))?;
        self.laid.insert(path);
        Ok(())
    }

    /// Lays out a link; where it leads, unless that is nowhere in the repository.
    async fn link(&mut self, path: PathBuf, id: &str) -> Result<Option<PathBuf>, GitError> {
        let content = self.objects.content(id).await?.unwrap_or_default();
        let Ok(target) = String::from_utf8(content) else {
            return Ok(None);
        };
        let target = PathBuf::from(target);
        if !self.laid.contains(&path) {
            // What no link can hold leads nowhere, as it would in the work tree.
            let _ = symlink(&target, &self.top.join(&path));
            self.laid.insert(path);
        }
        Ok(target.is_relative().then_some(target))
    }
}

/// Whether something was made; not where something else is there.
fn made(result: io::Result<()>) -> Result<bool, GitError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) if error.kind() == ErrorKind::InvalidFilename => Ok(false),
        Err(error) => Err(GitError::Layout(error)),
    }
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Where there are no links for everybody, git writes a file that says where one leads.
#[cfg(not(unix))]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    File::create_new(path)?.write_all(target.to_string_lossy().as_bytes())
}

/// Whether an entry may be read without being asked for by a tag.
fn is_document(name: &str, kind: Kind) -> bool {
    let endings = ["yaml", "yml", "json"];
    let ending = Path::new(name).extension().unwrap_or_default();
    let is_read = kind != Kind::File || endings.iter().any(|known| ending == *known);
    is_read && !name.starts_with('.')
}
