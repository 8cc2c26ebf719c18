//! File events, gathered until they are quiet. Knows no persona.

mod watcher;

pub use watcher::{WatchError, Watcher};
