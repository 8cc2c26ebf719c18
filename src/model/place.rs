//! Where a value was written: file, line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Pointer;

/// A stretch of text in a file: lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file, as the user would type it from the working directory.
    pub file: Arc<str>,
    /// The line on which it begins.
    pub line: usize,
    /// The column at which it begins.
    pub column: usize,
    /// How many characters of that line it covers, at least 1.
    pub width: usize,
}

impl Place {
    /// The beginning of a file.
    #[must_use]
    pub fn start_of(file: &Path) -> Self {
        Self {
            file: Arc::from(file.display().to_string()),
            line: 1,
            column: 1,
            width: 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            width: _,
        } = self;
        write!(formatter, "{file}:{line}:{column}")
    }
}

/// Where each value of one document was written, by its pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    root: Spot,
    below: BTreeMap<Pointer, Spot>,
}

/// Where one value was written: its name, and the value itself (in another file, if a tag brought
/// it in).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    name: Place,
    value: Place,
}

impl Places {
    /// Knows only where the document itself begins.
    #[must_use]
    pub fn new(root: Place) -> Self {
        Self {
            root: Spot {
                name: root.clone(),
                value: root,
            },
            below: BTreeMap::new(),
        }
    }

    /// Notes where the value at `pointer` was written. An element of a list has no name of its own:
    /// its name's place is the value's.
    pub fn insert(&mut self, pointer: Pointer, name: Place, value: Place) {
        self.below.insert(pointer, Spot { name, value });
    }

    /// Where the member at `pointer` is named, or the nearest one around it that has a place.
    #[must_use]
    pub fn name(&self, pointer: &Pointer) -> &Place {
        &self.spot(pointer).name
    }

    /// Where the value at `pointer` was written, or the nearest one around it that has a place.
    #[must_use]
    pub fn value(&self, pointer: &Pointer) -> &Place {
        &self.spot(pointer).value
    }

    fn spot(&self, pointer: &Pointer) -> &Spot {
        let mut at = pointer.as_str();
        loop {
            if let Some(spot) = self.below.get(at) {
                return spot;
            }
            match at.rsplit_once('/') {
                Some((parent, _)) => at = parent,
                None => return &self.root,
            }
        }
    }
}
