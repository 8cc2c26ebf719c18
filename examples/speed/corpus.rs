//! Manifests like those of real teams: some six kilobytes of prompt, layers, tools and questions, no two alike, and one in ten
//! put together from files that several share.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::dice::Dice;
use super::words;

/// How many bytes a manifest has at least: its prompt grows until it is there.
const SIZE: usize = 6_300;
/// One manifest in so many is put together from files.
const COMPOSED: usize = 10;
/// How many prompts are shared by those.
const ROLES: usize = 5;
/// Tools that stand in a manifest are what a team has today, and are allowed here.
const SETTINGS: &str = "lints: {deprecated: off}\n";
/// What each manifest says, and where something more can be said.
const REMARK: &str = "The person has called";

/// Fills a persona directory.
pub(crate) fn write(directory: &Path, personas: usize) {
    let put =
        |name: &str, text: &str| fs::write(directory.join(name), text).expect("it is written");
    for folder in ["", "_prompts", "_tools"] {
        fs::create_dir(directory.join(folder)).expect("a folder");
    }
    put("personactl.yaml", SETTINGS);
    put(
        "_tools/hand-over.yaml",
        &tool("hand_over", "", &mut Dice::new(0)),
    );
    for role in 0..ROLES {
        put(
            &format!("_prompts/role-{role}.md"),
            &words::paragraph(&mut Dice::new(role as u64), 12),
        );
    }
    for number in 0..personas {
        put(&format!("persona-{number}.yaml"), &manifest(number));
    }
}

/// The manifest of the persona with this number.
pub(crate) fn manifest(number: usize) -> String {
    let mut dice = Dice::new(number as u64);
    let is_composed = number % COMPOSED == COMPOSED - 1;
    let layers = layers(is_composed, &mut dice);
    let head = format!(
        "# Asked for by the {} team.
persona_name: Persona {number}
persona_description: {}
pipeline_mode: full
context: {REMARK} for the {number}th time. {}
greeting: {}
document_tags: [{}, {}]
",
        words::word(&mut dice),
        words::sentence(&mut dice),
        words::paragraph(&mut dice, 2),
        words::sentence(&mut dice),
        words::word(&mut dice),
        words::word(&mut dice),
    );
    let length = SIZE - head.len() - layers.len();
    let prompt = if is_composed {
        let role = dice.below(ROLES);
        let text = prompt("    ", length, &mut dice);
        format!("system_prompt: !concat\n  - !file _prompts/role-{role}.md\n  - |\n{text}")
    } else {
        format!("system_prompt: |\n{}", prompt("  ", length, &mut dice))
    };
    head + &prompt + &layers
}

/// The same manifest with what no other one says.
pub(crate) fn remarked(number: usize, remark: &str) -> String {
    manifest(number).replace(REMARK, &format!("{remark} {REMARK}"))
}

/// A prompt as people write them: headings, paragraphs and lists.
fn prompt(indent: &str, length: usize, dice: &mut Dice) -> String {
    let mut text = format!("{indent}You speak with people who have little time.\n");
    while text.len() < length {
        let more = match dice.below(4) {
            0 => format!("{indent}## {}", words::word(dice).replace('_', " ")),
            1 => format!(
                "{indent}- {}\n{indent}- {}",
                words::sentence(dice),
                words::sentence(dice)
            ),
            _ => format!("{indent}{}", words::paragraph(dice, 3)),
        };
        write!(text, "\n{more}\n").expect("a text takes all");
    }
    text
}

fn layers(is_composed: bool, dice: &mut Dice) -> String {
    let count = 2 + dice.below(2);
    let mut tools = String::new();
    for nth in 0..count {
        let name = format!("{}_{nth}", words::name(dice));
        tools += &format!("      - {}", tool(&name, "        ", dice).trim_start());
    }
    if is_composed {
        tools += "      - !include _tools/hand-over.yaml\n";
    }
    format!(
        "layers:
  llm:
    model: tavus-gpt-oss
    speculative_inference: true
    tools:
{tools}  tts:
    tts_engine: cartesia
    external_voice_id: a0e99841-438c-4a64-b679-{:012x}
    voice_settings: {{speed: 0.{}}}
  stt:
    hotwords: {}, {}, {}
  perception:
    perception_model: raven-1
    visual_awareness_queries:
      - {}
      - {}
    perception_analysis_queries:
      - {}
  conversational_flow:
    turn_detection_model: sparrow-1
    turn_taking_patience: {}
",
        dice.below(1 << 40),
        1 + dice.below(9),
        words::word(dice),
        words::word(dice),
        words::word(dice),
        words::question(dice),
        words::question(dice),
        words::question(dice),
        dice.pick(&["low", "medium", "high"]),
    )
}

fn tool(name: &str, indent: &str, dice: &mut Dice) -> String {
    let lines = format!(
        "type: function
function:
  name: {name}
  description: {}
  parameters:
    type: object
    properties:
      number:
        type: integer
        description: {}
      choice:
        type: string
        enum: [{}, {}, {}]
      {}:
        type: string
        description: {}
    required: [number, choice]
",
        words::sentence(dice),
        words::phrase(dice),
        words::word(dice),
        words::word(dice),
        words::word(dice),
        words::word(dice),
        words::phrase(dice),
    );
    lines
        .lines()
        .map(|line| format!("{indent}{line}\n"))
        .collect()
}
