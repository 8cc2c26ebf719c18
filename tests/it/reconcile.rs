//! `reconcile`: the loop without anybody there.
#![cfg(unix)]

use crate::support::{Served, Site, Watching, ask};

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\n";

/// A site whose environment is protected, with its service at this address.
fn protected(url: &str) -> Site {
    let mut site = Site::with_manifest(ANA);
    let settings = format!(
        "environments:\n  production:\n    api_url: {url}\n    api_key: !secret KEY\n    protected: true\n"
    );
    site.write("personas/personactl.yaml", settings);
    site.set("KEY", "any");
    site
}

#[test]
fn what_it_does_can_be_asked_for() {
    let service = Served::with(&[]);
    let site = protected(service.url());
    let mut running = Watching::start(
        &site,
        &[
            "reconcile",
            "-e",
            "production",
            "--yes",
            "production",
            "--listen",
            "127.0.0.1:0",
        ],
    );
    let told = running.says("http://");
    let (_, address) = told.split_once("http://").expect("it was looked for");
    running.plans("start", &["ana"]);
    running.next("applied");
    site.edit("personas/ana.yaml", "Be kind.", "Be kinder.");
    running.plans("save", &["ana"]);
    running.next("applied");
    // The next turn begins when the figures of this one are there.
    running.is_silent(&site);
    let (status, reason) = ask(address, "GET", "/readyz", "");
    assert_eq!(status, "HTTP/1.1 200 OK", "{reason}");
    assert_eq!(ask(address, "GET", "/livez", "").0, "HTTP/1.1 200 OK");
    assert_eq!(
        ask(address, "POST", "/metrics", "").0,
        "HTTP/1.1 405 Method Not Allowed"
    );
    let (_, metrics) = ask(address, "GET", "/metrics", "");
    for line in [
        "personactl_steps_total{action=\"create\",result=\"applied\"} 1",
        "personactl_steps_total{action=\"update\",result=\"applied\"} 1",
        "personactl_drifted_personas 0",
    ] {
        assert!(
            metrics.lines().any(|told| told == line),
            "{line}\n{metrics}"
        );
    }
    assert!(!metrics.contains("ana"), "no persona is named\n{metrics}");
    assert_eq!(running.end("TERM"), Some(143));
}

#[test]
fn what_others_change_is_changed_back() {
    let service = Served::with(&[]);
    let mut site = Site::with_manifest(ANA);
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    site.run(["apply", "--yes"]).success();
    let id = site.run(["show", "ana", "--ledger"]).success().json()["id"].clone();
    let mut running = Watching::start(&site, &["reconcile", "--interval", "100ms"]);
    running.plans("start", &[]);
    service.set(id.as_str().expect("an id"), "/system_prompt", "Be rude.");
    running.plans("interval", &["ana"]);
    running.next("applied");
    assert_eq!(service.live()[0]["document"]["system_prompt"], "Be kind.");
}

#[test]
fn a_protected_environment_has_to_be_named() {
    let site = protected("http://127.0.0.1:9/v2");
    for consent in [&[][..], &["--yes", "staging"]] {
        let arguments = ["reconcile", "-e", "production"].iter().chain(consent);
        site.run(arguments.copied())
            .code(1)
            .says("`production` is protected");
    }
}
