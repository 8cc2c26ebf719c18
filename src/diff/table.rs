//! The table of all pairs of two lists' elements, and the cheapest way through it.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::array::{Gap, Step};
use super::edit::{Cost, Priced};
use super::same::same;
use super::weigh::{self, Leaves, key};

/// In lists of so few pairs each is looked at closely, alike or not.
const FEW_PAIRS: usize = 16;

/// All pairs of a gap, and what it costs to make the one of each into the other.
pub(super) struct Table<'g, 'v> {
    gap: &'g Gap<'g, 'v>,
    removals: Vec<Cost>,
    additions: Vec<Cost>,
    /// How large the new elements are.
    sizes: Vec<usize>,
    /// By row and column; filled as the way needs them.
    pairs: Vec<Option<Priced<'v>>>,
    likeness: Option<Likeness<'v>>,
}

impl<'g, 'v> Table<'g, 'v> {
    pub(super) fn of(gap: &'g Gap<'g, 'v>) -> Self {
        let is_few = gap.pairs() <= FEW_PAIRS;
        let sizes: Vec<usize> = gap.new.iter().map(weigh::size).collect();
        Self {
            gap,
            removals: (0..gap.old.len()).map(|at| gap.removal(at)).collect(),
            additions: (0..gap.new.len())
                .map(|to| gap.addition(to, sizes[to]))
                .collect(),
            sizes,
            pairs: std::iter::repeat_with(|| None).take(gap.pairs()).collect(),
            likeness: (!is_few).then(|| Likeness::of(gap.old, gap.new)),
        }
    }

    /// What it takes to make one element into the other.
    pub(super) fn take(&mut self, at: usize, to: usize) -> Priced<'v> {
        let cell = at * self.gap.new.len() + to;
        self.pairs[cell]
            .take()
            .unwrap_or_else(|| self.price(at, to))
    }

    /// The steps of the cheapest way, from the first elements to the last. A way that strays from the
    /// diagonal has to remove and to add for each row that it strays: how far the cheapest one can have
    /// strayed is known from any other.
    pub(super) fn cheapest(&mut self) -> Vec<Step> {
        let (cost, near) = self.way(0);
        let straying = least(&self.removals) + least(&self.additions);
        match cost.bytes.saturating_sub(self.straight()) / straying.max(1) {
            0 => near,
            stray => self.way(stray).1,
        }
    }

    /// What the lists' lengths alone cost, at least.
    fn straight(&self) -> usize {
        let (rows, columns) = (self.removals.len(), self.additions.len());
        let removed = rows.saturating_sub(columns) * least(&self.removals);
        removed + columns.saturating_sub(rows) * least(&self.additions)
    }

    /// The cheapest of the ways that stray no farther than that from the stretch between the corners.
    fn way(&mut self, stray: usize) -> (Cost, Vec<Step>) {
        let mut ways = Ways::new(self.removals.len(), self.additions.len(), stray);
        for at in 0..=ways.rows {
            for to in ways.columns(at) {
                let mut best = None;
                if at > 0 {
                    best = self.cheaper(best, ways.cost(at - 1, to), Step::Remove(at - 1));
                }
                if to > 0 {
                    best = self.cheaper(best, ways.cost(at, to - 1), Step::Add(to - 1));
                }
                if at > 0 && to > 0 {
                    let edit = Step::Edit(at - 1, to - 1);
                    best = self.cheaper(best, ways.cost(at - 1, to - 1), edit);
                }
                let cell = ways.cell(at, to);
                ways.best[cell] = best;
            }
        }
        let cost = ways.cost(ways.rows, ways.columns);
        (cost.unwrap_or_default(), ways.trace())
    }

    /// The way with this step at its end if it is cheaper than another, or as cheap and an edit rather than
    /// a loss or a gain. A pair is only looked at closely where it can be.
    fn cheaper(
        &mut self,
        other: Option<(Cost, Step)>,
        begun: Option<Cost>,
        step: Step,
    ) -> Option<(Cost, Step)> {
        let Some(mut cost) = begun else {
            return other;
        };
        let is_beaten = |cost: Cost| match (other, step) {
            (Some((least, _)), Step::Edit(..)) => least < cost,
            (Some((least, _)), _) => least <= cost,
            (None, _) => false,
        };
        if is_beaten(cost) {
            return other;
        }
        cost += self.cost(step);
        if is_beaten(cost) {
            other
        } else {
            Some((cost, step))
        }
    }

    fn cost(&mut self, step: Step) -> Cost {
        match step {
            Step::Remove(at) => self.removals[at],
            Step::Add(to) => self.additions[to],
            Step::Edit(at, to) => {
                let cell = at * self.gap.new.len() + to;
                if self.pairs[cell].is_none() {
                    self.pairs[cell] = Some(self.price(at, to));
                }
                self.pairs[cell]
                    .as_ref()
                    .map_or(Cost::default(), |pair| pair.cost)
            }
        }
    }

    fn price(&self, at: usize, to: usize) -> Priced<'v> {
        let (old, new) = (&self.gap.old[at], &self.gap.new[to]);
        match &self.likeness {
            _ if same(old, new) => Priced::KEEP,
            Some(likeness) if !likeness.is_near(at, to) => self.gap.exchange(to, self.sizes[to]),
            _ => self.gap.close(at, to, self.gap.pairs()),
        }
    }
}

fn least(costs: &[Cost]) -> usize {
    let bytes = costs.iter().map(|cost| cost.bytes);
    bytes.min().unwrap_or_default()
}

/// The cheapest ways to the places of a table, as far as they are known; and the stretch along its
/// diagonal that is looked at.
struct Ways {
    rows: usize,
    columns: usize,
    /// How far the stretch reaches to the left and to the right of the diagonal.
    reach: (usize, usize),
    best: Vec<Option<(Cost, Step)>>,
}

impl Ways {
    fn new(rows: usize, columns: usize, stray: usize) -> Self {
        let left = rows.saturating_sub(columns).saturating_add(stray);
        let right = columns.saturating_sub(rows).saturating_add(stray);
        Self {
            rows,
            columns,
            reach: (left, right),
            best: vec![None; (rows + 1) * (columns + 1)],
        }
    }

    /// The columns that are looked at in a row.
    fn columns(&self, row: usize) -> RangeInclusive<usize> {
        let (left, right) = self.reach;
        row.saturating_sub(left)..=row.saturating_add(right).min(self.columns)
    }

    const fn cell(&self, row: usize, column: usize) -> usize {
        row * (self.columns + 1) + column
    }

    /// The price of the way to a place, if there is one. The way begins at no cost.
    fn cost(&self, row: usize, column: usize) -> Option<Cost> {
        match (row, column) {
            (0, 0) => Some(Cost::default()),
            _ => self.best[self.cell(row, column)].map(|(cost, _)| cost),
        }
    }

    /// The steps of the way to the last corner.
    fn trace(&self) -> Vec<Step> {
        let mut way = Vec::new();
        let (mut row, mut column) = (self.rows, self.columns);
        while let Some((_, step)) = self.best[self.cell(row, column)] {
            way.push(step);
            match step {
                Step::Edit(..) => (row, column) = (row - 1, column - 1),
                Step::Remove(_) => row -= 1,
                Step::Add(_) => column -= 1,
            }
        }
        way.reverse();
        way
    }
}

/// Which elements may be one and the same, edited.
struct Likeness<'v> {
    old: Vec<Suspect<'v>>,
    new: Vec<Suspect<'v>>,
    shared: HashSet<&'v str>,
}

struct Suspect<'v> {
    value: &'v Value,
    key: Option<&'v str>,
    leaves: OnceCell<Leaves>,
}

impl<'v> Likeness<'v> {
    fn of(old: &'v [Value], new: &'v [Value]) -> Self {
        let suspects = |values: &'v [Value]| -> Vec<Suspect<'v>> {
            let suspect = |value| Suspect {
                value,
                key: key(value),
                leaves: OnceCell::new(),
            };
            values.iter().map(suspect).collect()
        };
        let (old, new) = (suspects(old), suspects(new));
        let keys = |suspects: &[Suspect<'v>]| -> HashSet<&'v str> {
            suspects.iter().filter_map(|suspect| suspect.key).collect()
        };
        let shared = keys(&old).intersection(&keys(&new)).copied().collect();
        Self { old, new, shared }
    }

    /// Whether they have one key; or, if neither has one that stands on both sides, whether they
    /// resemble one another.
    fn is_near(&self, at: usize, to: usize) -> bool {
        let (old, new) = (&self.old[at], &self.new[to]);
        let is_taken = |key: Option<&str>| key.is_some_and(|key| self.shared.contains(key));
        match (old.key, new.key) {
            (Some(one), Some(other)) if one == other => true,
            _ if is_taken(old.key) || is_taken(new.key) => false,
            _ => old.leaves().resemble(new.leaves()),
        }
    }
}

impl Suspect<'_> {
    fn leaves(&self) -> &Leaves {
        self.leaves.get_or_init(|| Leaves::of(self.value))
    }
}
