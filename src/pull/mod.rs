//! Live edits on their way back into the files.
//!
//! `wish` says which live values the manifests are to have, `steps` takes what differs apart, and `take` finds the files that say
//! otherwise and edits them, one value after the other, each edit proven before the next. Nothing is written here.

mod steps;
mod take;
mod wish;

pub use take::{Left, Taken, take};
pub use wish::{Wish, wishes};
