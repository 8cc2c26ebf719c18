//! Why the live page cannot be served.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// The live page cannot be served.
#[derive(Debug, Error)]
#[error("cannot serve the live page on {address}")]
pub struct ServeError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What went wrong.
    #[source]
    pub kind: ServeErrorKind,
}

/// What went wrong.
#[derive(Debug, Error)]
pub enum ServeErrorKind {
    /// The address can be reached from other machines.
    #[error("other machines can reach it; 127.0.0.1 and [::1] are for this one only")]
    NotLoopback,
    /// The address cannot be listened on.
    #[error("cannot listen there")]
    Listen(#[source] io::Error),
}
