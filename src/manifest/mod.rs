//! YAML persona manifests to desired documents, every value with its file, line and column.
//!
//! `discover` finds the manifests, `files` reads them within the repository, `compose` parses one text, `resolve` puts
//! in what its tags stand for, `overlay` merges what an environment changes, `block` takes out what is addressed to us, `document` makes the body of the create call,
//! and `load` does all of that for a directory.

mod block;
mod compose;
mod discover;
mod document;
mod entries;
mod files;
mod lines;
mod load;
mod node;
mod overlay;
mod resolve;
mod scalar;
mod source;
#[cfg(test)]
mod tests;
mod twins;

pub use discover::{LoadError, LoadErrorKind};
pub use load::{Loaded, Scope, load};
pub use source::Sources;
