//! Who may speak to the sandbox: programs on this machine that hold a key, and no page in a
//! browser.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};

use super::refusal::Refusal;

/// The header that carries the key.
const KEY: &str = "x-api-key";

/// The key that is asked for; `None` takes any.
pub(super) type Key = Option<SecretString>;

/// Lets a request through that is meant for this machine, and notes it; never its headers or body.
pub(super) async fn host(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let response = match text(request.headers(), header::HOST.as_str()).is_some_and(is_loopback) {
        true => next.run(request).await,
        false => Refusal::Host.into_response(),
    };
    let status = response.status().as_u16();
    tracing::debug!(%method, path, status, "sandbox");
    response
}

/// Lets a request through that holds the key.
pub(super) async fn key(State(key): State<Arc<Key>>, request: Request, next: Next) -> Response {
    let given = text(request.headers(), KEY).unwrap_or_default();
    match opens(given, key.as_ref().as_ref()) {
        true => next.run(request).await,
        false => Refusal::Key.into_response(),
    }
}

fn opens(given: &str, key: Option<&SecretString>) -> bool {
    !given.is_empty() && key.is_none_or(|key| key.expose_secret() == given)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A page from elsewhere can make its own name resolve to this machine, but it cannot send another
/// name than its own.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:8787",
            "127.9.9.9",
            "[::1]:8787",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "192.0.2.1",
            "[::]:1",
            "127.0.0.1.evil.example",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
