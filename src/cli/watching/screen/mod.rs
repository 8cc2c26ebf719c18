//! The screen of `watch`: events scroll by as lines do anywhere, and below them stands what is to stay in sight.
//!
//! `board` knows what stands there, `draw` makes bytes of it, `terminal` takes the terminal and gives it back.

mod board;
mod draw;
#[cfg_attr(not(unix), path = "no_terminal.rs")]
mod terminal;
mod view;

pub(in crate::cli) use terminal::give_back;
pub(in crate::cli) use view::Screen;
