//! The faults that are set, how often each has hit, and the layer in which they hit. Those that the
//! service's knowledge is twisted by are only passed on to it here.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{self, Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::fault::{Effect, Fault, Moment};
use super::line::Line;
use super::refusal::answer;

/// What is set, in order; the first that hits a request is the only one to see it.
#[derive(Debug)]
pub(super) struct Faults(Mutex<Vec<Armed>>);

/// A fault and how it has fared.
#[derive(Debug)]
struct Armed {
    fault: Fault,
    /// How many of the requests that it may hit it has seen.
    seen: u64,
    /// How many of them it has hit.
    hits: u64,
}

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(arm(faults)))
    }

    /// Sets these instead of the others.
    pub(super) fn set(&self, faults: Vec<Fault>) {
        *self.armed() = arm(faults);
    }

    /// What is set, for who asks over HTTP.
    pub(super) fn told(&self) -> Value {
        let armed = self.armed();
        let told = armed.iter().map(|Armed { fault, seen, hits }| {
            json!({"fault": fault.to_string(), "seen": seen, "hits": hits})
        });
        json!({"faults": told.collect::<Vec<_>>()})
    }

    /// The fault that hits this request, which is counted.
    fn hit(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut armed = self.armed();
        let hit = armed.iter_mut().find_map(|armed| armed.hit(method, path));
        hit.cloned()
    }

    fn armed(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.0
            .lock()
            .expect("nobody panics while holding the faults")
    }
}

impl Armed {
    fn hit(&mut self, method: &Method, path: &str) -> Option<&Fault> {
        if !self.fault.concerns(method, path) {
            return None;
        }
        let hit = self.fault.times.include(self.seen, self.hits);
        self.seen += 1;
        self.hits += u64::from(hit);
        hit.then_some(&self.fault)
    }
}

fn arm(faults: Vec<Fault>) -> Vec<Armed> {
    let armed = faults.into_iter().map(|fault| Armed {
        fault,
        seen: 0,
        hits: 0,
    });
    armed.collect()
}

/// Lets a request run into the fault that hits it, if one does.
pub(super) async fn strike(
    State(faults): State<Arc<Faults>>,
    ConnectInfo(line): ConnectInfo<Line>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(fault) = faults.hit(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    tracing::debug!(%fault, "sandbox");
    if let Effect::Twist(twist) = fault.effect {
        request.extensions_mut().insert(twist);
    }
    let pause = tokio::time::sleep(fault.delay);
    match (fault.moment, fault.effect) {
        (Moment::Before, Effect::Wait | Effect::Twist(_)) => {
            pause.await;
            next.run(request).await
        }
        (Moment::Before, effect) => {
            pause.await;
            spoil(effect, Response::default(), &line).await
        }
        (Moment::After, effect) => {
            let response = next.run(request).await;
            pause.await;
            spoil(effect, response, &line).await
        }
    }
}

/// What the client gets for this response.
async fn spoil(effect: Effect, response: Response, line: &Line) -> Response {
    match effect {
        Effect::Wait | Effect::Twist(_) => response,
        Effect::Status { code, retry_after } => refuse(code, retry_after),
        Effect::Reset => {
            line.cut();
            response
        }
        Effect::Html => {
            let page = "<!doctype html><title>Sandbox</title><p>A fault, as it was asked for.";
            ([(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
        Effect::Garbage => {
            let content_type = [(header::CONTENT_TYPE, "application/json")];
            (content_type, "}{ a fault, as it was asked for").into_response()
        }
        Effect::Truncate => truncate(response).await,
        Effect::Trickle(gap) => trickle(response, gap).await,
    }
}

fn refuse(code: StatusCode, retry_after: Option<u32>) -> Response {
    let body = json!({"message": "A fault of the sandbox, as it was asked for"});
    let mut response = answer(code, &body);
    if let Some(seconds) = retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

async fn truncate(response: Response) -> Response {
    let (response, whole) = open(response).await;
    if whole.is_empty() {
        return response;
    }
    let half = whole.slice(..whole.len() / 2);
    // What was written is sent as soon as the body keeps the server waiting, and an error drops
    // what was not.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the body is cut off"))
    });
    let body = stream::once(async { Ok(half) }).chain(end);
    response.map(|_| Body::from_stream(body))
}

async fn trickle(response: Response, gap: Duration) -> Response {
    let (response, whole) = open(response).await;
    if whole.is_empty() {
        return response;
    }
    let body = stream::iter(0..whole.len()).then(move |at| {
        let byte = whole.slice(at..=at);
        async move {
            tokio::time::sleep(gap).await;
            Ok::<_, std::io::Error>(byte)
        }
    });
    response.map(|_| Body::from_stream(body))
}

/// The response without its body, but with the length of that; and the body.
async fn open(response: Response) -> (Response, Bytes) {
    let (mut parts, body) = response.into_parts();
    let whole = body::to_bytes(body, usize::MAX)
        .await
        .expect("the handlers' bodies are in memory");
    if !whole.is_empty() {
        parts
            .headers
            .insert(header::CONTENT_LENGTH, whole.len().into());
    }
    (Response::from_parts(parts, Body::empty()), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_trickles_byte_by_byte() {
        let response = trickle("body".into_response(), Duration::from_secs(60)).await;
        let pieces = response.into_body().into_data_stream();
        let pieces: Vec<_> = pieces.map(|piece| piece.expect("a byte")).collect().await;
        assert_eq!(pieces, ["b", "o", "d", "y"]);
    }
}
