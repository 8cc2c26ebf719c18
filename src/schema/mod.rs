//! JSON Schemas (2020-12) of what users write, for editors and anyone else who checks it, made of the
//! tables that the program itself checks with; and of what it prints (`plan`).
//!
//! An editor sees YAML without the meaning of its tags, so each field takes what its tags look like,
//! too (`tags`). `field` makes the schema of one field and `annotation` what is shown about it,
//! `requirement` says what has to be there together, `document` puts all of it together. What the
//! program only warns of is refused, as `--strict` refuses it: an editor has no other way to show a
//! misspelt name. What needs more than a look at one value is left to the program: two tools of one
//! name, a word that is nearly a known one, a secret in the open.

mod annotation;
mod document;
mod field;
mod plan;
mod requirement;
mod tags;
#[cfg(test)]
mod tests;

pub use document::{manifest, settings};
pub use plan::PLAN;
