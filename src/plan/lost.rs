//! Personas that were made without anybody having heard of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::Catalog;
use crate::model::{
    Digest, Fingerprints, Intent, Key, Live, PersonaId, Pointer, Record, Records, Salt, folded,
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

/// The live personas that may have come of an intent: they have its name, did not have it before, and belong
/// to nobody. Where some have its content too, only those.
#[must_use]
pub fn candidates<'l>(
    catalog: &Catalog,
    intent: &Intent,
    live: &'l [Live],
    records: &Records,
) -> Vec<&'l Live> {
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
    if equal.is_empty() { named } else { equal }
}

/// What an apply made that was ended before it heard of it, as entries of which no field is known yet. Where
/// more than one persona may be meant, none is: the name tells that to whoever plans.
#[must_use]
pub fn recovered(
    catalog: &Catalog,
    intents: &BTreeMap<Key, Intent>,
    live: &[Live],
    records: &Records,
) -> Records {
    let lost = intents.iter().filter_map(|(key, intent)| {
        let record = match candidates(catalog, intent, live, records)[..] {
            [live] => Record::unseen(live.id.clone(), intent.name.clone()),
            _ => return None,
        };
        Some((key.clone(), record))
    });
    lost.filter(|(key, _)| !records.contains_key(key)).collect()
}

fn is_called(catalog: &Catalog, live: &Live, name: &str) -> bool {
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
        let ids = |found: &[Live]| {
            let all: Vec<Live> = before.iter().chain(found).cloned().collect();
            let found = candidates(&PERSONA, &intent, &all, &records);
            found
                .iter()
                .map(|live| live.id.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&[]), [""; 0]);
        assert_eq!(ids(&[live("p2", "Ana", "new")]), ["p2"]);
        assert_eq!(
            ids(&[live("p2", " ANA", "what the service made of it")]),
            ["p2"]
        );
        assert_eq!(
            ids(&[live("p2", "Ana", "x"), live("p3", "Ana", "new")]),
            ["p3"]
        );
        assert_eq!(
            ids(&[live("p2", "Ana", "new"), live("p3", "Ana", "new")]),
            ["p2", "p3"]
        );
        assert_eq!(
            ids(&[live("p2", "Eva", "new"), live("p5", "Ana", "new")]),
            [""; 0]
        );
    }
}
