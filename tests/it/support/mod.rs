//! A persona directory of its own for each test, and the program run in it with an empty
//! environment.

mod canned;
mod scripted;
mod site;

pub(crate) use canned::Canned;
pub(crate) use scripted::{Answer, Asked, Scripted};
pub(crate) use site::{Running, Site};
