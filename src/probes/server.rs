//! The server of the probes: three pages to read. Whoever asks may come from outside, as the kubelet does.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::health::{Health, Verdict};
use crate::metrics::{self, Metrics};

/// The running server, which ends when this is dropped.
#[derive(Debug)]
#[must_use = "the probes end when they are dropped"]
pub struct Probes {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// The probes cannot be served.
#[derive(Debug, Error)]
#[error("cannot listen on `{address}`")]
pub struct ProbeError {
    /// Where they were to be.
    pub address: SocketAddr,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

/// What the pages tell of.
#[derive(Clone)]
struct Desk {
    health: Arc<Health>,
    metrics: Arc<Metrics>,
}

/// Serves `/livez`, `/readyz` and `/metrics` on the current runtime: one that is blocked does not answer, and is to be
/// started again as well. Port 0 takes a free one.
///
/// # Errors
/// Where the address cannot be listened on.
pub async fn start(
    address: SocketAddr,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
) -> Result<Probes, ProbeError> {
    let refused = |source| ProbeError { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let router = router(Desk { health, metrics });
    let (stop, stopped) = oneshot::channel();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        // Nothing is ever sent: an error means that the `Probes` were dropped.
        let _ = stopped.await;
    });
    tokio::spawn(async move {
        if let Err(error) = serving.into_future().await {
            tracing::warn!(%error, "the probes have ended");
        }
    });
    Ok(Probes {
        address,
        _stop: stop,
    })
}

impl Probes {
    /// Where they are.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn router(desk: Desk) -> Router {
    let live = async |State(desk): State<Desk>| page(desk.health.live());
    let ready = async |State(desk): State<Desk>| page(desk.health.ready());
    let metrics = async |State(desk): State<Desk>| {
        (
            [(CONTENT_TYPE, metrics::CONTENT_TYPE)],
            desk.metrics.encode(),
        )
    };
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "there are /livez, /readyz and /metrics\n",
            )
        })
        .with_state(desk)
}

fn page(verdict: Verdict) -> impl IntoResponse {
    let (status, reason) = match verdict {
        Ok(reason) => (StatusCode::OK, reason),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    };
    (status, format!("{reason}\n"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// What comes back, with the headers in small letters.
    async fn ask(probes: &Probes, line: &str) -> String {
        let mut stream = TcpStream::connect(probes.address())
            .await
            .expect("it listens");
        let request = format!("{line} HTTP/1.1\r\nhost: pod\r\nconnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is taken");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("it answers");
        answer
    }

    async fn probes() -> (Probes, Arc<Health>, Arc<Metrics>) {
        let health = Arc::new(Health::new(MINUTE));
        let metrics = Arc::new(Metrics::new(MINUTE));
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let probes = start(anywhere, Arc::clone(&health), Arc::clone(&metrics)).await;
        (probes.expect("a free port"), health, metrics)
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_status_and_its_reason() {
        let (probes, health, _) = probes().await;
        let rows = [
            ("GET /livez", "200 OK", "the loop was heard of 0 s ago\n"),
            ("GET /readyz", "503 ", "no round has gone well yet\n"),
        ];
        for (line, status, reason) in rows {
            let answer = ask(&probes, line).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{answer}"
            );
            assert!(answer.ends_with(&format!("\r\n\r\n{reason}")), "{answer}");
            assert!(answer.contains("content-type: text/plain"), "{answer}");
        }
        health.succeeded(10 * MINUTE);
        advance(2 * MINUTE).await;
        let live = ask(&probes, "GET /livez").await;
        assert!(live.starts_with("HTTP/1.1 503 "), "{live}");
        let ready = ask(&probes, "GET /readyz").await;
        assert!(ready.starts_with("HTTP/1.1 200 OK"), "{ready}");
    }

    #[tokio::test]
    async fn metrics_are_what_they_are_now_in_the_form_that_they_say() {
        let (probes, _, metrics) = probes().await;
        metrics.stepped(&crate::plan::Action::Keep, crate::apply::Status::Unchanged);
        let answer = ask(&probes, "GET /metrics").await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"));
        assert_eq!(body, metrics.encode());
        assert!(body.contains("{action=\"keep\",result=\"unchanged\"} 1\n"));
    }

    #[tokio::test]
    async fn there_is_nothing_else_and_nothing_to_write() {
        let (probes, ..) = probes().await;
        for line in [
            "GET /",
            "GET /livez/",
            "GET /metrics/../etc",
            "POST /nothing",
        ] {
            let answer = ask(&probes, line).await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{line}: {answer}");
        }
        for line in ["POST /livez", "DELETE /readyz", "PUT /metrics"] {
            let answer = ask(&probes, line).await;
            assert!(answer.starts_with("HTTP/1.1 405 "), "{line}: {answer}");
            assert!(answer.contains("allow: GET,HEAD"), "{line}: {answer}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_told_and_free_once_the_probes_are_dropped() {
        let (probes, health, metrics) = probes().await;
        let address = probes.address();
        let again = async || start(address, Arc::clone(&health), Arc::clone(&metrics)).await;
        let taken = again().await.expect_err("it is taken");
        assert_eq!(taken.to_string(), format!("cannot listen on `{address}`"));
        drop(probes);
        for _ in 0..100 {
            if again().await.is_ok() {
                return;
            }
            yield_now().await;
        }
        panic!("{address} is never free");
    }
}
