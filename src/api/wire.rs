//! The service's answers, whatever their shape: bare or in an envelope, in either vocabulary.

use serde_json::Value;

use crate::catalog::{Catalog, Vocabulary};
use crate::model::{Live, PersonaId};

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) personas: Vec<Live>,
    /// The size of the whole list, where the service tells it.
    pub(super) total: Option<usize>,
}

/// What the service says of a persona that it has just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub id: PersonaId,
}

/// Reads a page: `{"data": […], "total_count": n}`. An answer without the list is an error, never
/// an empty list.
pub(super) fn page(catalog: &Catalog, answer: Value) -> Result<Page, String> {
    let total = answer
        .get("total_count")
        .and_then(Value::as_u64)
        .and_then(|total| usize::try_from(total).ok());
    let Value::Object(mut members) = answer else {
        return Err("a list was expected to be an object with the member `data`".to_owned());
    };
    let Some(Value::Array(items)) = members.remove("data") else {
        return Err("a list was expected to have the array `data`".to_owned());
    };
    let personas = items
        .into_iter()
        .map(|item| live(catalog, item))
        .collect::<Result<_, _>>()?;
    Ok(Page { personas, total })
}

/// Reads one persona: the bare object, or `{"data": [one]}` or `{"data": one}` around it.
pub(super) fn one(catalog: &Catalog, answer: Value) -> Result<Live, String> {
    live(catalog, unwrapped(catalog, answer)?)
}

/// Reads the answer of a create call.
pub(super) fn created(catalog: &Catalog, answer: Value) -> Result<Created, String> {
    Ok(Created {
        id: live(catalog, unwrapped(catalog, answer)?)?.id,
    })
}

/// The service's words for a failure, or the beginning of whatever it answered.
pub(super) fn message(body: &[u8]) -> String {
    const LONGEST: usize = 300;
    let said = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|answer| {
            let words = ["message", "error"]
                .iter()
                .find_map(|member| answer.get(member))
                .cloned()?;
            Some(
                words
                    .as_str()
                    .map_or_else(|| words.to_string(), str::to_owned),
            )
        });
    let text = said.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "no words".to_owned(),
        None => text,
    }
}

/// Whether a refusal says that the dashboard holds edits which are not live yet.
pub(super) fn is_draft(body: &[u8]) -> bool {
    let answer = serde_json::from_slice::<Value>(body).unwrap_or_default();
    answer
        .get("conflict")
        .is_some_and(|conflict| conflict == "maker_changes")
}

fn unwrapped(catalog: &Catalog, answer: Value) -> Result<Value, String> {
    if is_persona(catalog, &answer) {
        return Ok(answer);
    }
    let data = match answer {
        Value::Object(mut members) => members.remove("data"),
        _ => None,
    };
    match data {
        Some(Value::Array(mut items)) if items.len() == 1 => Ok(items.remove(0)),
        Some(item @ Value::Object(_)) => Ok(item),
        _ => Err(format!("it holds no {}", catalog.id)),
    }
}

fn is_persona(catalog: &Catalog, value: &Value) -> bool {
    [Vocabulary::Personas, Vocabulary::Pals]
        .iter()
        .any(|vocabulary| value.get(vocabulary.member(catalog, catalog.id)).is_some())
}

fn live(catalog: &Catalog, item: Value) -> Result<Live, String> {
    let document = Vocabulary::Personas.document(catalog, item);
    let id = document.get(catalog.id).and_then(Value::as_str);
    let Some(id) = id else {
        return Err(format!("a {} has no {}", catalog.noun, catalog.id));
    };
    let Some(id) = PersonaId::new(id) else {
        return Err(format!("`{id}` is no {}", catalog.id));
    };
    Ok(Live { id, document })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;

    #[test]
    fn one_persona_is_read_bare_or_wrapped_in_either_vocabulary() {
        let expected =
            json!({"persona_id": "p1", "persona_name": "Ana", "default_replica_id": "r1"});
        let bare = json!({"persona_id": "p1", "persona_name": "Ana", "default_replica_id": "r1"});
        let pal = json!({"pal_id": "p1", "pal_name": "Ana", "default_face_id": "r1"});
        for answer in [
            bare.clone(),
            json!({"data": [bare]}),
            json!({"data": bare}),
            pal.clone(),
            json!({"data": [pal]}),
        ] {
            let live = one(&PERSONA, answer.clone()).expect("a persona");
            assert_eq!(
                (live.id.as_str(), live.document),
                ("p1", expected.clone()),
                "{answer}"
            );
        }
    }

    #[test]
    fn other_shapes_are_errors_and_never_an_empty_list() {
        for answer in [
            json!({}),
            json!({"data": []}),
            json!({"data": [{}, {}]}),
            json!([]),
            json!({"persona_id": "../x"}),
        ] {
            assert!(one(&PERSONA, answer.clone()).is_err(), "{answer}");
        }
        for answer in [
            json!({}),
            json!([]),
            json!({"data": null}),
            json!({"data": {}}),
            json!({"data": [{}]}),
        ] {
            assert!(page(&PERSONA, answer.clone()).is_err(), "{answer}");
        }
        assert!(page(&PERSONA, json!({"data": []})).is_ok_and(|page| page.personas.is_empty()));
    }

    #[test]
    fn the_services_words_are_found_in_any_of_its_shapes() {
        assert_eq!(
            message(br#"{"error": "Invalid persona_id"}"#),
            "Invalid persona_id"
        );
        assert_eq!(message(br#"{"message": {"a": 1}}"#), r#"{"a":1}"#);
        assert_eq!(
            message(b"<html>Bad gateway</html>"),
            "<html>Bad gateway</html>"
        );
        assert_eq!(message(b""), "no words");
        assert_eq!(message("ä".repeat(400).as_bytes()).chars().count(), 301);
    }
}
