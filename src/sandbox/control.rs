//! Setting faults while the sandbox runs. No key is asked for: a page in a browser would have to ask
//! first whether it may, and is never told that it may.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::fault::Fault;
use super::faults::Faults;
use super::refusal::{Refusal, answer};

/// The control endpoint.
pub(super) fn router(faults: Arc<Faults>) -> Router {
    Router::new()
        .route("/_sandbox/faults", get(tell).put(set).delete(clear))
        .with_state(faults)
}

async fn tell(State(faults): State<Arc<Faults>>) -> Response {
    answer(StatusCode::OK, &faults.told())
}

async fn set(
    State(faults): State<Arc<Faults>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    faults.set(read(&body?)?);
    Ok(answer(StatusCode::OK, &faults.told()))
}

async fn clear(State(faults): State<Arc<Faults>>) -> StatusCode {
    faults.set(Vec::new());
    StatusCode::NO_CONTENT
}

fn read(body: &[u8]) -> Result<Vec<Fault>, Refusal> {
    let texts: Vec<String> = serde_json::from_slice(body)
        .map_err(|_| Refusal::Invalid("The body is no JSON list of texts".to_owned()))?;
    let faults = texts.iter().map(|text| text.parse::<Fault>());
    faults
        .collect::<Result<_, _>>()
        .map_err(|error| Refusal::Invalid(error.to_string()))
}
