//! What a container's keeper may ask: is the loop alive, is it of use, and what do its metrics say. Nothing that is
//! answered is a secret, and nothing that is asked changes anything.

mod health;
mod server;

pub use health::{Health, Verdict};
pub use server::{ProbeError, Probes, start};
