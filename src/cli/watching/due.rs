//! What is still to be planned.

use std::collections::BTreeSet;

use crate::model::Key;

/// What is still to be planned: what could not be is not lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    All,
    Some(BTreeSet<Key>),
}

impl Default for Due {
    fn default() -> Self {
        Self::Some(BTreeSet::new())
    }
}

impl Due {
    /// More is to be planned.
    pub(super) fn add(&mut self, keys: impl IntoIterator<Item = Key>) {
        if let Self::Some(due) = self {
            due.extend(keys);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Some(due) if due.is_empty())
    }
}
