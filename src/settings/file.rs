//! The settings file, as it is written.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::check::check;
use super::error::SettingsErrorKind;
use super::table::SETTINGS;
use crate::bounds::{Bounds, MAX_BYTES};
use crate::lint::Level;
use crate::model::{Finding, SecretName};
use crate::yaml::{Source, Sources, compose, shape};

/// The names under which settings are looked for in the persona directory.
const NAMES: [&str; 2] = ["personactl.yaml", "personactl.yml"];

/// What the settings file says. Its members, and what they take, are those of the table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) default_environment: Option<String>,
    #[serde(default, deserialize_with = "sections")]
    pub(super) environments: BTreeMap<String, Section>,
    /// What findings weigh, by code.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) lints: BTreeMap<String, Level>,
}

/// What it says of one environment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) api: Option<Embedded>,
    pub(super) api_key: Option<KeySource>,
    pub(super) api_url: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) vocabulary: Names,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) variables: BTreeMap<String, serde_yaml::Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) protected: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) dialect: Lists,
    /// There is one kind of ledger, and the table lets no other through.
    #[serde(rename = "ledger")]
    pub(super) _ledger: Option<IgnoredAny>,
}

/// A service that needs no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Embedded {
    Sandbox,
}

/// How lists are patched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Lists {
    #[default]
    Indexed,
    Whole,
}

/// Where the key comes from: never from the file itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeySource {
    Secret(String),
}

/// The names that the service is spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Names {
    #[default]
    Personas,
    Pals,
}

impl KeySource {
    /// The variable with the key.
    pub(super) fn name(&self) -> SecretName {
        let Self::Secret(name) = self;
        SecretName::new(name.as_str()).expect("it was checked with its place")
    }
}

impl File {
    /// Reads the settings of a persona directory, with their path; no file is no settings.
    pub(super) fn read(
        directory: &Path,
    ) -> Result<(Option<PathBuf>, Self), (PathBuf, SettingsErrorKind)> {
        for path in NAMES.map(|name| directory.join(name)) {
            match contained(directory, &path) {
                Ok(bytes) => match Self::parse(&path, &bytes) {
                    Ok(file) => return Ok((Some(path), file)),
                    Err(kind) => return Err((path, kind)),
                },
                // Whether the directory is one is for whoever reads the manifests to say.
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err((path, SettingsErrorKind::Io(error))),
            }
        }
        Ok((None, Self::default()))
    }

    /// Reads settings twice: with places first, which refuses what is doubled, out of bounds or not in the
    /// table, then into their types.
    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, SettingsErrorKind> {
        let (source, flaw) = Source::decode(path.to_string_lossy().into(), bytes);
        let mut findings = Vec::from_iter(flaw);
        if findings.is_empty() && !source.is_blank() {
            let composed = compose(&source);
            findings = composed.findings;
            // Settings that are all comments say nothing, which is no mistake.
            findings.retain(|finding| finding.code != "empty");
            let root = composed.root.iter();
            let flaws = |root| [shape::check(root, &SETTINGS), check(root)].concat();
            findings.extend(root.flat_map(flaws));
            findings.sort_by(|a, b| a.place.cmp(&b.place));
        }
        if findings.is_empty() {
            match Self::typed(&source) {
                Ok(file) => return Ok(file),
                // The table lets nothing through that the types do not take; if it did, that would be told here.
                Err(error) => {
                    findings.push(Finding::error(
                        "settings",
                        source.start(),
                        error.to_string(),
                    ));
                }
            }
        }
        Err(SettingsErrorKind::Mistakes(findings, Sources::of(&source)))
    }

    fn typed(source: &Source) -> Result<Self, serde_yaml::Error> {
        let mut value: serde_yaml::Value = serde_yaml::from_str(&source.text)?;
        value.apply_merge()?;
        Ok(serde_yaml::from_value::<Option<Self>>(value)?.unwrap_or_default())
    }
}

/// Null is as good as not there.
fn or_default<'d, T, D>(value: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'d>,
    D: Deserializer<'d>,
{
    Option::deserialize(value).map(Option::unwrap_or_default)
}

fn sections<'d, D: Deserializer<'d>>(value: D) -> Result<BTreeMap<String, Section>, D::Error> {
    let sections: BTreeMap<String, Option<Section>> = or_default(value)?;
    let filled = sections.into_iter();
    Ok(filled
        .map(|(name, section)| (name, section.unwrap_or_default()))
        .collect())
}

/// Reads a regular file of a decent size that no link leads out of the repository to: what is wrong with
/// it is shown, line and all.
fn contained(directory: &Path, path: &Path) -> io::Result<Vec<u8>> {
    let real = path.canonicalize()?;
    let found = real.metadata()?;
    if !Bounds::around(&directory.canonicalize()?).hold(&real) {
        return Err(io::Error::other("the link leads out of the repository"));
    }
    if !found.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if found.len() > MAX_BYTES {
        return Err(io::Error::other("it is too large"));
    }
    fs::read(real)
}
