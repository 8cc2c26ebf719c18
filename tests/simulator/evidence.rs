//! What is known of a round when it is over, and what can be read from that.

use serde_json::Value;

use crate::message::Answer;
use crate::people::Manifest;
use crate::programs::Ended;
use crate::schedule::{Round, Schedule, Work};
use crate::site::Site;
use crate::wire::{Event, Exchange, Stored};

/// All that is known of one round.
pub(crate) struct Evidence<'e> {
    pub(crate) schedule: &'e Schedule,
    pub(crate) round: &'e Round,
    pub(crate) manifests: &'e [Manifest],
    pub(crate) site: &'e Site,
    pub(crate) events: &'e [Event],
    pub(crate) ended: &'e [Ended],
    /// What the service holds now.
    pub(crate) stored: &'e Stored,
    /// Whether the ledger of before could be read to its end by somebody who had it open.
    pub(crate) old_ledger_is_whole: bool,
}

impl<'e> Evidence<'e> {
    pub(crate) fn exchanges(&self) -> impl Iterator<Item = &'e Exchange> {
        self.events.iter().filter_map(|event| match event {
            Event::Exchange(exchange) => Some(&**exchange),
            _ => None,
        })
    }

    /// The round, told line by line.
    pub(crate) fn story(&self) -> String {
        let Self {
            round,
            events,
            ended,
            ..
        } = self;
        let events = events.iter().map(|event| format!("  {event}\n"));
        format!("{round:?}\n{}{ended:#?}", events.collect::<String>())
    }

    pub(crate) fn creates(&self) -> impl Iterator<Item = &'e Exchange> {
        self.exchanges()
            .filter(|exchange| exchange.request.method == "POST")
    }

    /// Whether a program lived on to make something of an answer.
    pub(crate) fn was_heard(&self, exchange: &Exchange) -> bool {
        let mut ended = self
            .ended
            .iter()
            .filter(|ended| ended.client == exchange.client);
        let lived = ended.any(|ended| ended.code.is_some());
        lived && self.round.work != Work::Hurry && exchange.answer.is_good()
    }
}

/// The name in a create.
pub(crate) fn name_in(create: &Exchange) -> String {
    let body = create.request.json();
    body["persona_name"].as_str().unwrap_or_default().to_owned()
}

/// The operations of a patch: those that only assert, and the others.
pub(crate) fn operations(write: &Exchange) -> (Vec<Value>, Vec<Value>) {
    let all = write.request.json().as_array().cloned().unwrap_or_default();
    all.into_iter()
        .partition(|operation| operation["op"] == "test")
}

pub(crate) fn path_of(operation: &Value) -> &str {
    operation["path"].as_str().unwrap_or_default()
}

/// What was last read of a persona, and whether that was a look at it alone since the last list.
pub(crate) fn last_read<'e>(
    earlier: impl Iterator<Item = &'e &'e Exchange>,
    id: &str,
) -> (Option<Value>, bool) {
    let mut last = (None, false);
    let reads = earlier.filter(|other| other.request.method == "GET" && other.answer.is_good());
    for read in reads {
        match (read.request.persona(), listed(&read.answer, id)) {
            (None, None) => last.1 = false,
            (None, listed) => last = (listed, false),
            (Some(asked), listed) if asked == id => {
                last = (listed.or_else(|| Some(read.answer.body.clone())), true);
            }
            (Some(_), _) => {}
        }
    }
    last
}

/// The persona with this id in an answer that holds several.
fn listed(answer: &Answer, id: &str) -> Option<Value> {
    let data = answer.body["data"].as_array()?;
    data.iter().find(|live| live["persona_id"] == id).cloned()
}
