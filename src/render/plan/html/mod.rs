//! The plan as one page for a browser: it asks nobody for anything, and can be read without its script.
//!
//! `view` is all that the page says, and `shown` what it says of values, already harmless; the templates give it its marks, and
//! nothing else. `live` is what is added where the page follows what is served.

mod live;
mod page;
mod shown;
mod view;

#[cfg(test)]
mod tests;

pub use live::waiting;
pub(super) use page::report;
