//! YAML (and JSON) text to a tree whose values know their places, within bounds that no text can
//! break.
//!
//! `source` holds a file's text, `compose` parses it, `node` is the tree that comes out, `shape`
//! compares one with a table. `emit` writes a tree as somebody would by hand, each of its texts in one of the
//! styles that `style` knows.

mod compose;
pub(crate) mod edit;
mod emit;
mod entries;
mod lines;
mod node;
mod scalar;
pub(crate) mod shape;
mod source;
mod style;

pub(crate) use compose::{Composed, compose};
pub(crate) use emit::{Branch, Tree, emit};
pub(crate) use node::{Budget, Data, MAX_DEPTH, Member, Node, Tag, too_deep, too_much};
pub use source::Sources;
pub(crate) use source::{MARK, OURS, Source, lines};
