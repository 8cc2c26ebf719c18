//! What is taken on create, what is refused, and what the service adds.

use serde_json::{Value, json};

use super::site::Site;

#[tokio::test]
async fn a_layer_that_is_sent_is_filled_up_and_others_stay_away() {
    let site = Site::new().await;
    let flow = json!({"wake_phrase": "hi", "voice_isolation": "off"});
    let sent = json!({"layers": {"conversational_flow": flow}, "greeting": "Hello"});
    let id = site.create(sent).await;
    let persona = site.read(&id).await;
    let filled = json!({
        "wake_phrase": "hi",
        "voice_isolation": "off",
        "turn_detection_model": "sparrow-1",
        "turn_taking_patience": "medium",
        "replica_interruptibility": "medium",
        "idle_engagement": "off",
    });
    assert_eq!(persona["layers"], json!({"conversational_flow": filled}));
    assert_eq!(persona["pipeline_mode"], "full");
    assert_eq!(persona["greeting"], "Hello");
    assert_eq!(persona["document_ids"], json!([]));
}

#[tokio::test]
async fn a_persona_without_layers_gets_none() {
    let site = Site::new().await;
    let id = site.create(json!({})).await;
    assert_eq!(site.read(&id).await.get("layers"), None);
}

#[tokio::test]
async fn the_service_writes_its_own_members_whatever_was_sent() {
    let site = Site::new().await;
    let conferencing = json!({"username": "Ana.B", "email": "forged@example.com"});
    let sent = json!({
        "persona_id": "p0",
        "created_at": "never",
        "persona_type": "system",
        "layers": {"conferencing": conferencing},
    });
    let id = site.create(sent).await;
    let persona = site.read(&id).await;
    assert_ne!(id, "p0");
    assert_eq!(persona["persona_type"], "user");
    assert_eq!(
        persona["layers"]["conferencing"],
        json!({"username": "ana.b", "email": "ana.b@tavusinvite.com"})
    );
    for member in ["created_at", "updated_at"] {
        let time = persona[member].as_str().expect("a time");
        assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
        time.parse::<jiff::Timestamp>().expect("ISO 8601");
    }
    assert!(persona["uuid"].is_string() && persona["owner_id"].is_number());
}

#[tokio::test]
async fn unknown_members_key_order_and_number_spelling_are_kept() {
    let site = Site::new().await;
    let text = r#"{"z":1.50,"a":[1e+2,123456789012345678901234567890],"m":{"z":0.10,"b":null}}"#;
    let sent: Value = serde_json::from_str(text).expect("JSON");
    let id = site.create(json!({"novel": sent})).await;
    assert_eq!(site.read(&id).await["novel"].to_string(), text);

    let patch = json!([{"op": "add", "path": "/other", "value": sent}]);
    assert_eq!(site.patch(&id, patch).await.0, 200);
    assert_eq!(site.read(&id).await["other"].to_string(), text);
}

/// What is sent, and a part of the refusal.
#[tokio::test]
async fn what_the_service_does_not_take_is_refused_and_named() {
    let site = Site::new().await;
    let layers = |layers: Value| json!({"system_prompt": "Be kind.", "layers": layers});
    let rows = [
        (json!([]), "must be an object"),
        (json!({}), "/system_prompt is required"),
        (json!({"system_prompt": ""}), "/system_prompt is required"),
        (
            json!({"system_prompt": 1}),
            "/system_prompt must be a string",
        ),
        (layers(json!("all")), "/layers must be an object"),
        (
            layers(json!({"llm": {"base_url": "http://localhost"}})),
            "Please ensure both base_url and api_key are included in order to use a custom llm.",
        ),
        (
            layers(json!({"llm": {"api_key": "k"}})),
            "Please ensure both base_url and api_key are included in order to use a custom llm.",
        ),
        (
            layers(json!({"conversational_flow": {"sleep_phrase": "bye"}})),
            "both wake_phrase and sleep_phrase",
        ),
        (
            layers(json!({"conversational_flow": {"turn_taking_patience": "endless"}})),
            "/layers/conversational_flow/turn_taking_patience must be one of: low, medium, high",
        ),
        (
            layers(json!({"stt": {"hotwords": ["Tavus"]}})),
            "/layers/stt/hotwords must be a string",
        ),
        (
            layers(json!({"llm": {"speculative_inference": "yes"}})),
            "must be a boolean",
        ),
        (
            layers(json!({"knowledge_base": {"rag_n_chunks": 1.5}})),
            "must be an integer",
        ),
        (
            layers(json!({"llm": {"tools": ["t"]}})),
            "must be a list of tools",
        ),
    ];
    for (sent, reason) in rows {
        let (status, body) = site.post("/v2/personas", sent.clone()).await;
        let message = body["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{sent}");
        assert!(message.contains(reason), "{sent}: {message}");
    }
    let (_, page) = site.get("/v2/personas?persona_type=user").await;
    assert_eq!(page["total_count"], 0);
}

#[tokio::test]
async fn open_vocabularies_echo_and_old_spellings_are_taken() {
    let site = Site::new().await;
    let rows = [
        json!({"pipeline_mode": "echo"}),
        json!({"pipeline_mode": "speech-to-speech"}),
        json!({"system_prompt": "p", "layers": {"llm": {"model": "brand-new"}}}),
        json!({"system_prompt": "p", "layers": {"tts": {"tts_emotion_control": "false"}}}),
        json!({"system_prompt": "p", "layers": {"llm": {"api_key": null}}, "objectives_id": null}),
    ];
    for sent in rows {
        let (status, body) = site.post("/v2/personas", sent).await;
        assert_eq!(status, 200, "{body}");
    }
}

#[tokio::test]
async fn a_pal_needs_a_face() {
    let site = Site::new().await;
    let pal = json!({"pal_name": "Ana", "system_prompt": "Be kind."});
    let refused = (400, json!({"error": "Invalid replica_uuid"}));
    assert_eq!(site.post("/v2/pals", pal).await, refused);
}

#[tokio::test]
async fn a_deleted_persona_is_gone() {
    let site = Site::new().await;
    let id = site.create(json!({})).await;
    let path = format!("/v2/pals/{id}");
    assert_eq!(site.delete(&path).await, (204, Value::Null));
    assert_eq!(site.delete(&path).await.0, 400);
    assert_eq!(site.get(&path).await.0, 400);
}
