//! The way down into a document, with what the table says at each turn: found once for a whole walk, and not from the root
//! for each value.

use super::Catalog;
use super::field::{Field, Kind, Secrecy};
use super::walk::{is_credential, named, nearest, seems_credential};
use crate::model::Pointer;

/// A place in a document that a walk has come to.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'p> {
    way: Way<'p>,
    /// What is known of the members here.
    members: &'static [Field],
    /// Whether the table knows all names on the way.
    is_known: bool,
    secrecy: Secrecy,
    /// Whether the place is in the schema of a tool, which speaks of tokens and keys all the time.
    is_schema: bool,
    /// Whether a name on the way that the table does not know may well be a credential's.
    seems_secret: bool,
}

/// How a walk has come to a place.
#[derive(Clone, Copy, Debug)]
enum Way<'p> {
    Root,
    Member(&'p Spot<'p>, &'p str),
    Element(&'p Spot<'p>, usize),
}

impl Catalog {
    /// Where each walk begins.
    #[must_use]
    pub const fn root(&self) -> Spot<'static> {
        Spot {
            way: Way::Root,
            members: self.fields,
            is_known: true,
            secrecy: Secrecy::Open,
            is_schema: false,
            seems_secret: false,
        }
    }
}

impl<'p> Spot<'p> {
    /// The member of this name.
    #[must_use]
    pub fn member(&'p self, name: &'p str) -> Self {
        let field = named(self.members, name);
        let seems_secret = || field.is_none() && !self.is_schema && seems_credential(name);
        Self {
            way: Way::Member(self, name),
            members: field.map_or(&[], Field::known_members),
            is_known: field.is_some(),
            secrecy: match (self.secrecy, field) {
                (Secrecy::Open, Some(field)) => field.secrecy,
                (around, _) => around,
            },
            is_schema: self.is_schema || field.is_some_and(is_schema),
            seems_secret: self.seems_secret || seems_secret(),
        }
    }

    /// The element at this index.
    #[must_use]
    pub const fn element(&'p self, index: usize) -> Self {
        Self {
            way: Way::Element(self, index),
            members: &[],
            is_known: false,
            ..*self
        }
    }

    /// The place as a pointer.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        match self.way {
            Way::Root => Pointer::root(),
            Way::Member(parent, name) => parent.pointer().join(name),
            Way::Element(parent, index) => parent.pointer().join(&index.to_string()),
        }
    }

    /// The secrecy of the field at or around the place that is not open.
    #[must_use]
    pub const fn secrecy(&self) -> Secrecy {
        self.secrecy
    }

    /// Whether what stands here must not be shown: it is a secret, or stands among secrets.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.secrecy != Secrecy::Open
    }

    /// Whether a name on the way that the table does not know may well be a credential's.
    #[must_use]
    pub const fn seems_secret(&self) -> bool {
        self.seems_secret
    }

    /// Whether the value may only be given by a `!secret` tag.
    #[must_use]
    pub fn wants_secret(&self) -> bool {
        match (self.secrecy, self.way) {
            (Secrecy::Open, _) => false,
            (Secrecy::Secret, _) => true,
            (Secrecy::Holds, Way::Member(_, name)) => is_credential(name),
            (Secrecy::Holds, Way::Root | Way::Element(..)) => false,
        }
    }

    /// Whether a member that the table does not know is called like a credential, or nearly like one that it knows.
    #[must_use]
    pub fn nearly_wants_secret(&self) -> bool {
        let (Way::Member(parent, name), false) = (self.way, self.is_known) else {
            return false;
        };
        let near = nearest(name, parent.members.iter().map(|field| field.name));
        seems_credential(name) || near.is_some_and(|near| parent.member(near).wants_secret())
    }
}

const fn is_schema(field: &Field) -> bool {
    matches!(field.kind, Kind::Tools)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::PERSONA;
    use super::*;

    fn agrees(at: &Spot<'_>, value: &Value) {
        let pointer = at.pointer();
        let by_pointer = (
            PERSONA.secrecy(&pointer),
            PERSONA.is_hidden(&pointer),
            PERSONA.wants_secret(&pointer),
        );
        assert_eq!(
            (at.secrecy(), at.is_hidden(), at.wants_secret()),
            by_pointer,
            "{pointer}"
        );
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(name, value)| agrees(&at.member(name), value)),
            Value::Array(elements) => elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| agrees(&at.element(index), element)),
            _ => {}
        }
    }

    #[test]
    fn a_spot_says_what_its_pointer_says() {
        let anything =
            json!({"api_key": ["x", {"token": 1}], "Authorization": {"api_key": [[2]]}, "name": 3});
        let layer = json!({
            "api_key": anything, "headers": anything, "default_query": anything, "extra_body": anything,
            "tools": [{"function": {"parameters": anything}}, [anything]], "voice_settings": anything,
        });
        let document = json!({
            "persona_id": anything, "persona_name": "Ana", "pal_name": "Ben", "api_key": anything, "unknown": layer,
            "layers": {"llm": layer, "tts": layer, "stt": layer, "unknown": layer, "": [layer]},
        });
        agrees(&PERSONA.root(), &document);
    }
}
