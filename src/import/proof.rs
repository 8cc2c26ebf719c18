//! What no manifest could say is taken out of a draft before anybody writes it: what does not read back as it is
//! written, and what the catalogue refuses.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::draft::{Draft, Left};
use super::newcomer::Pin;
use crate::bounds::MAX_BYTES;
use crate::catalog::Catalog;
use crate::model::{Desired, Finding, Ownership, Place, Places, Pointer};
use crate::plan::{check, put};
use crate::yaml::{Node, Source, Tree, compose, emit};

/// What findings call the manifest that is not written yet.
const DRAFT: &str = "draft.yaml";

/// Leaves out the fields that cannot be in a manifest; an error says why there can be none at all.
pub(super) fn prove(catalog: &'static Catalog, draft: &mut Draft) -> Result<(), String> {
    let document = draft.document.clone();
    for (path, value) in catalog.declared(&document) {
        if let Err(reason) = reads_back(&path, value) {
            leave(catalog, draft, path, reason);
        }
    }
    while let Some((finding, path)) = refused(catalog, draft) {
        match path {
            Some(path) => leave(catalog, draft, path, finding.message),
            None => return Err(reason(draft, finding)),
        }
    }
    Ok(())
}

/// Whether a field reads back as it is written.
fn reads_back(path: &Pointer, value: &Value) -> Result<(), String> {
    if value.to_string().len() as u64 > MAX_BYTES {
        return Err("it is larger than 1 MB".to_owned());
    }
    let mut document = Value::Object(Map::new());
    put(&mut document, path, Some(value.clone()));
    let text = emit(&Tree::from(document.clone()));
    let (source, _) = Source::decode(Arc::from(DRAFT), text.as_bytes());
    let composed = compose(&source);
    if let Some(finding) = composed.findings.into_iter().find(Finding::is_error) {
        return Err(finding.message);
    }
    let meant = |root: &Node| root.says(&Node::literal(&document, &root.place));
    match composed.root.is_some_and(|root| meant(&root)) {
        true => Ok(()),
        false => Err("YAML cannot hold it as it is".to_owned()),
    }
}

/// Takes a field out, and what nothing is left in without it.
pub(super) fn leave(catalog: &Catalog, draft: &mut Draft, path: Pointer, reason: String) {
    let mut rest = Value::Object(Map::new());
    for (other, value) in catalog.declared(&draft.document) {
        if other != path {
            put(&mut rest, &other, Some(value.clone()));
        }
    }
    draft.document = rest;
    draft.left.push(Left { path, reason });
}

/// The first mistake that the catalogue finds, and the field that makes it; none where something is missing.
fn refused(catalog: &'static Catalog, draft: &Draft) -> Option<(Finding, Option<Pointer>)> {
    // The lines of this place tell which field is meant.
    let place = |line| Place {
        file: Arc::from(DRAFT),
        line,
        column: 1,
        width: 1,
    };
    let declared = catalog.declared(&draft.document);
    let mut places = Places::new(place(0));
    let lines: Vec<Place> = (1..=declared.len()).map(place).collect();
    let spots = declared.iter().zip(&lines);
    places.extend(spots.map(|((path, _), line)| (path, line, line)));
    let desired = Desired {
        key: draft.who.key.clone(),
        file: Arc::from(DRAFT),
        document: draft.document.clone(),
        places,
        id: (draft.pin != Pin::Name).then(|| draft.who.id.clone()),
        ownership: Ownership::default(),
        ignore: Vec::new(),
        prevent_delete: false,
    };
    let findings = check::manifest(catalog, &desired);
    let finding = findings.into_iter().find(Finding::is_error)?;
    let line = finding.place.as_ref().map_or(0, |place| place.line);
    let field = line.checked_sub(1).and_then(|index| declared.get(index));
    Some((finding, field.map(|(path, _)| path.clone())))
}

/// Why there can be no manifest; what is missing may have been left out.
fn reason(draft: &Draft, finding: Finding) -> String {
    let is_meant = |left: &&Left| finding.message.contains(&format!("`{}`", left.path));
    match draft.left.iter().find(is_meant) {
        Some(Left { path, reason }) => format!("without `{path}` it cannot be described: {reason}"),
        None => finding.message,
    }
}
