//! What a manifest says that the service would take, and that is a mistake all the same: looked for in what it says once its tags are
//! resolved.
//!
//! `prose` reads texts, `mention` the tools that they speak of, `parameters` the schemas of tools, `pass` is the walk over all of a
//! document, `level` weighs what was found as the user wants it weighed, and `verdict` is what is found in several environments.

mod level;
mod mention;
mod parameters;
mod pass;
mod prose;
mod verdict;

pub(crate) use level::Comments;
pub use level::{Level, Levels};
pub use pass::manifest;
pub use verdict::{Told, Verdict};
