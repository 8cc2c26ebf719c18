//! What the service does between the plan and the ledger: nothing is lost, doubled or told wrongly.

use std::sync::Mutex;

use personactl::diff::Patch;
use serde_json::{Value, json};

use crate::support::{Answer, Asked, Running, Scripted, Served, Site};

fn site(service: &Scripted, manifest: &str) -> Site {
    let mut site = Site::with_manifest(manifest);
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "key-canary-4711");
    site
}

fn list(personas: Value) -> Answer {
    let count = personas.as_array().map_or(0, Vec::len);
    Some((
        200,
        json!({"data": personas, "total_count": count}).to_string(),
    ))
}

fn ok(body: Value) -> Answer {
    Some((200, body.to_string()))
}

fn ana(context: &str) -> Value {
    json!({"persona_id": "p1", "persona_name": "Ana", "system_prompt": "x", "context": context})
}

const ANA: &str = "persona_name: Ana\nsystem_prompt: x\ncontext: new\n";

/// How often a request like this one was made before.
fn nth(asked: &Asked, before: &[Asked]) -> usize {
    before
        .iter()
        .filter(|other| other.line == asked.line)
        .count()
}

#[test]
fn a_persona_that_is_edited_after_the_plan_gets_nothing() {
    // The first look at it is the plan's, the second one is the step's.
    let service = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("old")])),
        _ if nth(asked, before) == 0 => ok(ana("old")),
        _ => ok(ana("edited meanwhile")),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .code(3)
        .says("stale")
        .says("was edited since");
    assert!(service.writes().is_empty());
    assert!(!site.read("personas/_ledger/default.json").contains("p1"));
}

fn is_guarded(asked: &Asked) -> bool {
    asked.body[0]["op"] == "test"
}

#[test]
fn an_edit_between_the_last_look_and_the_patch_is_not_overwritten() {
    let service = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("old")])),
        "PATCH /v2/personas/p1" => Some((
            422,
            json!({"message": "Invalid JSON patch format"}).to_string(),
        )),
        _ if before.iter().any(|asked| asked.line.starts_with("PATCH")) => ok(ana("edited")),
        _ => ok(ana("old")),
    });
    site(&service, ANA)
        .run(["apply", "--yes"])
        .code(3)
        .says("stale")
        .says("in this very moment");
    assert_eq!(service.writes().len(), 1);
}

/// A service with this persona, which honours what a patch asserts. It is edited in the dashboard right
/// before the first patch comes in.
fn edited_in_this_very_moment(before: Value, edited: Value) -> Scripted {
    let live = Mutex::new(before);
    Scripted::new(move |asked, earlier| {
        let mut live = live.lock().expect("nobody panicked");
        if !asked.line.starts_with("PATCH") {
            return match asked.line.as_str() {
                "GET /v2/personas" => list(json!([*live])),
                _ => ok(live.clone()),
            };
        }
        if nth(asked, earlier) == 0 {
            *live = edited.clone();
        }
        let patch: Patch = serde_json::from_value(asked.body.clone()).expect("a patch");
        match patch.apply(&live) {
            Ok(patched) => {
                *live = patched;
                ok(json!({}))
            }
            Err(_) => Some((422, json!({"message": "no such patch"}).to_string())),
        }
    })
}

#[test]
fn what_is_added_is_not_mixed_with_what_somebody_else_adds_in_this_very_moment() {
    let tags = |tags: Value| json!({"document_tags": tags});
    let voice = |voice: Value| json!({"layers": {"tts": {"voice_settings": voice}}});
    let body = |body: Value| json!({"layers": {"llm": {"extra_body": body}}});
    let list = [json!(["a", "b"]), json!(["a", "x", "b"])];
    let list = |own: Value| [list[0].clone(), list[1].clone(), own];
    let map = |own: Value| {
        let seen = json!({"speed": 1, "style": 0.5});
        [
            seen,
            json!({"speed": 1, "style": 0.5, "stability": 0.9}),
            own,
        ]
    };
    let rows = [
        list(json!(["a", "b", "c"])).map(tags),
        list(json!(["a", "a", "b"])).map(tags),
        map(json!({"speed": 1, "style": 0.5, "similarity_boost": 0.7})).map(voice),
        map(json!({"speed": 1, "style": 0.5, "temperature": 0.7})).map(body),
    ];
    for row in rows {
        let [before, edited, own] = row.map(|field| {
            let mut persona = ana("new");
            let field = field.as_object().expect("an object").clone();
            persona.as_object_mut().expect("an object").extend(field);
            persona
        });
        let service = edited_in_this_very_moment(before, edited);
        let site = site(
            &service,
            &own.to_string().replace("\"persona_id\":\"p1\",", ""),
        );
        site.run(["apply", "--yes"])
            .code(3)
            .says("in this very moment");
        assert_eq!(service.writes().len(), 1, "{own}");
        site.run(["plan", "--detailed-exitcode"]).code(2);
    }
}

#[test]
fn a_service_that_takes_no_guards_gets_none_any_more() {
    let named = |id: &str, context: &str| {
        let mut persona = ana(context);
        persona["persona_id"] = json!(id);
        persona["persona_name"] = json!(id);
        persona
    };
    let service = Scripted::new(move |asked, before| {
        let context = |id: &str| {
            let is_patched = |asked: &&Asked| {
                asked.line.ends_with(id) && !asked.body.is_null() && !is_guarded(asked)
            };
            if before.iter().any(|asked| is_patched(&asked)) {
                "new"
            } else {
                "old"
            }
        };
        match asked.line.split_at(asked.line.len() - 2) {
            (head, id) if head.starts_with("GET /v2/personas/") => ok(named(id, context(id))),
            (head, _) if head.starts_with("PATCH") && is_guarded(asked) => {
                Some((400, json!({"error": "unknown operation test"}).to_string()))
            }
            (head, _) if head.starts_with("PATCH") => ok(json!({})),
            _ => list(json!([
                named("pa", context("pa")),
                named("pb", context("pb"))
            ])),
        }
    });
    let site = site(&service, &ANA.replace("Ana", "pa"));
    site.write("personas/b.yaml", ANA.replace("Ana", "pb"));
    site.run(["apply", "--yes", "--concurrency", "1"])
        .success()
        .says("2 applied");
    let guarded: Vec<bool> = service.writes().iter().map(is_guarded).collect();
    assert_eq!(guarded, [true, false, false]);
    site.run(["plan"]).success().says("No changes");
}

#[test]
fn a_service_that_takes_no_indexes_gets_whole_lists() {
    let persona = |tags: Value| {
        let mut persona = ana("new");
        persona["document_tags"] = tags;
        persona
    };
    let is_indexed = |asked: &Asked| asked.body.to_string().contains("/document_tags/");
    let service = Scripted::new(move |asked, before| {
        let is_patched = before
            .iter()
            .any(|asked| asked.line.starts_with("PATCH") && !is_indexed(asked));
        let tags = if is_patched {
            json!(["a", "c"])
        } else {
            json!(["a", "b", "c"])
        };
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([persona(tags)])),
            "PATCH /v2/personas/p1" if is_indexed(asked) => Some((
                422,
                json!({"message": "Invalid JSON patch format"}).to_string(),
            )),
            "PATCH /v2/personas/p1" => ok(json!({})),
            _ => ok(persona(tags)),
        }
    });
    let site = site(&service, &format!("{ANA}document_tags: [a, c]\n"));
    site.run(["apply", "--yes"]).success();
    assert_eq!(
        service.writes().last().expect("a patch").body,
        json!([{"op": "replace", "path": "/document_tags", "value": ["a", "c"]}])
    );
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
}

#[test]
fn a_list_that_leaves_something_out_does_not_make_a_wrong_patch() {
    let whole = || {
        let mut whole = ana("new");
        whole["layers"] = json!({"stt": {"hotwords": "kept", "stt_engine": "tavus-auto"}});
        whole
    };
    let service = Scripted::new(move |asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("new")])),
        _ if before.iter().any(|asked| asked.line.starts_with("PATCH")) => {
            let mut patched = whole();
            patched["layers"]["stt"]["stt_engine"] = json!("tavus-soniox");
            ok(patched)
        }
        _ => ok(whole()),
    });
    let site = site(
        &service,
        &format!("{ANA}layers: {{stt: {{stt_engine: tavus-soniox}}}}\n"),
    );
    site.run(["apply", "--yes"]).success();
    let writes = service.writes();
    assert_eq!(
        writes[0].body,
        json!([
            {"op": "test", "path": "/layers/stt/stt_engine", "value": "tavus-auto"},
            {"op": "replace", "path": "/layers/stt/stt_engine", "value": "tavus-soniox"},
        ])
    );
}

#[test]
fn a_change_that_is_not_there_afterwards_is_a_failure_and_is_tried_again() {
    let service = Scripted::new(|asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("old")])),
        "PATCH /v2/personas/p1" => ok(json!({"persona_id": "p1"})),
        _ => ok(ana("old")),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .code(3)
        .says("failed")
        .says("/context")
        .says("draft");
    site.run(["plan", "--detailed-exitcode"])
        .code(2)
        .says("/context");
}

#[test]
fn what_the_service_spells_otherwise_is_told_once_and_then_in_sync() {
    let service = Scripted::new(|asked, before| match asked.line.as_str() {
        _ if before.iter().any(|asked| asked.line.starts_with("PATCH")) => {
            match asked.line.as_str() {
                "GET /v2/personas" => list(json!([ana("NEW")])),
                _ => ok(ana("NEW")),
            }
        }
        "GET /v2/personas" => list(json!([ana("old")])),
        "PATCH /v2/personas/p1" => ok(json!({})),
        _ => ok(ana("old")),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .success()
        .says("normalised /context");
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
    assert_eq!(service.writes().len(), 1);
}

#[test]
fn a_patch_that_changes_nothing_is_success() {
    let service = Scripted::new(|asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("old")])),
        "PATCH /v2/personas/p1" => Some((304, String::new())),
        _ => ok(ana("old")),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .success()
        .says("normalised /context");
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
}

#[test]
fn a_created_persona_is_known_even_if_it_cannot_be_read_back() {
    let service = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" if before.iter().any(|asked| asked.line.starts_with("POST")) => {
            list(json!([ana("new")]))
        }
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
        _ => Some((500, "{}".to_owned())),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"]).code(3).says("p1 was written");
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
    assert_eq!(service.writes().len(), 1);
}

/// A service that loses the answer to so many creates, and holds these personas after that.
fn losing(creates: usize, made: fn() -> Value) -> Scripted {
    Scripted::new(move |asked, before| {
        let count = before
            .iter()
            .filter(|asked| asked.line.starts_with("POST"))
            .count();
        match asked.line.as_str() {
            "GET /v2/personas" if count >= creates => list(made()),
            "GET /v2/personas" => list(json!([])),
            "POST /v2/personas" if count < creates => None,
            "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
            _ => ok(ana("new")),
        }
    })
}

#[test]
fn a_lost_create_is_looked_for_and_taken_over() {
    let service = losing(1, || json!([ana("new")]));
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .success()
        .says("applied create ana  p1");
    assert_eq!(service.writes().len(), 1);
    site.run(["plan", "--detailed-exitcode"]).success();
}

#[test]
fn a_create_that_never_happened_is_sent_again() {
    let service = losing(1, || json!([]));
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .success()
        .says("applied create ana  p1");
    assert_eq!(service.writes().len(), 2);
}

#[test]
fn a_create_that_may_have_made_several_is_told_with_their_ids() {
    let twin = || {
        let mut twin = ana("new");
        twin["persona_id"] = json!("p2");
        json!([ana("new"), twin])
    };
    let service = losing(1, twin);
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .code(3)
        .says("it may be any of p1, p2");
    assert_eq!(service.writes().len(), 1);
}

#[test]
fn a_namesake_that_was_there_before_is_not_taken_for_what_was_made() {
    let service = Scripted::new(|asked, before| {
        let old = json!({"persona_id": "p9", "persona_name": "ANA", "context": "new"});
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([old])),
            "POST /v2/personas" if nth(asked, before) == 0 => None,
            "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
            _ => ok(ana("new")),
        }
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .success()
        .says("applied create ana  p1");
    assert_eq!(service.writes().len(), 2);
}

/// A service with Ana, a stranger, and whoever is made; it answers this id for whoever is called Bob.
fn lying(answered: &'static str) -> Scripted {
    let persona = |id: &str, name: &str| json!({"persona_id": id, "persona_name": name, "system_prompt": "x"});
    Scripted::new(move |asked, before| {
        let made = |name: &str| {
            let mut before = before.iter();
            before.any(|asked| asked.body["persona_name"] == name)
        };
        let mut live = vec![ana("new"), persona("p9", "Zoe")];
        live.extend(made("Bob").then(|| persona("p2", "Bob")));
        live.extend(made("Eva").then(|| persona("p3", "Eva")));
        let id = asked.line.rsplit('/').next();
        let found = live.iter().find(|live| live["persona_id"].as_str() == id);
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!(live)),
            "POST /v2/personas" if asked.body["persona_name"] == "Eva" => {
                ok(json!({"persona_id": "p3"}))
            }
            "POST /v2/personas" => ok(json!({"persona_id": answered})),
            _ => found.map_or(Some((404, "{}".to_owned())), |found| ok(found.clone())),
        }
    })
}

#[test]
fn an_id_that_is_somebody_elses_is_not_taken_for_what_was_made() {
    // Of a persona that the ledger binds, of one that is nobody's, and of one that was made just before.
    for answered in ["p1", "p9", "p3"] {
        let service = lying(answered);
        let site = site(&service, ANA);
        let ledger = || site.read("personas/_ledger/default.json");
        site.run(["apply", "--yes"]).success();
        for (file, name) in [("a-eva", "Eva"), ("bob", "Bob")] {
            let text = format!("persona_name: {name}\nsystem_prompt: x\n");
            site.write(&format!("personas/{file}.yaml"), text);
        }
        let problem = format!("the service answered with the id of another persona, {answered}");
        site.run(["apply", "--yes", "--concurrency", "1"])
            .code(3)
            .says("failed create bob")
            .says(&problem)
            .hides("normalised");
        assert!(ledger().contains("\"p1\"") && ledger().contains("\"p3\""));
        assert!(!ledger().contains("bob") && !ledger().contains("p9"));

        // What was made all the same is found, and nothing is made a second time.
        site.run(["apply", "--yes"]).success();
        assert!(ledger().contains("\"p2\""));
        assert_eq!(service.writes().len(), 2);
        site.run(["plan", "--detailed-exitcode"]).success();
    }
}

/// A service where another apply makes a persona of this name just before ours is made; once ours is, its list
/// is answered like this.
fn crowded(twin: &'static str, list_after: impl Fn(Value) -> Answer + Send + 'static) -> Scripted {
    Scripted::new(move |asked, before| {
        let is_made = before.iter().any(|asked| asked.line.starts_with("POST"));
        let twin = json!({"persona_id": "p2", "persona_name": twin, "system_prompt": "other"});
        match asked.line.as_str() {
            "GET /v2/personas" if is_made => list_after(json!([ana("new"), twin])),
            "GET /v2/personas" => list(json!([])),
            "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
            _ => ok(ana("new")),
        }
    })
}

#[test]
fn a_persona_that_another_apply_makes_at_the_same_time_is_no_success() {
    for twin in ["Ana", " ANA"] {
        let service = crowded(twin, list);
        let site = site(&service, ANA);
        site.run(["apply", "--yes"])
            .code(3)
            .says("failed create ana  p1")
            .says("p1 was made, but another apply seems to have made p2 at the same time: keep one")
            .says("Done: 1 failed.");
        let ledger = site.read("personas/_ledger/default.json");
        assert!(ledger.contains("p1") && !ledger.contains("p2"));
        assert_eq!(service.writes().len(), 1);
    }
}

#[test]
fn that_there_are_two_of_a_persona_is_told_by_each_plan() {
    let service = crowded("Ana", list);
    let site = site(&service, ANA);
    let applied = site.run(["apply", "--yes", "--format", "json"]).code(3);
    assert_eq!(applied.json()["steps"][0]["result"]["status"], "failed");
    let said = "this is also the name of p2, left alone";
    for command in [&["plan", "--detailed-exitcode"][..], &["apply", "--yes"]] {
        let output = site.run(command.iter().copied()).success();
        let _ = output.says("No changes").says(said);
    }
    let told = site.run(["plan", "--format", "json"]).success().json();
    let reason = told["steps"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with(said), "{reason}");
}

#[test]
fn that_nobody_can_look_for_twins_makes_nothing_undone() {
    let service = crowded("Ana", |_| Some((403, "{}".to_owned())));
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .success()
        .says("applied create ana  p1")
        .says("whether another apply made the same personas could not be seen");
}

#[test]
fn what_may_be_our_own_is_not_taken_for_a_twin() {
    // Of two that are nearly called the same, the second one's answer is lost, and it is not seen at once.
    let is_second = |asked: &Asked| asked.body["persona_name"] == "ANA";
    let service = Scripted::new(move |asked, before| {
        let own = json!({"persona_id": "p2", "persona_name": "ANA", "system_prompt": "x"});
        let since = before.iter().rev().position(is_second);
        match (asked.line.as_str(), since) {
            ("GET /v2/personas", None) => list(json!([])),
            ("GET /v2/personas", Some(0)) => Some((403, "{}".to_owned())),
            ("GET /v2/personas", _) => list(json!([ana("new"), own])),
            ("POST /v2/personas", _) if is_second(asked) => None,
            ("POST /v2/personas", _) => ok(json!({"persona_id": "p1"})),
            ("GET /v2/personas/p2", _) => ok(own),
            _ => ok(ana("new")),
        }
    });
    let site = site(&service, ANA);
    site.write("personas/b.yaml", "persona_name: ANA\nsystem_prompt: x\n");
    site.run(["apply", "--yes", "--concurrency", "1"])
        .code(3)
        .says("applied create ana  p1")
        .says("the next run looks for it")
        .hides("another apply");
    site.run(["apply", "--yes"]).success();
    assert_eq!(service.writes().len(), 2);
    site.run(["plan", "--detailed-exitcode"]).success();
}

#[cfg(unix)]
#[test]
fn what_was_being_made_when_the_program_was_killed_is_found_by_the_next_run() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    let process = Arc::new(AtomicU32::new(0));
    let victim = process.clone();
    let service = Scripted::new(move |asked, before| match asked.line.as_str() {
        "GET /v2/personas" if before.iter().any(|asked| asked.line.starts_with("POST")) => {
            list(json!([ana("new")]))
        }
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => {
            let id = std::iter::repeat_with(|| victim.load(Ordering::SeqCst)).find(|id| *id != 0);
            let id = id.expect("it comes").to_string();
            let killed = std::process::Command::new("kill")
                .args(["-KILL", &id])
                .status();
            assert!(killed.expect("kill runs").success());
            None
        }
        _ => ok(ana("new")),
    });
    let site = site(&service, ANA);
    let mut running = site.start(["apply", "--yes"]);
    process.store(running.0.id(), Ordering::SeqCst);
    assert!(!running.0.wait().expect("it ends").success());
    assert!(site.path("personas/.personactl/default.journal").exists());

    // It was made by us: not adopting what others made is no reason to make it again.
    site.run(["plan", "--no-adopt"])
        .success()
        .says("No changes");
    site.run(["apply", "--no-adopt", "--yes"]).success();
    assert_eq!(service.writes().len(), 1);
    assert!(site.read("personas/_ledger/default.json").contains("p1"));
    assert!(!site.path("personas/.personactl/default.journal").exists());
    site.run(["plan", "--detailed-exitcode"]).success();
}

#[test]
fn what_an_apply_could_not_find_is_looked_for_again_by_the_next_one() {
    // Its answer is lost, and then nothing more is heard of the service; later it takes a while to be listed.
    let service = Scripted::new(|asked, before| {
        let created = before.iter().any(|asked| asked.line.starts_with("POST"));
        match asked.line.as_str() {
            "GET /v2/personas" if !created => list(json!([])),
            "GET /v2/personas" => match nth(asked, before) {
                2..=3 => Some((403, "{}".to_owned())),
                4..=5 => list(json!([])),
                _ => list(json!([ana("new")])),
            },
            "POST /v2/personas" => None,
            _ => ok(ana("new")),
        }
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .code(3)
        .says("the next run looks for it");
    site.run(["plan"]).code(4);
    site.run(["apply", "--yes"])
        .success()
        .says("Looking for what an earlier apply may have done");
    assert_eq!(service.writes().len(), 1);
    site.run(["plan", "--detailed-exitcode"]).success();
}

/// A service that is silent about the first create and about what has become of it; then it lists this.
fn silent_about_a_create(since: fn() -> Value) -> Scripted {
    Scripted::new(move |asked, before| {
        let is_create = |asked: &Asked| asked.line.starts_with("POST");
        let has_created = before.iter().any(is_create);
        match asked.line.as_str() {
            "GET /v2/personas" if !has_created => list(json!([])),
            "GET /v2/personas" if before.last().is_some_and(is_create) => {
                Some((403, "{}".to_owned()))
            }
            "GET /v2/personas" => list(since()),
            "POST /v2/personas" => None,
            _ => ok(since()[0].clone()),
        }
    })
}

#[test]
fn a_saved_plan_whose_create_was_lost_does_not_create_again() {
    let service = silent_about_a_create(|| json!([ana("new")]));
    let site = site(&service, ANA);
    site.run(["plan", "--out", "plan.json"]).success();
    site.run(["apply", "plan.json"]).code(3);
    site.run(["apply", "plan.json"])
        .code(3)
        .says("stale create ana");
    assert_eq!(service.writes().len(), 1);
    site.run(["apply", "--yes", "--no-adopt"]).success();
    site.run(["plan", "--detailed-exitcode"]).success();
}

#[test]
fn a_namesake_with_other_content_is_not_taken_for_what_was_made() {
    let service = silent_about_a_create(|| json!([ana("somebody else's")]));
    let site = site(&service, ANA);
    site.run(["apply", "--yes"]).code(3);
    site.run(["plan", "--no-adopt"]).code(1).says("p1");
    site.run(["apply", "--yes", "--no-adopt"]).code(3);
    assert_eq!(service.writes().len(), 1);
    site.run(["plan"]).success().says("adopt ana");
}

#[test]
fn a_persona_that_was_made_again_without_an_answer_is_found() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    let deleted = Arc::new(AtomicBool::new(false));
    let is_deleted = deleted.clone();
    let service = Scripted::new(move |asked, before| {
        let is_create = |asked: &Asked| asked.line.starts_with("POST");
        let mut again = ana("old");
        again["persona_id"] = json!("p2");
        let live = match (
            is_deleted.load(Ordering::SeqCst),
            before.iter().any(is_create),
        ) {
            (false, _) => Some(ana("old")),
            (true, false) => None,
            (true, true) => Some(again),
        };
        match asked.line.as_str() {
            "GET /v2/personas" if before.last().is_some_and(is_create) => {
                Some((403, "{}".to_owned()))
            }
            "GET /v2/personas" => list(live.into_iter().collect()),
            "POST /v2/personas" => None,
            line => match live
                .filter(|live| line.ends_with(live["persona_id"].as_str().unwrap_or("?")))
            {
                Some(live) => ok(live),
                None => Some((400, r#"{"error": "Invalid persona_id"}"#.to_owned())),
            },
        }
    });
    let site = site(&service, &ANA.replace("new", "old"));
    site.run(["apply", "--yes"]).success();
    deleted.store(true, Ordering::SeqCst);
    site.run(["apply", "--yes"]).code(3).says("recreate ana");
    site.run(["apply", "--yes", "--no-adopt"]).success();
    site.run(["plan", "--detailed-exitcode"]).success();
    assert_eq!(service.writes().len(), 1);
}

#[test]
fn a_change_that_nobody_heard_of_is_no_conflict_when_the_manifest_goes_on() {
    let service = Scripted::new(|asked, before| {
        let is_patch = |asked: &Asked| asked.line.starts_with("PATCH");
        let patches = before.iter().filter(|asked| is_patch(asked)).count();
        let held = ana(["old", "new", "newer"][patches]);
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([held])),
            "PATCH /v2/personas/p1" if patches == 0 => None,
            "PATCH /v2/personas/p1" => ok(json!({})),
            _ if patches == 1 && before.last().is_some_and(is_patch) => {
                Some((403, "{}".to_owned()))
            }
            _ => ok(held),
        }
    });
    let site = site(&service, &ANA.replace("new", "old"));
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "old", "new");
    site.run(["apply", "--yes"]).code(3);
    site.edit("personas/ana.yaml", "new", "newer");
    site.run(["apply", "--yes"])
        .success()
        .says("applied update ana");
    assert_eq!(service.writes().len(), 2);
    site.run(["plan", "--detailed-exitcode"]).success();
}

/// A service that loses the answer to the first patch, which it carries out or not.
fn losing_a_patch(is_carried_out: bool) -> Scripted {
    Scripted::new(move |asked, before| {
        let patches = before
            .iter()
            .filter(|asked| asked.line.starts_with("PATCH"))
            .count();
        let held = ana(if patches > usize::from(!is_carried_out) {
            "new"
        } else {
            "old"
        });
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([held])),
            "PATCH /v2/personas/p1" if patches == 0 => None,
            "PATCH /v2/personas/p1" => ok(json!({})),
            _ => ok(held),
        }
    })
}

#[test]
fn a_lost_patch_is_looked_after_and_sent_again_only_if_it_was_not_carried_out() {
    for (is_carried_out, sent) in [(true, 1), (false, 2)] {
        let service = losing_a_patch(is_carried_out);
        let site = site(&service, ANA);
        site.run(["apply", "--yes"])
            .success()
            .says("applied adopt ana");
        assert_eq!(service.writes().len(), sent);
        site.run(["plan", "--detailed-exitcode"]).success();
    }
}

#[test]
fn a_throttled_create_is_sent_again_and_a_failing_one_is_looked_for_first() {
    let throttled = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" if nth(asked, before) == 0 => Some((429, "{}".to_owned())),
        "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
        _ => ok(ana("new")),
    });
    site(&throttled, ANA).run(["apply", "--yes"]).success();
    assert_eq!(throttled.writes().len(), 2);
    let failing = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" if before.iter().any(|asked| asked.line.starts_with("POST")) => {
            list(json!([ana("new")]))
        }
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => Some((502, "{}".to_owned())),
        _ => ok(ana("new")),
    });
    site(&failing, ANA).run(["apply", "--yes"]).success();
    assert_eq!(failing.writes().len(), 1);
}

#[test]
fn nothing_is_sent_again_over_an_edit_that_was_made_while_we_waited() {
    let service = |method: &'static str, status: u16| {
        Scripted::new(move |asked, before| {
            let is_written = before.iter().any(|asked| asked.line.starts_with(method));
            let held = ana(if is_written { "theirs" } else { "old" });
            match asked.line.as_str() {
                "GET /v2/personas" => list(json!([held])),
                line if line.starts_with("GET") => ok(held),
                line if line.starts_with(method) && !is_written => Some((status, "{}".to_owned())),
                _ => ok(json!({})),
            }
        })
    };
    let throttling = service("PATCH", 429);
    site(&throttling, ANA)
        .run(["apply", "--yes"])
        .code(3)
        .says("stale adopt ana");
    assert_eq!(throttling.writes().len(), 1);

    let failing = service("DELETE", 503);
    let site = site(&failing, &ANA.replace("new", "old"));
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.run(["apply", "--yes", "--prune", "--allow-mass-delete"])
        .code(3)
        .says("stale delete ana");
    assert_eq!(failing.writes().len(), 1);
}

#[test]
fn a_hidden_list_that_was_changed_without_an_answer_is_not_changed_twice() {
    let service = Served::with(&[]);
    let manifest =
        format!("{ANA}layers: {{llm: {{model: m, default_query: {{scope: [one, two]}}}}}}\n");
    let mut site = Site::with_manifest(&manifest);
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    site.run(["apply", "--yes"]).success();
    service.fault(&["PATCH /v2/personas/* status=500 after count=1"]);
    site.edit("personas/ana.yaml", "two", "two, beta");
    let first = site.run(["apply", "--yes"]);
    assert_eq!(service.hits(), 1, "{first:?}");
    site.run(["apply", "--yes"]).success();
    let live = service.live();
    let scope = live[0].pointer("/document/layers/llm/default_query/scope");
    assert_eq!(scope, Some(&json!(["one", "two", "beta"])));
}

#[test]
fn a_create_that_is_refused_the_second_time_may_have_been_done_the_first() {
    let service = Scripted::new(|asked, before| {
        let creates = before.iter().filter(|asked| asked.line.starts_with("POST"));
        match (asked.line.as_str(), creates.count()) {
            ("POST /v2/personas", 0) => None,
            ("POST /v2/personas", _) => Some((422, "{}".to_owned())),
            ("GET /v2/personas", 0..=1) => list(json!([])),
            ("GET /v2/personas", _) => list(json!([ana("new")])),
            _ => ok(ana("new")),
        }
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .code(3)
        .says("the next run looks for it; sent again: ");
    site.run(["apply", "--yes", "--no-adopt"]).success();
    assert_eq!(service.writes().len(), 2);
}

#[test]
fn a_service_that_asks_for_years_of_patience_is_not_waited_for() {
    let service = Served::with(&["--fault", "GET * status=429 retry-after=4294967295"]);
    let mut site = Site::with_manifest(ANA);
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    site.run(["plan", "--timeout", "20s"])
        .code(1)
        .says("status 429")
        .says("wants to be left alone");
}

#[test]
fn a_run_ends_by_its_deadline() {
    let (_go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let service = Scripted::new(move |_, _| {
        let _ = may_go_on.lock().expect("nobody panicked").recv();
        None
    });
    let site = site(&service, ANA);
    site.run(["plan", "--timeout", "200ms"])
        .code(1)
        .says("the time for this run is over");
    site.run(["plan", "--timeout", "soon"]).code(64);
}

#[test]
fn a_second_request_that_fails_does_not_hide_the_first() {
    let service = Scripted::new(|asked, before| {
        let patches = before
            .iter()
            .filter(|asked| asked.line.starts_with("PATCH"))
            .count();
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([ana(if patches > 0 { "new" } else { "old" })])),
            "PATCH /v2/personas/p1" if patches == 0 => ok(json!({})),
            "PATCH /v2/personas/p1" => Some((500, "{}".to_owned())),
            _ => ok(ana(if patches > 0 { "new" } else { "old" })),
        }
    });
    let site = site(
        &service,
        &format!("{ANA}layers: {{conferencing: {{username: ana}}}}\n"),
    );
    site.run(["apply", "--yes"]).code(3).says("written in part");
    let plan = site.run(["plan", "--format", "json"]).success().json();
    assert_eq!(plan["steps"][0]["action"], "update");
    assert_eq!(
        plan["steps"][0]["fields"].as_array().map(Vec::len),
        Some(1),
        "{plan}"
    );
}

#[test]
fn what_the_service_repeats_of_a_secret_is_not_shown() {
    let service = Scripted::new(|asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        _ => Some((422, json!({"message": asked.body.to_string()}).to_string())),
    });
    let mut site = site(
        &service,
        "persona_name: Ana\nsystem_prompt: x\nlayers: {llm: {base_url: u, api_key: !secret LLM}}\n",
    );
    site.set("LLM", "llm-\"canary\"-0815");
    let output = site
        .run(["apply", "--yes", "-vv"])
        .code(3)
        .says("refused")
        .says("********");
    let _ = output.hides("canary").hides("0815");
    assert_eq!(
        service.writes()[0].body["layers"]["llm"]["api_key"],
        "llm-\"canary\"-0815"
    );
}

#[test]
fn what_the_service_repeats_of_the_key_is_not_logged() {
    let service = Scripted::new(|asked, _| {
        let mut live = ana("old");
        live["persona_id"] = json!("key-canary-4711");
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([live])),
            line if line.starts_with("GET") => ok(live),
            _ => ok(json!({})),
        }
    });
    let site = site(&service, ANA);
    for format in ["text", "json"] {
        site.run(["apply", "--yes", "-v", "--log-format", format])
            .says("PATCH")
            .hides("key-canary-4711");
    }
}

#[test]
fn a_key_that_may_not_write_is_told_by_the_exit_code() {
    let service = Scripted::new(|asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        _ => Some((
            403,
            json!({"message": "read only: key-canary-4711"}).to_string(),
        )),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"])
        .code(4)
        .says("read only")
        .hides("key-canary");
}

#[test]
fn a_draft_in_the_dashboard_blocks_the_step() {
    let service = Scripted::new(|asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("old")])),
        "PATCH /v2/personas/p1" => Some((
            409,
            json!({"message": "open", "conflict": "maker_changes"}).to_string(),
        )),
        _ => ok(ana("old")),
    });
    let output = site(&service, ANA).run(["apply", "--yes"]).code(3);
    let _ = output
        .says("blocked")
        .says("unpublished edits in the dashboard")
        .says("--discard-drafts");
}

#[test]
fn a_draft_is_only_discarded_where_it_is_in_the_way_and_that_was_asked_for() {
    let service = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([ana("old")])),
        "PATCH /v2/personas/p1" if nth(asked, before) == 0 => Some((
            409,
            json!({"message": "open", "conflict": "maker_changes"}).to_string(),
        )),
        "PATCH /v2/personas/p1" => ok(json!({"discarded_maker_changes": true})),
        _ if before
            .iter()
            .filter(|asked| asked.line.starts_with("PATCH"))
            .count()
            == 2 =>
        {
            ok(ana("new"))
        }
        _ => ok(ana("old")),
    });
    site(&service, ANA)
        .run(["apply", "--yes", "--discard-drafts"])
        .success()
        .says("are discarded");
    assert_eq!(service.writes().len(), 2);
}

#[test]
fn an_account_without_any_known_persona_is_another_account() {
    let gone = || Some((400, json!({"error": "Invalid persona_id"}).to_string()));
    let service = Scripted::new(move |asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => ok(json!({"persona_id": format!("p{}", before.len())})),
        _ => gone(),
    });
    let site = site(&service, ANA);
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    site.write("personas/eva.yaml", "persona_name: Eva\nsystem_prompt: x\n");
    let _ = site.run(["apply", "--yes"]);
    assert_eq!(service.writes().len(), 3);
    site.run(["apply", "--yes"])
        .code(1)
        .says("another account?");
    assert_eq!(service.writes().len(), 3);
}

#[test]
fn an_edit_in_the_middle_of_an_apply_shows_as_drift() {
    let tagged = |context: &str, tag: &str| {
        let mut persona = ana(context);
        persona["document_tags"] = json!([tag]);
        persona
    };
    let service = Scripted::new(move |asked, before| {
        let patched = before.iter().any(|asked| asked.line.starts_with("PATCH"));
        let now = if patched {
            tagged("new", "edited")
        } else {
            tagged("old", "ours")
        };
        match asked.line.as_str() {
            "GET /v2/personas" => list(json!([now])),
            "PATCH /v2/personas/p1" => ok(json!({})),
            _ => ok(now),
        }
    });
    let site = site(&service, &format!("{ANA}document_tags: [ours]\n"));
    site.run(["apply", "--yes"]).success();
    site.run(["plan", "--detailed-exitcode"])
        .code(2)
        .says("drift")
        .says("/document_tags");
}

#[test]
fn a_400_that_does_not_name_the_id_does_not_mean_gone() {
    let service = Scripted::new(|asked, before| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
        _ if before
            .iter()
            .filter(|asked| asked.line.starts_with("GET /v2/personas/"))
            .count()
            == 0 =>
        {
            ok(ana("new"))
        }
        _ => Some((400, json!({"message": "header too large"}).to_string())),
    });
    let site = site(&service, ANA);
    site.run(["apply", "--yes"]).success();
    site.run(["plan"])
        .code(1)
        .says("header too large")
        .hides("recreate");
}

#[test]
fn the_pal_vocabulary_is_what_goes_over_the_wire() {
    let pal = |flow: &str| {
        let flow = json!({"pal_interruptibility": flow});
        json!({"pal_id": "p1", "pal_name": "Ana", "system_prompt": "x", "default_face_id": "r1",
               "layers": {"conversational_flow": flow}})
    };
    let service = Scripted::new(move |asked, before| {
        let is_patched = before.iter().any(|asked| asked.line.starts_with("PATCH"));
        let now = pal(if is_patched { "low" } else { "high" });
        match asked.line.as_str() {
            "GET /v2/pals" => list(json!([now])),
            "PATCH /v2/pals/p1" => ok(json!({"pal_id": "p1"})),
            "GET /v2/pals/p1" => ok(now),
            other => panic!("nobody asked for {other}"),
        }
    });
    let site = site(
        &service,
        "persona_name: Ana\nsystem_prompt: x\ndefault_replica_id: r2\n\
         layers: {conversational_flow: {replica_interruptibility: low}}\n",
    );
    site.write(
        "personas/personactl.yaml",
        "environments: {pals: {vocabulary: pals}}\n",
    );
    let _ = site.run(["apply", "--yes", "-e", "pals"]);
    assert_eq!(
        service.writes()[0].body,
        json!([
            {"op": "test", "path": "/default_face_id", "value": "r1"},
            {"op": "test", "path": "/layers/conversational_flow/pal_interruptibility", "value": "high"},
            {"op": "replace", "path": "/default_face_id", "value": "r2"},
            {"op": "replace", "path": "/layers/conversational_flow/pal_interruptibility", "value": "low"},
        ])
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_apply_finishes_what_is_under_way_and_starts_nothing_new() {
    use std::sync::mpsc::channel;

    let (asked_for, is_asked_for) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let service = Scripted::new(move |asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => {
            asked_for.send(()).expect("the test listens");
            may_go_on
                .lock()
                .expect("nobody panicked")
                .recv()
                .expect("the test goes on");
            ok(json!({"persona_id": "p1"}))
        }
        _ => ok(ana("new")),
    });
    let site = site(&service, ANA);
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    let mut running = site.start(["apply", "--yes", "--concurrency", "1"]);
    is_asked_for.recv().expect("the first create begins");
    let stderr = running.0.stderr.take().expect("it is piped");
    interrupt(&running);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stderr), &mut line)
        .expect("it says so");
    assert!(line.contains("Finishing what is under way"), "{line}");
    go_on.send(()).expect("the service waits");
    assert_eq!(running.0.wait().expect("it ends").code(), Some(130));
    assert_eq!(service.writes().len(), 1);
    assert!(site.read("personas/_ledger/default.json").contains("p1"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_apply_does_not_wait_for_a_service_that_is_silent() {
    use std::sync::mpsc::channel;

    let (asked_for, is_asked_for) = channel();
    let (_never, silence) = channel::<()>();
    let silence = Mutex::new(silence);
    let service = Scripted::new(move |asked, _| match asked.line.as_str() {
        "GET /v2/personas" => list(json!([])),
        "POST /v2/personas" => ok(json!({"persona_id": "p1"})),
        _ => {
            asked_for.send(()).expect("the test listens");
            let _ = silence.lock().expect("nobody panicked").recv();
            None
        }
    });
    let site = site(&service, ANA);
    let mut running = site.start(["apply", "--yes"]);
    is_asked_for.recv().expect("it is read back");
    interrupt(&running);
    assert_eq!(running.0.wait().expect("it ends").code(), Some(130));
    assert!(site.read("personas/_ledger/default.json").contains("p1"));
    assert!(!site.path("personas/.personactl/default.journal").exists());
}

#[cfg(unix)]
fn interrupt(running: &Running) {
    let id = running.0.id().to_string();
    let status = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(status.expect("kill runs").success());
}

#[cfg(unix)]
#[test]
fn a_watch_can_be_left_while_the_service_keeps_it_waiting() {
    use std::sync::mpsc::channel;

    let (asked_for, is_asked_for) = channel();
    let (_go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let service = Scripted::new(move |_, _| {
        asked_for.send(()).expect("the test listens");
        let _ = may_go_on.lock().expect("nobody panicked").recv();
        None
    });
    let site = site(&service, ANA);
    let mut running = site.start(["watch"]);
    is_asked_for.recv().expect("it plans");
    interrupt(&running);
    assert_eq!(running.0.wait().expect("it ends").code(), Some(130));
}
