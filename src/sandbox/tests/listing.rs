//! Pages, filters, shapes and vocabularies of what is read.

use serde_json::{Value, json};

use super::site::Site;
use crate::sandbox::{GetShape, Quirks};

fn seeds(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"persona_id": format!("p{number}"), "persona_name": "Ana"}))
        .collect()
}

fn ids(page: &Value) -> Vec<&str> {
    let personas = page["data"].as_array().expect("a list");
    personas
        .iter()
        .map(|persona| persona["persona_id"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
async fn pages_begin_at_one_and_end_empty() {
    let site = Site::with(Quirks::default(), seeds(16)).await;
    let rows: [(&str, &[usize]); 7] = [
        ("", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("&page=2", &[10, 11, 12, 13, 14, 15]),
        ("&limit=7&page=0", &[0, 1, 2, 3, 4, 5, 6]),
        ("&limit=7&page=1&type=system", &[0, 1, 2, 3, 4, 5, 6]),
        ("&limit=7&page=3", &[14, 15]),
        ("&limit=7&page=4", &[]),
        ("&limit=3&sort=desc", &[15, 14, 13]),
    ];
    for (parameters, expected) in rows {
        let path = format!("/v2/personas?persona_type=user{parameters}");
        let (status, page) = site.get(&path).await;
        let expected: Vec<_> = expected.iter().map(|number| format!("p{number}")).collect();
        assert_eq!((status, &page["total_count"]), (200, &json!(16)), "{path}");
        assert_eq!(ids(&page), expected, "{path}");
    }
}

#[tokio::test]
async fn no_page_is_longer_than_the_cap() {
    let quirks = Quirks {
        page_cap: 5,
        ..Quirks::default()
    };
    let site = Site::with(quirks, seeds(8)).await;
    let (_, page) = site
        .get("/v2/personas/?limit=100&persona_type=user&page=2")
        .await;
    assert_eq!(ids(&page), ["p5", "p6", "p7"]);
}

#[tokio::test]
async fn a_limit_that_is_no_number_is_refused() {
    let site = Site::new().await;
    assert_eq!(site.get("/v2/personas?limit=ten").await.0, 400);
}

#[tokio::test]
async fn the_stock_is_in_the_list_but_not_always_in_a_class() {
    let site = Site::with(Quirks::default(), seeds(1)).await;
    for (filter, expected) in [("", 4), ("?persona_type=system", 2), ("?pal_type=user", 1)] {
        for collection in ["personas", "pals"] {
            let (_, page) = site.get(&format!("/v2/{collection}{filter}")).await;
            assert_eq!(page["total_count"], expected, "{collection}{filter}");
        }
    }
}

#[tokio::test]
async fn stock_can_be_read_but_not_written() {
    let site = Site::new().await;
    let (_, page) = site.get("/v2/personas").await;
    for id in ids(&page) {
        let path = format!("/v2/personas/{id}");
        let refused = (400, json!({"error": "Invalid persona_id"}));
        let patch = json!([{"op": "add", "path": "/context", "value": "x"}]);
        assert_eq!(site.read(id).await["persona_id"], id);
        assert_eq!(site.patch(id, patch).await, refused);
        assert_eq!(site.delete(&path).await, refused);
    }
}

#[tokio::test]
async fn an_unknown_id_is_a_bad_request_in_both_vocabularies() {
    let site = Site::new().await;
    let refused = (400, json!({"error": "Invalid persona_id"}));
    for path in ["/v2/personas/p0", "/v2/pals/p0"] {
        assert_eq!(site.get(path).await, refused);
        assert_eq!(site.patch_at(path, json!([])).await, refused);
        assert_eq!(site.delete(path).await, refused);
    }
}

#[tokio::test]
async fn the_envelope_is_a_quirk() {
    let quirks = Quirks {
        get_shape: GetShape::Envelope,
        ..Quirks::default()
    };
    let site = Site::with(quirks, seeds(1)).await;
    let (_, body) = site.get("/v2/personas/p0?include_settings=true").await;
    assert_eq!(ids(&body), ["p0"]);
}

#[tokio::test]
async fn a_persona_is_a_pal_in_other_words() {
    let site = Site::new().await;
    let flow = json!({"conversational_flow": {"face_interruptibility": "low"}});
    let pal = json!({"pal_name": "Ana", "system_prompt": "Be kind.", "default_face_id": "r1", "layers": flow});
    let (status, created) = site.post("/v2/pals", pal).await;
    let members: Vec<_> = created
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        (status, members),
        (200, vec!["pal_id", "pal_name", "created_at"])
    );

    let id = created["pal_id"].as_str().expect("an id");
    let persona = site.read(id).await;
    let (_, pal) = site.get(&format!("/v2/pals/{id}")).await;
    for (persona_name, pal_name) in [
        ("/persona_name", "/pal_name"),
        ("/persona_id", "/pal_id"),
        ("/default_replica_id", "/default_face_id"),
        ("/persona_type", "/pal_type"),
        (
            "/layers/conversational_flow/replica_interruptibility",
            "/layers/conversational_flow/pal_interruptibility",
        ),
    ] {
        assert!(persona.pointer(persona_name).is_some(), "{persona_name}");
        assert_eq!(
            persona.pointer(persona_name),
            pal.pointer(pal_name),
            "{pal_name}"
        );
        assert_eq!(pal.pointer(persona_name), None, "{persona_name}");
    }
}

#[tokio::test]
async fn a_write_shows_wherever_the_persona_was_read_before() {
    let site = Site::new().await;
    let id = site.create(json!({"context": "one"})).await;
    for (context, next) in [("one", "two"), ("two", "three"), ("three", "")] {
        for collection in ["personas", "pals"] {
            let (_, list) = site
                .get(&format!("/v2/{collection}?persona_type=user"))
                .await;
            let (_, one) = site.get(&format!("/v2/{collection}/{id}")).await;
            assert_eq!(one["context"], context, "{collection}");
            assert_eq!(list["data"], json!([one]), "{collection}");
        }
        let patch = json!([{"op": "replace", "path": "/context", "value": next}]);
        assert_eq!(site.patch(&id, patch).await.0, 200);
    }
}
