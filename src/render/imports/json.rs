//! An import for programs. The names are a contract: more may be added, none may change.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use crate::import::{Draft, Import, Left, Refused, Who};
use crate::model::{Key, without_keys};
use crate::render::escape::in_json;

/// The version of the format.
const FORMAT_VERSION: &str = "1";

#[derive(Serialize)]
struct ImportReport<'i> {
    format_version: &'static str,
    personas: Vec<DraftReport<'i>>,
    /// Files that several personas use.
    shared: Vec<String>,
    left_out: Vec<RefusedReport<'i>>,
}

#[derive(Serialize)]
struct DraftReport<'i> {
    key: &'i str,
    persona_id: &'i str,
    persona_name: &'i str,
    files: Vec<String>,
    secrets: Vec<SecretReport<'i>>,
    left_live: Vec<LeftReport<'i>>,
}

#[derive(Serialize)]
struct SecretReport<'i> {
    name: &'i str,
    path: Cow<'i, str>,
}

#[derive(Serialize)]
struct LeftReport<'i> {
    path: Cow<'i, str>,
    reason: &'i str,
}

#[derive(Serialize)]
struct RefusedReport<'i> {
    key: &'i str,
    persona_id: &'i str,
    persona_name: &'i str,
    reason: &'i str,
}

/// What an import writes below `directory`, or would, as one JSON object.
#[must_use]
pub fn imported(import: &Import, directory: &Path) -> String {
    let Import {
        drafts,
        files,
        refused,
    } = import;
    let files = |owner: Option<&Key>| {
        let owned = files.iter().filter(|file| file.owner.as_ref() == owner);
        let paths = owned.map(|file| directory.join(&file.path).display().to_string());
        paths.collect()
    };
    let report = ImportReport {
        format_version: FORMAT_VERSION,
        personas: drafts
            .iter()
            .map(|draft| DraftReport::of(draft, files(Some(&draft.who.key))))
            .collect(),
        shared: files(None),
        left_out: refused.iter().map(RefusedReport::of).collect(),
    };
    in_json(&serde_json::to_string_pretty(&report).expect("a report is JSON"))
}

impl<'i> DraftReport<'i> {
    fn of(draft: &'i Draft, files: Vec<String>) -> Self {
        let Who { key, id, name } = &draft.who;
        let secrets = draft.secrets.iter().map(|(name, path)| SecretReport {
            name: name.as_str(),
            path: without_keys(path.as_str()),
        });
        let left = draft.left.iter().map(|Left { path, reason }| LeftReport {
            path: without_keys(path.as_str()),
            reason,
        });
        Self {
            key: key.as_str(),
            persona_id: id.as_str(),
            persona_name: name,
            files,
            secrets: secrets.collect(),
            left_live: left.collect(),
        }
    }
}

impl<'i> RefusedReport<'i> {
    fn of(Refused { who, reason }: &'i Refused) -> Self {
        let Who { key, id, name } = who;
        Self {
            key: key.as_str(),
            persona_id: id.as_str(),
            persona_name: name,
            reason,
        }
    }
}
