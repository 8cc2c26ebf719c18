//! YAML persona manifests to desired documents, every value with its file, line and column.
//!
//! `discover` finds the manifests, `files` reads them within the repository, `resolve` puts in what
//! their tags stand for, `block` takes out what is addressed to us, `document` makes the body of
//! the create call, and `load` does all of that for a directory; `leftover` finds the files that do nothing.

mod block;
mod discover;
mod document;
mod files;
mod leftover;
mod load;
mod overlay;
mod resolve;
#[cfg(test)]
mod tests;
mod twins;

pub(crate) use block::BLOCK;
pub use discover::{LoadError, LoadErrorKind, is_manifest};
pub use load::{Loaded, Scope, load};
