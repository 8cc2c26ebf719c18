//! `talk`: a conversation with one persona, asked for once and led to by nothing but a plain address.

use serde_json::{Value, json};

#[cfg(unix)]
use crate::support::Watching;
use crate::support::{Answer, Canned, Scripted, Served, Site};

const ANA: &str = "persona_name: Ana\nsystem_prompt: x\ndefault_replica_id: r1\n";
const PINNED: &str = "persona_name: Ana\nsystem_prompt: x\nx-personactl: {id: p1}\n";
const URL: &str = "https://tavus.daily.co/c1";

/// A site whose service is at this address.
fn at(url: &str, manifest: &str) -> Site {
    let mut site = Site::with_manifest(manifest);
    site.set("TAVUS_PUBLIC_API_BASE_URL", url);
    site.set("TAVUS_API_KEY", "key-canary-4711");
    site
}

/// A service that answers so to all that it is asked.
fn answering(status: u16, body: &Value) -> Scripted {
    let body = body.to_string();
    Scripted::new(move |_, _| Some((status, body.clone())))
}

/// A service that only knows conversations, with this address.
fn leading_to(url: &str) -> Scripted {
    let conversation = json!({
        "conversation_url": url, "conversation_id": "c1", "status": "active", "meeting_token": "token-canary",
    });
    answering(200, &conversation)
}

#[test]
fn the_sandbox_tells_where_nobody_is_and_standard_output_gets_that_alone() {
    let site = Site::with_manifest(ANA);
    let _ = site.run(["apply", "--yes"]).success();
    let first = site.run(["talk", "ana"]).success();
    let id = site.run(["show", "ana", "--ledger"]).success().json()["id"].clone();
    let url = first.stdout.strip_suffix('\n').expect("a line");
    let conversation = url.strip_prefix("https://sandbox.invalid/");
    let conversation = conversation.expect("an address that leads nowhere");
    let made = format!(
        "Conversation {conversation} with `ana` ({}) is active",
        id.as_str().expect("an id")
    );
    assert!(first.stderr.starts_with(&made), "{first:#?}");
    assert!(first.stderr.contains("a sandbox"), "{first:#?}");

    let quiet = site.run(["talk", "ana", "--quiet", "--open"]).success();
    assert_ne!(quiet.stdout, first.stdout, "it is another conversation");
    assert_eq!(quiet.stderr, "");
    site.run(["talk", "ana", "personas", "--open"])
        .success()
        .says("Nothing is opened");
}

#[test]
fn a_sandbox_that_was_never_used_is_talked_to_with_the_ledger_that_it_brings_along() {
    let site = Site::copy_of("personas");
    site.run(["talk", "interviewer", "-e", "sandbox"])
        .success()
        .says("https://sandbox.invalid/c");
}

#[test]
fn json_tells_what_is_known_and_no_token() {
    let service = leading_to(URL);
    let site = at(&service.url(), PINNED);
    let output = site.run(["talk", "ana", "-e", "default", "--format", "json"]);
    let output = output.success().hides("token-canary");
    assert_eq!(
        output.json(),
        json!({
            "format_version": "1", "environment": "default", "key": "ana", "persona_id": "p1",
            "conversation_id": "c1", "conversation_url": URL, "status": "active",
        })
    );
}

#[test]
fn the_persona_is_asked_for_by_its_id_in_either_vocabulary_and_with_another_replica_where_one_is_named()
 {
    let service = leading_to(URL);
    let site = at(&service.url(), PINNED);
    site.write(
        "personas/personactl.yaml",
        "default_environment: pals\nenvironments: {pals: {vocabulary: pals, protected: true}}\n",
    );
    let _ = site.run(["talk", "ana"]).success();
    let _ = site.run(["talk", "ana", "--replica", "r2"]).success();
    let asked = service.asked();
    let bodies: Vec<_> = asked.iter().map(|asked| asked.body.clone()).collect();
    let expected = [
        json!({"persona_id": "p1"}),
        json!({"persona_id": "p1", "replica_id": "r2"}),
    ];
    assert_eq!(bodies, expected);
    assert!(
        asked
            .iter()
            .all(|asked| asked.line == "POST /v2/conversations")
    );
}

#[test]
fn a_persona_without_a_face_gets_one_by_the_manifest_or_by_hand() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: x\n");
    let _ = site.run(["apply", "--yes"]).success();
    site.run(["talk", "ana"])
        .code(1)
        .says("cannot talk to `ana`")
        .says("Invalid replica_uuid")
        .says("default_replica_id")
        .says("--replica");
    let _ = site.run(["talk", "ana", "--replica", "r1"]).success();
}

#[test]
fn without_a_live_persona_the_way_to_one_is_told_and_nothing_is_asked() {
    let service = leading_to(URL);
    let site = at(&service.url(), ANA);
    let talk = |key: &str| site.run(["talk", key, "-e", "default"]);
    talk("ana")
        .code(1)
        .says("`ana` has no persona in this environment yet")
        .says("run `personactl apply` first");
    talk("anna").code(64).says("did you mean `ana`?");
    talk("../ana")
        .code(64)
        .says("there is no manifest `../ana`");
    site.write("personas/bob.yaml", "persona_name: [\n");
    talk("bob").code(64).says("personas/bob.yaml:");
    assert!(service.asked().is_empty());
}

#[test]
fn a_persona_that_was_deleted_meanwhile_is_told_as_the_service_tells_it() {
    let service = Served::with(&[]);
    let site = at(service.url(), ANA);
    site.write(
        "personas/ana.yaml",
        format!("{ANA}x-personactl: {{id: p404}}\n"),
    );
    site.run(["talk", "ana", "-e", "default"])
        .code(1)
        .says("status 400: Invalid persona_id")
        .says("personactl status");
}

#[test]
fn an_id_of_the_ledger_that_is_none_is_sent_nowhere() {
    let service = leading_to(URL);
    let site = at(&service.url(), ANA);
    let talk = |id: &str| {
        let entry = json!({"id": id, "name": "Ana", "fields": {}});
        // The first version of the format has no checks of its entries.
        let ledger = json!({
            "format_version": 1, "environment": "default", "salt": "0".repeat(64), "personas": {"ana": entry},
        });
        site.write("personas/_ledger/default.json", ledger.to_string());
        site.run(["talk", "ana", "-e", "default"])
    };
    for id in ["../p1", "p1?force=true", "p1\u{1b}[2J", "p1\n", ""] {
        talk(id)
            .code(1)
            .says("personas/_ledger/default.json")
            .hides("\u{1b}")
            .hides("panicked");
    }
    assert!(service.asked().is_empty());
    let _ = talk("p1").success();
    // The manifest's own word comes before that of the ledger, as it does in a plan.
    site.write("personas/ana.yaml", PINNED.replace("p1", "p7"));
    let _ = talk("p1").success();
    let asked = service.asked();
    let ids: Vec<_> = asked
        .iter()
        .map(|asked| &asked.body["persona_id"])
        .collect();
    assert_eq!(ids, ["p1", "p7"]);
}

/// What a service refuses is told in its own words, and not asked for a second time.
#[test]
fn a_refusal_is_told_in_the_services_words() {
    let rows = [
        (
            400,
            json!({"message": "User has reached maximum concurrent conversations"}),
            1,
        ),
        (402, json!({"message": "The account is out of credits."}), 1),
        (401, json!({"message": "Invalid access token"}), 4),
        (400, json!({"error": "No \u{1b}]0;x\u{7} today"}), 1),
    ];
    for (status, body, code) in rows {
        let service = answering(status, &body);
        let site = at(&service.url(), PINNED);
        let words = body["message"]
            .as_str()
            .unwrap_or("No \\u{1b}]0;x\\u{7} today");
        site.run(["talk", "ana", "-e", "default", "-vv"])
            .code(code)
            .says(words)
            .hides("there may be a conversation")
            .hides("key-canary");
        assert_eq!(service.asked().len(), 1, "{body}");
    }
}

#[test]
fn nobody_is_sent_to_what_is_no_plain_address() {
    let rows = [
        "javascript:alert(document.domain)",
        "file:///etc/passwd",
        "http://tavus.daily.co/c1",
        "https://tavus.daily.co@evil.example/",
        "-e",
        "",
    ];
    for url in rows {
        let service = leading_to(url);
        let site = at(&service.url(), PINNED);
        let output = site.run(["talk", "ana", "-e", "default", "--open"]);
        let output = output
            .code(1)
            .says("conversation_url")
            .says("look in the dashboard");
        assert_eq!(output.stdout, "", "{url}");
        assert_eq!(service.asked().len(), 1);
    }
}

#[test]
fn what_a_terminal_would_obey_in_an_answer_is_spelt_out() {
    let hostile = json!({
        "conversation_url": "https://tavus.daily.co/c1\u{1b}[2J\u{202e}?t=\u{1b}]0;x\u{7}\n::warning::x",
        "conversation_id": "c1\u{1b}[2J\n::error::x",
        "status": "\u{202e}active",
    });
    let service = answering(200, &hostile);
    let site = at(&service.url(), PINNED);
    for format in ["text", "json"] {
        let output = site.run(["talk", "ana", "-e", "default", "--format", format]);
        let output = output
            .success()
            .hides("\u{1b}")
            .hides("\u{202e}")
            .hides("\u{7}");
        let lines = output.stdout.lines().chain(output.stderr.lines());
        assert!(
            lines
                .into_iter()
                .all(|line| !line.trim_start().starts_with("::")),
            "{output:#?}"
        );
    }
}

/// Where no answer says what became of it, there may be a conversation, and another one would be billed as well.
#[test]
fn a_lost_answer_is_told_and_the_conversation_is_not_asked_for_again() {
    let ok = |body: &str| -> Answer { Some((200, body.to_owned())) };
    let rows: [(Answer, &str); 6] = [
        (None, "did not answer"),
        (Some((503, "<h1>busy</h1>".to_owned())), "status 503"),
        (ok("{}"), "no conversation_url"),
        (ok("null"), "no conversation_url"),
        (ok(r#"{"conversation_url": 1}"#), "no conversation_url"),
        (ok("<html>hello</html>"), "no JSON"),
    ];
    for (answer, message) in rows {
        let service = Scripted::new(move |_, _| answer.clone());
        let site = at(&service.url(), PINNED);
        let output = site.run(["talk", "ana", "-e", "default"]);
        let output = output
            .code(1)
            .says("cannot talk to `ana`")
            .says(message)
            .says("there may be a conversation now")
            .hides("Nothing was changed")
            .hides("panicked");
        assert_eq!(output.stdout, "");
        assert_eq!(service.asked().len(), 1, "{message}");
    }
    let broken = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"conversation_url\"";
    let service = Canned::answering(broken);
    let site = at(&service.url(), PINNED);
    site.run(["talk", "ana", "-e", "default"])
        .code(1)
        .says("there may be a conversation now");
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn an_answer_that_is_lost_after_the_sandbox_has_made_a_conversation_is_asked_for_once() {
    let service = Served::with(&[]);
    let site = at(service.url(), ANA);
    let _ = site.run(["apply", "--yes", "-e", "default"]).success();
    for fault in ["reset after", "truncate", "garbage", "status=500 after"] {
        service.fault(&[&format!("POST /v2/conversations {fault}")]);
        site.run(["talk", "ana", "-e", "default"])
            .code(1)
            .says("there may be a conversation now");
        assert_eq!(service.hits(), 1, "{fault}");
    }
    // Who was sent away has asked for nothing yet.
    service.fault(&["POST /v2/conversations status=429 count=1"]);
    let _ = site.run(["talk", "ana", "-e", "default"]).success();
}

#[test]
fn a_service_that_is_not_there_has_made_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let site = at(&format!("http://{address}/v2"), PINNED);
    site.run(["talk", "ana", "-e", "default"])
        .code(1)
        .says("Nothing was changed")
        .hides("there may be");
}

#[test]
fn a_key_is_needed() {
    Site::with_manifest(PINNED)
        .run(["talk", "ana", "-e", "default"])
        .code(4)
        .says("TAVUS_API_KEY");
}

#[cfg(target_os = "linux")]
mod opened {
    use std::fs::{self, Permissions};
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::support::Output;

    /// Longer than any machine needs; only a failure waits so long.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Talks with this script as the only program that opens anything, if there is one.
    fn talk(site: &Site, script: Option<&str>) -> Output {
        let programs = site.path("programs");
        fs::create_dir_all(&programs).expect("a folder");
        if let Some(script) = script {
            site.write("programs/xdg-open", format!("#!/bin/sh\n{script}\n"));
            let program = programs.join("xdg-open");
            fs::set_permissions(program, Permissions::from_mode(0o755)).expect("it may run");
        }
        let path = format!("PATH={}", programs.display());
        let arguments = ["talk", "ana", "-e", "default", "--open"];
        site.run_under(&["/usr/bin/env", &path], arguments)
    }

    #[test]
    fn the_browser_gets_the_address_and_no_shell_ever_sees_it() {
        let url = "https://tavus.daily.co/c1?a=$(touch%20bad)&b=`id`;x";
        let service = leading_to(url);
        let site = at(&service.url(), PINNED);
        let pipe = site.path("opened");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        // Whoever opens the URL is not waited for, so this listens until it has been.
        let (sender, opened) = channel();
        thread::spawn(move || {
            let mut said = String::new();
            let mut pipe = fs::File::open(pipe).expect("a pipe");
            pipe.read_to_string(&mut said).expect("UTF-8");
            sender.send(said)
        });
        let output = talk(&site, Some("echo \"$# $1\" > opened")).success();
        let told = output.hides("No browser was opened").stdout;
        let opened = opened.recv_timeout(PATIENCE).expect("it was opened");
        assert_eq!(opened, format!("1 {told}"));
        assert!(opened.contains("&b=`id`;x"), "{opened}");
    }

    #[test]
    fn without_a_browser_the_url_is_there_all_the_same() {
        let service = leading_to(URL);
        let site = at(&service.url(), PINNED);
        for script in [None, Some("exit 3")] {
            let output = talk(&site, script).success();
            assert_eq!(output.stdout, format!("{URL}\n"));
            assert!(
                output.stderr.contains("No browser was opened"),
                "{output:#?}"
            );
            assert!(!output.stderr.contains("panicked"), "{output:#?}");
        }
    }

    #[test]
    fn a_closed_standard_output_is_no_failure_and_a_full_one_names_the_conversation() {
        let service = leading_to(URL);
        let site = at(&service.url(), PINNED);
        let arguments = ["talk", "ana", "-e", "default"];
        let into = |end: &str| {
            let shell = ["/bin/sh", "-c", &format!("\"$@\" {end}"), "sh"];
            site.run_under(&shell, arguments)
        };
        let _ = into(">&-").success().hides("panicked");
        into(">/dev/full")
            .code(1)
            .says("cannot write the result")
            .says("Conversation c1");
    }
}

#[cfg(unix)]
#[test]
fn each_apply_has_its_own_conversation() {
    let site = Site::with_manifest(ANA);
    let mut talking = Watching::start(&site, &["talk", "ana", "--watch", "--format", "json"]);
    talking.plans("start", &["ana"]);
    talking.next("applied");
    let first = talking.next("talk");
    site.edit("personas/ana.yaml", "system_prompt: x", "system_prompt: y");
    talking.plans("save", &["ana"]);
    talking.next("applied");
    let second = talking.next("talk");
    assert_ne!(first["conversation_url"], second["conversation_url"]);
    // A save that changes nothing begins nothing.
    site.edit("personas/ana.yaml", "r1", "r1 # the first");
    talking.plans("save", &[]);
    site.edit("personas/ana.yaml", "y\n", "z\n");
    talking.plans("save", &["ana"]);
}
