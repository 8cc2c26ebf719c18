//! The settings file, as it is written.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::SettingsErrorKind;
use crate::bounds::{Bounds, MAX_BYTES};
use crate::lint::{self, Level};
use crate::model::{Code, Finding, Place, SecretName};
use crate::yaml::{Data, Member, Node, Source, Sources, Tag, compose};

/// The names under which settings are looked for in the persona directory.
const NAMES: [&str; 2] = ["personactl.yaml", "personactl.yml"];

/// The member with the name of the variable that holds a key.
const API_KEY: &str = "api_key";

/// What the settings file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) default_environment: Option<String>,
    #[serde(default)]
    pub(super) environments: BTreeMap<String, Section>,
    /// What findings weigh, by code.
    #[serde(default)]
    pub(super) lints: BTreeMap<String, Level>,
}

/// What it says of one environment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) api: Option<Embedded>,
    pub(super) api_key: Option<KeySource>,
    pub(super) api_url: Option<String>,
    #[serde(default)]
    pub(super) vocabulary: Names,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, serde_yaml::Value>,
    #[serde(default)]
    pub(super) protected: bool,
    #[serde(default)]
    pub(super) dialect: Lists,
    pub(super) ledger: Option<String>,
}

/// A service that needs no address.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Embedded {
    Sandbox,
}

/// How lists are patched.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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

    /// Reads settings twice: with places first, which refuses what is doubled or out of bounds,
    /// then into their types.
    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, SettingsErrorKind> {
        let (source, flaw) = Source::decode(path.to_string_lossy().into(), bytes);
        let mut findings = Vec::from_iter(flaw);
        if findings.is_empty() && !source.is_blank() {
            let composed = compose(&source);
            findings = composed.findings;
            // Settings that are all comments say nothing, which is no mistake.
            findings.retain(|finding| finding.code != "empty");
            findings.extend(composed.root.iter().flat_map(plain_keys));
            findings.extend(composed.root.iter().flat_map(unknown_lints));
        }
        if findings.is_empty() {
            match serde_yaml::from_str::<Option<Self>>(&source.text) {
                Ok(file) => return Ok(file.unwrap_or_default()),
                Err(error) => findings.push(mistake(&source, &error)),
            }
        }
        Err(SettingsErrorKind::Mistakes(findings, Sources::of(&source)))
    }
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

/// Keys that are written out, or that no variable can be named after. What stands there may be the
/// key itself, so it is not repeated.
fn plain_keys(root: &Node) -> Vec<Finding> {
    let sections = root
        .child("environments")
        .map(Node::members)
        .unwrap_or_default();
    let keys = sections.iter().flat_map(|section| section.value.members());
    let plain = keys.filter(|member| member.name == API_KEY && !is_reference(&member.value));
    plain.map(|member| plain_key(&member.place)).collect()
}

/// Codes that there are not, and those whose weight is not for the settings to say.
fn unknown_lints(root: &Node) -> Vec<Finding> {
    let lints = root.child("lints").map(Node::members).unwrap_or_default();
    let flaw = |member: &Member| match Code::named(&member.name) {
        None => {
            let hint = lint::unknown_code(&member.name, member.place.clone()).hint;
            let message = format!("`lints` knows no `{}`", member.name);
            let finding = Finding::error("settings", member.place.clone(), message);
            Some(Finding { hint, ..finding })
        }
        Some(code) if code.is_fixed() => {
            let message = format!("`{}` is always an error", code.name);
            Some(Finding::error("settings", member.place.clone(), message))
        }
        Some(_) => None,
    };
    lints.iter().filter_map(flaw).collect()
}

fn plain_key(place: &Place) -> Finding {
    let message = format!("`{API_KEY}` takes the name of an environment variable, never the key");
    let hint = format!("write `{API_KEY}: !secret NAME`, and set NAME where this runs");
    Finding::error("plain-secret", place.clone(), message).hint(hint)
}

fn is_reference(value: &Node) -> bool {
    match &value.data {
        Data::Null => true,
        Data::Tagged(Tag::Secret, name) => name.text().and_then(SecretName::new).is_some(),
        _ => false,
    }
}

/// What serde has against settings, with the place that it tells.
fn mistake(source: &Source, error: &serde_yaml::Error) -> Finding {
    let mut place = source.start();
    let mut message = error.to_string();
    if let Some(location) = error.location() {
        (place.line, place.column) = (location.line(), location.column());
        if let Some(at) = message.rfind(" at line ") {
            message.truncate(at);
        }
    }
    Finding::error("settings", place, message)
}
