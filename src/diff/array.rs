//! From two lists to the cheapest edit that turns the one into the other without moving anything.

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::compute::Walk;
use super::edit::{Cost, Edit, Elements, Priced, element_at};
use super::same::same;
use super::table::Table;
use super::weigh;

/// The edit of a list; what is equal at both ends is not looked at again.
pub(super) fn elements<'v>(walk: &Walk<'_>, before: &'v [Value], after: &'v [Value]) -> Priced<'v> {
    let (head, tail) = common_ends(before, after);
    let gap = Gap {
        walk,
        old: &before[head..before.len() - tail],
        new: &after[head..after.len() - tail],
        from: head,
        to: head,
    };
    if gap.old.is_empty() && gap.new.is_empty() {
        return Priced::KEEP;
    }
    let mut script = Script::default();
    if gap.pairs() <= walk.most_pairs() {
        gap.weigh(&mut script);
    } else {
        gap.hold_equals(&mut script);
    }
    Priced {
        edit: Edit::Elements(script.elements),
        cost: script.cost,
    }
}

/// How many elements are equal at the beginning and, behind those, at the end.
fn common_ends(before: &[Value], after: &[Value]) -> (usize, usize) {
    let equal = |(old, new): &(&Value, &Value)| same(old, new);
    let head = before.iter().zip(after).take_while(equal).count();
    let rest = before[head..].iter().rev().zip(after[head..].iter().rev());
    (head, rest.take_while(equal).count())
}

/// What is to be done to the list so far.
#[derive(Default)]
struct Script<'v> {
    elements: Elements<'v>,
    cost: Cost,
}

/// A stretch of both lists, with nothing that is known to be equal.
pub(super) struct Gap<'w, 'v> {
    pub(super) walk: &'w Walk<'w>,
    pub(super) old: &'v [Value],
    pub(super) new: &'v [Value],
    /// Where it begins in the old list.
    from: usize,
    /// Where it begins in the new list.
    to: usize,
}

/// One step through both lists, by the indexes within the gap.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Remove(usize),
    Add(usize),
    Edit(usize, usize),
}

impl<'v> Gap<'_, 'v> {
    pub(super) const fn pairs(&self) -> usize {
        self.old.len() * self.new.len()
    }

    /// Holds fast what is equal, in the longest common order, and fills what is between.
    fn hold_equals(&self, script: &mut Script<'v>) {
        let (old, new) = weigh::classes(self.old, self.new);
        for step in capture_diff_slices(Algorithm::Myers, &old, &new) {
            if matches!(step, DiffOp::Equal { .. }) {
                continue;
            }
            let (old, new) = (step.old_range(), step.new_range());
            let gap = Gap {
                walk: self.walk,
                from: self.from + old.start,
                to: self.to + new.start,
                old: &self.old[old],
                new: &self.new[new],
            };
            if gap.pairs() <= self.walk.most_pairs() {
                gap.weigh(script);
            } else {
                gap.pair_by_position(script);
            }
        }
    }

    fn pair_by_position(&self, script: &mut Script<'v>) {
        let shared = self.old.len().min(self.new.len());
        for index in 0..shared {
            self.take(
                Step::Edit(index, index),
                self.close(index, index, 1),
                script,
            );
        }
        (shared..self.old.len()).for_each(|at| self.take(Step::Remove(at), Priced::KEEP, script));
        (shared..self.new.len()).for_each(|to| self.take(Step::Add(to), Priced::KEEP, script));
    }

    /// Finds the cheapest way through the table of all pairs: each step takes an old element away, adds a
    /// new one, or makes the one into the other.
    fn weigh(&self, script: &mut Script<'v>) {
        let mut table = Table::of(self);
        for step in table.cheapest() {
            let pair = match step {
                Step::Edit(at, to) => table.take(at, to),
                Step::Remove(_) | Step::Add(_) => Priced::KEEP,
            };
            self.take(step, pair, script);
        }
    }

    /// Adds a step to the script; an edit costs what its `pair` does.
    fn take(&self, step: Step, pair: Priced<'v>, script: &mut Script<'v>) {
        let Script { elements, cost } = script;
        match step {
            Step::Remove(at) => {
                *cost += self.removal(at);
                elements.removed.push(self.from + at);
            }
            Step::Add(to) => {
                *cost += self.addition(to, weigh::size(&self.new[to]));
                elements.added.push((self.to + to, &self.new[to]));
            }
            Step::Edit(..) if matches!(pair.edit, Edit::Keep) => {}
            Step::Edit(at, to) => {
                *cost += pair.cost;
                elements
                    .edited
                    .push((self.from + at, self.to + to, pair.edit));
            }
        }
    }

    pub(super) fn removal(&self, at: usize) -> Cost {
        Cost::removing(element_at(self.walk.size, self.from + at))
    }

    pub(super) fn addition(&self, to: usize, size: usize) -> Cost {
        Cost::setting("add", element_at(self.walk.size, self.to + to), size)
    }

    /// Makes the one element into the other, member by member if that pays; one of so many `pairs` that
    /// are weighed here.
    pub(super) fn close(&self, at: usize, to: usize, pairs: usize) -> Priced<'v> {
        let size = element_at(self.walk.size, self.to + to);
        let walk = self.walk.element(size, pairs);
        walk.node(&self.old[at], &self.new[to])
    }

    /// Puts the one element in the place of the other.
    pub(super) fn exchange(&self, to: usize, size: usize) -> Priced<'v> {
        let at = element_at(self.walk.size, self.to + to);
        let cost = Cost::setting("replace", at, size);
        Priced {
            edit: Edit::Replace(&self.new[to]),
            cost,
        }
    }
}
