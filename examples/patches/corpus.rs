//! Personas before and after edits that people make; the same on every run and machine.

use serde_json::Value;

use crate::dice::Dice;
use crate::edits::{self, Edit, MIXABLE};
use crate::persona::persona;

/// How many tools the personas have, one after the other.
const TOOLS: [usize; 7] = [8, 3, 30, 12, 2, 20, 5];
/// How many mixtures of single edits there are.
const MIXTURES: u64 = 40;

/// One edit of one persona.
pub(crate) struct Case {
    /// What is edited.
    pub(crate) name: String,
    /// The persona before the edit.
    pub(crate) before: Value,
    /// The persona after the edit.
    pub(crate) after: Value,
}

/// All cases.
pub(crate) fn corpus() -> Vec<Case> {
    let single = (0..)
        .zip(edits::all())
        .map(|(seed, (name, edit))| case(name, seed, &[edit]));
    let mixtures = (0..MIXTURES).map(mixture);
    single.chain(mixtures).collect()
}

/// A persona before and after these edits. Where they change nothing, it tries another one.
fn case(name: &str, seed: u64, edits: &[Edit]) -> Case {
    let tools = TOOLS[seed as usize % TOOLS.len()];
    let mut dice = Dice::new(seed);
    loop {
        let before = persona(tools, &mut dice);
        let mut after = before.clone();
        edits.iter().for_each(|edit| edit(&mut after, &mut dice));
        if before != after {
            let name = format!("{name} ({tools} tools)");
            return Case {
                name,
                before,
                after,
            };
        }
    }
}

/// One to four edits of different kinds.
fn mixture(number: u64) -> Case {
    let seed = 1000 + number;
    let mut dice = Dice::new(!seed);
    let mut kinds: Vec<_> = MIXABLE.iter().collect();
    while kinds.len() > 1 + number as usize % 4 {
        kinds.remove(dice.below(kinds.len()));
    }
    let picked: Vec<_> = kinds.into_iter().map(|kind| dice.pick(kind)).collect();
    let names: Vec<_> = picked.iter().map(|(name, _)| *name).collect();
    let edits: Vec<_> = picked.iter().map(|(_, edit)| *edit).collect();
    case(
        &format!("mixture {number}: {}", names.join(" + ")),
        seed,
        &edits,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_corpus_is_large_its_personas_of_the_usual_size_and_its_names_unique() {
        let corpus = corpus();
        assert!(corpus.len() >= 120, "{}", corpus.len());
        let names: BTreeSet<_> = corpus.iter().map(|case| &case.name).collect();
        assert_eq!(names.len(), corpus.len());
        for case in &corpus {
            let size = case.before.to_string().len();
            assert!((9_000..=11_000).contains(&size), "{}: {size}", case.name);
        }
    }
}
