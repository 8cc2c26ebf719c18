//! Whether what a plan takes for granted still holds when some time has passed.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Action, Plan, Step};
use crate::catalog::Catalog;
use crate::model::{Key, Live, PersonaId, Records};

/// The steps that must not be taken any more, and why: the ledger binds their persona otherwise by now,
/// or what they are to make is there already. What has become of a persona that a step changes is seen
/// when that is read again.
#[must_use]
pub fn outdated(
    catalog: &Catalog,
    plan: &Plan,
    live: &[Live],
    records: &Records,
) -> BTreeMap<Key, String> {
    let bound = records.values().map(|record| &record.id);
    let meant = plan
        .steps
        .iter()
        .filter_map(|step| step.persona_id.as_ref());
    let now = Now {
        catalog,
        live,
        records,
        taken: bound.chain(meant).collect(),
    };
    let steps = plan.steps.iter();
    let outdated = steps.filter_map(|step| Some((step.key.clone(), now.objection(step)?)));
    outdated.collect()
}

/// How things stand.
struct Now<'n> {
    catalog: &'n Catalog,
    live: &'n [Live],
    records: &'n Records,
    /// Personas that belong to somebody.
    taken: BTreeSet<&'n PersonaId>,
}

impl Now<'_> {
    fn objection(&self, step: &Step) -> Option<String> {
        let what = match step.action {
            Action::Keep | Action::Blocked(_) => None,
            Action::Create(_) | Action::Recreate(_) => {
                self.rebound(step).or_else(|| self.made(step))
            }
            Action::Adopt(_) | Action::Update(_) | Action::Delete(_) => self.rebound(step),
        };
        what.map(|what| format!("{what} since the plan was made; plan again"))
    }

    fn rebound(&self, step: &Step) -> Option<String> {
        let (key, planned) = match &step.binding {
            Some(binding) => (&binding.key, Some(&binding.id)),
            None => (&step.key, None),
        };
        let bound = self.records.get(key).map(|record| &record.id);
        if bound != planned {
            let bound = bound.map_or("nothing", PersonaId::as_str);
            return Some(format!("the ledger has come to bind `{key}` to {bound}"));
        }
        let (id, _) = step.action.target()?;
        let others = self.records.iter().filter(|(other, _)| *other != key);
        let (other, _) = { others }.find(|(_, record)| record.id == *id)?;
        Some(format!("the ledger has come to bind {id} to `{other}`"))
    }

    fn made(&self, step: &Step) -> Option<String> {
        let gone = step.binding.as_ref().map(|binding| &binding.id);
        let is_it = |live: &&Live| {
            let has_name = self.catalog.name_of(&live.document) == Some(&step.persona_name);
            Some(&live.id) == gone || has_name && !self.taken.contains(&live.id)
        };
        let found = self.live.iter().find(is_it)?;
        Some(format!("{} has appeared with this name", found.id))
    }
}
