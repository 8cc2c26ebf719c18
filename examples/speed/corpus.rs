//! Manifests like those of real teams: some six kilobytes of prompt, layers and a tool.

const PARAGRAPH: &str = "You speak with people who have little time. Ask one question, wait for the whole answer, and say in \
    your own words what you have understood before you go on. Where something is missing, name it.";

/// The settings beside them. Tools that stand in a manifest are what a team has today, and are allowed here.
pub(crate) const SETTINGS: &str = "lints: {deprecated: off}\n";

/// The manifest of the persona with this number.
pub(crate) fn manifest(number: usize) -> String {
    let paragraphs = (0..28).map(|nth| format!("  {nth}. {PARAGRAPH}\n\n"));
    let prompt: String = paragraphs.collect();
    format!(
        "persona_name: Persona {number}
pipeline_mode: full
system_prompt: |
  You are persona {number}.

{prompt}context: The person has called for the {number}th time.
layers:
  llm:
    model: tavus-gpt-oss
    tools:
      - type: function
        function:
          name: look_up
          description: Looks up what is known of the caller.
          parameters: {{type: object, properties: {{number: {{type: integer}}}}, required: [number]}}
  tts: {{tts_engine: cartesia, voice_settings: {{speed: 1.1}}}}
  conversational_flow: {{turn_taking_patience: high}}
"
    )
}
