//! Conversations, as far as a sandbox has any.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Site, answer};

const PATH: &str = "/v2/conversations";

#[tokio::test]
async fn a_conversation_is_with_a_persona_that_is_there() {
    let site = Site::new().await;
    let id = site.create(json!({"default_replica_id": "r1"})).await;
    let (status, begun) = site.post(PATH, json!({"persona_id": id})).await;
    assert_eq!((status, &begun["status"]), (200, &json!("active")));
    let conversation = begun["conversation_id"].as_str().expect("an id");
    let url = format!("https://sandbox.invalid/{conversation}");
    assert_eq!(begun["conversation_url"], url);
    let (_, other) = site.post(PATH, json!({"persona_id": id})).await;
    assert_ne!(other["conversation_id"], begun["conversation_id"]);

    let unknown = (400, json!({"error": "Invalid persona_id"}));
    for sent in [
        json!({"persona_id": "p0"}),
        json!({"pal_id": id}),
        json!({"persona_id": [id]}),
        json!([]),
        Value::Null,
    ] {
        assert_eq!(site.post(PATH, sent.clone()).await, unknown, "{sent}");
    }
}

#[tokio::test]
async fn somebody_has_to_be_seen_in_it() {
    let site = Site::new().await;
    let id = site.create(json!({"default_replica_id": ""})).await;
    let nobody = (400, json!({"error": "Invalid replica_uuid"}));
    for replica in [Value::Null, json!("")] {
        let sent = json!({"persona_id": id, "replica_id": replica});
        assert_eq!(site.post(PATH, sent).await, nobody);
    }
    let sent = json!({"persona_id": id, "replica_id": "r1"});
    assert_eq!(site.post(PATH, sent).await.0, 200);
}

#[tokio::test]
async fn conversations_take_a_key_and_json_and_nothing_but_post() {
    let site = Site::new().await;
    let plain = |method| site.request(method, PATH);
    let mistaken = plain(Method::POST).body("{");
    assert_eq!(answer(mistaken).await.0, 400);
    assert_eq!(answer(plain(Method::GET)).await.0, 405);
    let url = format!("http://{}{PATH}", site.sandbox().address());
    let keyless = super::site::client().post(url).body("{}");
    assert_eq!(answer(keyless).await.0, 401);
}
