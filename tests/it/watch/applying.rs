//! `--apply`: each plan is applied, as `apply` would, and what cannot be asked is not done.

use std::fs;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use personactl::diff::Patch;
use serde_json::{Value, json};

use super::{manifest, put, site, site_at, watching, write};
use crate::support::{Scripted, Served, Site, Watching};

#[test]
fn every_save_is_applied() {
    let site = site();
    let mut watching = watching(&site, &["--apply"]);
    write(&site, "new", "x");
    watching.plans("save", &["new"]);
    let told = watching.next("applied");
    assert_eq!(told["pending"], 0, "{told:#}");
    write(&site, "new", "y");
    watching.plans("save", &["new"]);
    watching.next("applied");
    // Another run finds the sandbox that is already running.
    site.run(["plan"]).success().says("No changes");
    let is_saved = |persona: &Value| persona.to_string().contains("\"y\"");
    assert!(site.live().iter().any(is_saved));
}

#[test]
fn what_is_saved_while_a_plan_is_applied_is_taken_up_after_it() {
    let ((came, is_coming), (go_on, may)) = (channel(), channel::<()>());
    let live = Mutex::new(json!({"persona_id": "p1", "persona_name": "ana", "system_prompt": "x"}));
    let service = Scripted::new(move |asked, _| {
        let mut live = live.lock().expect("nobody panicked");
        if asked.line.starts_with("PATCH") {
            came.send(()).expect("the test waits");
            may.recv().expect("the test goes on");
            let patch: Patch = serde_json::from_value(asked.body.clone()).expect("a patch");
            *live = patch.apply(&live).expect("it fits");
        }
        let answer = match asked.line.as_str() {
            "GET /v2/personas" => json!({"data": [*live], "total_count": 1}),
            "GET /v2/personas/p1" => live.clone(),
            _ => json!({}),
        };
        Some((200, answer.to_string()))
    });
    let mut site = Site::with_manifest(&manifest("ana", "x"));
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    let mut watching = Watching::start(&site, &["watch", "--apply"]);
    watching.next("planned");
    watching.next("applied");

    write(&site, "ana", "first");
    watching.plans_saying("save", &["ana"], "first");
    is_coming.recv().expect("a patch");
    for text in ["second", "third", "fourth"] {
        write(&site, "ana", text);
    }
    go_on.send(()).expect("it waits");
    watching.next("applied");
    watching.plans_saying("save", &["ana"], "fourth");
    is_coming.recv().expect("a patch");
    go_on.send(()).expect("it waits");
    let told = watching.next("applied");
    assert_eq!(told["pending"], 0, "{told:#}");
    assert_eq!(service.writes().len(), 2);
}

/// The prompts of all personas that are live.
fn prompts(service: &Served) -> Vec<String> {
    let prompts = service.live().into_iter().map(|live| {
        let prompt = live["document"]["system_prompt"].as_str();
        prompt.expect("a prompt").to_owned()
    });
    prompts.collect()
}

#[test]
fn a_conflict_is_left_to_a_human() {
    let service = Served::with(&[]);
    let site = site_at(service.url());
    site.run(["apply", "--yes"]).success();
    let id = site.run(["show", "ana", "--ledger"]).success().json()["id"].clone();
    let id = id.as_str().expect("an id");
    let mut watching = watching(&site, &["--apply"]);

    let other = site_at(service.url());
    let pinned = format!("{}x-personactl: {{id: {id}}}\n", manifest("ana", "theirs"));
    other.write("personas/ana.yaml", pinned);
    other
        .run(["apply", "--yes", "--only", "ana", "--on-conflict", "repo"])
        .success();
    write(&site, "ana", "ours");
    let told = watching.plans("save", &["ana"]);
    assert_eq!(told["plan"]["summary"]["blocked"], 1, "{told:#}");
    write(&site, "ben", "y");
    watching.plans("save", &["ben"]);
    watching.next("applied");
    let mut prompts = prompts(&service);
    prompts.sort();
    assert_eq!(prompts, ["theirs", "x", "y"]);
    assert_eq!(watching.end("INT"), Some(130));
}

#[test]
fn nothing_is_deleted() {
    let service = Served::with(&[]);
    let site = site_at(service.url());
    let mut watching = Watching::start(&site, &["watch", "--apply"]);
    watching.plans("start", &["ana", "ben", "mark"]);
    watching.next("applied");
    fs::remove_file(site.path("personas/ana.yaml")).expect("it was there");
    watching.plans("save", &[]);
    write(&site, "ben", "y");
    watching.plans("save", &["ben"]);
    watching.next("applied");
    assert_eq!(service.live().len(), 3);
}

#[test]
fn a_manifest_with_mistakes_keeps_its_persona() {
    let service = Served::with(&[]);
    let site = site_at(service.url());
    site.run(["apply", "--yes"]).success();
    let mut watching = watching(&site, &["--apply"]);
    put(&site, "personas/ana.yaml", "persona_name: [\n");
    watching.next("mistakes");
    put(&site, "personas/ana-2.yaml", &manifest("ana", "theirs"));
    watching.plans_saying("save", &["ana-2"], "`ana`, which has mistakes,");
    fs::remove_file(site.path("personas/ana-2.yaml")).expect("it was there");
    watching.plans("save", &[]);
    write(&site, "ana", "y");
    watching.next("mended");
    watching.plans("save", &["ana"]);
    watching.next("applied");
    let mut prompts = prompts(&service);
    prompts.sort();
    assert_eq!(prompts, ["x", "x", "y"]);
}

#[test]
fn a_protected_environment_is_refused_whenever_it_becomes_one() {
    let service = Served::with(&[]);
    let site = site_at(service.url());
    let settings = |is_protected: bool| {
        let text = format!("environments: {{default: {{protected: {is_protected}}}}}\n");
        put(&site, "personas/personactl.yaml", &text);
    };
    settings(true);
    site.run(["watch", "--apply"]).code(1).says("is protected");
    settings(false);
    let mut watching = Watching::start(&site, &["watch", "--apply"]);
    watching.plans("start", &["ana", "ben", "mark"]);
    watching.next("applied");
    settings(true);
    watching.next("failed");
    write(&site, "ana", "y");
    settings(false);
    watching.plans("save", &["ana"]);
    watching.next("applied");
}

#[test]
fn who_wants_conflicts_settled_has_to_apply() {
    let site = Site::empty();
    site.run(["watch", "--apply", "--on-conflict", "repo"])
        .code(64)
        .says("leaves conflicts alone");
}

#[test]
fn what_sends_nothing_is_recorded_all_the_same() {
    let site = site();
    let mut watching = watching(&site, &["--apply"]);
    fs::rename(
        site.path("personas/ana.yaml"),
        site.path("personas/moved.yaml"),
    )
    .expect("it is moved");
    watching.next("planned");
    let text = manifest("ana", "x").replace("persona_name: ana", "persona_name: Anna");
    put(&site, "personas/moved.yaml", &text);
    let told = watching.plans("save", &["moved"]);
    assert_eq!(told["plan"]["summary"]["update"], 1, "{told:#}");
    watching.next("applied");
    assert_eq!(site.live().len(), 3);
}

#[test]
fn what_others_change_is_left_to_them_even_where_the_service_was_away() {
    let mut service = Served::with(&[]);
    let site = site_at(service.url());
    site.run(["apply", "--yes"]).success();
    let id = site.run(["show", "ana", "--ledger"]).success().json()["id"].clone();
    let mut watching = watching(&site, &["--apply", "--poll", "100ms"]);
    service.set(
        id.as_str().expect("an id"),
        "/system_prompt",
        "in the dashboard",
    );
    watching.plans("interval", &["ana"]);
    service.restart(|| {
        watching.next("failed");
    });
    let mut told = watching.any();
    while told["event"] == "failed" {
        told = watching.any();
    }
    // What is saved is applied, and nothing else.
    write(&site, "ben", "saved");
    while told["event"] != "applied" {
        assert_ne!(told["event"], "failed", "{told:#}");
        told = watching.any();
    }
    assert_eq!(told["plan"]["steps"].as_array().map(Vec::len), Some(1));
    let live = service.live();
    let says = |text: &str| {
        live.iter()
            .any(|live| live["document"]["system_prompt"] == text)
    };
    assert!(says("in the dashboard") && says("saved"), "{live:#?}");
}
