//! From two lists to the cheapest edit that turns the one into the other without moving anything.

use std::ops::Range;

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
    gap.fill(Hold::Equals, &mut script);
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

impl<'v> Script<'v> {
    fn remove(&mut self, gap: &Gap<'_, 'v>, at: usize) {
        self.cost += gap.removal(at);
        self.elements.removed.push(gap.from + at);
    }

    fn add(&mut self, gap: &Gap<'_, 'v>, to: usize) {
        self.cost += gap.addition(to, weigh::size(&gap.new[to]));
        self.elements.added.push((gap.to + to, &gap.new[to]));
    }

    fn edit(&mut self, gap: &Gap<'_, 'v>, at: usize, to: usize, Priced { edit, cost }: Priced<'v>) {
        if !matches!(edit, Edit::Keep) {
            self.cost += cost;
            self.elements
                .edited
                .push((gap.from + at, gap.to + to, edit));
        }
    }
}

/// What is held fast in lists that are too long to be weighed pair by pair, in the longest common order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Equal elements.
    Equals,
    /// In what is left, elements of one key.
    Namesakes,
    /// In what is left then, the first with the first, and so on.
    Places,
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
    /// Weighs all pairs if there are not too many; else holds fast what can be held, and fills what is
    /// between.
    fn fill(&self, hold: Hold, script: &mut Script<'v>) {
        if self.old.len() * self.new.len() <= self.walk.most_pairs() {
            return self.weigh(script);
        }
        let (classes, next) = match hold {
            Hold::Equals => (weigh::classes(self.old, self.new), Hold::Namesakes),
            Hold::Namesakes => (weigh::namesakes(self.old, self.new), Hold::Places),
            Hold::Places => return self.pair_by_place(script),
        };
        for step in capture_diff_slices(Algorithm::Myers, &classes.0, &classes.1) {
            let gap = self.within(step.old_range(), step.new_range());
            match step {
                DiffOp::Equal { .. } if hold == Hold::Equals => {}
                DiffOp::Equal { .. } => gap.pair_by_place(script),
                _ => gap.fill(next, script),
            }
        }
    }

    fn within(&self, old: Range<usize>, new: Range<usize>) -> Self {
        Self {
            walk: self.walk,
            from: self.from + old.start,
            to: self.to + new.start,
            old: &self.old[old],
            new: &self.new[new],
        }
    }

    fn pair_by_place(&self, script: &mut Script<'v>) {
        let shared = self.old.len().min(self.new.len());
        for index in 0..shared {
            script.edit(self, index, index, self.close(index, index, 1));
        }
        (shared..self.old.len()).for_each(|at| script.remove(self, at));
        (shared..self.new.len()).for_each(|to| script.add(self, to));
    }

    /// Finds the cheapest way through the table of all pairs: each step takes an old element away, adds a
    /// new one, or makes the one into the other.
    fn weigh(&self, script: &mut Script<'v>) {
        let mut table = Table::of(self);
        for step in table.cheapest() {
            match step {
                Step::Remove(at) => script.remove(self, at),
                Step::Add(to) => script.add(self, to),
                Step::Edit(at, to) => script.edit(self, at, to, table.pair(at, to)),
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
    /// are looked at closely here.
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
