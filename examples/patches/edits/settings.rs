//! Engines, models, headers: members that are set, changed and taken away.

use serde_json::json;

use super::{Edits, object};
use crate::words;

pub(super) const EDITS: Edits = &[
    ("tts: other engine, voice and settings", |persona, _| {
        let tts = object(persona, "/layers/tts");
        tts["tts_engine"] = json!("elevenlabs");
        tts["external_voice_id"] = json!("21m00Tcm4TlvDq8ikWAM");
        tts["voice_settings"] = json!({"stability": 0.4, "similarity_boost": 0.8, "style": 0.1});
        tts.insert("tts_model_name".to_owned(), json!("eleven_flash_v2_5"));
        tts.shift_remove("tts_emotion_control");
    }),
    ("tts: other voice", |persona, _| {
        persona["layers"]["tts"]["external_voice_id"] = json!("f786b574-daa5-4673-aa0c");
    }),
    ("tts: as another object", |persona, _| {
        persona["layers"]["tts"] = json!({"tts_engine": "tavus-auto"});
    }),
    ("voice settings: speed", |persona, _| {
        persona["layers"]["tts"]["voice_settings"]["speed"] = json!(1.05);
    }),
    ("voice settings: removed", |persona, _| {
        object(persona, "/layers/tts").shift_remove("voice_settings");
    }),
    ("llm: other model", |persona, _| {
        persona["layers"]["llm"]["model"] = json!("tavus-claude-haiku-4.5");
    }),
    ("llm: header added", |persona, dice| {
        persona["layers"]["llm"]["headers"]["x-trace/id"] = json!(words::word(dice));
    }),
    ("llm: header removed", |persona, _| {
        object(persona, "/layers/llm/headers").shift_remove("x-region");
    }),
    ("llm: header changed", |persona, dice| {
        persona["layers"]["llm"]["headers"]["x-team"] = json!(words::word(dice));
    }),
    ("llm: temperature", |persona, _| {
        persona["layers"]["llm"]["extra_body"]["temperature"] = json!(0.35);
    }),
    ("llm: extra body nested", |persona, dice| {
        let format = json!({"type": "json_object", "strict": true, "note": words::phrase(dice)});
        persona["layers"]["llm"]["extra_body"]["response_format"] = format;
        persona["layers"]["llm"]["extra_body"]["metadata"]["owner"] = json!(words::word(dice));
    }),
    ("llm: extra body emptied", |persona, _| {
        object(persona, "/layers/llm/extra_body").clear()
    }),
    ("stt: other engine", |persona, _| {
        persona["layers"]["stt"]["stt_engine"] = json!("tavus-turbo");
    }),
    ("flow: patience and interruptibility", |persona, _| {
        let flow = object(persona, "/layers/conversational_flow");
        flow["turn_taking_patience"] = json!("high");
        flow["replica_interruptibility"] = json!("medium");
    }),
    ("flow: removed", |persona, _| {
        object(persona, "/layers").shift_remove("conversational_flow");
    }),
    ("transport: added", |persona, _| {
        let transport = json!({"transport_type": "daily", "input_settings": {"microphone": "on"}});
        object(persona, "/layers").insert("transport".to_owned(), transport);
    }),
];
