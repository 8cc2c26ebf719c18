//! Damage: some bytes or lines of a text changed, doubled, swapped or gone.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// One change.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index, usize),
    Double(Index, usize),
    Cut(Index),
    SwapLines(Index, Index),
}

/// A few changes.
pub(super) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let byte = || prop_oneof![any::<u8>(), b' '..=b'~', Just(b'\n')];
    let length = || prop_oneof![1..4usize, 1..200usize];
    let edit = prop_oneof![
        (at(), byte()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (at(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        (at(), length()).prop_map(|(at, length)| Edit::Remove(at, length)),
        (at(), length()).prop_map(|(at, length)| Edit::Double(at, length)),
        at().prop_map(Edit::Cut),
        (at(), at()).prop_map(|(one, other)| Edit::SwapLines(one, other)),
    ];
    vec(edit, 1..4)
}

/// The text after the changes.
pub(super) fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    edits
        .iter()
        .fold(text.to_vec(), |text, edit| match text.is_empty() {
            true => text,
            false => edit.apply(text),
        })
}

impl Edit {
    fn apply(&self, mut text: Vec<u8>) -> Vec<u8> {
        let length = text.len();
        let stretch = |at: &Index, count: &usize| {
            let start = at.index(length);
            start..(start + count).min(length)
        };
        match self {
            Self::Set(at, byte) => text[at.index(length)] = *byte,
            Self::Insert(at, byte) => text.insert(at.index(length), *byte),
            Self::Remove(at, count) => drop(text.drain(stretch(at, count))),
            Self::Double(at, count) => {
                let stretch = stretch(at, count);
                let copy = text[stretch.clone()].to_vec();
                drop(text.splice(stretch.start..stretch.start, copy));
            }
            Self::Cut(at) => text.truncate(at.index(length)),
            Self::SwapLines(one, other) => {
                let mut lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
                let count = lines.len();
                lines.swap(one.index(count), other.index(count));
                text = lines.concat();
            }
        }
        text
    }
}
