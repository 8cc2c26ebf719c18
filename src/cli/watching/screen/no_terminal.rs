//! Where terminals are not taken: events are told in lines.

use std::convert::Infallible;
use std::io;

use crate::cli::context::Context;

/// A terminal that cannot be had.
#[derive(Debug)]
pub(super) struct Terminal(Infallible);

/// What comes from the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// A key was pressed.
    Key(u8),
    /// The terminal is another size.
    Changed,
    /// The program is to end.
    End,
}

impl Terminal {
    pub(super) const fn take(_: &Context) -> Option<Self> {
        None
    }

    pub(super) async fn next(&mut self) -> Signal {
        match self.0 {}
    }
}

pub(super) const fn size() -> Option<(usize, usize)> {
    None
}

pub(super) fn write(_: &str) -> io::Result<()> {
    Ok(())
}

/// Gives the terminal back as it was.
pub(in crate::cli) const fn give_back() {}
