//! What live personas are called in the directory: their keys, and whether the manifest pins its persona's id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::key::{Taken, stem};
use crate::catalog::Catalog;
use crate::model::{Desired, Key, Live, PersonaId, folded, without_keys};

/// What a live persona is called here and there.
#[derive(Clone, Debug)]
pub struct Who {
    /// The key of its manifest.
    pub key: Key,
    /// The service's id.
    pub id: PersonaId,
    /// The name that people know it by.
    pub name: String,
}

/// A live persona that is to get a manifest.
#[derive(Clone, Debug)]
pub struct Newcomer<'l> {
    /// What it is called.
    pub who: Who,
    /// What the service holds.
    pub live: &'l Live,
    /// How the manifest says whose it is.
    pub pin: Pin,
}

/// How a manifest says which live persona it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// By its name; the ledger knows the id.
    Name,
    /// By the id in this environment, as others have the name, or nearly, or as it has none that could be found.
    Id,
    /// By the id, and in this environment only: without the id it could not be there, as it has no name or one that
    /// another manifest has.
    Alone,
}

/// Gives keys to personas that no manifest describes, in the order of their creation, so that it is the same each
/// time. `live` are all personas, `desired` the manifests that there are, and `taken` the keys that are in use.
#[must_use]
pub fn newcomers<'l>(
    catalog: &Catalog,
    mut strangers: Vec<&'l Live>,
    live: &[Live],
    desired: &[Desired],
    mut taken: Taken,
) -> Vec<Newcomer<'l>> {
    strangers.sort_by_key(|live| (created(catalog, live), live.id.clone()));
    let documents = live.iter().map(|live| &live.document);
    let alike = counted(documents.filter_map(|document| catalog.name_of(document)));
    let described = desired.iter().map(|desired| &desired.document);
    let described = described.filter_map(|document| catalog.name_of(document));
    let mut described: BTreeSet<String> = described.map(str::to_owned).collect();
    let nearly: BTreeSet<String> = described.iter().map(|name| folded(name)).collect();

    let newcomer = |live: &'l Live| {
        let name = called(catalog, live);
        let folded = folded(&name);
        let is_found = catalog.name_of(&live.document) == Some(name.trim());
        let is_alone = alike.get(&folded) == Some(&1) && !nearly.contains(&folded);
        let pin = match name.is_empty() || !described.insert(name.clone()) {
            true => Pin::Alone,
            false if is_found && is_alone => Pin::Name,
            false => Pin::Id,
        };
        let key = taken.take(&stem(&name, catalog.noun), '-');
        let who = Who {
            key: Key::new(key),
            id: live.id.clone(),
            name,
        };
        Newcomer { who, live, pin }
    };
    let mut newcomers: Vec<Newcomer<'l>> = strangers.into_iter().map(newcomer).collect();
    newcomers.sort_by(|one, other| one.who.key.cmp(&other.who.key));
    newcomers
}

fn created<'l>(catalog: &Catalog, live: &'l Live) -> Option<&'l str> {
    live.document.get(catalog.created)?.as_str()
}

/// What a persona's key is made from: its name, whatever type the service gives that, unless it seems to hold a key.
fn called(catalog: &Catalog, live: &Live) -> String {
    let name = match live.document.get(catalog.name) {
        Some(Value::String(name)) => name.clone(),
        Some(name @ (Value::Number(_) | Value::Bool(_))) => name.to_string(),
        _ => String::new(),
    };
    match without_keys(&name) == name {
        true => name,
        false => String::new(),
    }
}

/// How many names fold to each form.
fn counted<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for name in names {
        *counted.entry(folded(name)).or_default() += 1;
    }
    counted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;

    fn live(id: &str, created: &str, name: Value) -> Live {
        Live {
            id: PersonaId::new(id).expect("an id"),
            document: json!({"persona_name": name, "created_at": created}),
        }
    }

    fn named(live: &[Live], desired: &[Desired], taken: &[&str]) -> Vec<(String, String, Pin)> {
        let mut keys = Taken::default();
        taken.iter().for_each(|key| keys.add(key));
        let strangers = live.iter().collect();
        newcomers(&PERSONA, strangers, live, desired, keys)
            .into_iter()
            .map(|new| (new.who.key.to_string(), new.who.id.to_string(), new.pin))
            .collect()
    }

    #[track_caller]
    fn assert_named(got: &[(String, String, Pin)], expected: &[(&str, &str, Pin)]) {
        let got: Vec<_> = got
            .iter()
            .map(|(key, id, pin)| (&**key, &**id, *pin))
            .collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn namesakes_are_numbered_by_their_age_and_pinned() {
        let mut all = vec![
            live("p4", "2026-03", json!("Bob")),
            live("p3", "2026-02", json!("Ana")),
            live("p2", "2026-02", json!("Ana")),
            live("p1", "2026-09", json!(" ANA")),
        ];
        let expected = [
            ("ana", "p2", Pin::Id),
            ("ana-2", "p3", Pin::Alone),
            ("ana-3", "p1", Pin::Id),
            ("bob", "p4", Pin::Name),
        ];
        assert_named(&named(&all, &[], &[]), &expected);
        all.reverse();
        assert_named(&named(&all, &[], &[]), &expected);
    }

    #[test]
    fn keys_in_use_are_left_to_whoever_has_them() {
        let all = [live("p1", "1", json!("Ana"))];
        let got = named(&all, &[], &["ANA", "ana-2"]);
        assert_named(&got, &[("ana-3", "p1", Pin::Name)]);
    }

    #[test]
    fn a_name_that_cannot_be_found_by_is_pinned() {
        let all = [
            live("p1", "1", json!("")),
            live("p2", "2", json!(" \t")),
            live("p3", "3", Value::Null),
            live("p4", "4", json!(" Ana ")),
            live("p5", "5", json!(42)),
            live("p6", "6", json!("sk-live-4711")),
        ];
        let expected = [
            ("42", "p5", Pin::Id),
            ("ana", "p4", Pin::Id),
            ("persona", "p1", Pin::Alone),
            ("persona-2", "p2", Pin::Id),
            ("persona-3", "p3", Pin::Alone),
            ("persona-4", "p6", Pin::Alone),
        ];
        assert_named(&named(&all, &[], &[]), &expected);
    }
}
