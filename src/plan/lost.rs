//! Personas that were made without anybody having heard of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::Catalog;
use crate::model::{
    Applied, Digest, Fingerprints, Intent, Key, Live, PersonaId, Pointer, Record, Records, Salt,
    Unheard, folded,
};

/// What to write down before a persona with this body is made.
#[must_use]
pub fn intent(catalog: &Catalog, body: &Value, live: &[Live]) -> Intent {
    let name = catalog.name_of(body).unwrap_or_default();
    let namesakes = live.iter().filter(|live| is_called(catalog, live, name));
    let fields = catalog.declared(body).into_iter();
    let shown = fields.filter(|(path, value)| !catalog.hides(path, Some(value)));
    Intent {
        name: name.to_owned(),
        known: namesakes.map(|live| live.id.clone()).collect(),
        fields: shown
            .filter_map(|(path, value)| Some((path.clone(), digest(catalog, &path, Some(value))?)))
            .collect(),
    }
}

/// What there is to be found of a persona that may have been made.
#[derive(Clone, Debug, PartialEq)]
pub enum Trace {
    /// Nothing.
    None,
    /// One that is new and nobody's, and has its name and its content.
    Made(PersonaId),
    /// More than one of these, or some that have its name only: whose they are, nobody can tell.
    Unclear(Vec<PersonaId>),
}

/// Looks for what may have come of an intent.
#[must_use]
pub fn trace(catalog: &Catalog, intent: &Intent, live: &[Live], records: &Records) -> Trace {
    let bound: BTreeSet<&PersonaId> = records.values().map(|record| &record.id).collect();
    let is_new = |live: &&Live| !intent.known.contains(&live.id) && !bound.contains(&live.id);
    let named = live.iter().filter(is_new);
    let named: Vec<&Live> = named
        .filter(|live| is_called(catalog, live, &intent.name))
        .collect();
    let is_it = |live: &&&Live| {
        let mut fields = intent.fields.iter();
        fields.all(|(path, sent)| {
            digest(catalog, path, path.get(&live.document)).as_ref() == Some(sent)
        })
    };
    let equal: Vec<&Live> = named.iter().filter(is_it).copied().collect();
    let ids = |found: &[&Live]| found.iter().map(|live| live.id.clone()).collect();
    match (&equal[..], &named[..]) {
        ([made], _) => Trace::Made(made.id.clone()),
        ([], []) => Trace::None,
        ([], named) => Trace::Unclear(ids(named)),
        (equal, _) => Trace::Unclear(ids(equal)),
    }
}

/// The entries that change when it is seen what has become of something that nobody has heard of: personas
/// that were made, of which no field is known yet, and fields that were set.
#[must_use]
pub fn recovered(
    catalog: &Catalog,
    secrets: &Fingerprints,
    unheard: &Unheard,
    live: &[Live],
    records: &Records,
) -> Records {
    let find = |id: &PersonaId| live.iter().find(|live| live.id == *id);
    let is_gone = |key: &Key| {
        let record = records.get(key);
        record.is_none_or(|record| find(&record.id).is_none())
    };
    let creates = unheard.creates.iter().filter(|(key, _)| is_gone(key));
    let made = creates.filter_map(|(key, intent)| {
        match trace(catalog, intent, live, records) {
            Trace::Made(id) => Some((key.clone(), Record::unseen(id, intent.name.clone()))),
            // The name tells what may be meant to whoever plans.
            Trace::None | Trace::Unclear(_) => None,
        }
    });
    let changed = records.iter().filter_map(|(key, record)| {
        let fields = unheard.changes.get(&record.id)?;
        let live = find(&record.id)?;
        let seen = |path: &Pointer| catalog.digest(path, path.get(&live.document), secrets);
        Some((key.clone(), caught_up(record, fields, seen)))
    });
    made.chain(changed).collect()
}

/// The entry, where fields were about to be set: a field that is not what the ledger knows was. What the
/// service made of it cannot be told from an edit, so that it shows as one.
fn caught_up(
    record: &Record,
    fields: &BTreeMap<Pointer, Digest>,
    now: impl Fn(&Pointer) -> Option<Digest>,
) -> Record {
    let mut record = record.clone();
    for (path, sent) in fields {
        let now = now(path);
        let known = record.fields.get(path).map(|applied| &applied.seen);
        let seen = match known {
            _ if now.as_ref() == Some(sent) => sent.clone(),
            Some(known) if now.as_ref() != Some(known) => known.clone(),
            _ => continue,
        };
        let sent = sent.clone();
        record.fields.insert(path.clone(), Applied { sent, seen });
    }
    record
}

pub(super) fn is_called(catalog: &Catalog, live: &Live, name: &str) -> bool {
    let called = catalog.name_of(&live.document);
    called.is_some_and(|called| folded(called) == folded(name))
}

fn digest(catalog: &Catalog, path: &Pointer, value: Option<&Value>) -> Option<Digest> {
    // What is hidden is left out, so that no salt matters.
    let secrets = Fingerprints::new(Salt::new([0; 32]));
    catalog.digest(path, value, &secrets)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;

    fn live(id: &str, name: &str, context: &str) -> Live {
        Live {
            id: PersonaId::new(id).expect("an id"),
            document: json!({"persona_name": name, "context": context, "pipeline_mode": "full"}),
        }
    }

    #[test]
    fn what_was_made_is_found_by_its_name_and_then_by_its_content() {
        let body = json!({"persona_name": "Ana", "context": "new"});
        let before = [live("p1", "Ana", "old")];
        let intent = intent(&PERSONA, &body, &before);
        let bound = |id: &str| Record::unseen(PersonaId::new(id).expect("an id"), String::new());
        let records = Records::from([(Key::new("other"), bound("p5"))]);
        let found = |found: &[Live]| {
            let all: Vec<Live> = before.iter().chain(found).cloned().collect();
            match trace(&PERSONA, &intent, &all, &records) {
                Trace::None => "none".to_owned(),
                Trace::Made(id) => id.to_string(),
                Trace::Unclear(found) => {
                    let ids: Vec<_> = found.iter().map(PersonaId::as_str).collect();
                    format!("unclear: {}", ids.join(" "))
                }
            }
        };
        assert_eq!(found(&[]), "none");
        assert_eq!(found(&[live("p2", "Ana", "new")]), "p2");
        assert_eq!(
            found(&[live("p2", " ANA", "someone else's")]),
            "unclear: p2"
        );
        assert_eq!(
            found(&[live("p2", "Ana", "x"), live("p3", "Ana", "new")]),
            "p3"
        );
        assert_eq!(
            found(&[live("p2", "Ana", "new"), live("p3", "Ana", "new")]),
            "unclear: p2 p3"
        );
        assert_eq!(
            found(&[live("p2", "Eva", "new"), live("p5", "Ana", "new")]),
            "none"
        );
    }

    #[test]
    fn a_change_that_nobody_heard_of_is_known_by_what_is_live() {
        let path = Pointer::parse("/context").expect("a pointer");
        let of = |text: &str| digest(&PERSONA, &path, Some(&json!(text))).expect("it may be shown");
        let applied = |sent: &str, seen: &str| Applied {
            sent: of(sent),
            seen: of(seen),
        };
        for (now, expected) in [
            ("new", applied("new", "new")),
            ("old", applied("old", "old")),
            // Trimmed, or edited by somebody: the manifest's value is set once more, and that is shown.
            ("another", applied("new", "old")),
        ] {
            let mut record = Record::unseen(PersonaId::new("p1").expect("an id"), "Ana".to_owned());
            record.fields.insert(path.clone(), applied("old", "old"));
            let records = Records::from([(Key::new("ana"), record.clone())]);
            let unheard = Unheard {
                changes: BTreeMap::from([(
                    record.id.clone(),
                    BTreeMap::from([(path.clone(), of("new"))]),
                )]),
                ..Unheard::default()
            };
            let secrets = Fingerprints::new(Salt::new([0; 32]));
            let live = [live("p1", "Ana", now)];
            let recovered = recovered(&PERSONA, &secrets, &unheard, &live, &records);
            assert_eq!(recovered[&Key::new("ana")].fields[&path], expected, "{now}");
        }
    }
}
