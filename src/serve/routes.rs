//! The two things that can be asked for: the page, and to be told when there is another one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::sync::{Semaphore, watch};

use super::guard::{self, Names};
use super::shown::Shown;

/// How many browser windows can follow at once.
pub(super) const STREAMS: usize = 32;
/// After how much silence a stream says that it is still there, so that those whose browser is gone end.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// After what time a browser that has lost its stream asks for another one.
const RETRY: Duration = Duration::from_secs(1);

/// What the handlers share.
#[derive(Clone)]
struct Desk {
    shown: watch::Receiver<Shown>,
    streams: Arc<Semaphore>,
}

pub(super) fn router(address: SocketAddr, shown: watch::Receiver<Shown>) -> Router {
    let names = Arc::new(Names::of(address));
    Router::new()
        .route("/", get(page))
        .route("/events", get(events))
        .with_state(Desk {
            shown,
            streams: Arc::new(Semaphore::new(STREAMS)),
        })
        .layer(middleware::from_fn_with_state(names, guard::guard))
}

async fn page(State(desk): State<Desk>) -> Response {
    let page = desk.shown.borrow().page.clone();
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// What is shown now, and again whenever that has changed. Whoever is slow is told of the last change only: nothing is kept
/// for anybody.
async fn events(State(desk): State<Desk>) -> Response {
    let Desk { mut shown, streams } = desk;
    let Ok(permit) = streams.try_acquire_owned() else {
        let told = format!("{STREAMS} windows show this page already");
        return (StatusCode::SERVICE_UNAVAILABLE, told).into_response();
    };
    shown.mark_changed();
    let events = stream::unfold((shown, permit), async |(mut shown, permit)| {
        shown.changed().await.ok()?;
        let told = shown.borrow_and_update().told();
        let event = Event::default().retry(RETRY).data(told);
        Some((Ok::<_, Infallible>(event), (shown, permit)))
    });
    let sign_of_life = KeepAlive::new().interval(SIGN_OF_LIFE);
    Sse::new(events).keep_alive(sign_of_life).into_response()
}
