//! The embedded service: started on a state of its own, or found where another run has started it.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use serde_json::Value;

use super::error::Error;
use crate::durable;
use crate::sandbox::{self, Options, Quirks, Sandbox, StartError, StartErrorKind};

/// Starts the embedded service on a free port, or finds the one that another run has started on the
/// same state.
pub(super) async fn join(
    state: &Path,
    seed: &Path,
) -> Result<(Option<Sandbox>, SocketAddr), Error> {
    match start(state, seed).await {
        Err(Error::Sandbox(StartError {
            kind: StartErrorKind::Busy {
                address: Some(address),
            },
            ..
        })) => {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok((None, address));
            }
            // The other run has ended meanwhile.
            start(state, seed).await
        }
        other => other,
    }
}

async fn start(state: &Path, seed: &Path) -> Result<(Option<Sandbox>, SocketAddr), Error> {
    let sandbox = sandbox::start(Options {
        state: state.to_owned(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        seed: sow(state, seed)?,
        quirks: Quirks::default(),
        api_key: None,
        faults: Vec::new(),
    })
    .await?;
    let address = sandbox.address();
    Ok((Some(sandbox), address))
}

/// What a sandbox that holds nothing yet begins with: the seed's personas. The ledger of whoever
/// applied them is put beside them.
pub(super) fn sow(state: &Path, seed: &Path) -> Result<Vec<Value>, Error> {
    if state.join("personas").exists() {
        return Ok(Vec::new());
    }
    let Some(text) = read(&seed.join("personas.json"))? else {
        return Ok(Vec::new());
    };
    let personas = serde_json::from_str(&text).map_err(|source| Error::Seed {
        path: seed.join("personas.json"),
        source: source.into(),
    })?;
    if let Some(text) = read(&seed.join("ledger.json"))? {
        let path = state.join("ledger.json");
        durable::private_folder(state)
            .and_then(|()| durable::write(&path, text.as_bytes()))
            .map_err(|source| Error::State { path, source })?;
    }
    Ok(personas)
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Seed {
            path: path.to_owned(),
            source,
        }),
    }
}
