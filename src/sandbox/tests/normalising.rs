//! What the sandbox makes of what it is sent, where it is told to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::site::Site;
use crate::sandbox::{Normalise, Quirks};

async fn site(normalise: impl IntoIterator<Item = Normalise>) -> Site {
    let normalise: BTreeSet<_> = normalise.into_iter().collect();
    let quirks = Quirks {
        normalise,
        ..Quirks::default()
    };
    Site::with(quirks, Vec::new()).await
}

/// A little of each kind, none of it as any normalisation would have it.
fn sent() -> Value {
    json!({
        "greeting": " Hello  Ana\n",
        "tool_ids": ["b", "a"],
        "layers": {
            "llm": {
                "api_key": "sk-7",
                "base_url": "http://x",
                "speculative_inference": false,
                "extra_body": {"top": "0.5", "seed": 1.6},
                "tools": [
                    {"type": "function", "function": {"name": "z"}},
                    {"type": "function", "function": {"name": "a"}},
                ],
            },
        },
    })
}

#[tokio::test]
async fn each_does_what_it_says() {
    let rows = [
        (Normalise::Trim, "/greeting", json!("Hello  Ana")),
        (Normalise::Rewrite, "/greeting", json!(" hello ana ")),
        (
            Normalise::Rewrite,
            "/layers/llm/extra_body",
            json!({"top": "0.5", "seed": 2.0}),
        ),
        (Normalise::Reorder, "/tool_ids", json!(["a", "b"])),
        (
            Normalise::Reorder,
            "/layers/llm/tools/0/function/name",
            json!("a"),
        ),
        (
            Normalise::Fill,
            "/layers/llm/extra_body",
            json!({"top": "0.5", "seed": 1.6, "strict": false}),
        ),
        (
            Normalise::Fill,
            "/layers/llm/tools/0/function",
            json!({"name": "z", "strict": false}),
        ),
        (Normalise::Fill, "/layers/llm/disable_vision", json!(false)),
        (Normalise::Fill, "/layers/tts", Value::Null),
        (
            Normalise::Retype,
            "/layers/llm/extra_body",
            json!({"top": 0.5, "seed": "1.6"}),
        ),
        (
            Normalise::Retype,
            "/layers/llm/speculative_inference",
            json!("false"),
        ),
        (Normalise::Hide, "/layers", json!({"llm": {}})),
    ];
    for (normalise, pointer, expected) in rows {
        let site = site([normalise]).await;
        let id = site.create(sent()).await;
        let read = site.read(&id).await;
        assert_eq!(
            read.pointer(pointer),
            Some(&expected),
            "{normalise:?} {pointer}"
        );
        assert!(read["persona_name"].is_string(), "{normalise:?}");
    }
}

#[tokio::test]
async fn what_is_settled_is_settled_and_reads_and_lists_agree() {
    let alone = Normalise::ALL.map(|normalise| BTreeSet::from([normalise]));
    let all = BTreeSet::from(Normalise::ALL);
    for normalise in alone.into_iter().chain([all]) {
        let said = format!("{normalise:?}");
        let site = site(normalise).await;
        let id = site.create(sent()).await;
        let before = site.read(&id).await;
        let (_, list) = site.get("/v2/personas?persona_type=user").await;
        assert_eq!(list["data"], json!([before]), "{said}");

        let elsewhere = json!([{"op": "add", "path": "/context", "value": "c"}]);
        assert_eq!(site.patch(&id, elsewhere.clone()).await.0, 200, "{said}");
        assert_eq!(site.patch(&id, elsewhere).await.0, 304, "{said}");
        let after = site.read(&id).await;
        assert_eq!(after["layers"], before["layers"], "{said}");
        assert_eq!(after["greeting"], before["greeting"], "{said}");
    }
}

#[tokio::test]
async fn a_patch_meets_the_document_as_it_is_answered() {
    let site = site([Normalise::Retype, Normalise::Hide]).await;
    let id = site.create(sent()).await;
    let hidden = json!([{"op": "replace", "path": "/greeting", "value": "g"}]);
    assert_eq!(site.patch(&id, hidden).await.0, 422);

    let site = self::site([Normalise::Retype]).await;
    let id = site.create(sent()).await;
    let path = "/layers/llm/speculative_inference";
    let guarded = |old: Value| {
        json!([
            {"op": "test", "path": path, "value": old},
            {"op": "replace", "path": path, "value": true},
        ])
    };
    assert_eq!(site.patch(&id, guarded(json!(false))).await.0, 422);
    assert_eq!(site.patch(&id, guarded(json!("false"))).await.0, 200);
}
