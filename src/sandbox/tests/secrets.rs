//! Secrets: how they read back, when they are lost, and that they are not kept.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::site::Site;
use crate::sandbox::{Mask, Quirks};

const PLANTED: &str = "sk-planted-4f1b";

fn custom() -> Value {
    let headers = json!({"Authorization": format!("Bearer {PLANTED}"), "X-Trace": "1"});
    let connectors = json!([{"name": "crm", "auth": {"token": PLANTED}}]);
    let llm = json!({"model": "m", "base_url": "http://localhost", "api_key": PLANTED, "headers": headers});
    json!({"layers": {"llm": llm, "mcp": {"connectors": connectors}, "tts": {}}})
}

fn replace(path: &str, value: Value) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

#[tokio::test]
async fn secrets_read_back_masked_or_null() {
    let site = Site::new().await;
    let id = site.create(custom()).await;
    let layers = site.read(&id).await["layers"].clone();
    assert_eq!(layers["llm"]["api_key"], "********");
    assert_eq!(layers["tts"]["api_key"], Value::Null);
    assert_eq!(
        layers["llm"]["headers"],
        json!({"Authorization": "********", "X-Trace": "1"})
    );
    assert_eq!(
        layers["mcp"]["connectors"],
        json!([{"name": "crm", "auth": {"token": "********"}}])
    );
}

#[tokio::test]
async fn other_masks_are_a_quirk() {
    for (mask, expected) in [(Mask::Null, Some(&Value::Null)), (Mask::Omitted, None)] {
        let quirks = Quirks {
            mask,
            ..Quirks::default()
        };
        let site = Site::with(quirks, Vec::new()).await;
        let id = site.create(custom()).await;
        let layers = site.read(&id).await["layers"].clone();
        assert_eq!(layers["llm"].get("api_key"), expected);
        assert_eq!(layers["tts"].get("api_key"), expected);
        assert_eq!(layers["llm"]["headers"].get("Authorization"), expected);

        let replaced = site
            .patch(&id, replace("/layers/llm/api_key", json!("new")))
            .await;
        let applies = if expected.is_some() { 200 } else { 422 };
        assert_eq!(
            replaced.0, applies,
            "a patch meets the document as it reads back"
        );
    }
}

#[tokio::test]
async fn an_ending_tells_one_secret_from_another_and_shows_none() {
    let quirks = Quirks {
        mask: Mask::Ending,
        ..Quirks::default()
    };
    let site = Site::with(quirks, Vec::new()).await;
    let id = site.create(custom()).await;
    let first = site.read(&id).await["layers"]["llm"]["api_key"].clone();
    let text = first.as_str().expect("a mask");
    assert!(
        text.starts_with("********") && text.len() == 12 && !text.ends_with("4f1b"),
        "{text}"
    );
    let other = replace("/layers/llm/api_key", json!("another"));
    assert_eq!(site.patch(&id, other).await.0, 200);
    assert_ne!(site.read(&id).await["layers"]["llm"]["api_key"], first);
    let echoed = replace("/layers/llm/api_key", first);
    assert_eq!(site.patch(&id, echoed).await.0, 400);
}

#[tokio::test]
async fn a_patch_below_the_layer_keeps_the_secret_and_one_of_the_layer_loses_it() {
    let site = Site::new().await;
    let id = site.create(custom()).await;
    assert_eq!(
        site.patch(&id, replace("/layers/llm/model", json!("n")))
            .await
            .0,
        200
    );
    assert_eq!(site.read(&id).await["layers"]["llm"]["api_key"], "********");

    let layer = json!({"model": "n", "base_url": "http://localhost"});
    let (status, body) = site.patch(&id, replace("/layers/llm", layer)).await;
    let message = body["message"].as_str().expect("a message");
    assert_eq!(status, 400);
    assert!(message.contains("both base_url and api_key"), "{message}");

    assert_eq!(
        site.patch(&id, replace("/layers/llm", json!({"model": "n"})))
            .await
            .0,
        200
    );
    assert_eq!(
        site.read(&id).await["layers"]["llm"]["api_key"],
        Value::Null
    );
}

#[tokio::test]
async fn another_secret_is_a_change_and_the_same_one_is_none() {
    let site = Site::new().await;
    let id = site.create(custom()).await;
    for (secret, status) in [(PLANTED, 304), ("another", 200), ("another", 304)] {
        let patch = replace("/layers/llm/api_key", json!(secret));
        assert_eq!(site.patch(&id, patch).await.0, status);
    }
}

#[tokio::test]
async fn a_mask_is_not_taken_for_a_secret() {
    let site = Site::new().await;
    let id = site.create(custom()).await;
    let shown = site.read(&id).await["layers"]["llm"].clone();
    let mask = json!("********");
    let rows = [
        replace("/layers/llm/api_key", mask.clone()),
        replace(
            "/layers/llm/headers",
            json!({"Authorization": mask.clone()}),
        ),
        replace("/layers/llm", shown),
    ];
    for patch in rows {
        let (status, body) = site.patch(&id, patch).await;
        let message = body["message"].as_str().expect("a message");
        assert_eq!(status, 400);
        assert!(
            message.ends_with("is the mask of a secret, not a secret"),
            "{message}"
        );
    }
    let test = json!([{"op": "test", "path": "/layers/llm/api_key", "value": mask}]);
    assert_eq!(site.patch(&id, test).await.0, 304, "a test sees the mask");
}

#[tokio::test]
async fn a_secret_can_neither_be_copied_nor_forged() {
    let site = Site::new().await;
    let id = site.create(custom()).await;
    let copy = json!([{"op": "copy", "from": "/layers/llm/api_key", "path": "/novel"}]);
    assert_eq!(site.patch(&id, copy).await.0, 400);
    let forged = json!({"$sealed": "0"});
    let patch = replace("/layers/llm/api_key", forged.clone());
    assert_eq!(site.patch(&id, patch).await.0, 422);
    let body = json!({"system_prompt": "p", "novel": [forged]});
    assert_eq!(site.post("/v2/personas", body).await.0, 400);
}

#[tokio::test]
async fn no_file_ever_holds_a_secret() {
    let mut seed = custom();
    seed["persona_name"] = json!("Seeded");
    let site = Site::with(Quirks::default(), vec![seed]).await;
    let id = site.create(custom()).await;
    let patch = json!([{"op": "add", "path": "/layers/tts/api_key", "value": PLANTED}]);
    assert_eq!(site.patch(&id, patch).await.0, 200);

    assert!(
        holds(&site.state(), "Seeded"),
        "the search finds what is there"
    );
    assert!(!holds(&site.state(), PLANTED));
}

fn holds(directory: &Path, text: &str) -> bool {
    walkdir::WalkDir::new(directory)
        .into_iter()
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.file_type().is_file())
        .any(|entry| {
            let content = fs::read(entry.path()).expect("a file");
            String::from_utf8_lossy(&content).contains(text)
        })
}
