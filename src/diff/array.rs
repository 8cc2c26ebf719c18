//! From two lists to the cheapest edit that turns the one into the other without moving anything.

use std::collections::HashMap;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::compute::Walk;
use super::edit::{Cost, Edit, Elements, Priced, element_at};
use super::weigh::{self, Print, key};

/// How many pairs of elements are weighed against one another. In lists beyond this, elements are first
/// held fast where they are equal; in gaps beyond this, they are paired by position.
const MOST_PAIRS: usize = 64 * 64;
/// In lists of so few pairs each is looked at closely, alike or not.
const FEW_PAIRS: usize = 16;

/// The edit of a list; what is equal at both ends is not looked at again.
pub(super) fn elements<'v>(walk: &Walk<'_>, before: &'v [Value], after: &'v [Value]) -> Priced<'v> {
    let (head, tail) = common_ends(before, after);
    let old = &before[head..before.len() - tail];
    let new = &after[head..after.len() - tail];
    if old.is_empty() && new.is_empty() {
        return Priced::KEEP;
    }
    let mut gap = Gap {
        walk,
        old,
        new,
        from: head,
        to: head,
    };
    let mut script = Script::default();
    if old.len() * new.len() <= MOST_PAIRS {
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
    let head = before
        .iter()
        .zip(after)
        .take_while(|(old, new)| old == new)
        .count();
    let rest = before[head..].iter().rev().zip(after[head..].iter().rev());
    (head, rest.take_while(|(old, new)| old == new).count())
}

/// What is to be done to the list so far.
#[derive(Default)]
struct Script<'v> {
    elements: Elements<'v>,
    cost: Cost,
}

/// A stretch of both lists, with nothing that is known to be equal.
struct Gap<'w, 'v> {
    walk: &'w Walk<'w>,
    old: &'v [Value],
    new: &'v [Value],
    /// Where it begins in the old list.
    from: usize,
    /// Where it begins in the new list.
    to: usize,
}

impl<'v> Gap<'_, 'v> {
    /// Holds fast what is equal, in the longest common order, and fills what is between.
    fn hold_equals(&mut self, script: &mut Script<'v>) {
        let hashes = |values: &[Value]| {
            values
                .iter()
                .map(|value| Print::of(value).hash)
                .collect::<Vec<_>>()
        };
        for step in capture_diff_slices(Algorithm::Myers, &hashes(self.old), &hashes(self.new)) {
            if matches!(step, DiffOp::Equal { .. }) {
                continue;
            }
            let (old, new) = (step.old_range(), step.new_range());
            let gap = Gap {
                walk: self.walk,
                old: &self.old[old.clone()],
                new: &self.new[new.clone()],
                from: self.from + old.start,
                to: self.to + new.start,
            };
            if gap.old.len() * gap.new.len() <= MOST_PAIRS {
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
                &mut |at, to| self.close(at, to),
                script,
            );
        }
        (shared..self.old.len())
            .for_each(|at| self.take(Step::Remove(at), &mut |_, _| Priced::KEEP, script));
        (shared..self.new.len())
            .for_each(|to| self.take(Step::Add(to), &mut |_, _| Priced::KEEP, script));
    }

    /// Finds the cheapest way through the table of all pairs: each step takes an old element away, adds a
    /// new one, or makes the one into the other.
    fn weigh(&self, script: &mut Script<'v>) {
        let mut table = Table::of(self);
        for step in table.cheapest() {
            self.take(step, &mut |at, to| table.pair(at, to).clone(), script);
        }
    }

    fn take(
        &self,
        step: Step,
        pair: &mut dyn FnMut(usize, usize) -> Priced<'v>,
        script: &mut Script<'v>,
    ) {
        match step {
            Step::Remove(at) => {
                script.cost += self.removal(at);
                script.elements.removed.push(self.from + at);
            }
            Step::Add(to) => {
                script.cost += self.addition(to, weigh::size(&self.new[to]));
                script.elements.added.push((self.to + to, &self.new[to]));
            }
            Step::Edit(at, to) => {
                let Priced { edit, cost } = pair(at, to);
                script.cost += cost;
                if !matches!(edit, Edit::Keep) {
                    script
                        .elements
                        .edited
                        .push((self.from + at, self.to + to, edit));
                }
            }
        }
    }

    fn removal(&self, at: usize) -> Cost {
        Cost::removing(element_at(self.walk.size, self.from + at))
    }

    fn addition(&self, to: usize, size: usize) -> Cost {
        Cost::setting("add", element_at(self.walk.size, self.to + to), size)
    }

    /// Makes the one element into the other, member by member if that pays.
    fn close(&self, at: usize, to: usize) -> Priced<'v> {
        let walk = self.walk.element(element_at(self.walk.size, self.to + to));
        walk.node(&self.old[at], &self.new[to])
    }

    /// Puts the one element in the place of the other.
    fn exchange(&self, to: usize, size: usize) -> Priced<'v> {
        let at = element_at(self.walk.size, self.to + to);
        let cost = Cost::setting("replace", at, size);
        Priced {
            edit: Edit::Replace(&self.new[to]),
            cost,
        }
    }
}

/// One step through both lists, by the indexes within the gap.
#[derive(Clone, Copy, Debug)]
enum Step {
    Remove(usize),
    Add(usize),
    Edit(usize, usize),
}

/// All pairs of a gap, and what it costs to make the one of each into the other.
struct Table<'g, 'v> {
    gap: &'g Gap<'g, 'v>,
    old: Vec<Print>,
    new: Vec<Print>,
    sizes: Vec<usize>,
    pairs: HashMap<(usize, usize), Priced<'v>>,
}

impl<'g, 'v> Table<'g, 'v> {
    fn of(gap: &'g Gap<'g, 'v>) -> Self {
        let prints = |values: &[Value]| values.iter().map(Print::of).collect();
        let sizes = gap.new.iter().map(weigh::size).collect();
        Self {
            gap,
            old: prints(gap.old),
            new: prints(gap.new),
            sizes,
            pairs: HashMap::new(),
        }
    }

    fn pair(&mut self, at: usize, to: usize) -> &Priced<'v> {
        if !self.pairs.contains_key(&(at, to)) {
            let priced = self.price(at, to);
            self.pairs.insert((at, to), priced);
        }
        &self.pairs[&(at, to)]
    }

    fn price(&self, at: usize, to: usize) -> Priced<'v> {
        let (old, new) = (&self.gap.old[at], &self.gap.new[to]);
        if self.old[at].hash == self.new[to].hash && old == new {
            return Priced::KEEP;
        }
        let is_few = self.old.len() * self.new.len() <= FEW_PAIRS;
        let is_named = || key(old).is_some_and(|name| key(new) == Some(name));
        if is_few || is_named() || self.old[at].resembles(&self.new[to]) {
            self.gap.close(at, to)
        } else {
            self.gap.exchange(to, self.sizes[to])
        }
    }

    /// The steps of the cheapest way, from the first elements to the last.
    fn cheapest(&mut self) -> Vec<Step> {
        let (rows, columns) = (self.old.len() + 1, self.new.len() + 1);
        let mut costs = vec![Cost::default(); rows * columns];
        let mut steps: Vec<Option<Step>> = vec![None; rows * columns];
        for at in 0..rows {
            for to in 0..columns {
                let ways = [
                    (at > 0 && to > 0)
                        .then(|| (Step::Edit(at - 1, to - 1), (at - 1) * columns + to - 1)),
                    (at > 0).then(|| (Step::Remove(at - 1), (at - 1) * columns + to)),
                    (to > 0).then(|| (Step::Add(to - 1), at * columns + to - 1)),
                ];
                let priced = ways.into_iter().flatten().map(|(step, origin)| {
                    let mut cost = costs[origin];
                    cost += self.cost(step);
                    (cost, step)
                });
                // Of equally cheap ways the first is taken: an edit rather than a loss and a gain.
                if let Some((cost, step)) =
                    priced.reduce(|best, way| if way.0 < best.0 { way } else { best })
                {
                    (costs[at * columns + to], steps[at * columns + to]) = (cost, Some(step));
                }
            }
        }
        trace(&steps, columns)
    }

    fn cost(&mut self, step: Step) -> Cost {
        match step {
            Step::Remove(at) => self.gap.removal(at),
            Step::Add(to) => self.gap.addition(to, self.sizes[to]),
            Step::Edit(at, to) => self.pair(at, to).cost,
        }
    }
}

/// Follows the steps back from the last field of the table.
fn trace(steps: &[Option<Step>], columns: usize) -> Vec<Step> {
    let mut way = Vec::new();
    let mut field = steps.len() - 1;
    while let Some(step) = steps[field] {
        way.push(step);
        field -= match step {
            Step::Edit(..) => columns + 1,
            Step::Remove(_) => columns,
            Step::Add(_) => 1,
        };
    }
    way.reverse();
    way
}
