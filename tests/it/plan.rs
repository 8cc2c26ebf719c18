//! `plan`: what it shows, and that it changes nothing.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Site;

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\n";

#[test]
fn a_new_persona_is_to_be_created() {
    let site = Site::with_manifest(ANA);
    let plan = site.run(["plan"]).success();
    let shown = plan.stdout.split("Plan id").next().expect("a plan");
    assert_snapshot!(shown, @r#"
    Plan for `sandbox`: 1 to create.

    + create ana  "Ana"
        personas/ana.yaml
        + /persona_name   line 1  "Ana"
        + /system_prompt  line 2  "Be kind."

    1 to create.
    "#);
    assert_eq!(site.live().len(), 0);
}

#[test]
fn the_exit_code_is_2_only_where_it_was_asked_for() {
    let site = Site::with_manifest(ANA);
    site.run(["plan"]).code(0).says("1 to create");
    site.run(["plan", "--detailed-exitcode"])
        .code(2)
        .says("1 to create");
    site.run(["apply", "--yes"]).success();
    site.run(["plan", "--detailed-exitcode"])
        .code(0)
        .says("No changes");
}

#[test]
fn json_holds_the_names_of_the_contract() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: Be kind.\ncontext: old\n");
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "context: old", "context: new");
    let plan = site.run(["plan", "--format", "json"]).success().json();
    let id = plan["steps"][0]["persona_id"].clone();
    let plan_id = plan["plan_id"].clone();
    assert!(
        plan_id.as_str().is_some_and(|id| id.len() == 32),
        "{plan_id}"
    );
    assert_eq!(
        plan,
        json!({
            "format_version": "1",
            "plan_id": plan_id,
            "environment": "sandbox",
            "api_url": "sandbox",
            "against": null,
            "summary": {
                "create": 0, "adopt": 0, "update": 1, "recreate": 0, "delete": 0, "keep": 0, "blocked": 0,
            },
            "steps": [{
                "key": "ana",
                "file": "personas/ana.yaml",
                "persona_id": id,
                "persona_name": "Ana",
                "action": "update",
                "reason": null,
                "body": null,
                "patches": [[
                    {"op": "test", "path": "/context", "value": "old"},
                    {"op": "replace", "path": "/context", "value": "new"},
                ]],
                "fields": [{
                    "path": "/context", "cause": "change", "before": "old", "after": "new", "secret": false,
                    "file": "personas/ana.yaml", "line": 3, "column": 1,
                }],
                "unmanaged": [],
                "unavailable_secrets": [],
            }],
        })
    );
    let again = site.run(["plan", "--format", "json"]).success().json();
    assert_eq!(again["plan_id"], plan_id);
}

#[test]
fn only_named_manifests_are_planned_and_a_misspelt_key_is_told() {
    let site = Site::with_manifest(ANA);
    site.write(
        "personas/team/ben.yaml",
        "persona_name: Ben\nsystem_prompt: Be brief.\n",
    );
    site.run(["plan", "--only", "team/ben"])
        .success()
        .says("create team/ben")
        .hides("create ana");
    site.run(["plan", "--only", "team/bem"])
        .code(64)
        .says("did you mean `team/ben`?");
}

#[test]
fn hostile_text_is_shown_harmless() {
    let site = Site::with_manifest(
        "persona_name: \"A\\e[31m\"\nsystem_prompt: \"##[error]x\\r\\u202e\"\n",
    );
    let plan = site.run(["plan", "--color", "always"]).success();
    assert!(plan.stdout.contains("A\\u{1b}[31m"), "{}", plan.stdout);
    for hostile in ["\u{1b}[31mA", "##[error]", "\u{202e}", "\r"] {
        assert!(
            !plan.stdout.contains(hostile),
            "{hostile:?}\n{}",
            plan.stdout
        );
    }
}

#[test]
fn a_pipe_gets_no_colour_and_a_closed_pipe_is_no_failure() {
    use std::process::Stdio;

    let site = Site::with_manifest(ANA);
    let plain = site.run(["plan"]).success();
    assert!(!plain.stdout.contains('\u{1b}'));
    let coloured = site.run(["plan", "--color", "always"]).success();
    assert!(coloured.stdout.contains("\u{1b}["));

    let mut command = site.command(["plan"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).as_ref()
        ),
        (Some(0), "")
    );
}

#[test]
fn a_long_prompt_is_never_shown_whole() {
    let prompt: Vec<String> = (0..200)
        .map(|line| format!("  Sentence number {line} of the prompt."))
        .collect();
    let site = Site::with_manifest(&format!(
        "persona_name: Ana\nsystem_prompt: |\n{}\n",
        prompt.join("\n")
    ));
    site.run(["plan"])
        .success()
        .says("characters")
        .hides("Sentence number 100");
    site.run(["apply", "--yes"])
        .success()
        .hides("Sentence number 100");
    site.edit("personas/ana.yaml", "number 150 of", "number 150 in");
    let plan = site.run(["plan"]).success();
    assert_snapshot!(plan.stdout.split("Plan id").next().expect("a plan").replace(id_in(&plan.stdout), "[id]"), @r#"
    Plan for `sandbox`: 1 to update.

    ~ update ana  "Ana" ([id])
        personas/ana.yaml
        ~ /system_prompt  change  line 2  ±0 words, ±0 characters
          │ … 148 lines unchanged
          │   Sentence number 148 of the prompt.
          │   Sentence number 149 of the prompt.
          │ - Sentence number 150 [-of-] the prompt.
          │ + Sentence number 150 {+in+} the prompt.
          │   Sentence number 151 of the prompt.
          │   Sentence number 152 of the prompt.
          │ … 47 lines unchanged

    1 to update.
    "#);
}

/// The id between the first parentheses.
fn id_in(text: &str) -> &str {
    text.split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(id, _)| id)
}

#[test]
fn lists_are_patched_whole_where_the_settings_say_so() {
    let tools = "layers: {llm: {tools: [{type: function, function: {name: a}}, {type: function, function: {name: b}}]}}\n";
    let site = Site::with_manifest(&format!("{ANA}{tools}"));
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "name: b", "name: c");
    let paths = |site: &Site| {
        let planned = site.run(["plan", "--format", "json"]).success().json();
        let operations = planned["steps"][0]["patches"][0]
            .as_array()
            .expect("a patch")
            .clone();
        let words = operations
            .iter()
            .map(|operation| format!("{} {}", operation["op"], operation["path"]));
        words.collect::<Vec<_>>()
    };
    let name = "\"/layers/llm/tools/1/function/name\"";
    let list = "\"/layers/llm/tools\"";
    assert_eq!(
        paths(&site),
        [format!("\"test\" {list}"), format!("\"replace\" {name}")]
    );
    let settings =
        "default_environment: sandbox\nenvironments: {sandbox: {api: sandbox, dialect: whole}}\n";
    site.write("personas/personactl.yaml", settings);
    assert_eq!(
        paths(&site),
        [format!("\"test\" {list}"), format!("\"replace\" {list}")]
    );
    site.run(["apply", "--yes"]).success();
    site.run(["plan", "--detailed-exitcode"]).success();
}

/// Where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9/v2";

#[test]
fn mistakes_are_told_before_anything_is_said_of_the_service() {
    let mut site = Site::bare();
    site.write("personas/ana.yaml", "persona_name: Ana\nsystem_promt: x\n");
    site.set("TAVUS_PUBLIC_API_BASE_URL", NOWHERE);
    for key in ["", "any"] {
        site.set("TAVUS_API_KEY", key);
        let plan = site.run(["plan", "--strict"]).code(1);
        assert!(plan.stderr.contains("system_promt"), "{}", plan.stderr);
        assert!(!plan.stderr.contains("127.0.0.1"), "{}", plan.stderr);
    }
}

#[test]
fn mistakes_leave_no_embedded_service_behind() {
    let site = Site::with_manifest("persona_name: [\n");
    site.run(["plan"]).code(1);
    assert!(!site.path("personas/.personactl").exists());
}

#[test]
fn a_broken_ledger_is_told_though_the_service_is_down() {
    let mut site = Site::bare();
    site.write("personas/ana.yaml", ANA);
    site.write("personas/_ledger/default.json", "<<<<<<< ours\n");
    site.set("TAVUS_PUBLIC_API_BASE_URL", NOWHERE);
    site.set("TAVUS_API_KEY", "any");
    let plan = site.run(["plan"]).code(1);
    assert!(plan.stderr.contains("conflict markers"), "{}", plan.stderr);
}
