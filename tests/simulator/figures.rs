//! What simulations have seen, in figures.

use std::fmt;

use crate::wire::Event;

/// What simulations have seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) seeds: usize,
    pub(crate) runs: usize,
    pub(crate) requests: usize,
    /// Requests that changed something.
    pub(crate) writes: usize,
    pub(crate) kills: usize,
    pub(crate) edits: usize,
}

impl Figures {
    pub(crate) fn count(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::Exchange(exchange) => {
                    self.requests += 1;
                    self.writes += usize::from(exchange.has_effect());
                }
                Event::Edited => self.edits += 1,
                Event::Killed => self.kills += 1,
                Event::Omitted | Event::Unreadable(_) => {}
            }
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        let Self {
            seeds,
            runs,
            requests,
            writes,
            kills,
            edits,
        } = other;
        self.seeds += seeds;
        self.runs += runs;
        self.requests += requests;
        self.writes += writes;
        self.kills += kills;
        self.edits += edits;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seeds,
            runs,
            requests,
            writes,
            kills,
            edits,
        } = self;
        write!(
            f,
            "{seeds} seeds: {runs} runs, {requests} requests, {writes} writes, {kills} kills, {edits} edits in the middle"
        )
    }
}
