//! The two vocabularies: the same objects, some members spelt in another way.

use serde_json::{Map, Value};

use super::Catalog;
use super::field::{Field, Kind};
use super::walk::named;
use crate::model::Pointer;

/// Which names the service is spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vocabulary {
    /// `/v2/personas`, `persona_name`, `default_replica_id`: the table's own names.
    #[default]
    Personas,
    /// `/v2/pals`, `pal_name`, `default_face_id`.
    Pals,
}

impl Vocabulary {
    fn spell(self, field: &'static Field) -> &'static str {
        match self {
            Self::Personas => field.name,
            Self::Pals => field.aliases.first().copied().unwrap_or(field.name),
        }
    }

    /// How this vocabulary spells the member `name` of the table's top level.
    #[must_use]
    pub fn member(self, catalog: &Catalog, name: &str) -> &'static str {
        self.spell(
            named(catalog.fields, name).expect("the catalogue's own members are in its table"),
        )
    }

    /// The document with its known members spelt in this vocabulary. What is owned as a whole is
    /// left as it is, and so are members that the table does not know.
    #[must_use]
    pub fn document(self, catalog: &Catalog, document: Value) -> Value {
        self.value(catalog.fields, document)
    }

    fn value(self, known: &'static [Field], value: Value) -> Value {
        let Value::Object(mut members) = value else {
            return value;
        };
        // Most documents come as they are to be, and need no copy.
        if members.keys().all(|name| self.is_spelt(known, name)) {
            for (name, value) in &mut members {
                if let Some(field) = named(known, name) {
                    *value = self.value(field.known_members(), value.take());
                }
            }
            return Value::Object(members);
        }
        let mut spelt = Map::with_capacity(members.len());
        for (name, value) in members {
            match named(known, &name) {
                // Both spellings of one member: the one that says something stays.
                Some(field)
                    if spelt
                        .get(self.spell(field))
                        .is_some_and(|value: &Value| !value.is_null()) => {}
                Some(field) => {
                    spelt.insert(
                        self.spell(field).to_owned(),
                        self.value(field.known_members(), value),
                    );
                }
                None => {
                    spelt.insert(name, value);
                }
            }
        }
        Value::Object(spelt)
    }

    /// Whether this vocabulary has no other spelling of a member.
    fn is_spelt(self, known: &'static [Field], name: &str) -> bool {
        named(known, name).is_none_or(|field| self.spell(field) == name)
    }

    /// The pointer and the value at it, spelt in this vocabulary.
    #[must_use]
    pub fn operand(
        self,
        catalog: &Catalog,
        pointer: &Pointer,
        value: Option<Value>,
    ) -> (Pointer, Option<Value>) {
        let mut at = Pointer::root();
        let mut known = catalog.fields;
        for token in pointer.tokens() {
            let field = named(known, &token);
            at = at.join(field.map_or(token.as_str(), |field| self.spell(field)));
            known = field.map_or(&[], |field| match field.kind {
                Kind::Members(members) => members,
                _ => &[],
            });
        }
        let value = value.map(|value| self.value(known, value));
        (at, value)
    }
}
