//! Services that are wrong, broken or hostile: a clear message, the right exit code, and nothing
//! changed.

use crate::support::{Canned, Served, Site};

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\n";

fn site(url: &str) -> Site {
    let mut site = Site::with_manifest(ANA);
    site.set("TAVUS_PUBLIC_API_BASE_URL", url);
    site.set("TAVUS_API_KEY", "key-canary-4711");
    site
}

#[test]
fn each_bad_answer_has_its_message_and_its_code() {
    let truncated = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"data\": [";
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n";
    let json = |body: &str| Canned::http("200 OK", "application/json", body);
    let rows = [
        (
            Canned::http(
                "401 Unauthorized",
                "application/json",
                r#"{"message":"Invalid access token"}"#,
            ),
            4,
            "Invalid access token",
        ),
        (
            Canned::http("503 Unavailable", "text/html", "<h1>\u{1b}[31mbusy</h1>"),
            1,
            "\\u{1b}[31mbusy",
        ),
        (
            Canned::http("200 OK", "text/html", "<html>hello</html>"),
            1,
            "no JSON (text/html)",
        ),
        (Canned::answering(truncated), 1, "broke off"),
        (Canned::answering(redirect), 1, "evil.example"),
        (Canned::answering(""), 1, "did not answer"),
        (json("{}"), 1, "`data`"),
        (json("[]"), 1, "`data`"),
        (json(r#"{"data": [{}]}"#), 1, "persona_id"),
        (
            json(r#"{"data": [{"persona_id": "../../x"}], "total_count": 1}"#),
            1,
            "persona_id",
        ),
        (
            json(r#"{"data": [], "total_count": 3}"#),
            1,
            "0 entries of the 3",
        ),
        (json(&"[".repeat(100_000)), 1, "no JSON"),
    ];
    for (service, code, message) in rows {
        let site = site(&service.url());
        site.run(["apply", "--yes", "-vv"])
            .code(code)
            .says(message)
            .hides("key-canary-4711")
            .hides("panicked");
        assert!(
            service
                .requests()
                .iter()
                .all(|request| request.starts_with("GET "))
        );
        assert!(!site.path("personas/_ledger").exists());
    }
}

#[test]
fn the_key_goes_into_one_header_with_the_version_beside_it() {
    let service = Canned::http(
        "200 OK",
        "application/json",
        r#"{"data": [], "total_count": 0}"#,
    );
    site(&service.url()).run(["plan"]).success();
    let requests = service.requests();
    let [request] = requests.as_slice() else {
        panic!("one page is one request: {requests:?}")
    };
    assert!(
        request.starts_with("GET /v2/personas?persona_type=user&limit=100&page=1 HTTP/1.1"),
        "{request}"
    );
    assert!(request.contains("x-api-key: key-canary-4711"), "{request}");
    assert!(
        request.contains(concat!(
            "user-agent: personactl/",
            env!("CARGO_PKG_VERSION")
        )),
        "{request}"
    );
    assert!(request.contains("accept-encoding: gzip"), "{request}");
}

#[test]
fn without_a_key_or_a_trusted_host_nothing_is_asked() {
    let site = Site::with_manifest(ANA);
    site.run(["plan", "-e", "default"])
        .code(4)
        .says("TAVUS_API_KEY")
        .says("-e sandbox");
    site.write(
        "personas/personactl.yaml",
        "environments: {x: {api_url: 'https://evil.example/v2'}}",
    );
    site.run(["plan", "-e", "x"]).code(1).says("not trusted");
    site.write(
        "personas/personactl.yaml",
        "environments: {x: {api_url: 'http://tavusapi.com/v2'}}",
    );
    site.run(["plan", "-e", "x"]).code(1).says("plain http");
}

#[test]
fn an_unreachable_service_is_told() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .port();
    let site = site(&format!("http://127.0.0.1:{port}/v2"));
    site.run(["plan"])
        .code(1)
        .says("did not answer")
        .says("Nothing was changed");
}

/// The sandbox served on a port, spoken to as if it were the real service.
fn served(options: &[&str], test: impl Fn(&Site)) {
    let service = Served::with(options);
    test(&site(service.url()));
}

fn many(site: &Site) {
    for number in 0..23 {
        site.write(
            &format!("personas/many/p{number}.yaml"),
            format!("persona_name: P{number}\nsystem_prompt: x\n"),
        );
    }
}

#[test]
fn another_process_with_small_pages_and_envelopes_is_the_same_service() {
    served(&["--page-cap", "7", "--get-shape", "envelope"], |site| {
        many(site);
        site.run(["apply", "--yes"]).success().says("24 applied");
        site.run(["plan", "--detailed-exitcode"])
            .success()
            .says("No changes");
        assert!(
            site.read("personas/_ledger/default.json")
                .contains("many/p22")
        );
    });
}

#[test]
fn the_pal_vocabulary_tells_the_same_story() {
    served(&[], |site| {
        site.write(
            "personas/personactl.yaml",
            "default_environment: pals\nenvironments: {pals: {vocabulary: pals}}\n",
        );
        site.write(
            "personas/ana.yaml",
            "pal_name: Ana\nsystem_prompt: x\ndefault_replica_id: r1\n\
             layers: {conversational_flow: {replica_interruptibility: low}}\n",
        );
        site.run(["apply", "--yes"]).success().says("1 applied");
        site.edit("personas/ana.yaml", ": low", ": high");
        let plan = site.run(["plan", "--format", "json"]).success().json();
        assert_eq!(
            plan["steps"][0]["fields"][0]["path"],
            "/layers/conversational_flow/replica_interruptibility"
        );
        site.run(["apply", "--yes"]).success().says("1 applied");
        site.run(["plan", "--detailed-exitcode"])
            .success()
            .says("No changes");
    });
}

#[test]
fn secrets_that_read_back_masked_in_any_way_are_in_sync() {
    let manifest = "persona_name: Ana\nsystem_prompt: x\nlayers:\n  llm:\n    model: m\n    base_url: https://x.example\n    \
                    api_key: !secret LLM_KEY\n    headers: {Authorization: !secret AUTH, X-Team: voice}\n";
    for mask in ["stars", "ending", "null", "omitted"] {
        served(&["--mask", mask], |site| {
            site.write("personas/ana.yaml", manifest);
            let run = |arguments: &[&str], key: &str| {
                let mut command = site.command(arguments.iter().copied());
                let output = command
                    .env("LLM_KEY", key)
                    .env("AUTH", "auth-canary")
                    .output()
                    .expect("it runs");
                (output.status.code(), format!("{:?}", output))
            };
            site.run(["apply", "--yes"])
                .code(3)
                .says("LLM_KEY is not set");
            assert_eq!(
                run(&["apply", "--yes"], "llm-canary-1").0,
                Some(0),
                "{mask}"
            );
            let (code, said) = run(&["plan", "--detailed-exitcode"], "llm-canary-1");
            assert_eq!(code, Some(0), "{mask}: {said}");
            let (code, said) = run(
                &["plan", "--detailed-exitcode", "--format", "json"],
                "llm-canary-2",
            );
            assert_eq!(code, Some(2), "another key is a change: {said}");
            assert!(!said.contains("canary"), "{said}");
            site.run(["plan", "--detailed-exitcode"])
                .success()
                .says("No changes");
            assert!(
                !site
                    .read("personas/_ledger/default.json")
                    .contains("canary")
            );
        });
    }
}

#[test]
fn the_sandbox_listens_on_loopback_only() {
    let site = Site::empty();
    site.run(["sandbox", "--listen", "0.0.0.0:0"])
        .code(1)
        .says("loopback");
}
