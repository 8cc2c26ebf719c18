//! The schema of a whole file.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::annotation::described;
use super::field::{Style, members};
use super::requirement::{named_or_pinned, requirements};
use super::tags;
use crate::catalog::{Catalog, Field};

/// The schema of a manifest, whose `block` is addressed to us. These are the `variables` that its
/// `!var` tags may name.
#[must_use]
pub fn manifest(catalog: &Catalog, block: &'static Field, variables: &BTreeSet<String>) -> Value {
    let mut properties = members(catalog.fields, Style::SERVICE, catalog.doc);
    properties.extend(members(std::slice::from_ref(block), Style::BLOCK, None));
    let mut rules = requirements(catalog.fields);
    rules.push(named_or_pinned(catalog, block));
    let about = format!(
        "A {}: the body of the API's create call, member by member.",
        catalog.noun
    );
    json!({
        "$schema": DRAFT,
        "$id": "urn:personactl:manifest",
        "title": format!("{} manifest", catalog.noun),
        "description": described(&about, catalog.doc),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "allOf": rules,
        "$defs": tags::definitions(variables),
    })
}

/// The schema of the settings file.
#[must_use]
pub fn settings(settings: &'static Field) -> Value {
    json!({
        "$schema": DRAFT,
        "$id": "urn:personactl:settings",
        "title": "personactl settings",
        "description": settings.about,
        "type": ["object", "null"],
        "properties": members(settings.known_members(), Style::SETTINGS, None),
        "additionalProperties": false,
    })
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
