//! `examples/environments`: what its comments promise.

use serde_json::{Value, json};

use crate::support::{Served, Site};

/// The accounts of the example: the environment, the variable with its key, and how its apply is agreed to.
const STAGING: (&str, &str, &[&str]) = ("staging", "TAVUS_STAGING_API_KEY", &["--yes"]);
const PRODUCTION: (&str, &str, &[&str]) = (
    "production",
    "TAVUS_PRODUCTION_API_KEY",
    &["--yes", "production"],
);

/// A copy of the example before this account, with the secrets that it needs there and no others.
fn site(service: &Served, (environment, key, _): (&str, &str, &[&str])) -> Site {
    let mut site = Site::copy_of("examples/environments");
    site.set("PERSONACTL_ENVIRONMENT", environment);
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set(key, "a-key");
    site.set("ELEVENLABS_API_KEY", "another-key");
    site
}

/// What the account holds once the example is applied to it: each persona by its name.
fn applied(account: (&str, &str, &[&str])) -> Value {
    let service = Served::with(&[]);
    let site = site(&service, account);
    site.run(["plan"]).success().hides("No changes");
    site.run([&["apply"], account.2].concat()).success();
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
    let live = service.live();
    let document = |record: &Value| {
        let document = record["document"].clone();
        let name = document["persona_name"].as_str().expect("a name");
        (name.to_owned(), document)
    };
    live.iter().map(document).collect()
}

#[test]
fn there_is_nothing_to_find_fault_with_in_any_environment() {
    let site = Site::copy_of("examples/environments");
    let validate = ["validate", "-e", "all", "--strict", "--format", "json"];
    let verdict = site.run(validate).success().json();
    assert_eq!(verdict["findings"], json!([]));
    assert_eq!(
        verdict["environments"],
        json!(["production", "sandbox", "staging"])
    );
}

#[test]
fn it_can_be_tried_without_any_key() {
    let site = Site::copy_of("examples/environments");
    let plan = site.run(["plan", "-e", "sandbox"]);
    assert_eq!(plan.success().says("3 to create").stderr, "");
}

#[test]
fn what_differs_between_the_accounts_is_what_the_settings_and_overlays_say() {
    let (staging, production) = (applied(STAGING), applied(PRODUCTION));
    let names = |account: &Value| account.as_object().expect("personas").len();
    assert_eq!((names(&staging), names(&production)), (3, 2));
    assert!(staging["New Menu"].is_object());

    let (trial, real) = (&staging["Concierge (staging)"], &production["Concierge"]);
    let rows = [
        ("/default_replica_id", json!("r90bbd427f71"), "r79e1c033f"),
        ("/layers/llm/model", json!("tavus-gpt-oss"), "tavus-gpt-5.2"),
        (
            "/greeting",
            json!(""),
            "Good day, and welcome. How can I help you?",
        ),
    ];
    for (path, there, here) in rows {
        let at = |persona: &Value| persona.pointer(path).cloned().unwrap_or_default();
        assert_eq!((at(trial), at(real)), (there, json!(here)), "{path}");
    }
    assert_eq!(trial["layers"]["tts"]["voice_settings"], Value::Null);
    assert_eq!(
        real["layers"]["tts"]["voice_settings"],
        json!({"speed": -0.1})
    );
    assert_ne!(trial["context"], real["context"]);
    // What no overlay names is the same, and what both personas share is in both.
    assert_eq!(trial["system_prompt"], real["system_prompt"]);
    for (name, account) in [
        ("Night Desk (staging)", &staging),
        ("Night Desk", &production),
    ] {
        let prompt = account[name]["system_prompt"].as_str().expect("a prompt");
        assert!(prompt.contains("Never tell anybody which room"), "{name}");
    }
}

#[test]
fn nobody_changes_production_by_forgetting_something() {
    let service = Served::with(&[]);
    let mut site = site(&service, PRODUCTION);
    site.run(["apply", "--yes"])
        .code(1)
        .says("say --yes production");
    site.run(["apply", "--yes", "staging"])
        .code(64)
        .says("the environment is `production`");
    site.run(["watch", "--apply"]).code(1).says("protected");
    // Without -e it is staging, whose key is not there.
    site.set("PERSONACTL_ENVIRONMENT", "");
    site.run(["apply", "--yes"])
        .code(4)
        .says("TAVUS_STAGING_API_KEY");
    assert_eq!(service.live(), [] as [Value; 0]);
}
