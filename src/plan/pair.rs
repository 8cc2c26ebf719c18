//! Who is who: which live persona a manifest means.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use crate::catalog::Catalog;
use crate::model::{Desired, Key, Live, PersonaId, Record, Records, folded};

/// A manifest and what it means on the live side.
#[derive(Debug)]
pub(super) enum Pair<'a> {
    /// Nothing live is meant; some may have nearly the same name.
    New {
        desired: &'a Desired,
        like: Vec<&'a Live>,
    },
    /// The id says which.
    Known {
        desired: &'a Desired,
        live: &'a Live,
        record: Option<&'a Record>,
        moved_from: Option<&'a Key>,
    },
    /// The name says which.
    Named {
        desired: &'a Desired,
        live: &'a Live,
    },
    /// What was applied last is gone, and nothing live has its name.
    Gone {
        desired: &'a Desired,
        record: &'a Record,
    },
    /// It cannot be told which.
    Unclear {
        desired: &'a Desired,
        problem: String,
        candidates: Vec<&'a Live>,
    },
    /// Applied once, and no longer in the repository, or not to be planned.
    Dropped {
        key: &'a Key,
        record: &'a Record,
        live: Option<&'a Live>,
        /// A manifest that means the same live persona, or may.
        heir: Option<&'a Key>,
    },
}

/// The ids whose absence from a list has to be confirmed before anything is decided on it: those
/// that manifests pin, and those that the ledger knows.
#[must_use]
pub fn known_ids<'a>(desired: &'a [Desired], records: &'a Records) -> BTreeSet<&'a PersonaId> {
    let pinned = desired.iter().filter_map(|desired| desired.id.as_ref());
    pinned
        .chain(records.values().map(|record| &record.id))
        .collect()
}

/// The live personas that a manifest means, or of which it cannot be told whether it does, each with its key.
#[must_use]
pub fn described<'a>(
    catalog: &Catalog,
    desired: &'a [Desired],
    live: &'a [Live],
    records: &'a Records,
) -> BTreeMap<&'a PersonaId, &'a Key> {
    // What manifests with mistakes may mean is meant by those that would have it, whether or not that is decided.
    let pairs = pair(catalog, desired, live, records, &BTreeSet::new()).into_iter();
    // A name that is nearly the same is another one.
    let decided = pairs.filter(|pair| !matches!(pair, Pair::New { .. }));
    decided.flat_map(|pair| pair.meant()).collect()
}

/// Whether the account is another one than the ledger's: of three or more ids that it knows, none is
/// live. Creating all of them anew would be wrong.
#[must_use]
pub fn is_other_account(live: &[Live], records: &Records) -> bool {
    let is_live = |record: &Record| live.iter().any(|live| live.id == record.id);
    records.len() >= TELLING && !records.values().any(is_live)
}

/// From how many ids on their absence says something of the account.
const TELLING: usize = 3;

/// Pairs every manifest and every entry of the ledger, in the order of their keys. `broken` are manifests that have
/// mistakes: what the ledger binds to them stays theirs, for that they mean it no more is not known. What is bound to
/// one for other environments may go to another: here it means nothing.
pub(super) fn pair<'a>(
    catalog: &Catalog,
    desired: &'a [Desired],
    live: &'a [Live],
    records: &'a Records,
    broken: &BTreeSet<Key>,
) -> Vec<Pair<'a>> {
    let live: BTreeMap<&PersonaId, &Live> = live.iter().map(|live| (&live.id, live)).collect();
    let (held, free): (Vec<_>, Vec<_>) = records.iter().partition(|(key, _)| broken.contains(key));
    let moved = moved(catalog, desired, &live, records, &free);
    let mut claims: BTreeMap<&PersonaId, Vec<&Key>> = BTreeMap::new();
    for desired in desired {
        if let Some(id) = claim(desired, records, &moved) {
            claims.entry(id).or_default().push(&desired.key);
        }
    }
    for (key, record) in &held {
        claims.entry(&record.id).or_default().push(key);
    }
    // Where every manifest is known by an id, nobody asks for names.
    let names = LazyCell::new(|| {
        let mut names = Names::new();
        for live in live.values() {
            if let Some(name) = catalog.name_of(&live.document) {
                names.entry(folded(name)).or_default().push(live);
            }
        }
        names
    });
    let world = World {
        catalog,
        live: &live,
        records,
        moved: &moved,
        held: &held,
        claims: &claims,
        names: &names,
    };
    let mut pairs: BTreeMap<&Key, Pair<'a>> = desired
        .iter()
        .map(|desired| (&desired.key, world.pair(desired)))
        .collect();
    let heirs: BTreeMap<&PersonaId, &Key> = pairs.values().flat_map(Pair::meant).collect();
    let moved: BTreeSet<&Key> = moved.values().map(|(old, _)| *old).collect();
    for (key, record) in records {
        if !moved.contains(key) {
            pairs.entry(key).or_insert_with(|| Pair::Dropped {
                key,
                record,
                live: live.get(&record.id).copied(),
                heir: heirs.get(&record.id).copied(),
            });
        }
    }
    pairs.into_values().collect()
}

impl<'a> Pair<'a> {
    /// The live personas that a manifest means, or may mean, with the manifest's key.
    fn meant(&self) -> Vec<(&'a PersonaId, &'a Key)> {
        let (desired, meant): (&Desired, &[&Live]) = match self {
            Self::Known { desired, live, .. } | Self::Named { desired, live } => {
                (desired, std::slice::from_ref(live))
            }
            Self::New { desired, like } => (desired, like),
            Self::Unclear {
                desired,
                candidates,
                ..
            } => (desired, candidates),
            Self::Gone { .. } | Self::Dropped { .. } => return Vec::new(),
        };
        meant.iter().map(|live| (&live.id, &desired.key)).collect()
    }
}

/// An entry of the ledger.
type Entry<'a> = (&'a Key, &'a Record);
type Moved<'a> = BTreeMap<&'a Key, Entry<'a>>;

/// Manifests whose file has moved: the ledger does not know their key, but an entry without a
/// manifest has the id that they pin, or else their name.
fn moved<'a>(
    catalog: &Catalog,
    desired: &'a [Desired],
    live: &BTreeMap<&PersonaId, &Live>,
    records: &'a Records,
    free: &[Entry<'a>],
) -> Moved<'a> {
    let keys: BTreeSet<&Key> = desired.iter().map(|desired| &desired.key).collect();
    let orphans: Vec<_> = free
        .iter()
        .filter(|(key, record)| !keys.contains(key) && live.contains_key(&record.id))
        .collect();
    let newcomers = desired
        .iter()
        .filter(|desired| !records.contains_key(&desired.key));
    let mut moved = Moved::new();
    for newcomer in newcomers {
        let name = catalog.name_of(&newcomer.document);
        let mut matching = orphans.iter().filter(|(_, record)| match &newcomer.id {
            Some(id) => record.id == *id,
            None => name == Some(record.name.as_str()),
        });
        if let (Some(orphan), None) = (matching.next(), matching.next()) {
            moved.insert(&newcomer.key, **orphan);
        }
    }
    moved
}

/// The id that a manifest lays claim to: its own, or the ledger's.
fn claim<'a>(
    desired: &'a Desired,
    records: &'a Records,
    moved: &Moved<'a>,
) -> Option<&'a PersonaId> {
    desired
        .id
        .as_ref()
        .or_else(|| records.get(&desired.key).map(|record| &record.id))
        .or_else(|| moved.get(&desired.key).map(|(_, record)| &record.id))
}

/// The live personas by their folded names.
type Names<'a> = BTreeMap<String, Vec<&'a Live>>;

/// What a pair is found in.
struct World<'w, 'a> {
    catalog: &'w Catalog,
    live: &'w BTreeMap<&'a PersonaId, &'a Live>,
    records: &'a Records,
    moved: &'w Moved<'a>,
    /// What the ledger binds to manifests that have mistakes.
    held: &'w [Entry<'a>],
    /// Which manifests lay claim to an id.
    claims: &'w BTreeMap<&'a PersonaId, Vec<&'a Key>>,
    /// The live personas by their folded names.
    names: &'w dyn Deref<Target = Names<'a>>,
}

impl<'a> World<'_, 'a> {
    fn pair(&self, desired: &'a Desired) -> Pair<'a> {
        let Some(id) = claim(desired, self.records, self.moved) else {
            return self.by_name(desired);
        };
        if let Some(problem) = self.claimed_twice(desired, id) {
            return Pair::Unclear {
                desired,
                problem,
                candidates: self.live.get(id).copied().into_iter().collect(),
            };
        }
        let moved = self.moved.get(&desired.key).copied();
        let record = self
            .records
            .get(&desired.key)
            .or(moved.map(|(_, record)| record));
        let record = record.filter(|record| record.id == *id);
        match (self.live.get(id), record) {
            (Some(live), _) => Pair::Known {
                desired,
                live,
                record,
                moved_from: moved.map(|(old, _)| old),
            },
            (None, Some(record)) if desired.id.is_none() => match self.by_name(desired) {
                Pair::New { .. } => Pair::Gone { desired, record },
                // A run that did not hear of it may have made it again.
                named => named,
            },
            (None, _) => Pair::Unclear {
                desired,
                problem: format!(
                    "the manifest names {id}, which is not among this account's personas: \
                     correct the id, or take it out to let the name decide"
                ),
                candidates: Vec::new(),
            },
        }
    }

    fn claimed_twice(&self, desired: &Desired, id: &PersonaId) -> Option<String> {
        let claimants = self.claims.get(id).into_iter().flatten();
        let others: Vec<_> = claimants
            .filter(|key| ***key != desired.key)
            .map(|key| match self.held.iter().any(|(held, _)| held == key) {
                true => format!("`{key}`, which has mistakes,"),
                false => format!("`{key}`"),
            })
            .collect();
        (!others.is_empty()).then(|| {
            format!(
                "{} means {id} as well: give one of them another id, or delete a manifest",
                others.join(" and ")
            )
        })
    }

    fn by_name(&self, desired: &'a Desired) -> Pair<'a> {
        let name = self.catalog.name_of(&desired.document);
        if let Some((key, record)) = name.and_then(|name| self.holder(name)) {
            return Pair::Unclear {
                desired,
                problem: format!(
                    "`{key}`, which has mistakes, was applied to {} with this name: mend or delete it, or give \
                     this one another name",
                    record.id
                ),
                candidates: self.live.get(&record.id).copied().into_iter().collect(),
            };
        }
        let alike = name.and_then(|name| self.names.get(&folded(name)));
        let free = alike
            .into_iter()
            .flatten()
            .copied()
            .filter(|live| !self.claims.contains_key(&live.id));
        let (namesakes, others): (Vec<&Live>, Vec<&Live>) =
            free.partition(|live| self.catalog.name_of(&live.document) == name);
        match namesakes[..] {
            [] => Pair::New {
                desired,
                like: others,
            },
            [live] => Pair::Named { desired, live },
            _ => Pair::Unclear {
                desired,
                problem: self.ambiguity(&namesakes),
                candidates: namesakes,
            },
        }
    }

    /// The manifest with mistakes that was applied under a name, or whose persona has it by now.
    fn holder(&self, name: &str) -> Option<Entry<'a>> {
        let is_called = |record: &Record| {
            let live = self.live.get(&record.id);
            let now = live.and_then(|live| self.catalog.name_of(&live.document));
            record.name == name || now == Some(name)
        };
        let mut held = self.held.iter().copied();
        held.find(|(_, record)| is_called(record))
    }

    fn ambiguity(&self, candidates: &[&Live]) -> String {
        let described: Vec<String> = candidates
            .iter()
            .map(|live| {
                match live
                    .document
                    .get(self.catalog.created)
                    .and_then(|created| created.as_str())
                {
                    Some(created) => format!("{} (created {created})", live.id),
                    None => live.id.to_string(),
                }
            })
            .collect();
        format!(
            "{} live personas have this name: {}; pin one with `x-personactl: {{id: {}}}`, or rename or delete the others",
            candidates.len(),
            described.join(", "),
            candidates[0].id
        )
    }
}
