//! A persona directory of its own for each test, and the program run in it with an empty
//! environment.

mod browser;
mod canned;
#[path = "../../../examples/speed/editors.rs"]
mod editors;
mod git;
mod scripted;
mod served;
mod site;
#[cfg(unix)]
mod terminal;
mod watching;

pub(crate) use browser::{Browser, Scripts};
pub(crate) use canned::Canned;
pub(crate) use editors::{Editor, swap};
pub(crate) use git::{DAY, git};
pub(crate) use scripted::{Answer, Asked, Scripted};
pub(crate) use served::Served;
pub(crate) use site::{Output, Running, Site};
#[cfg(unix)]
pub(crate) use terminal::{has_terminal, on_terminal};
pub(crate) use watching::{Watching, keys};
