//! What has to be done at one place of a document, and what it costs in a request.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde_json::Value;

use super::patch::Operation;
use super::weigh::{index_size, token_size};
use crate::model::Pointer;

/// Whether the old value at a place may be asserted.
pub(super) type Shows<'s> = &'s dyn Fn(&Pointer, &Value) -> bool;

/// What is asserted, and how.
#[derive(Clone, Copy)]
pub(super) struct Guards<'g> {
    /// Whether the object at a place is not owned as a whole: its members are asserted one by one.
    pub(super) keeps: &'g dyn Fn(&Pointer) -> bool,
    /// Whether a value is asserted as it is, or only what may be shown of it.
    pub(super) shows: Shows<'g>,
}

/// What has to be done at one place.
#[derive(Clone, Debug)]
pub(super) enum Edit<'v> {
    /// Nothing.
    Keep,
    /// Set the value where none is.
    Add(&'v Value),
    /// Set another value.
    Replace(&'v Value),
    /// Take the value away.
    Remove,
    /// Edit members, in the order of their names.
    Members(Vec<(&'v str, Self)>),
    /// Edit elements.
    Elements(Elements<'v>),
}

/// What has to be done to a list: first it loses elements, then it gains some, then some are edited.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements<'v> {
    /// Indexes in the old list, ascending.
    pub(super) removed: Vec<usize>,
    /// Indexes in the new list, ascending.
    pub(super) added: Vec<(usize, &'v Value)>,
    /// Indexes in the old list and in the new one, ascending.
    pub(super) edited: Vec<(usize, usize, Edit<'v>)>,
}

/// What an edit costs: bytes first, then how many places it touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    pub(super) bytes: usize,
    pub(super) places: usize,
}

/// An edit with its price.
#[derive(Clone, Debug)]
pub(super) struct Priced<'v> {
    pub(super) edit: Edit<'v>,
    pub(super) cost: Cost,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.places += other.places;
    }
}

impl Cost {
    /// An operation with a value of this size, at a pointer of that size.
    pub(super) const fn setting(op: &'static str, pointer: usize, value: usize) -> Self {
        const FRAME: usize = r#"{"op":"","path":"","value":},"#.len();
        Self {
            bytes: FRAME + op.len() + pointer + value,
            places: 1,
        }
    }

    /// A removal at a pointer of this size.
    pub(super) const fn removing(pointer: usize) -> Self {
        const FRAME: usize = r#"{"op":"remove","path":""},"#.len();
        Self {
            bytes: FRAME + pointer,
            places: 1,
        }
    }
}

impl<'v> Priced<'v> {
    /// Edits of members, one after the other.
    pub(super) fn members(edits: Vec<(&'v str, Self)>) -> Self {
        if edits.is_empty() {
            return Self::KEEP;
        }
        let mut cost = Cost::default();
        edits.iter().for_each(|(_, priced)| cost += priced.cost);
        let edits = edits.into_iter().map(|(name, priced)| (name, priced.edit));
        Self {
            edit: Edit::Members(edits.collect()),
            cost,
        }
    }

    pub(super) const KEEP: Self = Self {
        edit: Edit::Keep,
        cost: Cost {
            bytes: 0,
            places: 0,
        },
    };
}

impl Edit<'_> {
    /// The operations that do it at `at`.
    pub(super) fn write(&self, at: &Pointer, operations: &mut Vec<Operation>) {
        match self {
            Self::Keep => {}
            Self::Add(value) => operations.push(Operation::Add(at.clone(), (*value).clone())),
            Self::Replace(value) => {
                operations.push(Operation::Replace(at.clone(), (*value).clone()))
            }
            Self::Remove => operations.push(Operation::Remove(at.clone())),
            Self::Members(members) => {
                members
                    .iter()
                    .for_each(|(name, edit)| edit.write(&at.join(name), operations));
            }
            Self::Elements(elements) => elements.write(at, operations),
        }
    }

    /// The tests that hold as long as nobody else changes what this edits. An edit in a list, or in
    /// an object that is owned as a whole, is one of all that stands there: what somebody else adds
    /// to it would get mixed with what this adds.
    pub(super) fn guard(
        &self,
        at: &Pointer,
        before: &Value,
        guards: Guards<'_>,
        tests: &mut Vec<Operation>,
    ) {
        match self {
            Self::Keep | Self::Add(_) => {}
            Self::Members(members) if guards.divides(at) => {
                for (name, edit) in members {
                    if let Some(before) = before.get(name) {
                        edit.guard(&at.join(name), before, guards, tests);
                    }
                }
            }
            Self::Replace(_) | Self::Remove | Self::Members(_) | Self::Elements(_) => {
                guards.assert(at, before, tests);
            }
        }
    }
}

impl Guards<'_> {
    fn divides(&self, at: &Pointer) -> bool {
        at.as_str().is_empty() || (self.keeps)(at)
    }

    /// Asserts a value; where it may not be shown as a whole, all in it that may.
    fn assert(self, at: &Pointer, before: &Value, tests: &mut Vec<Operation>) {
        if (self.shows)(at, before) {
            tests.push(Operation::Test(at.clone(), before.clone()));
            return;
        }
        match before {
            Value::Object(members) => {
                let sorted: BTreeMap<_, _> = members.iter().collect();
                for (name, value) in sorted {
                    self.assert(&at.join(name), value, tests);
                }
            }
            Value::Array(elements) => {
                for (index, value) in elements.iter().enumerate() {
                    self.assert(&at.join(&index.to_string()), value, tests);
                }
            }
            _ => {}
        }
    }
}

impl Elements<'_> {
    /// Elements are taken away from the end, so that no index moves before its turn; then added in
    /// order; then edited where they finally stand.
    fn write(&self, at: &Pointer, operations: &mut Vec<Operation>) {
        let element = |index: usize| at.join(&index.to_string());
        for index in self.removed.iter().rev() {
            operations.push(Operation::Remove(element(*index)));
        }
        for (index, value) in &self.added {
            operations.push(Operation::Add(element(*index), (*value).clone()));
        }
        for (_, index, edit) in &self.edited {
            edit.write(&element(*index), operations);
        }
    }
}

/// The size of a pointer that goes one member deeper.
pub(super) fn member_at(pointer: usize, name: &str) -> usize {
    pointer + 1 + token_size(name)
}

/// The size of a pointer that goes one element deeper.
pub(super) fn element_at(pointer: usize, index: usize) -> usize {
    pointer + 1 + index_size(index)
}
