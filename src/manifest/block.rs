//! The block `x-personactl`: what a manifest says to us rather than to the service.

use crate::catalog::{Catalog, Vocabulary, nearest};
use crate::model::{Finding, Ownership, PersonaId, Place, Pointer};
use crate::yaml::{Data, Member, Node};

/// The member of a manifest that holds the block.
pub(super) const NAME: &str = "x-personactl";

/// What the block says for one environment.
#[derive(Debug)]
pub(super) struct Block {
    /// The pinned id and where it is written.
    pub(super) id: Option<(PersonaId, Place)>,
    pub(super) prevent_delete: bool,
    pub(super) ignore: Vec<Pointer>,
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
            ownership: Ownership::default(),
            applies: true,
            environments: Vec::new(),
        }
    }
}

/// Reads the block as it stands for `environment`.
pub(super) fn read(node: &Node, environment: &str, catalog: &Catalog) -> (Block, Vec<Finding>) {
    let mut reader = Reader {
        environment,
        catalog,
        block: Block::default(),
        findings: Vec::new(),
    };
    match &node.data {
        Data::Null => {}
        Data::Map(members) => members.iter().for_each(|member| reader.member(member)),
        _ => reader.wrong(node, NAME, "a map"),
    }
    (reader.block, reader.findings)
}

struct Reader<'r> {
    environment: &'r str,
    catalog: &'r Catalog,
    block: Block,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn member(&mut self, member: &Member) {
        let value = &member.value;
        match member.name.as_str() {
            "id" => self.id(value),
            "prevent_delete" => match value.data {
                Data::Flag(flag) => self.block.prevent_delete = flag,
                _ => self.wrong(value, "prevent_delete", "true or false"),
            },
            "ignore" => self.ignore(value),
            "ownership" => match value.text() {
                Some("fields") => self.block.ownership = Ownership::Fields,
                Some("exclusive") => self.block.ownership = Ownership::Exclusive,
                _ => self.wrong(value, "ownership", "`fields` or `exclusive`"),
            },
            "environments" => self.environments(value),
            other => self.unknown(other, &member.place),
        }
    }

    fn id(&mut self, value: &Node) {
        match &value.data {
            Data::Null => {}
            Data::Text(_) => self.block.id = self.persona_id(value),
            Data::Map(members) => {
                for member in members {
                    let id = self.persona_id(&member.value);
                    self.name(&member.name, &member.place);
                    if member.name == self.environment {
                        self.block.id = id;
                    }
                }
            }
            _ => self.wrong(value, "id", "text, or a map from environment to text"),
        }
    }

    fn persona_id(&mut self, value: &Node) -> Option<(PersonaId, Place)> {
        if matches!(value.data, Data::Null) {
            return None;
        }
        let id = value.text().and_then(PersonaId::new);
        if id.is_none() {
            self.wrong(value, "id", "letters, digits, `-` and `_`");
        }
        Some((id?, value.place.clone()))
    }

    fn ignore(&mut self, value: &Node) {
        for node in self.elements(value, "ignore") {
            match node.text().and_then(Pointer::parse) {
                Some(pointer) => {
                    let (pointer, _) = Vocabulary::Personas.operand(self.catalog, &pointer, None);
                    self.block.ignore.push(pointer);
                }
                None => self.wrong(node, "ignore", "JSON Pointers such as `/layers/tts`"),
            }
        }
    }

    fn environments(&mut self, value: &Node) {
        let mut applies = !matches!(value.data, Data::List(_));
        for node in self.elements(value, "environments") {
            match node.text() {
                Some(name) => {
                    applies |= name == self.environment;
                    self.name(name, &node.place);
                }
                None => self.wrong(node, "environments", "names"),
            }
        }
        self.block.applies = applies;
    }

    fn name(&mut self, environment: &str, place: &Place) {
        let named = (environment.to_owned(), place.clone());
        self.block.environments.push(named);
    }

    fn elements<'n>(&mut self, value: &'n Node, name: &str) -> &'n [Node] {
        if let Data::List(elements) = &value.data {
            return elements;
        }
        self.wrong(value, name, "a list");
        &[]
    }

    fn wrong(&mut self, value: &Node, name: &str, wanted: &str) {
        let message = format!("`{name}` takes {wanted}");
        self.findings
            .push(Finding::error("wrong-type", value.place.clone(), message));
    }

    fn unknown(&mut self, name: &str, place: &Place) {
        const KNOWN: [&str; 5] = [
            "id",
            "prevent_delete",
            "ignore",
            "ownership",
            "environments",
        ];
        let message = format!("`{NAME}` knows no `{name}`");
        let finding = Finding::error("unknown-member", place.clone(), message);
        self.findings.push(match nearest(name, KNOWN) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint(format!("it knows {}", KNOWN.join(", "))),
        });
    }
}
