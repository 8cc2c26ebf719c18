//! Why a sandbox cannot start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// The sandbox cannot start.
#[derive(Debug, Error)]
#[error("cannot start the sandbox with `{path}`")]
pub struct StartError {
    /// The state directory, or the file in it that is to blame.
    pub path: PathBuf,
    /// What went wrong.
    #[source]
    pub kind: StartErrorKind,
}

/// What went wrong at the start.
#[derive(Debug, Error)]
pub enum StartErrorKind {
    /// The address can be reached from other machines.
    #[error("it listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// A running sandbox holds the state directory.
    #[error("it is in use by a sandbox that is already running")]
    Busy {
        /// Where that sandbox listens, if it has said so yet.
        address: Option<SocketAddr>,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file or directory cannot be read or written.
    #[error("cannot read or write it")]
    Io(#[source] io::Error),
    /// A state file is not what the sandbox wrote.
    #[error("it is no persona that a sandbox wrote")]
    Garbled(#[source] serde_json::Error),
    /// A state file holds another persona than its name says.
    #[error("it does not hold the persona that it is named after")]
    Misnamed,
    /// A persona to begin with cannot be taken, by its position.
    #[error("the seed at position {0} is no persona with a usable and unused id")]
    Seed(usize),
}

impl StartError {
    pub(super) fn new(path: impl Into<PathBuf>, kind: StartErrorKind) -> Self {
        Self {
            path: path.into(),
            kind,
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::new(path, StartErrorKind::Io(source))
    }
}
