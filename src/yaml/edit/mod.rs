//! One value of a YAML or JSON file changed, with every byte around it left as it is: comments, quotes,
//! anchors, order, blank lines, indentation, line breaks.
//!
//! `tree` finds where everything stands. `change` drafts how a change could be written, the most
//! faithful way first, with `collection` for members and elements, `lines` for texts of several lines and
//! `spelling` for new values. `verify` reads each draft again, and only one that says what was meant, and nothing
//! else, leaves this module.
//!
//! Comments stay, but for those that trail on lines that go, or stand within a value that goes. The byte order
//! mark is not part of a source: whoever writes the file keeps it.

mod change;
mod collection;
mod lines;
mod refusal;
mod site;
mod spelling;
#[cfg(test)]
mod tests;
mod tree;
mod verify;

pub(crate) use refusal::Refusal;
pub(crate) use verify::{Change, edit};
