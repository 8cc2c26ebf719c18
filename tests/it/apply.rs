//! `apply`: it does what the plan says, records it, and has nothing to do the second time.

use serde_json::{Value, json};

use crate::support::Site;

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\n";

#[test]
fn a_second_apply_has_nothing_to_do() {
    let site = Site::with_manifest(ANA);
    let applied = site
        .run(["apply", "--yes", "--format", "json"])
        .success()
        .json();
    assert_eq!(applied["summary"]["applied"], 1);
    assert_eq!(
        applied["steps"][0]["result"],
        json!({"status": "applied", "message": null, "normalised": []})
    );
    let again = site
        .run(["apply", "--yes", "--format", "json"])
        .success()
        .json();
    assert_eq!(again["summary"]["unchanged"], 1);
    assert_eq!(
        again["steps"][0]["persona_id"],
        applied["steps"][0]["persona_id"]
    );
    assert_eq!(site.live().len(), 1);
}

#[test]
fn without_a_terminal_and_without_consent_nothing_is_applied() {
    let site = Site::with_manifest(ANA);
    site.run(["apply"]).code(1).says("--yes");
    assert_eq!(site.live().len(), 0);
    assert!(
        !site
            .path("personas/.personactl/sandbox/ledger.json")
            .exists()
    );
}

#[test]
fn the_directory_may_follow_the_consent() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes", "personas"])
        .success()
        .says("applied create ana");
}

#[test]
fn a_protected_environment_wants_its_name() {
    let site = Site::with_manifest(ANA);
    let settings =
        "default_environment: live\nenvironments:\n  live: {api: sandbox, protected: true}\n";
    site.write("personas/personactl.yaml", settings);
    site.run(["apply", "--yes"]).code(1).says("--yes live");
    site.run(["apply", "--yes", "other"])
        .code(64)
        .says("the environment is `live`");
    site.run(["watch", "--apply"]).code(1).says("protected");
    site.run(["apply", "--yes", "live"])
        .success()
        .says("applied");
}

#[test]
fn a_persona_without_a_ledger_is_adopted_unless_that_is_refused() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/.personactl/sandbox/ledger.json"))
        .expect("it is removed");
    site.run(["plan", "--no-adopt"])
        .says("--no-adopt")
        .says("1 blocked")
        .code(1)
        .hides("to create");
    site.run(["plan"]).success().says("1 to adopt");
    site.run(["apply", "--yes"])
        .success()
        .says("applied adopt ana");
    site.run(["plan"]).success().says("No changes");
    assert_eq!(site.live().len(), 1);
}

#[test]
fn a_name_that_two_live_personas_have_is_an_error_with_both_ids() {
    let site = Site::with_manifest(ANA);
    let twin = |id: &str| json!({"persona_id": id, "persona_name": "Ana", "persona_type": "user", "layers": {}});
    site.write(
        "personas/_sandbox/personas.json",
        json!([twin("p1aaaa"), twin("p2bbbb")]).to_string(),
    );
    site.run(["plan"])
        .code(1)
        .says("p1aaaa")
        .says("p2bbbb")
        .says("x-personactl");
    site.run(["apply", "--yes"])
        .code(3)
        .says("blocked")
        .says("p1aaaa");
    site.write(
        "personas/ana.yaml",
        format!("{ANA}x-personactl: {{id: p2bbbb}}\n"),
    );
    site.run(["apply", "--yes"])
        .success()
        .says("applied update ana  p2bbbb");
    site.run(["plan"]).success().says("No changes");
    assert_eq!(site.live().len(), 2);
}

#[test]
fn a_moved_manifest_keeps_its_persona() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    std::fs::create_dir(site.path("personas/team")).expect("a folder");
    std::fs::rename(
        site.path("personas/ana.yaml"),
        site.path("personas/team/ana.yaml"),
    )
    .expect("it moves");
    site.run(["plan"]).success().says("No changes");
    site.run(["apply", "--yes"]).success();
    let ledger: Value =
        serde_json::from_str(&site.read("personas/.personactl/sandbox/ledger.json")).expect("JSON");
    let keys: Vec<_> = ledger["personas"]
        .as_object()
        .expect("entries")
        .keys()
        .collect();
    assert_eq!(keys, ["team/ana"]);
    assert_eq!(site.live().len(), 1);
}

#[test]
fn a_manifest_that_is_gone_leaves_the_persona_alone() {
    let site = Site::with_manifest(ANA);
    site.write(
        "personas/ben.yaml",
        "persona_name: Ben\nsystem_prompt: Be brief.\n",
    );
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/ben.yaml")).expect("it is removed");
    site.run(["plan"])
        .success()
        .says("no longer in the repository");
    site.run(["apply", "--yes"]).success();
    assert_eq!(site.live().len(), 2);
}

#[test]
fn a_secret_is_sent_once_and_never_said_or_kept() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: Be kind.\nlayers:\n  llm:\n    model: mine\n    \
         base_url: https://llm.example.org\n    api_key: !secret LLM_KEY\n",
    );
    let plan = site.run(["plan"]).success().says("(secret LLM_KEY, set)");
    assert!(!plan.stdout.contains("stand-in"));
    site.run(["apply", "--yes", "-vv"])
        .success()
        .hides("stand-in");
    site.run(["plan", "--format", "json"])
        .success()
        .hides("stand-in")
        .says("\"keep\": 1");
    assert!(
        !site
            .read("personas/.personactl/sandbox/ledger.json")
            .contains("stand-in")
    );
}

#[test]
fn what_a_manifest_gives_up_is_removed_and_what_it_ignores_is_left() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: Be kind.\ncontext: here\ngreeting: hello\n\
         x-personactl: {ignore: [/greeting]}\n",
    );
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "context: here\n", "");
    site.edit(
        "personas/ana.yaml",
        "greeting: hello",
        "greeting: good morning",
    );
    let plan = site.run(["plan", "--format", "json"]).success().json();
    assert_eq!(
        plan["steps"][0]["patches"],
        json!([[
            {"op": "test", "path": "/context", "value": "here"},
            {"op": "remove", "path": "/context"},
        ]])
    );
    site.run(["apply", "--yes"]).success();
    site.run(["plan"]).success().says("No changes");
}

#[test]
fn a_step_that_the_service_refuses_does_not_stop_the_others() {
    let site = Site::with_manifest(ANA);
    // Nothing is wrong with this but what only the service knows: a persona with a model of its own
    // needs both.
    site.write(
        "personas/bad.yaml",
        "persona_name: Bad\nsystem_prompt: x\nlayers: {tts: {api_key: null}, llm: {extra_body: {a: 1}}}\n",
    );
    site.run(["apply", "--yes"]).success();
    // An old value that the service would take no more makes every later patch fail.
    let state = site.path("personas/.personactl/sandbox/personas");
    for path in std::fs::read_dir(&state)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        let text = std::fs::read_to_string(&path).expect("a file");
        if text.contains("\"Bad\"") {
            std::fs::write(&path, text.replace("\"full\"", "7")).expect("it is written");
        }
    }
    site.edit("personas/ana.yaml", "Be kind.", "Be kinder.");
    site.edit("personas/bad.yaml", "{a: 1}", "{a: 2}");
    site.run(["apply", "--yes"])
        .code(3)
        .says("applied update ana")
        .says("refused update bad")
        .says("the live persona is invalid at /pipeline_mode");
}

#[test]
fn a_ledger_that_cannot_be_written_stops_everything_before_the_first_effect() {
    let site = Site::with_manifest(ANA);
    site.run(["plan"]).success();
    std::fs::create_dir_all(site.path("personas/.personactl/sandbox/ledger.json/in-the-way"))
        .expect("a folder");
    site.run(["apply", "--yes"]).code(1).says("ledger.json");
    assert_eq!(site.live().len(), 0);
}

#[test]
fn a_damaged_ledger_is_an_error_and_stays_as_it_is() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    for damage in ["", "{", "<<<<<<< HEAD\n"] {
        site.write("personas/.personactl/sandbox/ledger.json", damage);
        site.run(["apply", "--yes"]).code(1).says("ledger");
        assert_eq!(
            site.read("personas/.personactl/sandbox/ledger.json"),
            damage
        );
    }
}

#[test]
fn two_applies_at_once_take_turns() {
    let site = Site::with_manifest(ANA);
    site.run(["plan"]).success();
    let lock = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .open(site.path("personas/.personactl/sandbox.lock"))
        .expect("a file");
    lock.lock().expect("it is free");
    site.write(
        "personas/.personactl/sandbox.lock",
        "process 1 since yesterday",
    );
    site.run(["apply", "--yes"])
        .code(1)
        .says("another apply has it: process 1 since yesterday");
    assert_eq!(site.live().len(), 0);
    drop(lock);
    site.run(["apply", "--yes"]).success().says("1 applied");
}

#[test]
fn a_directory_that_is_only_for_another_environment_has_nothing_to_do() {
    let site = Site::with_manifest(&format!("{ANA}x-personactl: {{environments: [staging]}}\n"));
    site.run(["plan"]).success().says("No changes");
}
