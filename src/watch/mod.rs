//! Waiting until files have changed. Knows no persona, and does not tell which files: whoever is woken looks.
//!
//! `burst` gathers events until whoever writes is done, `hold` knows who says that it is not, and `watcher` has
//! the system tell of them.

mod burst;
mod hold;
mod watcher;

pub use burst::Trouble;
pub use watcher::{Manner, Watcher};
