//! What is answered to whom, over real connections.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::routes::STREAMS;
use super::{ServeErrorKind, Server, start};

const ANYWHERE: &str = "127.0.0.1:0";
/// Longer than any machine needs; only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

fn page(version: u64) -> String {
    format!("<p>page {version}</p>")
}

async fn server() -> Server {
    let address = ANYWHERE.parse().expect("an address");
    start(address, page).await.expect("it listens")
}

async fn send(address: SocketAddr, request: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("{request} HTTP/1.1\r\n{headers}\r\n");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("it listens");
    stream
}

/// The whole answer to a request with these lines of its head, none of which names the server.
async fn ask_with(address: SocketAddr, request: &str, headers: &str) -> String {
    let headers = format!("connection: close\r\n{headers}");
    let mut answer = String::new();
    let mut stream = send(address, request, &headers).await;
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it answers");
    answer
}

async fn ask(address: SocketAddr, request: &str) -> String {
    ask_with(address, request, &format!("host: {address}\r\n")).await
}

fn status(answer: &str) -> u16 {
    let status = answer.split_whitespace().nth(1);
    status.expect("a status").parse().expect("a number")
}

/// Somebody who follows what is shown.
struct Follower(BufReader<TcpStream>);

impl Follower {
    async fn of(address: SocketAddr) -> Self {
        let host = format!("host: {address}\r\n");
        Self(BufReader::new(send(address, "GET /events", &host).await))
    }

    /// What is told next; nothing where the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        while self.0.read_line(&mut line).await.expect("a line") > 0 {
            if let Some(told) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(told).expect("JSON"));
            }
            line.clear();
        }
        None
    }
}

#[tokio::test]
async fn only_its_own_names_are_answered() {
    let server = server().await;
    let address = server.address();
    let port = address.port();
    let rows = [
        (format!("host: 127.0.0.1:{port}\r\n"), 200),
        (format!("host: localhost:{port}\r\n"), 200),
        (format!("host: LOCALHOST:{port}\r\n"), 200),
        (String::new(), 421),
        ("host: \r\n".to_owned(), 421),
        ("host: 127.0.0.1\r\n".to_owned(), 421),
        ("host: localhost:1\r\n".to_owned(), 421),
        (format!("host: evil.example:{port}\r\n"), 421),
        (format!("host: localhost.evil.example:{port}\r\n"), 421),
        (format!("host: a@localhost:{port}\r\n"), 421),
        (format!("host: 0.0.0.0:{port}\r\n"), 421),
        (
            format!("host: localhost:{port}\r\nhost: evil.example\r\n"),
            421,
        ),
    ];
    for (headers, expected) in rows {
        for path in ["/", "/events", "/other"] {
            let answer = ask_with(address, &format!("HEAD {path}"), &headers).await;
            let expected = match (path, expected) {
                ("/other", 200) => 404,
                _ => expected,
            };
            assert_eq!(status(&answer), expected, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn it_answers_by_its_address_of_the_newer_kind() {
    // Not every machine has one.
    let Ok(server) = start("[::1]:0".parse().expect("an address"), page).await else {
        return;
    };
    let answer = ask(server.address(), "GET /").await;
    assert_eq!(status(&answer), 200, "{answer}");
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let server = server().await;
    let address = server.address();
    let rows = [
        (format!("origin: http://{address}\r\n"), 200),
        ("origin: http://evil.example\r\n".to_owned(), 403),
        (format!("origin: https://{address}\r\n"), 403),
        ("origin: http://localhost:1\r\n".to_owned(), 403),
        ("origin: null\r\n".to_owned(), 403),
        ("sec-fetch-site: none\r\n".to_owned(), 200),
        ("sec-fetch-site: same-origin\r\n".to_owned(), 200),
        ("sec-fetch-site: same-site\r\n".to_owned(), 403),
        ("sec-fetch-site: cross-site\r\n".to_owned(), 403),
        (
            "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\nsec-fetch-dest: image\r\n".to_owned(),
            403,
        ),
        (
            "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: iframe\r\n".to_owned(),
            403,
        ),
        (
            "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n".to_owned(),
            200,
        ),
    ];
    for (headers, expected) in rows {
        let headers = format!("host: {address}\r\n{headers}");
        for path in ["/", "/events"] {
            let answer = ask_with(address, &format!("HEAD {path}"), &headers).await;
            assert_eq!(status(&answer), expected, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn nothing_can_be_written_and_nothing_else_is_there() {
    let server = server().await;
    let address = server.address();
    for path in ["/", "/events"] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let answer = ask(address, &format!("{method} {path}")).await;
            assert_eq!(status(&answer), 405, "{method} {path}");
        }
    }
    for path in ["/index.html", "//", "/events/", "/..%2f", "/?", "*"] {
        let answer = ask(address, &format!("GET {path}")).await;
        let expected = if path == "/?" { 200 } else { 404 };
        assert_eq!(status(&answer), expected, "{path}");
    }
}

#[tokio::test]
async fn every_answer_is_for_this_page_only_and_kept_nowhere() {
    let server = server().await;
    let address = server.address();
    let own = format!("host: {address}\r\n");
    let rows = [
        ("GET /", own.clone(), 200),
        ("HEAD /events", own.clone(), 200),
        ("GET /other", own.clone(), 404),
        ("POST /", own.clone(), 405),
        ("GET /", String::new(), 421),
        ("GET /", format!("{own}origin: null\r\n"), 403),
    ];
    for (request, headers, expected) in rows {
        let answer = ask_with(address, request, &headers).await;
        assert_eq!(status(&answer), expected, "{request}");
        let (head, _) = answer.split_once("\r\n\r\n").expect("a head");
        for line in [
            "cache-control: no-store",
            "content-security-policy: frame-ancestors 'none'",
            "x-frame-options: DENY",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
        ] {
            let count = head.lines().filter(|found| *found == line).count();
            assert_eq!(count, 1, "{request}: {line}\n{head}");
        }
        assert!(!head.contains("access-control-"), "{head}");
    }
}

#[tokio::test]
async fn a_follower_is_told_at_once_what_is_shown_and_then_of_every_change() {
    let mut server = server().await;
    let address = server.address();
    let mut follower = Follower::of(address).await;
    let first = follower.next().await.expect("it is told");
    assert_eq!(first["notice"], Value::Null);
    let version = first["version"].as_u64().expect("a number");
    assert!(ask(address, "GET /").await.ends_with(&page(version)));

    server.show(page);
    let second = follower.next().await.expect("it is told");
    assert_eq!(second["version"], version + 1);
    assert!(ask(address, "GET /").await.ends_with(&page(version + 1)));

    let notice = "ana.yaml\r\ndata: 1\n\nevent: x </script>";
    server.tell(Some(notice.to_owned()));
    let third = follower.next().await.expect("it is told");
    assert_eq!(third["version"], version + 1);
    assert_eq!(third["notice"], notice);

    // Somebody who comes late is told the same.
    assert_eq!(Follower::of(address).await.next().await, Some(third));

    // What was told already is no news; another page is, and the notice stays.
    server.tell(Some(notice.to_owned()));
    server.show(page);
    let fourth = follower.next().await.expect("it is told");
    assert_eq!(fourth["version"], version + 2);
    assert_eq!(fourth["notice"], notice);
    server.tell(None);
    let fifth = follower.next().await.expect("it is told");
    assert_eq!(fifth["notice"], Value::Null);
}

#[tokio::test]
async fn whoever_is_slow_is_told_of_the_last_change_only() {
    let mut server = server().await;
    let mut follower = Follower::of(server.address()).await;
    let first = follower.next().await.expect("it is told");
    let version = first["version"].as_u64().expect("a number");
    for _ in 0..1000 {
        server.show(page);
    }
    let next = follower.next().await.expect("it is told");
    assert_eq!(next["version"], version + 1000);
}

#[tokio::test]
async fn a_server_that_is_dropped_ends_its_streams() {
    let server = server().await;
    let mut follower = Follower::of(server.address()).await;
    assert!(follower.next().await.is_some());
    drop(server);
    assert_eq!(follower.next().await, None);
}

#[tokio::test]
async fn the_first_version_is_the_time_so_that_an_earlier_server_has_not_had_it() {
    let before = jiff::Timestamp::now().as_millisecond();
    let server = server().await;
    let first = Follower::of(server.address()).await.next().await;
    let version = first.expect("it is told")["version"].as_i64();
    assert!(version >= Some(before), "{version:?}");
}

#[tokio::test]
async fn so_many_windows_can_follow_and_no_more() {
    let server = server().await;
    let address = server.address();
    let mut followers = Vec::new();
    for _ in 0..STREAMS {
        let mut follower = Follower::of(address).await;
        assert!(follower.next().await.is_some());
        followers.push(follower);
    }
    let answer = ask(address, "GET /events").await;
    assert_eq!(status(&answer), 503, "{answer}");
    assert_eq!(status(&ask(address, "GET /").await), 200);
    // One that leaves makes room, as soon as that is noticed.
    followers.pop();
    let room = async { while status(&ask(address, "HEAD /events").await) == 503 {} };
    let noticed = tokio::time::timeout(PATIENCE, room).await;
    noticed.expect("there is room again");
}

#[tokio::test]
async fn no_other_machine_can_reach_it() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:127.0.0.1]:0"] {
        let error = start(address.parse().expect("an address"), page).await;
        let error = error.expect_err(address);
        assert!(
            matches!(error.kind, ServeErrorKind::NotLoopback),
            "{address}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let server = server().await;
    let error = start(server.address(), page)
        .await
        .expect_err("it is taken");
    assert!(matches!(error.kind, ServeErrorKind::Listen(_)), "{error:?}");
}
