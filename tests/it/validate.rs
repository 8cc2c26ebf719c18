//! `validate` and `explain`.

use std::fs;

use personactl::model::Code;
use serde_json::Value;

use crate::support::{Site, git};

/// Findings as `file:line:column code`.
fn found(site: &Site, arguments: &[&str]) -> Vec<String> {
    let output = site.run(
        ["validate", "--format", "json"]
            .iter()
            .chain(arguments)
            .copied(),
    );
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:#?}"));
    let findings = report["findings"].as_array().expect("findings");
    let line = |finding: &Value| {
        let word = |name: &str| finding[name].to_string().replace('"', "");
        format!(
            "{}:{}:{} {}",
            word("file"),
            word("line"),
            word("column"),
            word("code")
        )
    };
    findings.iter().map(line).collect()
}

fn codes(site: &Site, arguments: &[&str]) -> Vec<String> {
    let found = found(site, arguments);
    let code = |line: &String| line.rsplit(' ').next().unwrap_or_default().to_owned();
    found.iter().map(code).collect()
}

/// The examples of a code: the files of each, and whether they are wrong.
fn examples(code: &Code) -> Vec<(bool, String)> {
    let fences = code.text.split("```yaml ").skip(1);
    let example = |fence: &str| {
        let (kind, rest) = fence.split_once('\n').expect("a fence has lines");
        let (text, _) = rest.split_once("```").expect("a fence ends");
        (kind == "wrong", text.to_owned())
    };
    fences.map(example).collect()
}

#[test]
fn each_explanation_shows_what_is_found_and_what_is_not() {
    let mut wrong = 0;
    for code in Code::all() {
        for (is_wrong, text) in examples(code) {
            let site = Site::empty();
            let text = format!("# file: example.yaml\n{text}");
            for part in text.split("# file: ").skip(1) {
                let (name, text) = part.split_once('\n').expect("a file has lines");
                site.write(&format!("personas/{name}"), text);
            }
            let codes = codes(&site, &[]);
            let is_found = codes.iter().any(|found| found == code.name);
            assert_eq!(is_found, is_wrong, "{}: {text}\n{codes:?}", code.name);
            wrong += usize::from(is_wrong);
        }
    }
    assert!(wrong > 40, "{wrong}");
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_line_and_the_way_out() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: Hi {{name}}\nlayers:\n  stt:\n    participant_pause_sensitivity: high\n  \
         tts:\n    api_key: sk-live-123456\n  llm:\n    base_url: https://llm.example.com/v1\n  conversational_flow:\n    \
         sleep_phrase: good night\n",
    );
    let output = site.run(["validate"]).code(1);
    for expected in [
        "warning[placeholder]: `{{name}}` in `/system_prompt` is filled in by nobody",
        "personas/ana.yaml:2:19",
        "help: use `/layers/conversational_flow/turn_taking_patience: low`",
        "error[plain-secret]: a plain value at `/layers/tts/api_key`, which is a secret",
        "7 |     api_key: ********",
        "`/layers/llm/base_url` needs `/layers/llm/api_key` beside it",
        "`/layers/conversational_flow/sleep_phrase` needs `/layers/conversational_flow/wake_phrase` beside it",
        "see https://docs.tavus.io/",
        "1 manifest for sandbox: 3 errors, 1 warning and 1 piece of advice.",
    ] {
        assert!(
            output.stdout.contains(expected),
            "{expected}\n{}",
            output.stdout
        );
    }
    assert!(!output.stdout.contains("sk-live"), "{}", output.stdout);
}

#[test]
fn neither_key_nor_secret_nor_service_is_needed() {
    let site = Site::empty();
    site.write(
        "personas/personactl.yaml",
        "environments:\n  production: {api_url: 'https://tavus.example.com/v2', api_key: !secret NOT_SET}\n  \
         staging: {variables: {face: r1}}\n",
    );
    site.write(
        "personas/ana.yaml",
        "persona_name: Ana\nsystem_prompt: P\ndefault_replica_id: !var face\nlayers: {tts: {tts_engine: elevenlabs, api_key: !secret NOR_THIS}}\n",
    );
    let output = site.run(["validate", "-e", "all"]).code(1);
    assert!(
        output.stdout.contains("only in production"),
        "{}",
        output.stdout
    );
    let _ = site.run(["validate", "-e", "staging"]).success();
    assert!(!site.path("personas/.personactl").exists());
}

#[test]
fn the_settings_and_comments_say_what_counts() {
    let manifest = "persona_name: Ana\nsystem_prompt: Hi {{name}}\ngreeting: Say {{it}} # personactl: allow(placeholder)\n";
    let site = Site::with_manifest(manifest);
    assert_eq!(found(&site, &[]), ["personas/ana.yaml:2:19 placeholder"]);
    let rows = [
        ("off", 0, 0),
        ("advice", 1, 0),
        ("warning", 1, 0),
        ("error", 1, 1),
    ];
    for (level, count, code) in rows {
        let settings = format!("default_environment: sandbox\nlints: {{placeholder: {level}}}\n");
        site.write("personas/personactl.yaml", settings);
        assert_eq!(codes(&site, &[]).len(), count, "{level}");
        let _ = site.run(["validate"]).code(code);
    }
    // What stops `validate` stops a plan as well.
    let _ = site.run(["plan"]).code(1);
    let text = "default_environment: sandbox\nlints: {placehodler: off, plain-secret: off}\n";
    site.write("personas/personactl.yaml", text);
    let output = site.run(["validate"]).code(1);
    for expected in [
        "did you mean `placeholder`?",
        "`plain-secret` is always an error",
        "ana.yaml:2:19",
    ] {
        assert!(
            output.stdout.contains(expected),
            "{expected}\n{}",
            output.stdout
        );
    }
}

#[test]
fn an_allowance_beside_the_tag_holds_for_the_file_that_it_brings_in() {
    let site = Site::with_manifest(
        "persona_name: Ana\n# personactl: allow(placeholder)\nsystem_prompt: !file _prompts/ana.md\n",
    );
    site.write("personas/_prompts/ana.md", "Be kind.\n\nSay {{name}}.\n");
    assert_eq!(codes(&site, &[]), [""; 0]);
    site.edit(
        "personas/ana.yaml",
        "# personactl: allow(placeholder)\n",
        "",
    );
    assert_eq!(
        found(&site, &[]),
        ["personas/_prompts/ana.md:3:5 placeholder"]
    );
}

#[test]
fn strict_makes_warnings_count_and_advice_not() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: Hi {{name}}\n");
    let _ = site.run(["validate"]).success();
    let _ = site.run(["validate", "--strict"]).code(1);
    site.edit("personas/ana.yaml", "Hi {{name}}", "Hi");
    site.write("personas/_prompts/old.md", "unused");
    let output = site.run(["validate", "--strict"]).success();
    assert!(
        output.stdout.contains("1 piece of advice"),
        "{}",
        output.stdout
    );
}

#[test]
fn annotations_are_commands_with_paths_from_the_top_of_the_repository() {
    let site = Site::empty();
    site.write(
        "agents/personas/ana.yaml",
        "persona_name: Ana\nsystem_prompt: \"Hi {{a}}\"\n",
    );
    let init = git(site.path("."), ["init", "-q"]).status();
    assert!(init.expect("git runs").success());
    let run = site
        .run(["-C", "agents", "validate", "--format", "github"])
        .success();
    let expected = "::warning file=agents/personas/ana.yaml,line=2,endLine=2,col=20,endColumn=25,title=placeholder::`{{a}}` in";
    assert!(run.stdout.starts_with(expected), "{}", run.stdout);
    let run = site
        .run(["-C", "agents", "validate", "--format", "sarif"])
        .success();
    let log: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        location["artifactLocation"]["uri"],
        "agents/personas/ana.yaml"
    );
    let rule = result["ruleIndex"].as_u64().expect("an index");
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    assert_eq!(
        rules[usize::try_from(rule).expect("small")]["id"],
        "placeholder"
    );
}

#[test]
fn explain_knows_every_code_and_offers_the_nearest() {
    let site = Site::empty();
    let list = site.run(["explain"]).success().stdout;
    assert_eq!(list.lines().count(), Code::all().len());
    let long = site.run(["explain", "plain-secret"]).success().stdout;
    assert!(
        long.starts_with("plain-secret (error)\n\nA key, a token"),
        "{long}"
    );
    let error = site.run(["explain", "plain-secrt"]).code(64).stderr;
    assert!(error.contains("did you mean `plain-secret`?"), "{error}");
}

#[test]
fn a_directory_without_manifests_is_no_valid_one() {
    let site = Site::empty();
    let output = site.run(["validate"]).code(1);
    assert!(output.stderr.contains("holds no manifest"), "{output:#?}");
    fs::remove_dir_all(site.path("personas")).expect("it goes");
    let _ = site.run(["validate"]).code(1);
}

#[test]
fn no_line_shows_a_secret_that_stands_on_another_one_than_its_name() {
    let rows = [
        "layers: {tts: {\n api_key:\n   SECRET-90125, modl: 3}}\n",
        "context: &k SECRET-90125\nlayers: {tts: {api_key: *k}}\ngreeting: *k\nfoo: *k\n",
        "layers: {tts: {api_keyy: SECRET-90125}}\n",
        "layers: {llm: {apikey:\n SECRET-90125}}\n",
    ];
    for row in rows {
        let site = Site::with_manifest(&format!("persona_name: Ana\nsystem_prompt: P\n{row}"));
        for form in ["text", "json", "github", "sarif"] {
            let output = site.run(["validate", "--format", form]);
            assert!(output.stdout.contains("ana.yaml"), "{row}: {output:#?}");
            assert!(!output.stdout.contains("90125"), "{row} {form}");
        }
    }
}
