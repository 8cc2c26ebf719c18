//! Starting the server, and giving it what is to be shown.

use std::future::IntoFuture;
use std::net::SocketAddr;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::error::{ServeError, ServeErrorKind};
use super::routes;
use super::shown::Shown;

/// A running server. When it is dropped, all streams end, and nobody is answered any more.
#[derive(Debug)]
#[must_use = "the live page is gone when its server is dropped"]
pub struct Server {
    address: SocketAddr,
    shown: watch::Sender<Shown>,
}

/// Serves a page on a loopback address; port 0 takes a free one. Each page is asked for with its version, which it is to
/// carry.
pub async fn start(
    address: SocketAddr,
    page: impl FnOnce(u64) -> String,
) -> Result<Server, ServeError> {
    let refused = |kind| ServeError { address, kind };
    if !address.ip().is_loopback() {
        return Err(refused(ServeErrorKind::NotLoopback));
    }
    let unheard = |source| refused(ServeErrorKind::Listen(source));
    let listener = TcpListener::bind(address).await.map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;

    let version = first();
    let (shown, mut ending) = watch::channel(Shown {
        version,
        page: page(version).into(),
        notice: None,
    });
    let router = routes::router(address, shown.subscribe());
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(async move { while ending.changed().await.is_ok() {} });
    tokio::spawn(async move {
        if let Err(error) = serving.into_future().await {
            tracing::debug!(%error, "the live page has ended");
        }
    });
    Ok(Server { address, shown })
}

/// The version to begin with: browsers that knew an earlier server must not take its last page for this one's.
fn first() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shows another page. The notice stays.
    pub fn show(&mut self, page: impl FnOnce(u64) -> String) {
        let version = self.shown.borrow().version + 1;
        let page = page(version).into();
        self.shown.send_modify(|shown| {
            shown.version = version;
            shown.page = page;
        });
    }

    /// Tells of something above the page, in plain text, until something else is told, or nothing.
    pub fn tell(&mut self, notice: Option<String>) {
        self.shown.send_if_modified(|shown| {
            let is_news = shown.notice != notice;
            shown.notice = notice;
            is_news
        });
    }
}
