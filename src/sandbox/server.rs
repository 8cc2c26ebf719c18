//! Starting and stopping the server.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::fault::Fault;
use super::home::Home;
use super::line::{Line, Lines};
use super::quirk::Quirks;
use super::routes;
use super::service::Service;
use super::start_error::{StartError, StartErrorKind};
use super::store::Store;

/// How long [`Sandbox::stop`] waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(3);

/// What a sandbox is started with.
pub struct Options {
    /// The directory with its state, made where there is none.
    pub state: PathBuf,
    /// The loopback address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The personas to begin with when there is no state yet, as a GET answers them.
    pub seed: Vec<Value>,
    /// How it behaves where the service is not surely known.
    pub quirks: Quirks,
    /// The only key that is taken; without it any key is.
    pub api_key: Option<SecretString>,
    /// What goes wrong; of those that hit a request, the first does.
    pub faults: Vec<Fault>,
}

/// A running sandbox. It stops when the value is dropped, too, but only [`Sandbox::stop`] waits for
/// that.
#[derive(Debug)]
#[must_use = "a sandbox stops when it is dropped"]
pub struct Sandbox {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Starts a sandbox on the current runtime.
pub async fn start(options: Options) -> Result<Sandbox, StartError> {
    let Options {
        state,
        listen,
        seed,
        quirks,
        api_key,
        faults,
    } = options;
    if !listen.ip().is_loopback() {
        return Err(StartError::new(state, StartErrorKind::NotLoopback(listen)));
    }
    let home = Home::claim(state)?;
    let store = Store::open(&home, seed)?;
    let (listener, address) = bind(listen, home.directory()).await?;
    home.announce(address)?;

    let router = routes::router(Service::new(store, quirks), faults, api_key);
    let service = router.into_make_service_with_connect_info::<Line>();
    let (stop, stopped) = oneshot::channel();
    let serving = axum::serve(Lines(listener), service).with_graceful_shutdown(async {
        // An error means that the `Sandbox` was dropped, which stops the server as well.
        let _ = stopped.await;
    });
    let server = tokio::spawn(async move {
        if let Err(error) = serving.into_future().await {
            tracing::debug!(%error, "the sandbox has ended");
        }
        drop(home);
    });
    Ok(Sandbox {
        address,
        stop,
        server,
    })
}

impl Sandbox {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, waits a little for those under way, and lets go of the state.
    pub async fn stop(self) {
        let Self {
            address: _,
            stop,
            mut server,
        } = self;
        // The server may have ended on its own.
        let _ = stop.send(());
        if tokio::time::timeout(GRACE, &mut server).await.is_err() {
            server.abort();
            let _ = server.await;
        }
    }
}

async fn bind(listen: SocketAddr, state: &Path) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |source| {
        let kind = StartErrorKind::Listen {
            address: listen,
            source,
        };
        StartError::new(state, kind)
    };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}
