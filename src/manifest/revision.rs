//! A persona directory as it would be with some of its files written anew. Nothing is written here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::discover::{LoadError, canonical, discover};
use super::files::{File, Files};
use super::load::{Loaded, Scope, load_from};
use super::trace::{Trace, Tracer};
use crate::model::{Desired, Finding, Key, Place, Pointer};
use crate::yaml::{MARK, Source};

/// A persona directory with files as they would be.
#[derive(Debug)]
pub struct Revision<'r> {
    directory: PathBuf,
    real: PathBuf,
    scope: Scope<'r>,
    manifests: BTreeMap<Key, File>,
    texts: Texts,
}

/// The files that would be written anew, by where they really are.
pub(super) type Texts = BTreeMap<PathBuf, Draft>;

/// A file as it is, and as it would be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The file, as the user would type it.
    pub shown: PathBuf,
    /// Its bytes.
    pub before: Arc<[u8]>,
    /// What it would hold instead, a byte order mark aside.
    pub after: Arc<str>,
}

impl Draft {
    /// What it holds, as text.
    #[must_use]
    pub fn old(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.before.strip_prefix(MARK).unwrap_or(&self.before))
    }

    /// The bytes that it would hold: with a byte order mark, if it has one.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mark = if self.before.starts_with(MARK) {
            MARK
        } else {
            b""
        };
        [mark, self.after.as_bytes()].concat()
    }
}

impl<'r> Revision<'r> {
    /// The directory as it is.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of(directory: &Path, scope: Scope<'r>) -> Result<Self, LoadError> {
        let real = canonical(directory)?;
        let found = discover(directory, &real, &Files::around(&real))?;
        Ok(Self {
            directory: directory.to_owned(),
            real,
            scope,
            manifests: found.manifests.into_iter().collect(),
            texts: Texts::new(),
        })
    }

    /// The manifests that use each file, as the user would type it.
    ///
    /// # Errors
    /// Where the directory cannot be read any more.
    pub fn users(&self) -> Result<BTreeMap<PathBuf, BTreeSet<Key>>, LoadError> {
        let mut users: BTreeMap<PathBuf, BTreeSet<Key>> = BTreeMap::new();
        for (key, file) in &self.manifests {
            for used in self.load_one(key, file)?.files {
                users.entry(used).or_default().insert(key.clone());
            }
        }
        Ok(users)
    }

    fn load_one(&self, key: &Key, file: &File) -> Result<Loaded, LoadError> {
        load_from(&self.directory, &self.scope, &self.texts, Some((key, file)))
    }

    /// What the directory would say.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn load(&self) -> Result<Loaded, LoadError> {
        load_from(&self.directory, &self.scope, &self.texts, None)
    }

    /// What one of its manifests would say.
    ///
    /// # Errors
    /// What would be wrong with it, where it is that.
    pub fn desired(&self, key: &Key) -> Result<Desired, Option<Box<Finding>>> {
        let file = self.manifests.get(key).ok_or(None)?;
        let loaded = self.load_one(key, file).map_err(|_| None)?;
        let flaw = loaded.findings.into_iter().find(Finding::is_error);
        loaded.desired.into_iter().next().ok_or(flaw.map(Box::new))
    }

    /// Where a value of a manifest was written; `None` where that cannot be told.
    #[must_use]
    pub fn trace(&self, key: &Key, pointer: &Pointer) -> Option<Trace> {
        let home = File::home(&self.directory, &self.real);
        let mut files = self.files();
        let mut tracer = Tracer {
            files: &mut files,
            catalog: self.scope.catalog,
            home: &home,
            environment: self.scope.environment,
        };
        tracer.trace(key, self.manifests.get(key)?, pointer)
    }

    /// A file's text as it would be; `None` where it cannot be read.
    pub(crate) fn source(&self, file: &File) -> Option<Source> {
        let place = Place::start_of(&file.shown);
        self.files().text(file, &place).ok()
    }

    /// Has a file hold another text than the one that this was made `from`. What it is now is kept, to be compared
    /// with right before it is written.
    ///
    /// # Errors
    /// Where it cannot be read as it is, or says something else by now.
    pub(crate) fn write(&mut self, file: &File, from: &str, text: String) -> io::Result<()> {
        let known = self.texts.get(&file.real).map(|draft| draft.before.clone());
        let is_known = known.is_some();
        let before = known.map_or_else(|| fs::read(&file.real).map(Arc::from), Ok)?;
        let draft = Draft {
            shown: file.shown.clone(),
            before,
            after: text.into(),
        };
        if !is_known && draft.old() != from {
            return Err(io::Error::other("it was edited meanwhile"));
        }
        if fs::metadata(&file.real)?.permissions().readonly() {
            return Err(io::Error::other("the file is read-only"));
        }
        self.texts.insert(file.real.clone(), draft);
        Ok(())
    }

    /// The files that would be written, by where they really are.
    #[must_use]
    pub const fn drafts(&self) -> &BTreeMap<PathBuf, Draft> {
        &self.texts
    }

    /// The files as they would be, to go back to.
    #[must_use]
    pub fn checkpoint(&self) -> BTreeMap<PathBuf, Draft> {
        self.texts.clone()
    }

    /// Goes back to files as they would have been.
    pub fn restore(&mut self, drafts: BTreeMap<PathBuf, Draft>) {
        self.texts = drafts;
    }

    fn files(&self) -> Files {
        Files::revised(&self.real, &self.texts)
    }
}
