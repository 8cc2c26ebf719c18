//! What the service does to what it is sent: members of its own are kept, spellings settled,
//! defaults filled in.

use serde_json::{Map, Value};

use super::birth::Birth;
use super::check;
use super::normalise;
use super::quirk::Quirks;
use super::refusal::Refusal;
use super::seal::{self, Origin};
use crate::catalog::{Access, Field, Normaliser, PERSONA, Secrecy};

/// The class of the personas that an account made itself: the only ones that can be written.
const OWN: &str = "user";

/// The account of everything in a sandbox.
const OWNER: u64 = 1;

/// The document of a persona that was sent to be created.
pub(super) fn create(sent: Value, birth: Birth, quirks: &Quirks) -> Result<Value, Refusal> {
    check::depth(&sent)?;
    if seal::occurs(&sent) {
        return Err(Refusal::Invalid("A reserved member was sent".to_owned()));
    }
    Ok(born(settle(sent, &Map::new(), quirks)?, birth))
}

/// The document of a persona after a write; `before` is what it was.
pub(super) fn rewrite(written: Value, before: &Value, quirks: &Quirks) -> Result<Value, Refusal> {
    let nothing = Map::new();
    let before = before.as_object().unwrap_or(&nothing);
    settle(written, before, quirks).map(Value::Object)
}

/// The document of a persona that is there from the start, as a GET answered it somewhere: it is
/// not checked, as the service holds old personas that it would not take any more.
pub(super) fn seed(mut given: Map<String, Value>, birth: Birth) -> Value {
    fill(&mut given, PERSONA.fields);
    seal::seal(&mut given, Origin::Seed).expect("only a request's masks are refused");
    born(given, birth)
}

/// Whether the account made this persona itself.
pub(super) fn is_own(document: &Value) -> bool {
    document
        .get(PERSONA.class)
        .is_some_and(|class| class == OWN)
}

/// Sets the time of the last change.
pub(super) fn touch(document: &mut Value, at: String) {
    document[PERSONA.updated] = Value::from(at);
}

fn settle(
    written: Value,
    before: &Map<String, Value>,
    quirks: &Quirks,
) -> Result<Map<String, Value>, Refusal> {
    let Value::Object(mut written) = written else {
        return Err(Refusal::Invalid("A persona must be an object".to_owned()));
    };
    keep_read_only(&mut written, before, PERSONA.fields);
    check::document(&written)?;
    seal::seal(&mut written, Origin::Request)?;
    normalise::settle(&mut written, quirks);
    fill(&mut written, PERSONA.fields);
    normalise::complete(&mut written, quirks);
    Ok(written)
}

/// Puts the service's own members around the document's, where it does not have them.
fn born(document: Map<String, Value>, birth: Birth) -> Value {
    let Birth { id, uuid, at } = birth;
    let mut whole = Map::new();
    whole.insert(PERSONA.id.to_owned(), Value::from(id));
    whole.extend(document);
    for (name, value) in [
        (PERSONA.uuid, Value::from(uuid)),
        (PERSONA.owner, Value::from(OWNER)),
        (PERSONA.class, Value::from(OWN)),
        (PERSONA.created, Value::from(at.as_str())),
        (PERSONA.updated, Value::from(at.as_str())),
    ] {
        whole.entry(name).or_insert(value);
    }
    Value::Object(whole)
}

/// What only the service writes stays as it was, whatever was sent.
fn keep_read_only(
    written: &mut Map<String, Value>,
    before: &Map<String, Value>,
    known: &'static [Field],
) {
    let nothing = Map::new();
    for field in known {
        let earlier = before.get(field.name);
        if field.access == Access::ReadOnly {
            match earlier {
                Some(value) => written.insert(field.name.to_owned(), value.clone()),
                None => written.shift_remove(field.name),
            };
        } else if let Some(Value::Object(inner)) = written.get_mut(field.name) {
            let earlier = earlier.and_then(Value::as_object).unwrap_or(&nothing);
            keep_read_only(inner, earlier, field.known_members());
        }
    }
}

/// Settles the spelling of what is there and adds what the service adds.
fn fill(members: &mut Map<String, Value>, known: &'static [Field]) {
    for field in known {
        match members.get_mut(field.name) {
            None => fill_absent(members, field),
            Some(Value::Object(inner)) => fill(inner, field.known_members()),
            Some(Value::String(text)) if field.normaliser == Normaliser::LowerCase => {
                *text = text.to_lowercase();
            }
            Some(_) => {}
        }
    }
    for field in known {
        derive(members, field);
    }
}

fn fill_absent(members: &mut Map<String, Value>, field: &Field) {
    if let Some(default) = field.default {
        members.insert(field.name.to_owned(), default.to_value());
    } else if field.secrecy == Secrecy::Secret {
        members.insert(field.name.to_owned(), Value::Null);
    }
}

fn derive(members: &mut Map<String, Value>, field: &Field) {
    let Some(derived) = field.derived else {
        return;
    };
    match members.get(derived.from).and_then(Value::as_str) {
        Some(source) => {
            let value = format!("{source}{}", derived.suffix);
            members.insert(field.name.to_owned(), Value::from(value));
        }
        None => {
            members.shift_remove(field.name);
        }
    }
}
