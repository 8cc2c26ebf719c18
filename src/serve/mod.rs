//! The live page: the report of the last plan on a loopback port, which a browser shows anew whenever there is another one.
//!
//! It knows no persona and no plan: pages and notices come in as texts that are harmless already. Nothing can be written
//! through it, and `guard` keeps out whatever is not a browser window of this machine.

mod error;
mod guard;
mod routes;
mod server;
mod shown;
#[cfg(test)]
mod tests;

pub use error::{ServeError, ServeErrorKind};
pub use server::{Server, start};
