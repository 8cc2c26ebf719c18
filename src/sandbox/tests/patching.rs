//! Patches: what they change, and what stops them.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Site, answer};
use crate::sandbox::Quirks;

fn replace(path: &str, value: Value) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_the_time() {
    let site = Site::new().await;
    let id = site
        .create(json!({"novel": {"c": 1, "b": 2, "a": 3}}))
        .await;
    let before = site.read(&id).await;
    let patch = json!([
        {"op": "test", "path": "/persona_name", "value": "Ana"},
        {"op": "replace", "path": "/context", "value": "New"},
        {"op": "remove", "path": "/novel/c"},
    ]);
    assert_eq!(
        site.patch(&id, patch).await,
        (200, json!({"persona_id": id}))
    );

    let after = site.read(&id).await;
    assert_eq!(after["context"], "New");
    assert_eq!(after["novel"].to_string(), r#"{"b":2,"a":3}"#);
    assert_eq!(after["created_at"], before["created_at"]);
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
}

#[tokio::test]
async fn a_patch_that_changes_nothing_is_not_modified() {
    let site = Site::new().await;
    let id = site
        .create(json!({"novel": 1, "layers": {"stt": {}}}))
        .await;
    let before = site.read(&id).await;
    let rows = [
        json!([]),
        replace("/persona_name", json!("Ana")),
        replace("/novel", json!(1.0)),
        json!([{"op": "test", "path": "/novel", "value": 1.0}]),
        json!([{"op": "remove", "path": "/persona_id"}]),
        json!([{"op": "add", "path": "/owner_id", "value": 7}]),
        json!([{"op": "remove", "path": "/layers/stt/stt_engine"}]),
    ];
    for patch in rows {
        let answered = site.patch(&id, patch.clone()).await;
        assert_eq!(answered, (304, Value::Null), "{patch}");
    }
    assert_eq!(site.read(&id).await, before);
}

#[tokio::test]
async fn a_patch_that_does_not_fit_is_refused_whole() {
    let site = Site::new().await;
    let id = site.create(json!({})).await;
    let before = site.read(&id).await;
    let rows = [
        json!({"context": "a plain object"}),
        json!([{"op": "merge", "path": "/context", "value": 1}]),
        json!([{"op": "add", "path": "/context"}]),
        json!([{"op": "add", "path": "context", "value": ""}]),
        replace("/objectives_id", json!("o1")),
        replace("/document_ids/0", json!("d1")),
        json!([{"op": "remove", "path": "/layers/llm"}]),
        json!([{"op": "add", "path": "/layers/llm/model", "value": "m"}]),
        json!([
            {"op": "add", "path": "/context", "value": "New"},
            {"op": "test", "path": "/persona_name", "value": "Bob"},
        ]),
    ];
    let refused = (422, json!({"message": "Invalid JSON patch format"}));
    for patch in rows {
        assert_eq!(site.patch(&id, patch.clone()).await, refused, "{patch}");
    }
    assert_eq!(site.read(&id).await, before);
}

#[tokio::test]
async fn either_vocabulary_is_patched_in_either_spelling() {
    let site = Site::new().await;
    let flow = json!({"conversational_flow": {"wake_phrase": "hi"}});
    let id = site.create(json!({"layers": flow})).await;
    let pal = format!("/v2/pals/{id}");
    let patch = json!([
        {"op": "replace", "path": "/pal_name", "value": "Bob"},
        {"op": "replace", "path": "/layers/conversational_flow/face_interruptibility", "value": "high"},
    ]);
    assert_eq!(
        site.patch_at(&pal, patch).await,
        (200, json!({"pal_id": id}))
    );
    assert_eq!(
        site.patch_at(&pal, replace("/persona_name", json!("Bob")))
            .await
            .0,
        304
    );
    let layer = json!({"pal_interruptibility": "low"});
    let patch = replace("/layers/conversational_flow", layer);
    assert_eq!(site.patch(&id, patch).await.0, 200);

    let persona = site.read(&id).await;
    let flow = &persona["layers"]["conversational_flow"];
    assert_eq!(persona["persona_name"], "Bob");
    assert_eq!(flow["replica_interruptibility"], "low");
    assert_eq!(
        flow.get("wake_phrase"),
        None,
        "replacing a layer does not merge"
    );
}

#[tokio::test]
async fn conferencing_travels_alone() {
    let site = Site::new().await;
    let id = site.create(json!({"layers": {}})).await;
    let conferencing =
        json!({"op": "add", "path": "/layers/conferencing", "value": {"username": "Ana"}});
    let name = json!({"op": "replace", "path": "/persona_name", "value": "Bob"});
    for mixed in [json!([conferencing, name]), json!([name, conferencing])] {
        let (status, body) = site.patch(&id, mixed).await;
        let message = "Bad Request. /layers/conferencing must be patched in a request of its own";
        assert_eq!((status, body), (400, json!({"message": message})));
    }
    assert_eq!(site.patch(&id, json!([conferencing])).await.0, 200);
    let rename = replace("/layers/conferencing/username", json!("Bob"));
    assert_eq!(site.patch(&id, rename).await.0, 200);
    let email = &site.read(&id).await["layers"]["conferencing"]["email"];
    assert_eq!(email, "bob@tavusinvite.com");
}

#[tokio::test]
async fn a_draft_stops_a_patch_unless_it_is_forced() {
    let site = Site::new().await;
    let id = site.create(json!({"layers": {}})).await;
    site.draft(&id).await;

    let patch = replace("/context", json!("New"));
    let (status, body) = site.patch(&id, patch.clone()).await;
    assert_eq!((status, &body["conflict"]), (409, &json!("maker_changes")));
    assert!(body["message"].is_string());
    let alone =
        json!([{"op": "add", "path": "/layers/conferencing", "value": {"username": "ana"}}]);
    assert_eq!(
        site.patch(&id, alone).await.0,
        200,
        "a draft holds no conferencing"
    );

    let forced = format!("/v2/personas/{id}?force=true");
    let discarded = json!({"persona_id": id, "discarded_maker_changes": true});
    assert_eq!(
        site.patch_at(&forced, patch.clone()).await,
        (200, discarded)
    );
    assert_eq!(site.patch(&id, patch).await.0, 304, "the draft is gone");
}

#[tokio::test]
async fn a_draft_can_be_taken_back() {
    let site = Site::new().await;
    let id = site.create(json!({})).await;
    site.draft(&id).await;
    let path = format!("/_sandbox/draft/{id}");
    assert_eq!(answer(site.request(Method::DELETE, &path)).await.0, 204);
    assert_eq!(
        site.patch(&id, replace("/context", json!("New"))).await.0,
        200
    );
}

#[tokio::test]
async fn an_old_value_that_is_not_taken_any_more_stops_every_patch() {
    let flow = json!({"conversational_flow": {"turn_taking_patience": "endless"}});
    let seed = json!({"persona_id": "p0", "system_prompt": "p", "layers": flow});
    let site = Site::with(Quirks::default(), vec![seed]).await;
    let (status, body) = site.patch("p0", replace("/context", json!("New"))).await;
    let message = body["message"].as_str().expect("a message");
    assert_eq!(status, 400);
    assert!(
        message.contains("turn_taking_patience must be one of"),
        "{message}"
    );

    let mended = json!([
        {"op": "replace", "path": "/layers/conversational_flow/turn_taking_patience", "value": "high"},
        {"op": "replace", "path": "/context", "value": "New"},
    ]);
    assert_eq!(site.patch("p0", mended).await.0, 200);
}

#[tokio::test]
async fn a_document_does_not_grow_deeper_than_it_can_be_read() {
    let site = Site::new().await;
    let id = site.create(json!({"novel": {}})).await;
    let deep = (0..60).fold(json!(1), |inner, _| json!({"a": inner}));
    assert_eq!(
        site.patch(&id, replace("/novel", deep.clone())).await.0,
        200
    );
    let below = format!("/novel{}", "/a".repeat(60));
    assert_eq!(site.patch(&id, replace(&below, deep)).await.0, 400);
}
