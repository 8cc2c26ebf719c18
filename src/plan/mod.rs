//! What each persona needs, in what order, and why: pure functions from desired, live and recorded
//! to a [`Plan`].

mod against;
mod base;
mod build;
pub mod check;
mod culprit;
mod entry;
mod fields;
mod judge;
mod lost;
mod namesake;
mod outdated;
mod pair;
mod prune;
mod revise;
mod saved;
mod step;
mod supposed;
#[cfg(test)]
mod tests;
mod undo;

pub use against::Against;
pub use base::Base;
pub use build::{Adoption, Aim, Deletes, Inputs, OnConflict, Policy, build};
pub use culprit::culprit;
pub use entry::{Digests, Entry, Owned, Sent};
pub use judge::Cause;
pub use lost::{Trace, intent, recovered, trace};
pub use namesake::{appeared, namesakes};
pub use outdated::outdated;
pub use pair::{described, is_other_account, known_ids};
pub(crate) use revise::with_ignored;
pub use revise::{patch, put};
pub use saved::{Saved, SavedError};
pub use step::{
    Action, Binding, FieldChange, Notes, Obstacle, Plan, Removal, Request, Revision, Step, Summary,
};
pub use supposed::Comparison;
pub use undo::Undoing;
