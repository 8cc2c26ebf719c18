//! Files beside the manifests that do nothing: overlays for what there is not, and what no tag leads to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{MAIN_SEPARATOR, Path};

use super::discover::is_private;
use super::files::{File, Files};
use super::load::Scope;
use super::overlay;
use crate::catalog::nearest;
use crate::model::{Finding, Place};
use crate::yaml::{Data, Node, Tag};

/// How many files are looked at: whoever keeps more of them beside manifests keeps something else there.
const MOST: usize = 10_000;

const UNKNOWN_ENVIRONMENT: &str = "unknown-environment";

/// What is our own, or addressed to people, and never referred to.
const OWN: [&str; 4] = ["_ledger", "_sandbox", "_schema.json", "_settings.json"];

/// A persona directory, as its leftovers are looked for.
pub(super) struct Survey<'s> {
    /// The keys of all manifests.
    pub(super) keys: BTreeSet<&'s str>,
    /// What stands beside the manifests under names that begin with `_`.
    pub(super) private: Vec<File>,
    pub(super) scope: &'s Scope<'s>,
    /// A file in the persona directory.
    pub(super) home: &'s File,
}

impl Survey<'_> {
    /// The findings for all that does nothing. What the manifests and their overlays use has been asked for already.
    pub(super) fn findings(&self, files: &mut Files) -> Vec<Finding> {
        let overlays = self.home.shown.with_file_name(overlay::FOLDER);
        let mut findings = Vec::new();
        let mut others = Vec::new();
        for file in self.all() {
            match file.shown.strip_prefix(&overlays) {
                Ok(below) if is_overlay(below) => match self.orphan(below, &file) {
                    Some(finding) => findings.push(finding),
                    None => refer(&file, files),
                },
                _ => others.push(file),
            }
        }
        let unused = others
            .iter()
            .filter(|file| !files.asked.contains(&file.shown));
        findings.extend(unused.map(|file| {
            let message = format!("nothing refers to `{}`", file.shown.display());
            Finding::advice("unused-file", Place::start_of(&file.shown), message)
        }));
        findings
    }

    /// All regular files below the private names, links left alone.
    fn all(&self) -> Vec<File> {
        let mut found = Vec::new();
        let mut open = self.private.clone();
        while let Some(file) = open.pop() {
            if found.len() == MOST {
                break;
            }
            match fs::symlink_metadata(&file.real).map(|found| found.file_type()) {
                Ok(kind) if kind.is_dir() => open.extend(below(&file)),
                Ok(kind) if kind.is_file() && !is_for_people(&file.shown) => found.push(file),
                _ => {}
            }
        }
        found
    }

    /// What is wrong with the place of an overlay.
    fn orphan(&self, below: &Path, file: &File) -> Option<Finding> {
        let place = Place::start_of(&file.shown);
        let mut parts = below.components();
        let environment = parts.next()?.as_os_str().to_str()?;
        let known = || self.scope.environments.iter().map(String::as_str);
        if !known().any(|known| known == environment) {
            let message = format!("there is no environment `{environment}`");
            let finding = Finding::warning("orphan-overlay", place, message);
            return Some(finding.near(nearest(environment, known())));
        }
        let stem = parts.as_path().with_extension("");
        let key = stem.to_str()?.replace(MAIN_SEPARATOR, "/");
        if self.keys.contains(key.as_str()) {
            return None;
        }
        let message = format!("there is no manifest `{key}`");
        let near = nearest(&key, self.keys.iter().copied());
        Some(Finding::warning("orphan-overlay", place, message).near(near))
    }
}

/// Whether a finding says that an environment is not there.
pub(super) fn is_astray(finding: &Finding) -> bool {
    finding.code == UNKNOWN_ENVIRONMENT
}

/// The environments that a manifest names and the settings do not have.
pub(super) fn unknown_environments<'n>(
    named: impl IntoIterator<Item = (&'n str, &'n Place)>,
    known: &BTreeSet<String>,
) -> Vec<Finding> {
    let unknown = named.into_iter().filter(|(name, _)| !known.contains(*name));
    let findings = unknown.map(|(name, place)| {
        let message = format!("the settings have no environment `{name}`");
        let near = nearest(name, known.iter().map(String::as_str));
        Finding::warning(UNKNOWN_ENVIRONMENT, place.clone(), message).near(near)
    });
    findings.collect()
}

/// Whether a file below the folder of overlays is one; else it is there for a tag to bring it in.
fn is_overlay(below: &Path) -> bool {
    let ending = below.extension().unwrap_or_default();
    overlay::ENDINGS.iter().any(|known| ending == *known) && !below.iter().skip(1).any(is_private)
}

/// What stands beside the manifests under private names, less what is ours.
pub(super) fn is_leftover(name: &str) -> bool {
    name.starts_with('_') && !OWN.contains(&name)
}

fn below(folder: &File) -> Vec<File> {
    let Ok(entries) = fs::read_dir(&folder.real) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let files = names.map(|name| File {
        shown: folder.shown.join(&name),
        real: folder.real.join(&name),
    });
    files.collect()
}

fn is_for_people(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.to_ascii_uppercase().starts_with("README")
}

/// Asks for all that an overlay leads to. What is wrong with it is said in its own environment.
fn refer(overlay: &File, files: &mut Files) {
    let mut seen = BTreeSet::new();
    let mut open = vec![overlay.clone()];
    while let Some(file) = open.pop() {
        let place = Place::start_of(&file.shown);
        if !seen.insert(file.real.clone()) {
            continue;
        }
        let Ok(document) = files.document(&file, &place) else {
            continue;
        };
        let mut paths = Vec::new();
        document
            .root
            .iter()
            .for_each(|root| references(root, &mut paths));
        for (tag, path) in paths {
            let found = files.find(&file, &path, &place);
            open.extend(found.into_iter().filter(|_| tag == Tag::Include));
        }
    }
}

/// The paths that tags name.
fn references(node: &Node, paths: &mut Vec<(Tag, String)>) {
    match &node.data {
        Data::Tagged(tag @ (Tag::File | Tag::Include), operand) => {
            let path = operand.text().and_then(|text| text.split('#').next());
            paths.extend(path.map(|path| (*tag, path.to_owned())));
        }
        Data::Tagged(_, operand) => references(operand, paths),
        Data::List(elements) => elements.iter().for_each(|each| references(each, paths)),
        Data::Map(members) => members
            .iter()
            .for_each(|member| references(&member.value, paths)),
        _ => {}
    }
}
