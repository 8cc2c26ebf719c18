//! The block `x-personactl`: what a manifest says to us rather than to the service.

use crate::catalog::{Catalog, Field, Kind, Literal, Vocabulary};
use crate::model::{Finding, Ownership, PersonaId, Place, Pointer};
use crate::yaml::{Data, Node, shape};

/// The member of a manifest that holds the block.
pub(crate) const NAME: &str = "x-personactl";

/// What the block may say.
pub(crate) static BLOCK: Field = Field::members(
    NAME,
    &[
        Field::new(
            "id",
            Kind::Ids,
            "The persona that this manifest describes: its id, or one for each environment.",
        )
        .such_as(r#"{"production": "p5317866", "staging": "p48fdf065"}"#),
        Field::flag(
            "prevent_delete",
            "Whether the persona is kept even where --prune would delete it.",
        )
        .default(Literal::Flag(false)),
        Field::new(
            "ignore",
            Kind::Pointers,
            "Fields that are left as they are live, as JSON Pointers.",
        )
        .such_as(r#"["/layers/tts/voice_settings/speed"]"#),
        Field::closed(
            "ownership",
            OWNERSHIP,
            "fields: what the manifest does not name is left alone; exclusive: it is removed.",
        )
        .default(Literal::Text("fields")),
        Field::texts(
            "environments",
            "The environments that the manifest is meant for; all, unless there are some here.",
        )
        .such_as(r#"["staging", "production"]"#),
    ],
    "What the manifest says to personactl rather than to the service.",
);

const OWNERSHIP: &[&str] = &["fields", "exclusive"];

/// What the block says for one environment.
#[derive(Debug)]
pub(super) struct Block {
    /// The pinned id and where it is written.
    pub(super) id: Option<(PersonaId, Place)>,
    pub(super) prevent_delete: bool,
    pub(super) ignore: Vec<Pointer>,
    /// Where each of them is written.
    pub(super) ignored_at: Vec<Place>,
    pub(super) ownership: Ownership,
    /// Whether the manifest is meant for the environment.
    pub(super) applies: bool,
    /// All environments that it names.
    pub(super) environments: Vec<(String, Place)>,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            id: None,
            prevent_delete: false,
            ignore: Vec::new(),
            ignored_at: Vec::new(),
            ownership: Ownership::default(),
            applies: true,
            environments: Vec::new(),
        }
    }
}

/// What the place of an entry of `ignore` is noted under.
pub(crate) fn ignored(index: usize) -> Pointer {
    let list = Pointer::root().join(NAME).join("ignore");
    list.join(&index.to_string())
}

/// Reads the block as it stands for `environment`. Where it has no finding, all of it was understood.
pub(super) fn read(node: &Node, environment: &str, catalog: &Catalog) -> (Block, Vec<Finding>) {
    let findings = shape::check(node, &BLOCK);
    let child = |name| node.child(name);
    let ignored = child("ignore").map(Node::elements).unwrap_or_default();
    let ignored = ignored.iter().filter_map(|node| {
        let pointer = Pointer::parse(node.text()?)?;
        let pointer = Vocabulary::Personas.operand(catalog, &pointer, None).0;
        Some((pointer, node.place.clone()))
    });
    let (ignore, ignored_at) = ignored.unzip();
    let meant_for = |names| texts(Some(names)).any(|name| name == environment);
    let block = Block {
        id: child("id").and_then(|ids| id(ids, environment)),
        prevent_delete: child("prevent_delete").is_some_and(Node::is_true),
        ignore,
        ignored_at,
        ownership: match child("ownership").and_then(Node::text) {
            Some("exclusive") => Ownership::Exclusive,
            _ => Ownership::Fields,
        },
        // Mistakes in it are told everywhere: whom it is meant for may be one of them.
        applies: !findings.is_empty()
            || child("environments").is_none_or(|names| names.is_null() || meant_for(names)),
        environments: named(child("id"), child("environments")),
    };
    (block, findings)
}

fn id(ids: &Node, environment: &str) -> Option<(PersonaId, Place)> {
    let node = match &ids.data {
        Data::Map(_) => ids.child(environment)?,
        _ => ids,
    };
    Some((PersonaId::new(node.text()?)?, node.place.clone()))
}

/// The environments that have an id, and those that the manifest is meant for.
fn named(ids: Option<&Node>, environments: Option<&Node>) -> Vec<(String, Place)> {
    let ids = ids.map(Node::members).unwrap_or_default().iter();
    let ids = ids.map(|member| (member.name.clone(), member.place.clone()));
    let names = environments.map(Node::elements).unwrap_or_default().iter();
    let names = names.filter_map(|node| Some((node.text()?.to_owned(), node.place.clone())));
    ids.chain(names).collect()
}

/// The texts in a list; none of anything else.
fn texts(list: Option<&Node>) -> impl Iterator<Item = &str> {
    let elements = list.map(Node::elements).unwrap_or_default();
    elements.iter().filter_map(Node::text)
}
