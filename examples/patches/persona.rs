//! A persona of the usual size, made of chance.

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::words;

/// The prompt grows until the whole persona has so many bytes, and at least by two paragraphs.
const SIZE: usize = 9_300;

/// How much a tool says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// A choice, a number and an object among its parameters.
    Rich,
    /// One parameter.
    Plain,
    /// One parameter, and few words.
    Short,
}

/// A persona with so many tools.
pub(crate) fn persona(tools: usize, dice: &mut Dice) -> Value {
    let mut persona = frame(dice);
    persona["layers"]["llm"]["tools"] = Value::from(named(tools, dice));
    let mut paragraphs = Vec::new();
    let mut size = persona.to_string().len();
    while size < SIZE || paragraphs.len() < 2 {
        let paragraph = words::paragraph(dice, 3);
        size += paragraph.len() + r"\n\n".len();
        paragraphs.push(paragraph);
    }
    persona["system_prompt"] = Value::from(paragraphs.join("\n\n"));
    persona
}

/// A tool with this name.
pub(crate) fn tool(name: &str, detail: Detail, dice: &mut Dice) -> Value {
    let mut properties = Map::new();
    let mut text = json!({"type": "string"});
    if detail != Detail::Short {
        text["description"] = json!(words::phrase(dice));
    }
    properties.insert(words::word(dice), text);
    if detail == Detail::Rich {
        enrich(&mut properties, dice);
    }
    let description = match detail {
        Detail::Short => words::phrase(dice),
        Detail::Plain | Detail::Rich => words::sentence(dice),
    };
    let required: Vec<_> = properties.keys().take(3).cloned().collect();
    json!({"type": "function", "function": {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": properties, "required": required},
    }})
}

fn enrich(properties: &mut Map<String, Value>, dice: &mut Dice) {
    let choice: Vec<_> = (0..5).map(|_| words::word(dice)).collect();
    let level = json!({"type": "string", "enum": choice, "description": words::phrase(dice)});
    let count = json!({"type": "integer", "minimum": 1, "description": words::phrase(dice)});
    let more = [("level", level), ("count", count), ("place", place(dice))];
    properties.extend(more.map(|(name, property)| (name.to_owned(), property)));
}

fn place(dice: &mut Dice) -> Value {
    json!({"type": "object", "description": words::phrase(dice), "properties": {
        "street": {"type": "string"},
        "town": {"type": "string", "description": words::phrase(dice)},
    }})
}

/// So many tools with different names: the more they are, the less each of them says.
fn named(count: usize, dice: &mut Dice) -> Vec<Value> {
    let mut tools: Vec<Value> = Vec::new();
    for index in 0..count {
        let detail = match count {
            16.. if index > 0 => Detail::Short,
            _ if index % 4 == 0 => Detail::Rich,
            _ => Detail::Plain,
        };
        let name = fresh(&tools, dice);
        tools.push(tool(&name, detail, dice));
    }
    tools
}

/// A name that none of the tools has.
pub(crate) fn fresh(tools: &[Value], dice: &mut Dice) -> String {
    loop {
        let name = words::name(dice);
        if tools
            .iter()
            .all(|tool| tool["function"]["name"] != name.as_str())
        {
            return name;
        }
    }
}

fn questions(count: usize, dice: &mut Dice) -> Vec<String> {
    (0..count).map(|_| words::question(dice)).collect()
}

fn frame(dice: &mut Dice) -> Value {
    json!({
        "persona_name": words::word(dice),
        "system_prompt": "",
        "context": words::paragraph(dice, 2),
        "pipeline_mode": "full",
        "default_replica_id": "r9d30b0e55ac",
        "document_ids": ["d6f1a2", "d90c44", "d1b8e7", "d77a03"],
        "document_tags": ["handbook", "prices"],
        "layers": {
            "llm": {
                "model": "tavus-gemma-4",
                "speculative_inference": true,
                "headers": {"x-team": words::word(dice), "x-region": "eu-north"},
                "extra_body": {"temperature": 0.7, "top_p": 0.9, "metadata": {"owner": words::word(dice)}},
                "tools": [],
            },
            "tts": {
                "tts_engine": "cartesia",
                "external_voice_id": "a0e99841-438c-4a64-b679",
                "tts_emotion_control": true,
                "voice_settings": {"speed": 0.95, "emotion": ["positivity:high", "curiosity"]},
            },
            "stt": {
                "stt_engine": "tavus-advanced",
                "hotwords": format!("{}, {}, {}", words::word(dice), words::word(dice), words::word(dice)),
            },
            "perception": {
                "perception_model": "raven-1",
                "visual_awareness_queries": questions(5, dice),
                "audio_awareness_queries": questions(3, dice),
                "perception_tool_prompt": words::sentence(dice),
                "visual_tools": [tool("notify_desk", Detail::Plain, dice)],
            },
            "conversational_flow": {
                "turn_detection_model": "sparrow-1",
                "turn_taking_patience": "medium",
                "replica_interruptibility": "low",
                "wake_phrase": null,
            },
        },
    })
}
