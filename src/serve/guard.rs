//! Who is answered: browser windows of this machine that came here by its name. Pages from elsewhere are not, whatever
//! they make their own name resolve to.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What every answer carries: it is kept nowhere, and no page from elsewhere can embed or hold it.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("frame-ancestors 'none'"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The names under which the server can be asked for something, each with its port.
pub(super) struct Names(Vec<String>);

/// Lets a request through that is meant for this server and does not come from another site's page.
pub(super) async fn guard(
    State(names): State<Arc<Names>>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut response = match names.refuse(request.headers()) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    let status = response.status().as_u16();
    tracing::debug!(%method, path, status, "live page");
    response
}

impl Names {
    pub(super) fn of(address: SocketAddr) -> Self {
        let names = [address.to_string(), format!("localhost:{}", address.port())];
        // Browsers leave the usual port out.
        let short = names.iter().filter_map(|name| name.strip_suffix(":80"));
        let short: Vec<String> = short.map(str::to_owned).collect();
        Self(names.into_iter().chain(short).collect())
    }

    fn refuse(&self, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
        let is_named = headers.contains_key(header::HOST);
        if !is_named || !is_all(headers, &header::HOST, |host| self.holds(host)) {
            let told = "this server goes by another name";
            return Some((StatusCode::MISDIRECTED_REQUEST, told));
        }
        let is_ours = |origin: &str| {
            let host = origin.strip_prefix("http://");
            host.is_some_and(|host| self.holds(host))
        };
        if !is_all(headers, &header::ORIGIN, is_ours) || is_foreign(headers) {
            return Some((StatusCode::FORBIDDEN, "no other page may ask for this"));
        }
        None
    }

    fn holds(&self, host: &str) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// Whether a browser says that another site's page asks, other than by a link that leads here.
fn is_foreign(headers: &HeaderMap) -> bool {
    let says = |name: &'static str, values: &[&str]| {
        is_all(headers, &HeaderName::from_static(name), |value| {
            values.contains(&value)
        })
    };
    let is_link = headers.contains_key("sec-fetch-mode")
        && says("sec-fetch-mode", &["navigate"])
        && says("sec-fetch-dest", &["document"]);
    !is_link && !says("sec-fetch-site", &["same-origin", "none"])
}

/// Whether all values of a header are like this; there may be none.
fn is_all(headers: &HeaderMap, name: &HeaderName, is: impl Fn(&str) -> bool) -> bool {
    let mut values = headers.get_all(name).iter();
    values.all(|value| value.to_str().is_ok_and(&is))
}
