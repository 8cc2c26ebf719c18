//! Where the evidence about the service is in conflict: which way the sandbox behaves.

/// How the sandbox behaves where the service is not surely known; the default is what is most
/// probable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// How one persona is answered.
    pub get_shape: GetShape,
    /// The most personas on one page of the list, whatever `limit` says.
    pub page_cap: usize,
    /// How secrets read back.
    pub mask: Mask,
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
    /// Not at all.
    Omitted,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            get_shape: GetShape::Bare,
            page_cap: 100,
            mask: Mask::Stars,
        }
    }
}
