//! YAML (and JSON) text to a tree whose values know their places, within bounds that no text can
//! break.
//!
//! `source` holds a file's text, `compose` parses it, `node` is the tree that comes out.

mod compose;
mod entries;
mod lines;
mod node;
mod scalar;
mod source;

pub(crate) use compose::{Composed, compose};
pub(crate) use node::{Budget, Data, MAX_DEPTH, Member, Node, Tag, too_deep, too_much};
pub(crate) use source::Source;
pub use source::Sources;
