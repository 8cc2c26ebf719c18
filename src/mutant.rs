//! Mistakes that are planted on purpose, so that the simulator (`tests/simulator`) can show that it finds them.
//! Only a build with the feature `mutants` can make them, which no release has.

/// A mistake, by the name that `PERSONACTL_MUTANT` has to hold for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A create whose answer was lost is sent again.
    BlindPost,
    /// Files are written over where they lie.
    TruncateInPlace,
    /// What a list leaves out is taken to be gone.
    AbsenceIsDeletion,
    /// The service does not get the time that it asks for.
    RetryAfterIgnored,
    /// What is written is not read again first.
    NoReadBeforeWrite,
}

/// Whether a mistake is to be made.
#[cfg(feature = "mutants")]
pub(crate) fn planted(mutant: Mutant) -> bool {
    std::env::var("PERSONACTL_MUTANT").is_ok_and(|name| name == format!("{mutant:?}"))
}

/// Whether a mistake is to be made: never.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn planted(_: Mutant) -> bool {
    false
}
