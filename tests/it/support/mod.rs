//! A persona directory of its own for each test, and the program run in it with an empty
//! environment.

mod canned;
mod site;

pub(crate) use canned::Canned;
pub(crate) use site::Site;
