//! A local server that behaves as the service's personas API is known to.
//!
//! It speaks real HTTP on a loopback port, reads raw JSON, and keeps its personas in one directory.
//! It shares no wire code with the client, so that the two can disagree in a test. What it knows of
//! fields it reads from the catalogue. Who asks for a conversation is answered, too, but nobody is there.

mod behave;
mod birth;
mod check;
mod control;
mod conversation;
mod fault;
mod faults;
mod grammar;
mod guard;
mod home;
mod line;
mod normalise;
mod pages;
mod patch;
mod quirk;
mod record;
mod refusal;
mod routes;
mod seal;
mod server;
mod service;
mod start_error;
mod store;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use grammar::{FaultError, FaultErrorKind};
pub use quirk::{GetShape, Mask, Normalise, Quirks};
pub use server::{Options, Sandbox, start};
pub use start_error::{StartError, StartErrorKind};
