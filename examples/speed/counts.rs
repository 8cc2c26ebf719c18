//! How often a service was asked, and how much it answered: it counts by itself, and tells whoever asks.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};

/// Requests, and the bytes of their answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counts {
    /// Those that were answered.
    pub(crate) answered: usize,
    /// Those that came too soon: 429.
    pub(crate) refused: usize,
    /// What the bodies of all answers have together.
    pub(crate) bytes: u64,
}

type Counter = Arc<Mutex<Counts>>;

impl Counts {
    pub(crate) fn read(text: &[u8]) -> Self {
        serde_json::from_slice(text).expect("a service tells what it has counted")
    }

    fn add(&mut self, answer: &Response) {
        match answer.status() {
            StatusCode::TOO_MANY_REQUESTS => self.refused += 1,
            _ => self.answered += 1,
        }
        self.bytes += answer.body().size_hint().exact().unwrap_or_default();
    }
}

/// The same service, which counts.
pub(crate) fn counted(router: Router) -> Router {
    let counter = Counter::default();
    let told = get(tell).with_state(Arc::clone(&counter));
    router
        .layer(middleware::from_fn_with_state(counter, count))
        .route("/counts", told)
}

async fn count(State(counter): State<Counter>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    counter.lock().expect("nobody panics here").add(&answer);
    answer
}

/// Says what was counted, and begins anew.
async fn tell(State(counter): State<Counter>) -> String {
    let counts = std::mem::take(&mut *counter.lock().expect("nobody panics here"));
    serde_json::to_string(&counts).expect("numbers are JSON")
}
