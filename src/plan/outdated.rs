//! Whether what a plan takes for granted still holds when some time has passed.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Action, Plan, Step};
use crate::catalog::Catalog;
use crate::model::{Key, Live, PersonaId, Record, Records};

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
        holders: Holders::of(records),
        taken: bound.chain(meant).collect(),
    };
    let steps = plan.steps.iter();
    let outdated = steps.filter_map(|step| Some((step.key.clone(), now.objection(step)?)));
    outdated.collect()
}

/// Which entries of the ledger are for a persona.
pub(super) struct Holders<'r>(BTreeMap<&'r PersonaId, BTreeSet<&'r Key>>);

impl<'r> Holders<'r> {
    pub(super) fn of(records: &'r Records) -> Self {
        let mut holders: BTreeMap<&PersonaId, BTreeSet<&Key>> = BTreeMap::new();
        for (key, record) in records {
            holders.entry(&record.id).or_default().insert(key);
        }
        Self(holders)
    }

    /// The entries for a step's persona, but for the one that it goes by.
    pub(super) fn rivals(&self, step: &Step) -> BTreeSet<Key> {
        let own = step.binding.as_ref().map(|binding| &binding.key);
        let target = step.action.target();
        let holders = target.and_then(|(id, _)| self.0.get(id));
        let rivals = holders.into_iter().flatten().copied();
        rivals.filter(|key| Some(*key) != own).cloned().collect()
    }
}

/// How things stand.
struct Now<'n> {
    catalog: &'n Catalog,
    live: &'n [Live],
    records: &'n Records,
    holders: Holders<'n>,
    /// Personas that belong to somebody.
    taken: BTreeSet<&'n PersonaId>,
}

impl Now<'_> {
    fn objection(&self, step: &Step) -> Option<String> {
        let what = match &step.action {
            Action::Keep | Action::Blocked(_) => None,
            Action::Create(_) | Action::Recreate(_) => self
                .rebound(step)
                .or_else(|| self.came_back(step))
                .or_else(|| self.namesake(step)),
            Action::Adopt(_) | Action::Update(_) => self.rebound(step),
            Action::Delete(removal) => self
                .rebound(step)
                .or_else(|| self.reapplied(step, &removal.record)),
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
        let rivals = self.holders.rivals(step);
        let new = rivals.difference(&step.rivals).next()?;
        Some(format!(
            "the ledger has come to bind its persona to `{new}`"
        ))
    }

    fn came_back(&self, step: &Step) -> Option<String> {
        let gone = &step.binding.as_ref()?.id;
        let is_back = self.live.iter().any(|live| live.id == *gone);
        is_back.then(|| format!("{gone} has come back"))
    }

    fn namesake(&self, step: &Step) -> Option<String> {
        let is_namesake = |live: &&Live| {
            self.catalog.name_of(&live.document) == Some(&step.persona_name)
                && !self.taken.contains(&live.id)
        };
        let found = self.live.iter().find(is_namesake)?;
        Some(format!("{} has appeared with this name", found.id))
    }

    fn reapplied(&self, step: &Step, record: &Record) -> Option<String> {
        let key = step
            .binding
            .as_ref()
            .map_or(&step.key, |binding| &binding.key);
        let is_same = self.records.get(key) == Some(record);
        (!is_same).then(|| format!("`{key}` was applied"))
    }
}
