//! Reads what other revisions of the repository hold: through git's plumbing, without network, and without touching
//! work tree or index.

mod command;
mod error;
mod layout;
mod objects;
mod repository;

pub(crate) use command::git;
pub use error::GitError;
pub use layout::{Extent, Layout};
pub use repository::Repository;
