//! Pairs of small documents, made of chance, for which our patch has to be right.

use std::thread;

use personactl::diff::{self, Dialect, Rules};
use serde_json::{Map, Number, Value, json};

use crate::dice::Dice;

const NAMES: [&str; 8] = ["name", "id", "function", "a", "b/c", "~d", "0", ""];
const TEXTS: [&str; 6] = [
    "",
    "a",
    "b",
    "calls",
    "a longer text, to be worth an edit",
    "\"\n\u{1}é",
];
/// Equal in value, not in spelling.
const NUMBERS: [&str; 6] = ["0", "1", "1.0", "1e0", "-7", "12345678901234567890.5"];

/// How many of so many pairs have a patch that is wrong, on this many threads.
pub(crate) fn wrong(pairs: u64, threads: u64) -> u64 {
    thread::scope(|scope| {
        let count = move |thread: u64| {
            let seeds = (thread..pairs).step_by(threads as usize);
            seeds.filter(|seed| is_wrong(*seed)).count() as u64
        };
        let running: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || count(thread)))
            .collect();
        let counted = running
            .into_iter()
            .map(|thread| thread.join().expect("it counts"));
        counted.sum()
    })
}

fn is_wrong(seed: u64) -> bool {
    let (before, after) = pair(seed);
    [Dialect::Indexed, Dialect::Whole]
        .into_iter()
        .any(|dialect| {
            let rules = Rules {
                dialect,
                ..Rules::default()
            };
            let patched = diff::compute_with(&before, &after, rules).apply(&before);
            patched.map_or(true, |patched| patched != after)
        })
}

/// Two documents: a copy with changes, or two that have nothing to do with one another.
pub(crate) fn pair(seed: u64) -> (Value, Value) {
    let mut dice = Dice::new(seed);
    let before = document(3, &mut dice);
    if dice.percent(25) {
        return (before, document(3, &mut dice));
    }
    let mut after = before.clone();
    for _ in 0..=dice.below(4) {
        change(&mut after, &mut dice);
    }
    (before, after)
}

fn document(levels: usize, dice: &mut Dice) -> Value {
    match dice.below(if levels == 0 { 3 } else { 8 }) {
        0 => dice.pick(&[json!(null), json!(true), json!(false)]).clone(),
        1 => number(dice),
        2 => json!(dice.pick(&TEXTS)),
        3 => (0..dice.below(6)).map(|_| document(0, dice)).collect(),
        4 | 5 => (0..dice.below(5))
            .map(|_| document(levels - 1, dice))
            .collect(),
        _ => object(levels - 1, dice),
    }
}

fn number(dice: &mut Dice) -> Value {
    let number: Number = dice.pick(&NUMBERS).parse().expect("a number");
    Value::Number(number)
}

fn object(levels: usize, dice: &mut Dice) -> Value {
    let mut members = Map::new();
    for _ in 0..dice.below(5) {
        members.insert((*dice.pick(&NAMES)).to_owned(), document(levels, dice));
    }
    Value::Object(members)
}

/// Changes something in the value, not always at its top.
fn change(value: &mut Value, dice: &mut Dice) {
    let is_here = dice.percent(40);
    match value {
        Value::Array(elements) if is_here || elements.is_empty() => rearrange(elements, dice),
        Value::Array(elements) => {
            let at = dice.below(elements.len());
            change(&mut elements[at], dice);
        }
        Value::Object(members) if is_here || members.is_empty() => regroup(members, dice),
        Value::Object(members) => {
            let at = dice.below(members.len());
            let member = members.values_mut().nth(at);
            change(member.expect("it is there"), dice);
        }
        scalar => *scalar = document(1, dice),
    }
}

fn rearrange(elements: &mut Vec<Value>, dice: &mut Dice) {
    let at = dice.below(elements.len() + 1);
    let other = dice.below(elements.len() + 1);
    match dice.below(6) {
        0 | 1 => elements.insert(at, document(1, dice)),
        2 if at < elements.len() => drop(elements.remove(at)),
        3 if at < elements.len() => {
            let moved = elements.remove(at);
            elements.insert(other.min(elements.len()), moved);
        }
        4 if at < elements.len() => elements.insert(other, elements[at].clone()),
        _ => elements.reverse(),
    }
}

fn regroup(members: &mut Map<String, Value>, dice: &mut Dice) {
    let name = *dice.pick(&NAMES);
    match members.shift_remove(name) {
        Some(value) if dice.percent(50) => {
            members.insert((*dice.pick(&NAMES)).to_owned(), value);
        }
        Some(_) => {}
        None => {
            members.insert(name.to_owned(), document(1, dice));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_patch_of_any_two_documents_is_right() {
        assert_eq!(wrong(100_000, 1), 0);
    }
}
