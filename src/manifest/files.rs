//! The files that manifests may read: only within the repository, only regular ones, each only
//! once.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::iter::successors;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::revision::Texts;
use crate::bounds::{Bounds, MAX_BYTES};
use crate::catalog::nearest;
use crate::model::{Finding, Place};
use crate::parallel;
use crate::yaml::{Composed, compose};
use crate::yaml::{Source, Sources};

/// How many links are followed to where nothing is: more than anyone needs, and few enough where they lead in circles.
const MAX_LINKS: usize = 8;

/// The files below one boundary, and what was read of them.
#[derive(Debug)]
pub(super) struct Files {
    bounds: Bounds,
    /// What some of them are to be taken to hold.
    revised: Texts,
    /// The names that some of them go by.
    names: HashMap<PathBuf, PathBuf>,
    contents: HashMap<PathBuf, Result<Source, Flaw>>,
    documents: HashMap<PathBuf, Arc<Composed>>,
    /// Every file that was asked for, as the user would type it; those that were missing too.
    pub(super) asked: BTreeSet<PathBuf>,
    /// Where files were looked for that are not there.
    pub(super) missing: BTreeSet<PathBuf>,
    /// What was used since this was taken last.
    used: Vec<Used>,
    pub(super) sources: Sources,
}

/// A path on which what a manifest says depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Used {
    /// The file, as the user would type it.
    pub(super) shown: PathBuf,
    /// The path, from the root on; that of a link as well as that of what it leads to.
    pub(super) path: PathBuf,
    /// Whether something is there.
    pub(super) is_there: bool,
}

/// One file within the boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// As the user would type it.
    pub(crate) shown: PathBuf,
    /// Where it really is.
    pub(crate) real: PathBuf,
}

impl File {
    /// The settings of a persona directory, whether or not they are there: what overlays are found from.
    pub(super) fn home(directory: &Path, real: &Path) -> Self {
        Self {
            shown: normalised(&directory.join("personactl.yaml")),
            real: real.join("personactl.yaml"),
        }
    }
}

/// Why a file could not be read.
#[derive(Clone, Debug)]
enum Flaw {
    /// The place that asked for the file is to blame.
    Asked(&'static str, String),
    /// The file itself is.
    Content(Box<Finding>),
}

impl Files {
    /// The files that manifests in `directory` may read; `directory` is canonical.
    pub(super) fn around(directory: &Path) -> Self {
        Self::revised(directory, &Texts::new())
    }

    /// The same with some of them as they would be.
    pub(super) fn revised(directory: &Path, revised: &Texts) -> Self {
        Self {
            bounds: Bounds::around(directory),
            revised: revised.clone(),
            names: HashMap::new(),
            contents: HashMap::new(),
            documents: HashMap::new(),
            asked: BTreeSet::new(),
            missing: BTreeSet::new(),
            used: Vec::new(),
            sources: Sources::default(),
        }
    }

    /// What was used since this was asked last.
    pub(super) fn take_used(&mut self) -> Vec<Used> {
        std::mem::take(&mut self.used)
    }

    /// Takes note that what a manifest says depends on a path.
    pub(super) fn uses(&mut self, shown: &Path, path: &Path, is_there: bool) {
        self.used.push(Used {
            shown: shown.to_owned(),
            path: path.to_owned(),
            is_there,
        });
    }

    /// Whether a canonical path may be read.
    pub(super) fn may_read(&self, real: &Path) -> bool {
        self.bounds.hold(real)
    }

    /// Finds the file that `path` names in a tag at `place`, which stands in the file `holder`.
    pub(super) fn find(
        &mut self,
        holder: &File,
        path: &str,
        place: &Place,
    ) -> Result<File, Box<Finding>> {
        let outside = || {
            let message = format!("`{path}` is outside of the repository");
            Box::new(Finding::error("outside", place.clone(), message))
        };
        if Path::new(path).is_absolute() {
            return Err(outside());
        }
        let beside = |file: &Path| file.parent().map(|folder| folder.join(path));
        let wanted = normalised(&beside(&holder.real).ok_or_else(outside)?);
        let shown = normalised(&beside(&holder.shown).ok_or_else(outside)?);
        if !self.may_read(&wanted) {
            return Err(outside());
        }
        self.asked.insert(shown.clone());
        let real = wanted.canonicalize();
        self.uses(&shown, &wanted, real.is_ok());
        match real {
            Ok(real) if self.may_read(&real) => {
                if real != wanted {
                    self.uses(&shown, &real, true);
                }
                Ok(File { shown, real })
            }
            Ok(_) => Err(outside()),
            Err(error) => {
                let targets = successors(led_to(&wanted), |path| led_to(path)).take(MAX_LINKS);
                let targets: Vec<PathBuf> =
                    targets.take_while(|path| self.may_read(path)).collect();
                for target in &targets {
                    self.uses(&shown, target, false);
                }
                let finding = self.missing(path, &wanted, place, &error);
                self.missing.insert(wanted);
                Err(finding.unwrap_or_else(outside))
            }
        }
    }

    /// What to say of a file that is not there; `None` where its folder is out of bounds.
    fn missing(
        &self,
        path: &str,
        wanted: &Path,
        place: &Place,
        error: &io::Error,
    ) -> Option<Box<Finding>> {
        let existing = wanted
            .ancestors()
            .find_map(|path| path.canonicalize().ok())?;
        if !self.may_read(&existing) {
            return None;
        }
        if error.kind() != io::ErrorKind::NotFound {
            let message = format!("`{path}` cannot be read: {error}");
            return Some(Finding::error("unreadable", place.clone(), message).into());
        }
        let finding = Finding::error("missing-file", place.clone(), format!("no file `{path}`"));
        let near = wanted
            .parent()
            .zip(wanted.file_name())
            .and_then(|(folder, name)| nearest_name(folder, name));
        let finding = finding.hint("the path is relative to the file with the tag");
        Some(Box::new(finding.near(near.as_deref())))
    }

    /// The text of a file; where it cannot be read, the finding blames `place` or a place in the
    /// file.
    pub(super) fn text(&mut self, file: &File, place: &Place) -> Result<Source, Box<Finding>> {
        let content = match self.contents.get(&file.real) {
            Some(content) => content.clone(),
            None => self.keep(file, self.content(file)),
        };
        content.map_err(|flaw| {
            Box::new(match flaw {
                Flaw::Content(finding) => *finding,
                Flaw::Asked(code, what) => {
                    let message = format!("`{}` {what}", file.shown.display());
                    Finding::error(code, place.clone(), message)
                }
            })
        })
    }

    /// Gives files the names that they go by, whoever reads them first. Where two names lead to one file, it goes by the first.
    pub(super) fn name<'f>(&mut self, files: impl Iterator<Item = &'f File>) {
        for file in files {
            let shown = || file.shown.clone();
            self.names.entry(file.real.clone()).or_insert_with(shown);
        }
    }

    /// Reads and parses files ahead of their turn, on all cores.
    pub(super) fn prepare<'f>(&mut self, files: impl Iterator<Item = &'f File>) {
        let mut seen = BTreeSet::new();
        let files =
            files.filter(|file| seen.insert(&file.real) && !self.contents.contains_key(&file.real));
        let files = files.collect();
        let contents = parallel::map(files, |file: &File| {
            let content = self.content(file);
            let document = match &content {
                Ok((source, None)) => Some(compose(source)),
                _ => None,
            };
            (file, content, document)
        });
        for (file, content, document) in contents {
            let _ = self.keep(file, content);
            if let Some(document) = document {
                self.documents.insert(file.real.clone(), document.into());
            }
        }
    }

    /// Leaves the documents that were read to those who hold them: who asks for one from now on gets another.
    pub(super) fn forget_documents(&mut self) {
        self.documents.clear();
    }

    /// What is in a file, and what is wrong with its bytes.
    fn content(&self, file: &File) -> Result<(Source, Option<Finding>), Flaw> {
        let bytes = match self.revised.get(&file.real) {
            Some(draft) => draft.after.as_bytes().to_vec(),
            None => read_regular(&file.real)?,
        };
        let shown = self.names.get(&file.real).unwrap_or(&file.shown);
        let shown = Arc::from(shown.display().to_string());
        Ok(Source::decode(shown, &bytes))
    }

    fn keep(
        &mut self,
        file: &File,
        content: Result<(Source, Option<Finding>), Flaw>,
    ) -> Result<Source, Flaw> {
        let content = content.and_then(|(source, flaw)| {
            self.sources.insert(&source);
            flaw.map_or(Ok(source), |finding| Err(Flaw::Content(finding.into())))
        });
        self.asked.insert(file.shown.clone());
        self.contents.insert(file.real.clone(), content.clone());
        content
    }

    /// What a YAML or JSON file says.
    pub(super) fn document(
        &mut self,
        file: &File,
        place: &Place,
    ) -> Result<Arc<Composed>, Box<Finding>> {
        if let Some(document) = self.documents.get(&file.real) {
            return Ok(document.clone());
        }
        let document = Arc::new(compose(&self.text(file, place)?));
        self.documents.insert(file.real.clone(), document.clone());
        Ok(document)
    }
}

/// Where a path leads by the last link on it.
fn led_to(path: &Path) -> Option<PathBuf> {
    let link = path.ancestors().find(|path| path.is_symlink())?;
    let folder = link.parent()?.canonicalize().ok()?;
    let target = folder.join(link.read_link().ok()?);
    Some(normalised(&target.join(path.strip_prefix(link).ok()?)))
}

/// Reads a file that is not larger than is allowed, and never waits on a pipe or a device.
fn read_regular(real: &Path) -> Result<Vec<u8>, Flaw> {
    let unreadable =
        |error: io::Error| Flaw::Asked("unreadable", format!("cannot be read: {error}"));
    let metadata = fs::metadata(real).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Flaw::Asked("no-file", "is no regular file".to_owned()));
    }
    let most = MAX_BYTES + 1;
    let mut bytes = Vec::with_capacity(metadata.len().min(most) as usize);
    fs::File::open(real)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        let what = "is larger than 1 MB".to_owned();
        return Err(Flaw::Asked("too-large", what));
    }
    Ok(bytes)
}

fn nearest_name(folder: &Path, name: &OsStr) -> Option<String> {
    let names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    nearest(name.to_str()?, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A path without `.` and without the `..` that can be taken away.
pub(crate) fn normalised(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            (part, _) => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_detours() {
        let rows = [
            ("./personas/a.yaml", "personas/a.yaml"),
            ("personas/x/../a.yaml", "personas/a.yaml"),
            ("../personas/../../a.yaml", "../../a.yaml"),
            ("/a/../../b", "/b"),
        ];
        for (path, expected) in rows {
            assert_eq!(normalised(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
