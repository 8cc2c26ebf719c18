//! Saved plans: exactly what was reviewed is done, and nothing of it where the world has moved on.

use serde_json::{Value, json};

use crate::support::{Canned, Site};

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\ncontext: old\n";
const BEN: &str = "persona_name: Ben\nsystem_prompt: Be brief.\ncontext: old\n";

/// Two personas that were applied, and manifests that want another context for both.
fn edited() -> Site {
    let site = Site::with_manifest(ANA);
    site.write("personas/ben.yaml", BEN);
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "old", "new");
    site.edit("personas/ben.yaml", "old", "new");
    site
}

fn save(site: &Site) -> Value {
    site.run(["plan", "--out", "plan.json"]).success();
    serde_json::from_str(&site.read("plan.json")).expect("a plan is JSON")
}

fn contexts(site: &Site) -> Vec<Value> {
    let mut live = site.live();
    live.sort_unstable_by_key(|record| record["document"]["persona_name"].to_string());
    live.iter()
        .map(|record| record["document"]["context"].clone())
        .collect()
}

#[test]
fn a_saved_plan_is_done_as_it_was_shown_whatever_the_manifests_say_now() {
    let site = edited();
    site.write("personas/eva.yaml", ANA.replace("Ana", "Eva"));
    save(&site);
    site.edit("personas/ana.yaml", "new", "newest");
    std::fs::remove_file(site.path("personas/eva.yaml")).expect("it is there");
    site.run(["apply", "plan.json"])
        .success()
        .says("applied create eva")
        .says("Done: 3 applied.");
    assert_eq!(contexts(&site), ["new", "new", "old"]);
    site.run(["apply", "plan.json"]).code(3).says("3 stale");
    assert_eq!(site.live().len(), 3);
    site.run(["plan"])
        .success()
        .says("\"new\" → \"newest\"")
        .says("eva  no longer");
}

#[test]
fn what_was_edited_since_is_stale_and_named_and_the_others_are_done() {
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 5] = [
        ("/context", |live| live["context"] = json!("mine")),
        ("/greeting", |live| live["greeting"] = json!("Hello")),
        ("/layers/llm/tools", |live| {
            live["layers"] = json!({"llm": {"tools": [{"type": "function"}]}})
        }),
        ("/layers/tts/api_key", |live| {
            live["layers"] = json!({"tts": {"api_key": {"$sealed": "0"}}})
        }),
        ("/persona_name", |live| live["persona_name"] = json!("Anna")),
    ];
    for (path, edit) in edits {
        let site = edited();
        save(&site);
        site.in_dashboard("Ana", edit);
        let applied = site
            .run(["apply", "plan.json", "--format", "json"])
            .code(3)
            .json();
        let results: Vec<_> = applied["steps"].as_array().expect("steps").iter().collect();
        assert_eq!(results[0]["result"]["status"], "stale", "{path}");
        let message = results[0]["result"]["message"].as_str().expect("a message");
        assert!(message.contains(&format!("at {path}")), "{path}: {message}");
        assert_eq!(results[1]["result"]["status"], "applied");
        assert_eq!(applied["summary"]["stale"], 1);
    }
}

#[test]
fn a_persona_that_is_gone_or_was_made_meanwhile_is_stale() {
    let site = edited();
    site.write("personas/eva.yaml", ANA.replace("Ana", "Eva"));
    save(&site);
    let live = site.live();
    let find = |name: &str| {
        let mut found = live
            .iter()
            .filter(|record| record["document"]["persona_name"] == name);
        let record = found.next().expect("it is live");
        record["document"]["persona_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let file = |id: &str| site.path(&format!("personas/.personactl/sandbox/personas/{id}.json"));
    let eva = std::fs::read_to_string(file(&find("Ben"))).expect("a file");
    let eva = eva
        .replace(&find("Ben"), "p00000000eva")
        .replace("\"Ben\"", "\"Eva\"");
    std::fs::write(file("p00000000eva"), eva).expect("it is written");
    std::fs::remove_file(file(&find("Ana"))).expect("it is removed");
    site.run(["apply", "plan.json"])
        .code(3)
        .says("is gone")
        .says("p00000000eva has appeared with this name")
        .says("Done: 1 applied, 2 stale.");
    assert_eq!(site.live().len(), 2);
}

#[test]
fn a_plan_that_is_not_what_was_written_is_refused_with_the_reason() {
    let site = edited();
    let plan = save(&site);
    let text = site.read("plan.json");
    let edited = |pointer: &str, value: Value| {
        let mut plan = plan.clone();
        *plan.pointer_mut(pointer).expect("it is there") = value;
        plan.to_string()
    };
    let rows = [
        (text[..text.len() / 2].to_owned(), "it is cut off"),
        (String::new(), "it is cut off"),
        ("persona_name: Ana\n".to_owned(), "it is not a saved plan"),
        ("[]".to_owned(), "it is not a saved plan"),
        (edited("/format", json!("other")), "it is not a saved plan"),
        (
            edited("/format_version", json!(2)),
            "it has format version 2",
        ),
        (
            edited("/plan/api_url", json!("http://127.0.0.1:1")),
            "it was edited",
        ),
        (
            edited("/plan/environment", json!("production")),
            "it was edited",
        ),
        (
            edited("/plan/steps/0/fields/0/after", json!("evil")),
            "it was edited",
        ),
        (edited("/plan/steps", json!([])), "it was edited"),
        (text.replace("\"new\"", "\"evil\""), "it was edited"),
        (text.replacen("\"steps\"", "\"stairs\"", 1), "it was edited"),
    ];
    for (text, reason) in rows {
        site.write("bad.json", &text);
        site.run(["apply", "bad.json", "--yes"])
            .code(1)
            .says(reason)
            .says("plan --out");
    }
    assert_eq!(contexts(&site), ["old", "old"]);
    // How it is laid out does not matter.
    site.write("laid-out.json", plan.to_string());
    site.run(["apply", "laid-out.json"]).success();
}

#[test]
fn a_plan_for_another_environment_address_or_ledger_is_refused() {
    let mut site = edited();
    save(&site);
    site.run(["apply", "plan.json", "-e", "default"])
        .code(1)
        .says("is for another environment: sandbox, not default");
    site.run(["apply", "plan.json", "--yes", "production"])
        .code(64);
    site.run(["apply", "plan.json", "--prune"])
        .code(64)
        .says("plan --out");
    site.run(["apply", "plan.json", "--only", "ana"]).code(64);

    let ledger = site.path("personas/.personactl/sandbox/ledger.json");
    let kept = std::fs::read(&ledger).expect("a ledger");
    std::fs::remove_file(&ledger).expect("it is removed");
    site.run(["apply", "--yes", "--only", "ben"]).success();
    site.run(["apply", "plan.json"])
        .code(1)
        .says("is for another ledger");
    std::fs::write(&ledger, kept).expect("it is written");

    site.set("PERSONACTL_ENVIRONMENT", "default");
    site.run(["apply", "plan.json"]).code(1).says("not default");
}

#[test]
fn a_plan_for_another_address_is_refused() {
    let mut site = Site::with_manifest(ANA);
    let empty = r#"{"data": [], "total_count": 0}"#;
    let (one, other) = (Canned::json(empty), Canned::json(empty));
    site.set("TAVUS_API_KEY", "x");
    let at =
        |service: &Canned| format!("environments: {{live: {{api_url: '{}'}}}}\n", service.url());
    site.write("personas/personactl.yaml", at(&one));
    site.run(["plan", "-e", "live", "--out", "plan.json"])
        .success();
    site.write("personas/personactl.yaml", at(&other));
    site.run(["apply", "plan.json"]).code(1).says(&other.url());
    let is_read = |request: &String| request.starts_with("GET ");
    assert!(other.requests().is_empty() && one.requests().iter().all(is_read));
}

#[test]
fn the_reviewed_id_is_applied_without_a_question_and_no_other() {
    let site = edited();
    let id = save(&site)["plan"]["plan_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let planned = site.run(["plan", "--format", "json"]).success().json();
    assert_eq!(planned["plan_id"], id);
    site.run(["apply", "--expect", "0123"])
        .code(1)
        .says(&id)
        .says("0123");
    assert_eq!(contexts(&site), ["old", "old"]);
    site.in_dashboard("Ana", |live| live["context"] = json!("mine"));
    site.run(["apply", "--expect", &id]).code(1);
    site.in_dashboard("Ana", |live| live["context"] = json!("old"));
    site.run(["apply", "--expect", &id])
        .success()
        .says("2 applied");
    assert_eq!(contexts(&site), ["new", "new"]);
}

#[test]
fn a_protected_environment_takes_a_saved_plan_or_a_reviewed_id() {
    let site = Site::with_manifest(ANA);
    let settings =
        "environments: {live: {api: sandbox, protected: true}}\ndefault_environment: live\n";
    site.write("personas/personactl.yaml", settings);
    site.run(["plan", "--out", "plan.json"]).success();
    site.run(["apply", "plan.json"])
        .success()
        .says("applied create ana");
    site.edit("personas/ana.yaml", "old", "new");
    let planned = site.run(["plan", "--format", "json"]).json();
    let id = planned["plan_id"].as_str().expect("an id");
    site.run(["apply", "--expect", id, "--yes"]).success();
}

#[test]
fn only_a_plan_is_overwritten() {
    let site = edited();
    site.write("notes.json", "{\"mine\": true}");
    site.run(["plan", "--out", "notes.json"])
        .code(1)
        .says("is no plan");
    assert_eq!(site.read("notes.json"), "{\"mine\": true}");
    site.run(["plan", "--out", "personas"]).code(1);
    site.write("empty.json", "");
    site.run(["plan", "--out", "empty.json"]).success();
    site.run(["plan", "--out", "empty.json"]).success();
    site.run(["plan", "--out", "new/folder/plan.json"])
        .success();
    site.run(["apply", "new/folder/plan.json"]).success();
}

#[test]
fn a_plan_is_put_neither_among_the_manifests_nor_where_a_link_leads_nowhere() {
    let site = edited();
    site.run(["plan", "--out", "personas/plan.json"])
        .code(1)
        .says("would be read as a manifest");
    site.run(["plan", "--out", "personas/_plans/plan.json"])
        .success();
    site.write("cut.json", "{\"a\": 1");
    site.run(["plan", "--out", "cut.json"])
        .code(1)
        .says("is no plan");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(site.path(to), site.path(name)).expect("a link");
    };
    site.write("real.json", "");
    link("real.json", "link.json");
    link("nowhere.json", "loose.json");
    site.run(["plan", "--out", "link.json"]).success();
    assert!(site.read("real.json").contains("personactl-plan"));
    site.run(["plan", "--out", "loose.json"]).code(1);
    site.run(["apply", "nothing.json"])
        .code(1)
        .says("neither a persona directory nor a plan");
}

/// The plan with a change of ours, sealed as if the program had written it.
fn forged(plan: &Value, change: impl Fn(&mut Value)) -> String {
    let mut plan = plan.clone();
    change(&mut plan["plan"]);
    let text = plan["plan"].to_string();
    let mut sealed = vec![b'p'];
    sealed.extend((text.len() as u64).to_le_bytes());
    sealed.extend(text.as_bytes());
    let digest = blake3::hash(&sealed).to_hex();
    plan["digest"] = json!(digest.as_str()[..32]);
    plan.to_string()
}

#[test]
fn a_forged_plan_is_not_the_one_that_was_reviewed() {
    let site = edited();
    let plan = save(&site);
    let id = plan["plan"]["plan_id"].as_str().expect("an id");
    site.write("same.json", forged(&plan, |_| ()));
    site.run(["apply", "same.json", "--expect", "0"])
        .code(1)
        .says("not 0");
    let evil = |plan: &mut Value| {
        plan["steps"][0]["action"]["update"]["requests"][0]["patch"][1]["value"] = json!("evil")
    };
    let shown = |plan: &mut Value| plan["steps"][0]["fields"][0]["after"] = json!("harmless");
    for forged in [forged(&plan, evil), forged(&plan, shown)] {
        site.write("forged.json", forged);
        site.run(["apply", "forged.json", "--expect", id])
            .code(1)
            .says("was edited");
        site.run(["apply", "forged.json"]).code(1);
    }
    assert_eq!(contexts(&site), ["old", "old"]);
}

#[test]
fn no_plan_makes_us_send_our_own_key_to_anybody_else() {
    let service = Canned::json(r#"{"data": [], "total_count": 0}"#);
    let keyed =
        "layers: {llm: {model: m, base_url: 'https://a.example', api_key: !secret OTHER}}\n";
    let mut site = Site::with_manifest(&format!("{ANA}{keyed}"));
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "key-canary");
    site.set("OTHER", "other-canary");
    site.run(["plan", "--out", "plan.json"]).success();
    let settings = "environments: {default: {}, other: {api_key: !secret OTHER}}\n";
    site.write("personas/personactl.yaml", settings);
    site.run(["apply", "plan.json"])
        .code(1)
        .says("would send OTHER, which is a key to the service itself");
    assert!(
        service
            .requests()
            .iter()
            .all(|request| request.starts_with("GET "))
    );
}

#[test]
fn a_saved_delete_spares_a_persona_that_has_a_manifest_again() {
    let site = edited();
    let manifest = site.read("personas/ana.yaml");
    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.run(["plan", "--prune", "--out", "plan.json"])
        .success();
    site.write("personas/ana.yaml", manifest);
    site.run(["apply", "--yes"]).success();
    site.in_dashboard("Ana", |live| live["context"] = json!("old"));
    site.run(["apply", "plan.json"])
        .code(3)
        .says("`ana` was applied since");
    assert_eq!(site.live().len(), 2);
}

#[test]
fn a_saved_plan_may_hand_a_persona_from_one_manifest_to_another() {
    let site = edited();
    site.run(["apply", "--yes"]).success();
    site.in_dashboard("Ana", |live| live["persona_name"] = json!("Eva"));
    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.write("personas/eva.yaml", ANA.replace("Ana", "Eva"));
    site.run(["plan", "--out", "plan.json"])
        .success()
        .says("adopt eva");
    site.run(["apply", "--no-adopt", "--yes"]).code(3);
    site.run(["apply", "plan.json"])
        .success()
        .says("applied adopt eva");
    site.run(["plan", "--prune", "--detailed-exitcode"])
        .success()
        .hides("ana");
}
