//! Faults, each kind over HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Answer, Site, answer, client, options};
use crate::sandbox::start;

const CONTROL: &str = "/_sandbox/faults";
/// The list without the stock.
const OWN: &str = "/v2/personas?persona_type=user";
/// After this, what has not come will not come.
const PATIENCE: Duration = Duration::from_secs(60);
const BODY: &str = r#"{"persona_name":"Ana","system_prompt":"Be kind."}"#;

async fn with(faults: &[&str]) -> Site {
    let site = Site::new().await;
    assert_eq!(set(&site, json!(faults)).await.0, 200);
    site
}

pub(super) async fn set(site: &Site, faults: Value) -> Answer {
    answer(site.request(Method::PUT, CONTROL).body(faults.to_string())).await
}

async fn create(site: &Site) -> u16 {
    let request = site.request(Method::POST, "/v2/personas").body(BODY);
    let sent = request.send().await;
    sent.map_or(0, |response| response.status().as_u16())
}

/// How many personas there are.
async fn count(site: &Site) -> Value {
    site.get(OWN).await.1["total_count"].clone()
}

/// How often each fault has hit.
async fn hits(site: &Site) -> Vec<u64> {
    let (status, told) = site.get(CONTROL).await;
    assert_eq!(status, 200);
    let faults = told["faults"].as_array().expect("a list");
    let hits = faults.iter().map(|fault| fault["hits"].as_u64());
    hits.map(|hits| hits.expect("a number")).collect()
}

/// Every byte that a request gets until its connection ends, and whether it ends in good order.
async fn raw(site: &Site, method: &str, path: &str, body: &str) -> (String, bool) {
    let address = site.sandbox().address();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-api-key: key\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let exchange = move || exchange(address, &request);
    tokio::task::spawn_blocking(exchange)
        .await
        .expect("it ends")
}

fn exchange(address: SocketAddr, request: &str) -> (String, bool) {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.write_all(request.as_bytes()).expect("it is sent");
    let mut got = Vec::new();
    let ending = socket.read_to_end(&mut got);
    (String::from_utf8(got).expect("a text"), ending.is_ok())
}

#[tokio::test]
async fn a_status_comes_instead_of_the_effect_or_after_it() {
    let site = with(&[
        "POST /v2/personas status=503 retry-after=2 count=1",
        "POST /v2/personas status=504 after count=1",
    ])
    .await;
    let request = site.request(Method::POST, "/v2/personas").body(BODY);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(count(&site).await, 0);
    assert_eq!(create(&site).await, 504);
    assert_eq!(count(&site).await, 1);
    assert_eq!(create(&site).await, 200);
    assert_eq!(hits(&site).await, [1, 1]);
}

#[tokio::test]
async fn a_reset_sends_nothing_and_comes_before_the_effect_or_after_it() {
    for (fault, made) in [
        ("POST /v2/personas reset", 0),
        ("POST /v2/personas reset before", 0),
        ("POST /v2/personas reset after", 1),
    ] {
        let site = with(&[fault]).await;
        let (got, in_order) = raw(&site, "POST", "/v2/personas", BODY).await;
        assert_eq!((got.as_str(), in_order), ("", false), "{fault}");
        assert_eq!(count(&site).await, made, "{fault}");
        assert_eq!(hits(&site).await, [1], "{fault}");
    }
}

#[tokio::test]
async fn a_delay_comes_before_the_effect_or_after_it() {
    for (fault, made) in [
        ("POST /v2/personas delay=10h", 0),
        ("POST /v2/personas delay=10h after", 1),
        ("POST /v2/personas delay=10h status=500", 0),
    ] {
        let site = with(&[fault]).await;
        let request = site.request(Method::POST, "/v2/personas").body(BODY);
        let waiting = tokio::spawn(request.send());
        let reached = async { while hits(&site).await != [1] || count(&site).await != made {} };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        assert!(reached.is_ok(), "{fault}");
        assert_eq!(count(&site).await, made, "{fault}");
        assert!(!waiting.is_finished(), "{fault}");
        waiting.abort();
    }
    let site = with(&["* * delay=1ms", "* * reset"]).await;
    assert_eq!(create(&site).await, 200);
}

#[tokio::test]
async fn a_truncated_body_has_the_length_of_the_whole() {
    let site = with(&["GET /v2/personas truncate", "POST * truncate"]).await;
    let (got, _) = raw(&site, "GET", OWN, "").await;
    let (head, half) = got.split_once("\r\n\r\n").expect("a head");
    let whole = r#"{"data":[],"total_count":0}"#;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let length = format!("content-length: {}", whole.len());
    assert!(head.lines().any(|line| line == length), "{head}");
    assert_eq!(half, &whole[..whole.len() / 2]);

    let request = site.request(Method::POST, "/v2/personas").body(BODY);
    let response = request.send().await.expect("a head");
    assert!(response.bytes().await.is_err());
    set(&site, json!([])).await;
    assert_eq!(count(&site).await, 1, "the effect was carried out");
}

#[tokio::test]
async fn garbage_and_pages_are_no_json() {
    for (fault, content_type, made) in [
        ("POST * garbage", "application/json", 1),
        ("POST * html", "text/html", 0),
        ("POST * html after", "text/html", 1),
    ] {
        let site = with(&[fault]).await;
        let request = site.request(Method::POST, "/v2/personas").body(BODY);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], content_type);
        let body = response.bytes().await.expect("a body");
        assert!(serde_json::from_slice::<Value>(&body).is_err(), "{body:?}");
        assert_eq!(count(&site).await, made, "{fault}");
    }
}

#[tokio::test]
async fn a_trickled_body_arrives_whole() {
    let site = with(&["GET * trickle=1ms"]).await;
    let whole = json!({"data": [], "total_count": 0});
    let request = site.request(Method::GET, OWN);
    let response = request.send().await.expect("an answer");
    assert_eq!(
        response.content_length(),
        Some(whole.to_string().len() as u64)
    );
    let body = response.bytes().await.expect("a body");
    assert_eq!(body, whole.to_string());
}

#[tokio::test]
async fn an_answer_without_a_body_stays_so() {
    for fault in ["DELETE * truncate", "DELETE * trickle=1ms"] {
        let site = Site::new().await;
        let id = site.create(json!({})).await;
        set(&site, json!([fault])).await;
        let deleted = site.delete(&format!("/v2/personas/{id}")).await;
        assert_eq!(deleted, (204, Value::Null), "{fault}");
    }
}

#[tokio::test]
async fn some_requests_are_let_through_first_and_others_never_meant() {
    let site = with(&["POST /v2/p* status=500 skip=1 count=2"]).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(create(&site).await);
        assert_eq!(site.get("/v2/personas").await.0, 200);
    }
    assert_eq!(statuses, [200, 500, 500, 200, 200]);
    let (_, told) = site.get(CONTROL).await;
    let fault = "POST /v2/p* status=500 skip=1 count=2";
    let expected = json!({"faults": [{"fault": fault, "seen": 5, "hits": 2}]});
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_seed_hits_the_same_requests_again() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let site = with(&[&format!("GET * status=500 chance=0.5 seed={seed}")]).await;
        let mut statuses = Vec::new();
        for _ in 0..32 {
            statuses.push(site.get("/v2/personas").await.0);
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&200) && runs[0].contains(&500));
}

#[tokio::test]
async fn faults_are_set_at_the_start_and_removed_over_http() {
    let home = tempfile::tempdir().expect("a directory");
    let fault = "* * status=503".parse().expect("a fault");
    let mut options = options(home.path());
    options.faults = vec![fault];
    options.api_key = Some("right".into());
    let sandbox = start(options).await.expect("it starts");
    let url = |path: &str| format!("http://{}{path}", sandbox.address());
    let client = client();
    let list = || client.get(url("/v2/personas"));

    assert_eq!(answer(list()).await.0, 401, "the key comes first");
    let list = || list().header("x-api-key", "right");
    assert_eq!(answer(list()).await.0, 503);
    let told = answer(client.get(url(CONTROL))).await;
    let expected = json!({"faults": [{"fault": "* * status=503", "seen": 1, "hits": 1}]});
    assert_eq!(told, (200, expected), "it asks for no key");
    let cleared = answer(client.delete(url(CONTROL))).await;
    assert_eq!(cleared, (204, Value::Null));
    assert_eq!(answer(list()).await.0, 200);
}

#[tokio::test]
async fn the_control_endpoint_is_for_this_machine_only() {
    let site = Site::new().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = site.request(method, CONTROL).header("host", "evil.example");
        assert_eq!(answer(request.body("[]")).await.0, 403);
    }
    let asked = site
        .request(Method::OPTIONS, CONTROL)
        .header("origin", "http://evil.example")
        .header("access-control-request-method", "PUT");
    let response = asked.send().await.expect("an answer");
    assert_eq!(response.status(), 405);
    let allows = |name: &str| name.starts_with("access-control");
    assert!(!response.headers().keys().any(|name| allows(name.as_str())));
}

#[tokio::test]
async fn a_mistake_is_named_and_changes_nothing() {
    let site = with(&["GET /nowhere status=503"]).await;
    for (faults, message) in [
        (
            json!(["* * reset", "* * status=200"]),
            "Bad Request. `status=200` is no error's status: 400 to 599",
        ),
        (
            json!("* * reset"),
            "Bad Request. The body is no JSON list of texts",
        ),
    ] {
        let refused = set(&site, faults).await;
        assert_eq!(refused, (400, json!({"message": message})));
    }
    assert_eq!(site.get("/nowhere").await.0, 503);
    assert_eq!(hits(&site).await, [1]);
}
