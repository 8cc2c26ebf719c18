//! YAML persona manifests to desired documents, every value with its file, line and column.
//!
//! `discover` finds the manifests, `files` reads them within the repository, `resolve` puts in what
//! their tags stand for, `block` takes out what is addressed to us, `document` makes the body of
//! the create call, and `load` does all of that for a directory; `leftover` finds the files that do nothing.
//! `parallel` does what can be done for each manifest by itself on all cores.
//! `trace` leads from a value back to where it was written, and `revision` is a directory as it would be with some files written anew.
//! `workspace` loads a directory again and again.

mod block;
mod discover;
mod document;
mod files;
mod leftover;
mod load;
mod overlay;
mod resolve;
mod revision;
#[cfg(test)]
mod tests;
mod trace;
mod twins;
mod workspace;

pub(crate) use block::{BLOCK, ignored};
pub(crate) use discover::is_document;
pub use discover::{LoadError, LoadErrorKind, is_manifest, is_part, is_there};
pub(crate) use files::{File, normalised};
pub use load::{Loaded, Scope, load};
pub use revision::{Draft, Revision};
pub use trace::{Origin, Trace};
pub use workspace::{News, Workspace};
