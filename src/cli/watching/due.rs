//! Personas that something is still to be done with.

use std::collections::BTreeSet;

use crate::model::Key;

/// Personas that something is still to be done with: what could not be done is not lost.
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
    /// More of them.
    pub(super) fn add(&mut self, more: &Self) {
        match (&mut *self, more) {
            (Self::Some(due), Self::Some(more)) => due.extend(more.iter().cloned()),
            _ => *self = Self::All,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Some(due) if due.is_empty())
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        match self {
            Self::All => true,
            Self::Some(due) => due.contains(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_never_less() {
        let some = |keys: &[&str]| Due::Some(keys.iter().map(|key| Key::new(*key)).collect());
        let rows = [
            (some(&[]), some(&[]), some(&[])),
            (some(&["a"]), some(&["b"]), some(&["a", "b"])),
            (some(&["a"]), Due::All, Due::All),
            (Due::All, some(&["a"]), Due::All),
        ];
        for (mut due, more, expected) in rows {
            due.add(&more);
            assert_eq!(due, expected);
            assert_eq!(due.is_empty(), expected == some(&[]));
        }
        assert!(Due::All.has(&Key::new("any")) && !some(&["a"]).has(&Key::new("b")));
    }
}
