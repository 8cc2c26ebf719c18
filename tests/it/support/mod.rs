//! A persona directory of its own for each test, and the program run in it with an empty
//! environment.

mod browser;
mod canned;
#[cfg(unix)]
#[path = "../../../examples/speed/editors.rs"]
mod editors;
mod git;
mod scripted;
mod served;
mod site;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod watching;

pub(crate) use browser::{Browser, Scripts};
pub(crate) use canned::Canned;
#[cfg(unix)]
pub(crate) use editors::{Editor, swap};
pub(crate) use git::{DAY, git};
pub(crate) use scripted::{Answer, Asked, Scripted};
pub(crate) use served::{Served, ask};
pub(crate) use site::{Output, Running, Site};
#[cfg(unix)]
pub(crate) use terminal::{has_terminal, on_terminal};
#[cfg(unix)]
pub(crate) use watching::{Watching, keys};
