//! Live personas that share the name of one of ours and belong to nobody: mostly the traces of two applies that
//! did not know of each other.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Inputs;
use super::lost::is_called;
use super::pair::known_ids;
use super::step::{Action, Obstacle, Step};
use crate::catalog::Catalog;
use crate::model::{Live, PersonaId, Records};

/// The personas that nobody means, by their names.
type Free<'a> = BTreeMap<&'a str, Vec<&'a PersonaId>>;

/// Those that have appeared since some personas were live, and that the ledger does not bind.
#[must_use]
pub fn appeared<'l>(before: &[Live], live: &'l [Live], records: &Records) -> Vec<&'l Live> {
    let old = before.iter().map(|live| &live.id);
    let bound = records.values().map(|record| &record.id);
    let known: BTreeSet<&PersonaId> = old.chain(bound).collect();
    let new = live.iter().filter(|live| !known.contains(&live.id));
    new.collect()
}

/// Those with a name, or nearly that.
#[must_use]
pub fn namesakes<'l>(catalog: &Catalog, name: &str, among: &[&'l Live]) -> Vec<&'l PersonaId> {
    let called = among.iter().filter(|live| is_called(catalog, live, name));
    called.map(|live| &live.id).collect()
}

/// Tells of them in the steps of those that are known by their ids: nothing else would notice them.
pub(super) fn tell(steps: &mut [Step], inputs: &Inputs<'_>) {
    let free = free(steps, inputs);
    for step in steps.iter_mut().filter(|step| is_known(step)) {
        let namesakes = name(step, inputs).and_then(|name| free.get(name));
        let told = namesakes.and_then(|namesakes| told(namesakes));
        let reasons: Vec<String> = step.reason.take().into_iter().chain(told).collect();
        step.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    }
}

fn free<'a>(steps: &[Step], inputs: &Inputs<'a>) -> Free<'a> {
    let meant = steps.iter().filter_map(|step| step.persona_id.as_ref());
    let known = known_ids(inputs.desired, inputs.records);
    let taken: BTreeSet<&PersonaId> = meant.chain(known).collect();
    let mut free = Free::new();
    for live in inputs.live {
        let name = inputs.catalog.name_of(&live.document);
        if let (Some(name), false) = (name, taken.contains(&live.id)) {
            free.entry(name).or_default().push(&live.id);
        }
    }
    free
}

/// Whether a step has both a manifest and a live persona.
fn is_known(step: &Step) -> bool {
    let is_unclear = matches!(step.action, Action::Blocked(Obstacle::Identity));
    step.file.is_some() && step.persona_id.is_some() && !is_unclear
}

/// The name that a step's persona is to have: a manifest that pins its id may leave that to the service.
fn name<'s>(step: &'s Step, inputs: &Inputs<'s>) -> Option<&'s str> {
    if !step.persona_name.is_empty() {
        return Some(&step.persona_name);
    }
    let mut live = inputs.live.iter();
    let own = live.find(|live| Some(&live.id) == step.persona_id.as_ref())?;
    inputs.catalog.name_of(&own.document)
}

fn told(namesakes: &[&PersonaId]) -> Option<String> {
    let (first, others) = namesakes.split_first()?;
    let others = match others.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    Some(format!(
        "this is also the name of {first}{others}, left alone: another apply may have made it; \
         keep one and delete the rest, or rename them"
    ))
}
