//! What goes out together: an edit of the prompt with those of tools and settings that belong to it.

use serde_json::{Value, json};

use super::{Edits, list, parameters, rewrite, tools};
use crate::dice::Dice;
use crate::persona::{Detail, fresh, tool};
use crate::words;

pub(super) const EDITS: Edits = &[
    (
        "release: a tool and the prompt about it",
        |persona, dice| {
            prompt(persona, dice);
            let new = tool(&fresh(tools(persona), dice), Detail::Rich, dice);
            tools(persona).push(new);
        },
    ),
    (
        "release: a tool renamed, a query less, another model",
        |persona, dice| {
            let name = fresh(tools(persona), dice);
            tools(persona)[0]["function"]["name"] = json!(name);
            list(persona, "/layers/perception/visual_awareness_queries").pop();
            persona["layers"]["llm"]["model"] = json!("tavus-gpt-oss");
        },
    ),
    (
        "release: one tool in, one out, one described anew",
        |persona, dice| {
            let new = tool(&fresh(tools(persona), dice), Detail::Plain, dice);
            tools(persona)[0]["function"]["description"] = json!(words::sentence(dice));
            tools(persona).pop();
            tools(persona).insert(0, new);
        },
    ),
    ("release: parameters, prompt and voice", |persona, dice| {
        parameters::add(persona, dice);
        parameters::add(persona, dice);
        prompt(persona, dice);
        persona["layers"]["tts"]["voice_settings"]["speed"] = json!(1.1);
    }),
    ("release: everything", |persona, dice| {
        *persona = crate::persona::persona(6, dice)
    }),
];

fn prompt(persona: &mut Value, dice: &mut Dice) {
    rewrite(persona, "/system_prompt", |text| {
        words::with_one_word_changed(text, dice)
    });
}
