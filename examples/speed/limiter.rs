//! A service that takes so many requests in a second and no more, before another one that takes all.

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use reqwest::Client;

use crate::counts::counted;
use crate::floor::client;
use crate::role::Role;
use crate::service::Service;
use crate::site::Site;
use crate::still::listen;

/// What a service allows.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    /// How many requests in a second, in the long run.
    pub(crate) rate: f64,
    /// How many at once, after a pause.
    pub(crate) burst: f64,
}

/// A bucket that fills with time: each request takes one token out of it.
struct Bucket {
    limit: Limit,
    tokens: f64,
    filled: Instant,
}

/// The service behind it.
#[derive(Clone)]
struct Upstream {
    client: Client,
    host: Arc<str>,
}

/// A limiter before a service.
pub(crate) fn start(site: &Site, service: &Service, limit: Limit) -> Service {
    let mut command = Role::Limiter.command(site.folder());
    command.args([limit.rate.to_string(), limit.burst.to_string()]);
    Service::start(command.arg(service.url.trim_end_matches("/v2")))
}

/// The limiter itself.
pub(crate) fn serve() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = |nth: usize| words[nth].parse().expect("a number");
    let limit = Limit {
        rate: number(0),
        burst: number(1),
    };
    let upstream = Upstream {
        client: client(),
        host: words[2].as_str().into(),
    };
    let bucket = Arc::new(Mutex::new(Bucket::full(limit)));
    let router = Router::new()
        .fallback(forward)
        .with_state(upstream)
        .layer(middleware::from_fn_with_state(bucket, take));
    listen(counted(router))
}

impl Bucket {
    fn full(limit: Limit) -> Self {
        Self {
            limit,
            tokens: limit.burst,
            filled: Instant::now(),
        }
    }

    /// Takes a token, or says when there is one.
    fn take(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        let since = now.duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = self.limit.burst.min(self.tokens + since * self.limit.rate);
        if self.tokens < 1.0 {
            let wait = (1.0 - self.tokens) / self.limit.rate;
            return Err(Duration::from_secs_f64(wait));
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

async fn take(State(bucket): State<Arc<Mutex<Bucket>>>, request: Request, next: Next) -> Response {
    let taken = bucket.lock().expect("nobody panics here").take();
    match taken {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let seconds = wait.as_secs_f64().ceil().to_string();
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)]).into_response()
        }
    }
}

async fn forward(
    State(Upstream { client, host }): State<Upstream>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    headers.remove("host");
    let request = client.request(method, format!("{host}{uri}"));
    let answer = request.headers(headers).body(body).send().await;
    let answer = answer.expect("an answer");
    let (status, kind) = (answer.status(), answer.headers().get(CONTENT_TYPE).cloned());
    let mut response = (status, answer.bytes().await.expect("a body")).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}
