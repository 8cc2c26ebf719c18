//! Where the evidence about the service is in conflict: which way the sandbox behaves.

use std::collections::BTreeSet;

/// How the sandbox behaves where the service is not surely known; the default is what is most
/// probable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// How one persona is answered.
    pub get_shape: GetShape,
    /// The most personas on one page of the list, whatever `limit` says.
    pub page_cap: usize,
    /// How secrets read back.
    pub mask: Mask,
    /// What is made of what is sent, beyond what the catalogue knows.
    pub normalise: BTreeSet<Normalise>,
}

/// How one persona is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetShape {
    /// As the object itself, which is what clients see.
    Bare,
    /// As `{"data": [object]}`, which is what the documentation shows.
    Envelope,
}

/// How secrets read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// As asterisks where one is set, else as null.
    Stars,
    /// As null, set or not.
    Null,
    /// As asterisks and an ending by which one secret can be told from another.
    Ending,
    /// Not at all.
    Omitted,
}

/// One thing that a service may make of what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Normalise {
    /// Texts lose the white space around them.
    Trim,
    /// Texts lose capitals and doubled white space, numbers are rounded.
    Rewrite,
    /// Members and elements are put into an order of the service's own.
    Reorder,
    /// Members appear that nobody sent.
    Fill,
    /// Numbers and flags are answered as texts, and texts that spell one as what they spell.
    Retype,
    /// What was written is not answered, but for the name.
    Hide,
}

impl Quirks {
    /// Whether this is made of what is sent.
    #[must_use]
    pub fn has(&self, normalise: Normalise) -> bool {
        self.normalise.contains(&normalise)
    }
}

impl Normalise {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Trim,
        Self::Rewrite,
        Self::Reorder,
        Self::Fill,
        Self::Retype,
        Self::Hide,
    ];

    /// Its word in options, and what it says there.
    #[must_use]
    pub const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Trim => ("trim", "Texts lose the white space around them"),
            Self::Rewrite => (
                "rewrite",
                "Texts lose capitals and repeated white space, numbers their fraction",
            ),
            Self::Reorder => ("reorder", "Members and elements are sorted"),
            Self::Fill => ("fill", "Members appear that nobody sent"),
            Self::Retype => (
                "retype",
                "Numbers and flags are answered as texts, and texts that spell one as that",
            ),
            Self::Hide => ("hide", "Nothing that was written is answered but the name"),
        }
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            get_shape: GetShape::Bare,
            page_cap: 100,
            mask: Mask::Stars,
            normalise: BTreeSet::new(),
        }
    }
}
