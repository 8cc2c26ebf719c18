//! The plan's laws, and one row for each way in which a persona can be found.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::catalog::{PERSONA, is_unset};
use crate::diff::Dialect;
use crate::model::{
    Desired, Fingerprints, Key, Live, Ownership, PersonaId, Place, Places, Pointer, Record,
    Records, Salt, SecretName, secret,
};

pub(super) fn desired(key: &str, document: Value) -> Desired {
    let file: Arc<str> = format!("{key}.yaml").into();
    let root = Place {
        file: file.clone(),
        line: 1,
        column: 1,
        width: 1,
    };
    Desired {
        key: Key::new(key),
        file,
        document,
        places: Places::new(root),
        id: None,
        ownership: Ownership::Fields,
        ignore: Vec::new(),
        prevent_delete: false,
    }
}

pub(super) fn id(id: &str) -> PersonaId {
    PersonaId::new(id).expect("an id")
}

fn live(name: &str, document: Value) -> Live {
    Live {
        id: id(name),
        document,
    }
}

fn secrets() -> Fingerprints {
    Fingerprints::new(Salt::new([7; 32]))
}

fn digests(secrets: &Fingerprints) -> Digests<'_> {
    Digests {
        catalog: &PERSONA,
        secrets,
    }
}

fn plan(desired: &[Desired], live: &[Live], records: &Records) -> Plan {
    plan_with(desired, live, records, &Policy::default())
}

fn plan_with(desired: &[Desired], live: &[Live], records: &Records, policy: &Policy) -> Plan {
    plan_beside(&BTreeSet::new(), desired, live, records, policy)
}

/// The plan beside manifests that have mistakes.
fn plan_beside(
    broken: &BTreeSet<Key>,
    desired: &[Desired],
    live: &[Live],
    records: &Records,
    policy: &Policy,
) -> Plan {
    let secrets = secrets();
    let inputs = Inputs {
        catalog: &PERSONA,
        environment: "test",
        against: &Against::default(),
        desired,
        elsewhere: &BTreeSet::new(),
        broken,
        live,
        records,
        secrets: &secrets,
        policy,
    };
    build(&inputs)
}

/// What a service that keeps what it gets would hold after the step.
fn apply(step: &Step, live: &[Live]) -> Value {
    match &step.action {
        Action::Create(body) | Action::Recreate(body) => body.clone(),
        Action::Adopt(revision) | Action::Update(revision) => {
            let live = live
                .iter()
                .find(|live| live.id == revision.id)
                .expect("it is live");
            let mut patches = step.action.patches();
            let patched = patches.try_fold(live.document.clone(), |document, patch| {
                patch.apply(&document)
            });
            patched.expect("a plan's patches apply")
        }
        Action::Delete(_) | Action::Keep | Action::Blocked(_) => panic!("nothing to apply"),
    }
}

fn record(step: &Step, id: PersonaId, document: &Value) -> Record {
    let live = Live {
        id,
        document: document.clone(),
    };
    let secrets = secrets();
    step.record(&live, &live, &BTreeSet::new(), digests(&secrets))
        .expect("it is to be recorded")
}

fn patches(plan: &Plan) -> Value {
    let patches: Vec<_> = plan.steps[0].action.patches().collect();
    serde_json::to_value(patches).expect("JSON")
}

fn applied(key: &str, document: &Value, id_text: &str) -> Records {
    let mut records = Records::new();
    let plan = plan(&[desired(key, document.clone())], &[], &Records::new());
    records.insert(Key::new(key), record(&plan.steps[0], id(id_text), document));
    records
}

fn words(plan: &Plan) -> Vec<String> {
    let step = |step: &Step| match &step.persona_id {
        Some(id) => format!("{} {} {id}", step.action.word(), step.key),
        None => format!("{} {}", step.action.word(), step.key),
    };
    plan.steps.iter().map(step).collect()
}

#[test]
fn identity_goes_by_pin_then_ledger_then_name() {
    let ana = json!({"persona_name": "Ana", "context": "x"});
    let others = |ids: &[&str]| {
        ids.iter()
            .map(|id| live(id, ana.clone()))
            .collect::<Vec<_>>()
    };
    let pinned = Desired {
        id: Some(id("p2")),
        ..desired("ana", ana.clone())
    };
    let rows = [
        (
            vec![pinned.clone()],
            others(&["p1", "p2"]),
            Records::new(),
            vec!["keep ana p2"],
        ),
        (
            vec![pinned],
            others(&["p1"]),
            Records::new(),
            vec!["blocked ana p2"],
        ),
        (
            vec![desired("ana", ana.clone())],
            others(&["p1", "p2"]),
            applied("ana", &ana, "p1"),
            vec!["keep ana p1"],
        ),
        (
            vec![desired("ana", ana.clone())],
            others(&["p2"]),
            Records::new(),
            vec!["adopt ana p2"],
        ),
        (
            vec![desired("ana", ana.clone())],
            others(&["p1", "p2"]),
            Records::new(),
            vec!["blocked ana"],
        ),
        (
            vec![desired("ana", ana.clone())],
            vec![],
            Records::new(),
            vec!["create ana"],
        ),
        (
            vec![desired("ana", ana.clone())],
            vec![],
            applied("ana", &ana, "p1"),
            vec!["recreate ana"],
        ),
        (
            vec![desired("ana", ana.clone())],
            others(&["p2"]),
            applied("ana", &ana, "p1"),
            vec!["adopt ana p2"],
        ),
        (
            vec![desired("moved", ana.clone())],
            others(&["p1"]),
            applied("ana", &ana, "p1"),
            vec!["keep moved p1"],
        ),
        (
            vec![],
            others(&["p1"]),
            applied("ana", &ana, "p1"),
            vec!["keep ana p1"],
        ),
        (
            vec![
                desired("ana", ana.clone()),
                desired("ben", json!({"persona_name": "Ana"})),
            ],
            others(&["p1"]),
            applied("ana", &ana, "p1"),
            vec!["keep ana p1", "create ben"],
        ),
    ];
    for (desired, live, records, expected) in rows {
        assert_eq!(
            words(&plan(&desired, &live, &records)),
            expected,
            "{desired:#?}\n{records:?}"
        );
    }
}

#[test]
fn a_manifest_that_moved_and_pins_its_id_takes_its_entry_along() {
    let ana = json!({"persona_name": "Ana", "context": "x"});
    let pinned = Desired {
        id: Some(id("p1")),
        ..desired("moved", ana.clone())
    };
    let plan = plan(
        &[pinned],
        &[live("p1", ana.clone())],
        &applied("ana", &ana, "p1"),
    );
    assert_eq!(words(&plan), ["keep moved p1"]);
    let binding = plan.steps[0].binding.as_ref().expect("the ledger knows it");
    assert_eq!(binding.key, Key::new("ana"));
}

#[test]
fn a_manifest_with_mistakes_keeps_what_the_ledger_binds_to_it() {
    let named = |name: &str| json!({"persona_name": name, "context": "x"});
    let ana = || live("p1", named("Ana"));
    let pinned = Desired {
        id: Some(id("p1")),
        ..desired("new", named("Zoe"))
    };
    let records = applied("agent", &named("Ana"), "p1");
    let policy = Policy {
        deletes: Deletes::Any,
        ..Policy::default()
    };
    let rows = [
        (
            "its name",
            desired("new", named("Ana")),
            vec![ana()],
            "blocked new",
        ),
        ("its id", pinned, vec![ana()], "blocked new p1"),
        (
            "its name, and it is gone",
            desired("new", named("Ana")),
            vec![],
            "blocked new",
        ),
        (
            "its name in the account",
            desired("new", named("Ben")),
            vec![live("p1", named("Ben"))],
            "blocked new",
        ),
        (
            "a name that another has as well",
            desired("new", named("Ana")),
            vec![ana(), live("p2", named("Ana"))],
            "blocked new",
        ),
        (
            "another name",
            desired("new", named("Zoe")),
            vec![ana()],
            "create new",
        ),
        (
            "another one's name",
            desired("new", named("Zoe")),
            vec![ana(), live("p2", named("Zoe"))],
            "adopt new p2",
        ),
    ];
    for (name, desired, live, expected) in rows {
        let broken = BTreeSet::from([Key::new("agent")]);
        let plan = plan_beside(&broken, &[desired], &live, &records, &policy);
        assert_eq!(words(&plan), ["keep agent p1", expected], "{name}");
        assert!(plan.notes.forget.is_empty(), "{name}");
        let [kept, new] = &plan.steps[..] else {
            panic!("two steps: {plan:#?}");
        };
        let left = "its manifest has mistakes: left alone";
        assert_eq!(kept.reason.as_deref(), Some(left), "{name}");
        let is_blocked = matches!(new.action, Action::Blocked(Obstacle::Identity));
        let told = new.reason.as_deref().unwrap_or_default();
        let says_why = told.starts_with("`agent`, which has mistakes, ");
        assert_eq!(says_why, is_blocked, "{name}: {told}");
    }
}

#[test]
fn an_ignored_place_inside_a_list_destroys_nothing() {
    let document = |text: &str| json!({"persona_name": "Ana", "layers": {"mcp": {"connectors": [{"url": text}]}}});
    let mut now = desired("ana", document("new"));
    now.ignore = vec![Pointer::parse("/layers/mcp/connectors/0/url").expect("a pointer")];
    let plan = plan(&[now], &[live("p1", document("old"))], &Records::new());
    assert_eq!(
        patches(&plan),
        json!([[{"op": "replace", "path": "/layers/mcp/connectors/0/url", "value": "new"}]])
    );
}

#[test]
fn another_account_is_told_from_one_that_has_lost_a_persona() {
    let ana = json!({"persona_name": "Ana"});
    let records: Records = ["a", "b", "c"]
        .iter()
        .map(|key| {
            (
                Key::new(*key),
                applied("x", &ana, &format!("p{key}"))[&Key::new("x")].clone(),
            )
        })
        .collect();
    assert!(is_other_account(&[live("p9", ana.clone())], &records));
    assert!(!is_other_account(&[live("pb", ana.clone())], &records));
    assert!(!is_other_account(&[], &applied("ana", &ana, "p1")));
}

#[test]
fn a_plan_id_does_not_depend_on_the_salt() {
    let held = json!({"persona_name": "Ana", "layers": {"llm": {"api_key": "********"}}});
    let id = |salt| {
        let secrets = Fingerprints::new(Salt::new([salt; 32]));
        let wanted = [desired(
            "ana",
            json!({"persona_name": "Ana", "context": "x"}),
        )];
        let inputs = Inputs {
            catalog: &PERSONA,
            environment: "test",
            against: &Against::default(),
            desired: &wanted,
            elsewhere: &BTreeSet::new(),
            broken: &BTreeSet::new(),
            live: &[live("p1", held.clone())],
            records: &Records::new(),
            secrets: &secrets,
            policy: &Policy::default(),
        };
        build(&inputs).id()
    };
    assert_eq!(id(1), id(2));
}

fn saved(plan: Plan) -> Saved {
    Saved {
        plan,
        directory: "personas".to_owned(),
        salt: Salt::new([7; 32]),
    }
}

#[test]
fn a_secret_that_is_only_known_when_the_plan_is_applied_is_recorded_as_it_was_sent() {
    let reference = secret::reference(&SecretName::new("KEY").expect("a name"));
    let wanted = json!({"persona_name": "Ana", "layers": {"llm": {"api_key": reference}}});
    let planned = plan(&[desired("ana", wanted.clone())], &[], &Records::new());
    let text = saved(planned).to_text().expect("it can be saved");
    let read = Saved::parse(&text).expect("it was saved");

    let mut known = secrets();
    known.insert(SecretName::new("KEY").expect("a name"), "hunter2");
    let masked = json!({"persona_name": "Ana", "layers": {"llm": {"api_key": "********"}}});
    let live = live("p1", masked);
    let record = read.plan.steps[0].record(&live, &live, &BTreeSet::new(), digests(&known));
    let records = Records::from([(Key::new("ana"), record.expect("it is to be recorded"))]);
    let inputs = Inputs {
        catalog: &PERSONA,
        environment: "test",
        against: &Against::default(),
        desired: &[desired("ana", wanted)],
        elsewhere: &BTreeSet::new(),
        broken: &BTreeSet::new(),
        live: &[live],
        records: &records,
        secrets: &known,
        policy: &Policy::default(),
    };
    assert!(build(&inputs).is_empty());
}

#[test]
fn what_was_written_and_not_read_back_is_taken_to_hold_what_was_sent() {
    let before = json!({"persona_name": "Ana", "context": "old", "greeting": "old"});
    let now = json!({"persona_name": "Ana", "context": "new", "greeting": "new"});
    let records = applied("ana", &before, "p1");
    let plan = plan(&[desired("ana", now)], &[live("p1", before)], &records);
    let context = Pointer::parse("/context").expect("a pointer");
    let greeting = Pointer::parse("/greeting").expect("a pointer");
    let secrets = secrets();
    let written = BTreeSet::from([context.clone()]);
    let entry = plan.steps[0]
        .record_unseen(&id("p1"), &written, digests(&secrets))
        .expect("it is to be recorded");
    let previous = &records[&Key::new("ana")];
    assert_ne!(entry.fields[&context], previous.fields[&context]);
    assert_eq!(entry.fields[&greeting], previous.fields[&greeting]);
}

#[test]
fn a_moved_manifest_takes_its_entry_along() {
    let ana = json!({"persona_name": "Ana", "context": "x"});
    let plan = plan(
        &[desired("moved", ana.clone())],
        &[live("p1", ana.clone())],
        &applied("ana", &ana, "p1"),
    );
    assert!(plan.notes.record.contains_key(&Key::new("moved")));
    let binding = plan.steps[0].binding.as_ref().expect("the ledger knows it");
    assert_eq!(binding.key, Key::new("ana"));
}

#[test]
fn candidates_are_listed_where_a_name_is_not_unique() {
    let ana = json!({"persona_name": "Ana"});
    let plan = plan(
        &[desired("ana", ana.clone())],
        &[live("p1", ana.clone()), live("p2", ana)],
        &Records::new(),
    );
    let reason = plan.steps[0]
        .reason
        .clone()
        .expect("a blocked step says why");
    assert!(
        reason.contains("p1") && reason.contains("p2") && reason.contains("x-personactl"),
        "{reason}"
    );
}

#[test]
fn what_is_no_longer_declared_is_removed_and_what_was_never_owned_is_counted() {
    let before = json!({"persona_name": "Ana", "context": "x", "greeting": "hi"});
    let now = json!({"persona_name": "Ana", "greeting": "hi"});
    let held = json!({"persona_name": "Ana", "context": "x", "greeting": "hi", "languages": ["en"], "updated_at": "now"});
    let plan = plan(
        &[desired("ana", now)],
        &[live("p1", held)],
        &applied("ana", &before, "p1"),
    );
    let sent = patches(&plan);
    assert_eq!(
        sent,
        json!([[
            {"op": "test", "path": "/context", "value": "x"},
            {"op": "remove", "path": "/context"},
        ]])
    );
    assert_eq!(
        plan.steps[0].unmanaged,
        [Pointer::parse("/languages").expect("a pointer")]
    );
}

#[test]
fn exclusive_ownership_removes_the_unmanaged_but_no_default_and_nothing_read_only() {
    let now = Desired {
        ownership: Ownership::Exclusive,
        ..desired("ana", json!({"persona_name": "Ana"}))
    };
    let held = json!({"persona_name": "Ana", "pipeline_mode": "full", "languages": ["en"], "persona_id": "p1"});
    let plan = plan(&[now], &[live("p1", held)], &Records::new());
    let sent = patches(&plan);
    assert_eq!(
        sent,
        json!([[
            {"op": "test", "path": "/languages", "value": ["en"]},
            {"op": "remove", "path": "/languages"},
        ]])
    );
}

#[test]
fn what_the_service_fills_in_again_is_removed_only_once() {
    let now = Desired {
        ownership: Ownership::Exclusive,
        ..desired("ana", json!({"persona_name": "Ana"}))
    };
    let held = json!({"persona_name": "Ana", "languages": ["en"]});
    let first = plan(
        std::slice::from_ref(&now),
        &[live("p1", held.clone())],
        &Records::new(),
    );
    assert_eq!(words(&first), ["adopt ana p1"]);
    let records = Records::from([(Key::new("ana"), record(&first.steps[0], id("p1"), &held))]);
    let second = plan(std::slice::from_ref(&now), &[live("p1", held)], &records);
    assert!(second.is_empty(), "{second:#?}");
    assert_eq!(second.notes, Notes::default());
    let drifted = json!({"persona_name": "Ana", "languages": ["fr"]});
    let third = plan(&[now], &[live("p1", drifted)], &records);
    assert_eq!(third.steps[0].fields[0].cause, Cause::Drift);
}

#[test]
fn an_ignored_place_stays_as_it_is_live_even_inside_a_field() {
    let document = json!({"persona_name": "Ana", "layers": {"tts": {"voice_settings": {"speed": 1, "style": 0.1}}}});
    let mut now = desired("ana", document);
    now.ignore = vec![Pointer::parse("/layers/tts/voice_settings/speed").expect("a pointer")];
    let held = |speed, style| {
        let settings = json!({"speed": speed, "style": style});
        live(
            "p1",
            json!({"persona_name": "Ana", "layers": {"tts": {"voice_settings": settings}}}),
        )
    };
    let same = plan(
        std::slice::from_ref(&now),
        &[held(1.2, 0.1)],
        &Records::new(),
    );
    assert_eq!(patches(&same), json!([]));
    let other = plan(&[now], &[held(1.2, 0.2)], &Records::new());
    let sent = patches(&other);
    assert_eq!(
        sent,
        json!([[
            {"op": "test", "path": "/layers/tts/voice_settings/style", "value": 0.2},
            {"op": "replace", "path": "/layers/tts/voice_settings/style", "value": 0.1},
        ]])
    );
}

#[test]
fn to_ignore_a_place_from_now_on_is_no_edit_of_what_is_around_it() {
    let document = |speed, style| {
        let settings = json!({"speed": speed, "style": style});
        json!({"persona_name": "Ana", "layers": {"tts": {"voice_settings": settings}}})
    };
    let records = applied("ana", &document(1.0, 0.1), "p1");
    let now = Desired {
        ignore: vec![Pointer::parse("/layers/tts/voice_settings/speed").expect("a pointer")],
        ..desired("ana", document(1.0, 0.2))
    };
    let plan = plan(&[now], &[live("p1", document(1.0, 0.1))], &records);
    assert_eq!(words(&plan), ["update ana p1"]);
    assert_eq!(plan.steps[0].fields[0].cause, Cause::Change);
}

#[test]
fn a_live_persona_with_nearly_the_name_is_told_of() {
    let wanted = [desired("ana", json!({"persona_name": "Ana"}))];
    let held = [live("p1", json!({"persona_name": "ANA "}))];
    let plan = plan(&wanted, &held, &Records::new());
    assert_eq!(words(&plan), ["create ana"]);
    let reason = plan.steps[0].reason.as_deref().expect("a reason");
    assert!(
        reason.starts_with("p1 has nearly this name (`ANA `)"),
        "{reason}"
    );
}

#[test]
fn a_live_persona_with_the_name_of_a_known_one_is_told_of() {
    let ana = json!({"persona_name": "Ana", "context": "x"});
    let wanted = desired("ana", ana.clone());
    let pinned = Desired {
        id: Some(id("p1")),
        ..wanted.clone()
    };
    let named = |name: &str, document: &Value| live(name, document.clone());
    let edited = json!({"persona_name": "Ana", "context": "edited"});
    let other = json!({"persona_name": "ANA"});
    let own = applied("ana", &ana, "p1");
    let told = "this is also the name of p2, left alone: another apply may have made it; \
                keep one and delete the rest, or rename them";
    let rows = [
        (
            &wanted,
            &own,
            [named("p1", &ana), named("p2", &ana)],
            "keep",
        ),
        (
            &wanted,
            &own,
            [named("p1", &edited), named("p2", &ana)],
            "update",
        ),
        (
            &pinned,
            &Records::new(),
            [named("p1", &ana), named("p2", &ana)],
            "keep",
        ),
    ];
    for (wanted, records, held, action) in rows {
        let plan = plan(std::slice::from_ref(wanted), &held, records);
        assert_eq!(words(&plan), [format!("{action} ana p1")]);
        assert_eq!(plan.steps[0].reason.as_deref(), Some(told));
    }
    let bound = applied("bea", &ana, "p2")
        .into_iter()
        .chain(own.clone())
        .collect();
    let silent = [
        // Somebody's own, and one that is only called nearly so.
        (&bound, [named("p1", &ana), named("p2", &ana)]),
        (&own, [named("p1", &ana), named("p2", &other)]),
    ];
    for (records, held) in silent {
        let plan = plan(std::slice::from_ref(&wanted), &held, records);
        assert_eq!(plan.steps[0].reason, None);
    }
    let three = ["p1", "p2", "p3"].map(|id| named(id, &ana));
    let plan = plan(&[wanted], &three, &own);
    let reason = plan.steps[0].reason.as_deref().unwrap_or_default();
    assert!(
        reason.starts_with("this is also the name of p2 and 1 more,"),
        "{reason}"
    );
}

#[test]
fn what_is_hidden_is_in_no_plan_even_where_the_service_shows_it() {
    let wanted = json!({"persona_name": "Ana", "layers": {"llm": {"headers": {"X-Mine": "2"}}}});
    let held = json!({"persona_name": "Ana", "layers": {"llm": {"api_key": "sk-live",
        "headers": {"X-Mine": "1", "Authorization": "Bearer sk-live", "X-Secret-Key": "sk-live"}}}});
    let ignored = Pointer::parse("/layers/llm/headers/Authorization").expect("a pointer");
    let desired = Desired {
        ownership: Ownership::Exclusive,
        ignore: vec![ignored],
        ..desired("ana", wanted)
    };
    let plan = plan(&[desired], &[live("p1", held.clone())], &Records::new());
    assert!(!format!("{plan:?}").contains("sk-live"), "{plan:?}");
    let held = apply(&plan.steps[0], &[live("p1", held)]);
    assert_eq!(
        held["layers"]["llm"],
        json!({"headers": {"X-Mine": "2", "Authorization": "Bearer sk-live"}})
    );
}

#[test]
fn conferencing_travels_in_a_request_of_its_own() {
    let now = json!({"persona_name": "Ana", "layers": {"conferencing": {"username": "ana"}, "llm": {"model": "m"}}});
    let plan = plan(
        &[desired("ana", now)],
        &[live("p1", json!({"persona_name": "Ana"}))],
        &Records::new(),
    );
    let sent = patches(&plan);
    assert_eq!(
        sent,
        json!([
            [{"op": "add", "path": "/layers", "value": {"llm": {"model": "m"}}}],
            [{"op": "add", "path": "/layers/conferencing", "value": {"username": "ana"}}],
        ])
    );
}

#[test]
fn what_is_hidden_is_never_asserted() {
    let layers = |tts: Value, style: f64| json!({"llm": {"headers": {"X-Team": tts}}, "tts": {"api_key": "********", "voice_settings": {"style": style}}});
    let now = json!({"persona_name": "Ana", "layers": {"llm": {"headers": {"X-Team": "new"}}, "tts": null}});
    let held = json!({"persona_name": "Ana", "layers": layers(json!("old"), 0.1)});
    let plan = plan(&[desired("ana", now)], &[live("p1", held)], &Records::new());
    assert_eq!(
        patches(&plan),
        json!([[
            {"op": "test", "path": "/layers/tts/voice_settings", "value": {"style": 0.1}},
            {"op": "replace", "path": "/layers/llm/headers/X-Team", "value": "new"},
            {"op": "remove", "path": "/layers/tts"},
        ]])
    );
}

#[test]
fn what_stands_below_the_name_of_a_credential_is_never_asserted() {
    let llm = |body: Value| json!({"persona_name": "Ana", "layers": {"llm": {"extra_body": body}}});
    let now = llm(json!({"api_keys": ["sk-2"], "auth": {"value": "sk-3"}, "top_p": 1, "seed": 7}));
    let held = llm(json!({"api_keys": ["sk-1", "sk-2"], "auth": {"value": "sk-3"}, "top_p": 1}));
    let plan = plan(&[desired("ana", now)], &[live("p1", held)], &Records::new());
    assert_eq!(
        patches(&plan),
        json!([[
            {"op": "test", "path": "/layers/llm/extra_body/top_p", "value": 1},
            {"op": "remove", "path": "/layers/llm/extra_body/api_keys/0"},
            {"op": "add", "path": "/layers/llm/extra_body/seed", "value": 7},
        ]])
    );
}

#[test]
fn a_conflict_blocks_unless_the_repository_wins() {
    let before = json!({"persona_name": "Ana", "context": "old"});
    let now = [desired(
        "ana",
        json!({"persona_name": "Ana", "context": "here"}),
    )];
    let held = [live(
        "p1",
        json!({"persona_name": "Ana", "context": "there"}),
    )];
    let records = applied("ana", &before, "p1");
    assert_eq!(words(&plan(&now, &held, &records)), ["blocked ana p1"]);
    let policy = Policy {
        on_conflict: OnConflict::Repository,
        ..Policy::default()
    };
    assert_eq!(
        words(&plan_with(&now, &held, &records, &policy)),
        ["update ana p1"]
    );
}

#[test]
fn a_live_persona_cannot_smuggle_a_reference_to_a_secret() {
    let held = json!({"persona_name": "Ana", "layers": {"llm": {"headers": {"X": {"$secret": "TAVUS_API_KEY"}}}}});
    let now = json!({"persona_name": "Ana", "context": "x"});
    let plan = plan(&[desired("ana", now)], &[live("p1", held)], &Records::new());
    assert_eq!(words(&plan), ["blocked ana p1"]);
}

/// Documents with members that the catalogue knows, members that it does not know, and empty values
/// of every kind.
pub(super) fn any_persona() -> impl Strategy<Value = Value> {
    let text = || {
        prop_oneof![
            Just(json!(null)),
            Just(json!("")),
            "[a-c]{1,2}".prop_map(Value::from)
        ]
    };
    let list = || prop::collection::vec("[a-b]{1}", 0..3).prop_map(Value::from);
    let map = || {
        prop::collection::vec(("[a-c]", text()), 0..3)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    };
    let layer = prop::collection::vec(
        prop_oneof![
            (Just("model"), text()),
            (Just("tools"), list()),
            (Just("extra_body"), map()),
            (Just("voice_settings"), map()),
            (Just("wake_phrase"), text()),
            (Just("brand_new"), map()),
        ],
        0..4,
    );
    let layer = layer.prop_map(to_object);
    let layers = prop::collection::vec(
        (
            prop::sample::select(vec![
                "llm",
                "tts",
                "conversational_flow",
                "conferencing",
                "unheard_of",
            ]),
            layer,
        ),
        0..4,
    );
    let top = prop::collection::vec(
        prop_oneof![
            (Just("context"), text()),
            (Just("languages"), list()),
            (Just("unheard_of"), map())
        ],
        0..3,
    );
    (top, prop::option::of(layers)).prop_map(|(top, layers)| {
        let mut document = to_object(top);
        document["persona_name"] = json!("Ana");
        if let Some(layers) = layers {
            document["layers"] = to_object(layers);
        }
        document
    })
}

fn to_object<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    Value::Object(
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

proptest! {
    #[test]
    fn a_plan_of_equals_is_empty(document in any_persona()) {
        let records = applied("ana", &document, "p1");
        let plan = plan(&[desired("ana", document.clone())], &[live("p1", document)], &records);
        prop_assert!(plan.is_empty(), "{:#?}", plan);
    }

    #[test]
    fn a_plan_that_is_shown_says_the_same_as_one_that_is_applied(
        wanted in any_persona(), held in any_persona(), applied_last in any_persona(), is_met in any::<bool>()
    ) {
        let held = if is_met { wanted.clone() } else { held };
        let (wanted, held) = ([desired("ana", wanted)], [live("p1", held)]);
        let records = applied("ana", &applied_last, "p1");
        let plan = |aim| plan_with(&wanted, &held, &records, &Policy { aim, ..Policy::default() });
        let (shown, applied) = (plan(Aim::Show), plan(Aim::Apply));
        prop_assert_eq!(shown.id(), applied.id());
        prop_assert_eq!(words(&shown), words(&applied));
        prop_assert_eq!(&shown.steps[0].unmanaged, &applied.steps[0].unmanaged);
    }

    #[test]
    fn the_plan_after_an_apply_is_empty(wanted in any_persona(), held in any_persona()) {
        let wanted = [desired("ana", wanted)];
        let held = [live("p1", held)];
        let first = plan(&wanted, &held, &Records::new());
        let document = apply(&first.steps[0], &held);
        let records = Records::from([(Key::new("ana"), record(&first.steps[0], id("p1"), &document))]);
        let second = plan(&wanted, &[live("p1", document)], &records);
        prop_assert!(second.is_empty(), "{:#?}", second);
        prop_assert_eq!(second.notes, Notes::default());
    }

    #[test]
    fn after_an_apply_every_declared_field_is_met(wanted in any_persona(), held in any_persona()) {
        let held = [live("p1", held)];
        let first = plan(&[desired("ana", wanted.clone())], &held, &Records::new());
        let document = apply(&first.steps[0], &held);
        for (pointer, value) in PERSONA.declared(&wanted) {
            prop_assert!(PERSONA.meets(&pointer, pointer.get(&document), value), "{}: {}", pointer, value);
        }
    }

    #[test]
    fn a_saved_plan_is_read_as_it_was_written(wanted in any_persona(), held in any_persona()) {
        let records = applied("ana", &held, "p1");
        let live = [live("p1", held)];
        let planned = plan(&[desired("ana", wanted)], &live, &records);
        let text = saved(planned.clone()).to_text().expect("it can be saved");
        let mut read = Saved::parse(&text).expect("it was saved");
        read.remember(&records);
        prop_assert_eq!(read.plan.id(), planned.id());
        let text = |plan: &Plan| serde_json::to_string(&plan.steps).expect("JSON");
        prop_assert_eq!(text(&read.plan), text(&planned));
        let entry = |plan: &Plan| format!("{:?}", plan.steps[0].entry);
        prop_assert_eq!(entry(&read.plan), entry(&planned));
    }

    #[test]
    fn an_update_and_its_inverse_lead_back(wanted in any_persona(), held in any_persona()) {
        let live = [live("p1", held.clone())];
        let planned = plan(&[desired("ana", wanted)], &live, &Records::new());
        let salt = Salt::new([7; 32]);
        let undoing = Undoing { catalog: &PERSONA, salt: salt.clone(), dialect: Dialect::Indexed };
        if let Some(inverse) = undoing.inverse(&planned.steps[0], &live[0], None, None) {
            let after = Live { id: id("p1"), document: apply(&planned.steps[0], &live) };
            let back = apply(&inverse, &[after]);
            prop_assert_eq!(Base::of(&PERSONA, &back, &salt), Base::of(&PERSONA, &held, &salt));
        }
    }

    #[test]
    fn what_is_not_declared_stays(wanted in any_persona(), held in any_persona()) {
        let live = [live("p1", held.clone())];
        let first = plan(&[desired("ana", wanted.clone())], &live, &Records::new());
        let document = apply(&first.steps[0], &live);
        let declared: Vec<_> = PERSONA.declared(&wanted).into_iter().map(|(pointer, _)| pointer).collect();
        let covered = |path: &Pointer| declared.iter().any(|owner| path.is_below(owner) || owner.is_below(path));
        for (pointer, value) in PERSONA.declared(&held) {
            if !covered(&pointer) && !is_unset(value) {
                prop_assert_eq!(pointer.get(&document), Some(value), "{}", pointer);
            }
        }
    }
}
