//! A resolved tree to the document that is sent, in the catalogue's names, and the places of its
//! values.

use serde_json::{Map, Value};

use crate::catalog::{Access, Field, named};
use crate::model::{Finding, Place, Places, Pointer, secret};
use crate::yaml::{Data, Member, Node};

/// Values further down than this take the place of what they stand in, so that places never outgrow
/// a document.
const MAX_POINTER: usize = 1024;

/// A document with the places of its values.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) places: Places,
    pub(super) findings: Vec<Finding>,
}

/// Makes a document of the members of a manifest.
pub(super) fn build(members: Vec<Member>, root: Place, known: &'static [Field]) -> Document {
    let mut builder = Builder::default();
    let value = builder.map(&Pointer::root(), members, known);
    let mut places = Places::new(root);
    let spots = builder.spots.iter();
    places.extend(spots.map(|(pointer, name, value)| (pointer, name, value)));
    Document {
        value,
        places,
        findings: builder.findings,
    }
}

#[derive(Default)]
struct Builder {
    /// What has a place: where it is, where it is named, and where its value was written.
    spots: Vec<(Pointer, Place, Place)>,
    findings: Vec<Finding>,
}

impl Builder {
    fn map(&mut self, at: &Pointer, members: Vec<Member>, known: &'static [Field]) -> Value {
        let mut document = Map::with_capacity(members.len());
        for Member { name, place, value } in members {
            if name == secret::MEMBER {
                let message = format!("`{name}` is reserved");
                let finding = Finding::error("reserved-member", place, message);
                self.findings
                    .push(finding.hint("`!secret NAME` refers to a secret"));
                continue;
            }
            let field = named(known, &name);
            let spelt = field.map_or(name.as_str(), |field| field.name);
            let pointer = at.join(spelt);
            if document.contains_key(spelt) {
                self.spelt_twice(&name, spelt, place, &pointer);
                continue;
            }
            self.note(&pointer, place, &value.place);
            let below = field.map_or(&[][..], Field::known_members);
            let value = self.value(&pointer, value, below);
            document.insert(spelt.to_owned(), value);
        }
        Value::Object(document)
    }

    fn value(&mut self, at: &Pointer, node: Node, known: &'static [Field]) -> Value {
        match node.data {
            // A resolved tree has no tags left; one that failed stands for null.
            Data::Null | Data::Tagged(..) => Value::Null,
            Data::Flag(flag) => Value::Bool(flag),
            Data::Number(number) => Value::Number(number),
            Data::Text(text) => Value::String(text),
            Data::Secret(name) => secret::reference(&name),
            Data::Map(members) => self.map(at, members, known),
            Data::List(elements) => elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| {
                    let pointer = at.join(&index.to_string());
                    self.note(&pointer, element.place.clone(), &element.place);
                    self.value(&pointer, element, &[])
                })
                .collect(),
        }
    }

    fn note(&mut self, pointer: &Pointer, name: Place, value: &Place) {
        if pointer.as_str().len() <= MAX_POINTER {
            self.spots.push((pointer.clone(), name, value.clone()));
        }
    }

    fn spelt_twice(&mut self, name: &str, spelt: &str, place: Place, pointer: &Pointer) {
        let first = self.spots.iter().find(|(known, ..)| known == pointer);
        let first = first.map_or(&place, |(_, first, _)| first);
        let message = format!("`{name}` and another spelling of `{spelt}` are both here");
        let hint = format!("the other one is at {first}");
        self.findings
            .push(Finding::error("two-spellings", place, message).hint(hint));
    }
}

/// Takes out the members that only the service writes.
pub(super) fn drop_read_only(document: &mut Value, known: &'static [Field]) {
    let Value::Object(members) = document else {
        return;
    };
    members.retain(|name, value| match named(known, name) {
        Some(field) if field.access == Access::ReadOnly => false,
        Some(field) => {
            drop_read_only(value, field.known_members());
            true
        }
        None => true,
    });
}
