//! Where a value was written: file, line and column.

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

/// Where each value of one document was written, by its pointer. There are as many as there are values: together they take
/// about as much memory as the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    root: Place,
    /// The files that marks are in; the document's own is the first.
    files: Vec<Arc<str>>,
    /// All pointers, one after the other.
    pointers: String,
    /// Sorted by their pointers.
    spots: Vec<Spot>,
}

/// Where one value was written: its name, and the value itself (in another file, if a tag brought
/// it in).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    /// Where its pointer begins and ends.
    pointer: (u32, u32),
    name: Mark,
    value: Mark,
}

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    file: u32,
    line: u32,
    column: u32,
    width: u32,
}

impl Places {
    /// Knows only where the document itself begins.
    #[must_use]
    pub fn new(root: Place) -> Self {
        Self {
            files: vec![root.file.clone()],
            root,
            pointers: String::new(),
            spots: Vec::new(),
        }
    }

    /// Notes where values were written: for each its pointer, the place of its name, and its own. An element of a list has no
    /// name of its own: its name's place is the value's.
    pub fn extend<'p>(
        &mut self,
        spots: impl IntoIterator<Item = (&'p Pointer, &'p Place, &'p Place)>,
    ) {
        for (pointer, name, value) in spots {
            let start = self.pointers.len();
            self.pointers.push_str(pointer.as_str());
            let spot = Spot {
                pointer: (fitted(start), fitted(self.pointers.len())),
                name: self.mark(name),
                value: self.mark(value),
            };
            self.spots.push(spot);
        }
        let Self {
            pointers, spots, ..
        } = self;
        spots.sort_by(|one, other| one.pointer(pointers).cmp(other.pointer(pointers)));
    }

    /// Where the member at `pointer` is named, or the nearest one around it that has a place.
    #[must_use]
    pub fn name(&self, pointer: &Pointer) -> Place {
        let spot = self.spot(pointer);
        spot.map_or_else(|| self.root.clone(), |spot| self.place(spot.name))
    }

    /// Where the value at `pointer` was written, or the nearest one around it that has a place.
    #[must_use]
    pub fn value(&self, pointer: &Pointer) -> Place {
        let spot = self.spot(pointer);
        spot.map_or_else(|| self.root.clone(), |spot| self.place(spot.value))
    }

    fn spot(&self, pointer: &Pointer) -> Option<&Spot> {
        let mut at = pointer.as_str();
        loop {
            let found = self
                .spots
                .binary_search_by(|spot| spot.pointer(&self.pointers).cmp(at));
            match (found, at.rsplit_once('/')) {
                (Ok(index), _) => return self.spots.get(index),
                (Err(_), Some((parent, _))) => at = parent,
                (Err(_), None) => return None,
            }
        }
    }

    fn mark(&mut self, place: &Place) -> Mark {
        // Nearly all places are in the file that the last one was in.
        let known = self.files.iter().rposition(|file| *file == place.file);
        let file = known.unwrap_or_else(|| {
            self.files.push(place.file.clone());
            self.files.len() - 1
        });
        Mark {
            file: fitted(file),
            line: fitted(place.line),
            column: fitted(place.column),
            width: fitted(place.width),
        }
    }

    fn place(&self, mark: Mark) -> Place {
        Place {
            file: self.files[mark.file as usize].clone(),
            line: mark.line as usize,
            column: mark.column as usize,
            width: mark.width as usize,
        }
    }
}

impl Spot {
    fn pointer<'p>(&self, pointers: &'p str) -> &'p str {
        &pointers[self.pointer.0 as usize..self.pointer.1 as usize]
    }
}

/// A figure of one document, which the bounds of documents keep small.
fn fitted(figure: usize) -> u32 {
    u32::try_from(figure).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_that_of_the_value_or_of_the_nearest_around_it() {
        let place = |file: &str, line| Place {
            file: Arc::from(file),
            line,
            column: line + 1,
            width: line + 2,
        };
        let pointer = |text| Pointer::parse(text).expect("a pointer");
        let spots = [
            ("/b", 1),
            ("/a", 2),
            ("/a-b", 3),
            ("/a/x", 4),
            ("/a/x~1y/0", 5),
        ];
        let spots: Vec<_> = spots
            .iter()
            .map(|(at, line)| (pointer(at), place("a", *line), place("b", 10 * line)))
            .collect();
        let mut places = Places::new(place("a", 9));
        let (first, later) = spots.split_at(2);
        places.extend(first.iter().map(|(at, name, value)| (at, name, value)));
        places.extend(later.iter().map(|(at, name, value)| (at, name, value)));
        for (at, name, value) in &spots {
            assert_eq!(
                (places.name(at), places.value(at)),
                (name.clone(), value.clone()),
                "{at}"
            );
        }
        for (at, line) in [
            ("", 9),
            ("/c", 9),
            ("/a/y", 2),
            ("/a/x/0/1", 4),
            ("/a/x~1y", 2),
            ("/a/x~1y/0/z", 5),
        ] {
            assert_eq!(places.name(&pointer(at)).line, line, "{at}");
        }
    }
}
