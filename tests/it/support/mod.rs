//! A persona directory of its own for each test, and the program run in it with an empty
//! environment.

mod browser;
mod canned;
mod git;
mod scripted;
mod served;
mod site;
#[cfg(unix)]
mod terminal;

pub(crate) use browser::{Browser, Scripts};
pub(crate) use canned::Canned;
pub(crate) use git::{DAY, git};
pub(crate) use scripted::{Answer, Asked, Scripted};
pub(crate) use served::Served;
pub(crate) use site::{Output, Running, Site};
#[cfg(unix)]
pub(crate) use terminal::{has_terminal, on_terminal};
