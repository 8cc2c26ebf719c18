//! An error and all that is behind it, as one line.

use std::error::Error;

/// The error's message and those of its sources, from the outside in.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
