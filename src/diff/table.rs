//! The table of all pairs of two lists' elements, and the cheapest way through it.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::array::{Gap, Step};
use super::edit::{Cost, Priced};
use super::weigh::{self, Leaves, key};

/// In lists of so few pairs each is looked at closely, alike or not.
const FEW_PAIRS: usize = 64;

/// All pairs of a gap, and what it costs to make the one of each into the other.
pub(super) struct Table<'g, 'v> {
    gap: &'g Gap<'g, 'v>,
    removals: Vec<Cost>,
    additions: Vec<Cost>,
    /// How large the new elements are.
    sizes: Vec<usize>,
    /// By row and column; filled as the way needs them.
    pairs: Vec<Option<Priced<'v>>>,
    likeness: Likeness<'v>,
}

impl<'g, 'v> Table<'g, 'v> {
    pub(super) fn of(gap: &'g Gap<'g, 'v>) -> Self {
        let sizes: Vec<usize> = gap.new.iter().map(weigh::size).collect();
        let additions = sizes.iter().enumerate();
        Self {
            gap,
            removals: (0..gap.old.len()).map(|at| gap.removal(at)).collect(),
            additions: additions
                .map(|(to, size)| gap.addition(to, *size))
                .collect(),
            pairs: vec![None; gap.old.len() * gap.new.len()],
            likeness: Likeness::of(gap.old, gap.new),
            sizes,
        }
    }

    /// What it takes to make one element into the other.
    pub(super) fn pair(&mut self, at: usize, to: usize) -> Priced<'v> {
        let cell = at * self.gap.new.len() + to;
        self.pairs[cell]
            .take()
            .unwrap_or_else(|| self.price(at, to))
    }

    /// The steps of the cheapest way, from the first elements to the last.
    ///
    /// A way that strays by one place from the stretch between the corners has to remove one element and
    /// to add one beyond what the lists' lengths ask for. So whatever way is found near that stretch, the
    /// cheapest one strays no farther than its price could pay for.
    pub(super) fn cheapest(&mut self) -> Vec<Step> {
        let near = self.ways(0);
        let (rows, columns) = (self.removals.len(), self.additions.len());
        let (loss, gain) = (least(&self.removals), least(&self.additions));
        let straight = rows.saturating_sub(columns) * loss + columns.saturating_sub(rows) * gain;
        let price = near.cost(rows, columns).unwrap_or_default().bytes;
        match price.saturating_sub(straight) / (loss + gain).max(1) {
            0 => near.trace(),
            stray => self.ways(stray).trace(),
        }
    }

    /// The cheapest ways to all places that are no farther than that from the stretch between the corners.
    fn ways(&mut self, stray: usize) -> Ways {
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
        ways
    }

    /// The cheaper of a way and one that ends with this step.
    fn cheaper(&mut self, best: Option<Way>, begun: Option<Cost>, step: Step) -> Option<Way> {
        let Some(cost) = begun else {
            return best;
        };
        let mut way = Way { cost, step };
        // A pair is only looked at closely where it may still pay: it costs nothing at the least.
        if best.is_some_and(|best| best < way) {
            return best;
        }
        way.cost += self.cost(step);
        best.map_or(Some(way), |best| Some(best.min(way)))
    }

    fn cost(&mut self, step: Step) -> Cost {
        match step {
            Step::Remove(at) => self.removals[at],
            Step::Add(to) => self.additions[to],
            Step::Edit(at, to) => {
                let pair = self.pair(at, to);
                let cost = pair.cost;
                self.pairs[at * self.gap.new.len() + to] = Some(pair);
                cost
            }
        }
    }

    fn price(&self, at: usize, to: usize) -> Priced<'v> {
        match self.likeness.is_near(at, to) {
            true => self.gap.close(at, to, self.likeness.near),
            false => self.gap.exchange(to, self.sizes[to]),
        }
    }
}

fn least(costs: &[Cost]) -> usize {
    let bytes = costs.iter().map(|cost| cost.bytes);
    bytes.min().unwrap_or_default()
}

/// A way to a place of the table: what it costs, and its last step.
#[derive(Clone, Copy, Debug)]
struct Way {
    cost: Cost,
    step: Step,
}

impl Way {
    /// Of equally cheap ways, one that ends with an edit is better than one with a loss or a gain.
    const fn rank(&self) -> (Cost, u8) {
        let rank = match self.step {
            Step::Edit(..) => 0,
            Step::Remove(_) => 1,
            Step::Add(_) => 2,
        };
        (self.cost, rank)
    }
}

impl PartialEq for Way {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Way {}

impl PartialOrd for Way {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Way {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// The cheapest ways to the places of a table, as far as they are known.
struct Ways {
    rows: usize,
    columns: usize,
    /// How far to the left and to the right of the diagonal they are looked for.
    reach: (usize, usize),
    best: Vec<Option<Way>>,
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
            _ => self.best[self.cell(row, column)].map(|way| way.cost),
        }
    }

    /// The steps of the way to the last corner.
    fn trace(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let (mut row, mut column) = (self.rows, self.columns);
        while let Some(Way { step, .. }) = self.best[self.cell(row, column)] {
            steps.push(step);
            match step {
                Step::Edit(..) => (row, column) = (row - 1, column - 1),
                Step::Remove(_) => row -= 1,
                Step::Add(_) => column -= 1,
            }
        }
        steps.reverse();
        steps
    }
}

/// Which elements may be one and the same, edited.
struct Likeness<'v> {
    old: Vec<Suspect<'v>>,
    new: Vec<Suspect<'v>>,
    /// Keys that stand on both sides.
    shared: HashSet<&'v str>,
    /// How many pairs are near, at most.
    near: usize,
    is_few: bool,
}

struct Suspect<'v> {
    value: &'v Value,
    key: Option<&'v str>,
    leaves: OnceCell<Leaves>,
}

impl<'v> Likeness<'v> {
    fn of(old: &'v [Value], new: &'v [Value]) -> Self {
        let (old, new) = (suspects(old), suspects(new));
        let pairs = old.len() * new.len();
        let is_few = pairs <= FEW_PAIRS;
        let shared: HashSet<_> = match is_few {
            true => HashSet::new(),
            false => keys(&old).intersection(&keys(&new)).copied().collect(),
        };
        let strangers = |side: &[Suspect<'v>]| {
            let is_stranger = |suspect: &&Suspect<'v>| !suspect.is_in(&shared);
            side.iter().filter(is_stranger).count()
        };
        let near = strangers(&old) * strangers(&new) + shared.len();
        Self {
            old,
            new,
            shared,
            near,
            is_few,
        }
    }

    /// Whether they have one key; or, if neither has one that stands on both sides, whether they
    /// resemble one another.
    fn is_near(&self, at: usize, to: usize) -> bool {
        let (old, new) = (&self.old[at], &self.new[to]);
        let is_named = old.key.is_some() && old.key == new.key;
        let is_apart = old.is_in(&self.shared) || new.is_in(&self.shared);
        self.is_few || is_named || !is_apart && old.leaves().resemble(new.leaves())
    }
}

fn suspects(values: &[Value]) -> Vec<Suspect<'_>> {
    let suspect = |value| Suspect {
        value,
        key: key(value),
        leaves: OnceCell::new(),
    };
    values.iter().map(suspect).collect()
}

fn keys<'v>(suspects: &[Suspect<'v>]) -> HashSet<&'v str> {
    suspects.iter().filter_map(|suspect| suspect.key).collect()
}

impl Suspect<'_> {
    fn is_in(&self, keys: &HashSet<&str>) -> bool {
        self.key.is_some_and(|key| keys.contains(key))
    }

    fn leaves(&self) -> &Leaves {
        self.leaves.get_or_init(|| Leaves::of(self.value))
    }
}
