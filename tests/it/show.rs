//! `show`: what a manifest says in an environment, and where each value comes from.

use serde_json::{Value, json};

use crate::support::Site;

const SETTINGS: &str = "
default_environment: sandbox
environments:
  sandbox: {api: sandbox, variables: {face: r1}}
  production: {api: sandbox, protected: true, variables: {face: r2}}
";

const ANA: &str = "
persona_name: Ana
system_prompt: !file _prompts/ana.md
context: !concat [!file _prompts/ana.md, More.]
default_replica_id: !var face
greeting: Hello
layers:
  llm:
    model: tavus-gpt-oss
    tools: [!include _tools.yaml#/weather]
  tts: {tts_engine: elevenlabs, api_key: !secret KEY}
";

fn site() -> Site {
    let site = Site::with_manifest(ANA);
    site.write("personas/personactl.yaml", SETTINGS);
    site.write("personas/_prompts/ana.md", "You are Ana.\n");
    site.write(
        "personas/_tools.yaml",
        "# tools\nweather: {type: function, function: {name: weather}}\n",
    );
    site.write(
        "personas/_overlays/production/ana.yaml",
        "greeting: Good day\nlayers:\n  llm: {model: tavus-glm-4.7}\n",
    );
    site
}

fn document(site: &Site, arguments: &[&str]) -> Value {
    let output = site
        .run(["show", "ana"].iter().chain(arguments).copied())
        .success();
    serde_json::from_str(&output.stdout).expect("JSON")
}

#[test]
fn the_document_is_the_one_of_the_environment_with_secrets_by_name() {
    let site = site();
    let here = document(&site, &[]);
    let there = document(&site, &["-e", "production"]);
    assert_eq!(here["system_prompt"], "You are Ana.");
    assert_eq!(here["context"], "You are Ana.\n\nMore.");
    let values = |document: &Value| {
        let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
        [
            "/default_replica_id",
            "/greeting",
            "/layers/llm/model",
            "/layers/tts/api_key",
        ]
        .map(at)
    };
    assert_eq!(
        values(&here),
        ["r1", "Hello", "tavus-gpt-oss", "(secret KEY)"].map(|text| json!(text))
    );
    assert_eq!(
        values(&there),
        ["r2", "Good day", "tavus-glm-4.7", "(secret KEY)"].map(|text| json!(text))
    );
}

#[test]
fn each_value_is_led_back_to_the_file_that_sets_it() {
    let mut site = site();
    let sources = |site: &Site| {
        let shown = site
            .run(["show", "ana", "-e", "production", "--sources"])
            .success()
            .stdout;
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        shown.lines().map(line).collect::<Vec<_>>()
    };
    let lines = sources(&site);
    for expected in [
        "/persona_name personas/ana.yaml:2:15",
        "/system_prompt personas/_prompts/ana.md:1:1 !file",
        "/context personas/ana.yaml:4:10 !concat",
        "/default_replica_id personas/ana.yaml:5:21 !var face, from personas/personactl.yaml",
        "/greeting personas/_overlays/production/ana.yaml:1:11",
        "/layers/llm/model personas/_overlays/production/ana.yaml:3:16",
        "/layers/llm/tools/0 personas/_tools.yaml:2:10",
        "/layers/tts/api_key personas/ana.yaml:11:42 !secret",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected}\n{lines:#?}"
        );
    }
    site.set("PERSONACTL_VAR_face", "r3");
    let lines = sources(&site);
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("!var face, from PERSONACTL_VAR_face")),
        "{lines:#?}"
    );
}

#[test]
fn what_is_live_and_what_was_applied_can_be_shown_once_they_are_there() {
    let site = site();
    for flag in ["--live", "--ledger"] {
        let output = site.run(["show", "ana", flag]).code(1);
        assert!(output.stderr.contains("personactl status"), "{output:#?}");
    }
    let _ = site.run(["apply", "--yes"]).success();
    let live = document(&site, &["--live"]);
    assert_eq!(live["layers"]["tts"]["api_key"], "********");
    assert_eq!(live["persona_id"], document(&site, &["--ledger"])["id"]);
}

#[test]
fn a_key_that_is_not_there_is_told_with_the_nearest() {
    let site = site();
    let output = site.run(["show", "anna"]).code(64);
    assert!(output.stderr.contains("did you mean `ana`?"), "{output:#?}");
    site.write("personas/ana.yaml", "persona_name: [\n");
    let output = site.run(["show", "ana"]).code(64);
    assert!(output.stderr.contains("personas/ana.yaml:"), "{output:#?}");
}
