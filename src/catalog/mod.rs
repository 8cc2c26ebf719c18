//! What is known of each field of a persona: one table, and the questions it answers.
//!
//! Comparing, checking, redacting, the client's vocabularies and the sandbox all read from this
//! table. No other module names a field.

mod compare;
mod credential;
mod field;
mod resource;
mod spelling;
mod spot;
mod table;
mod walk;

pub use compare::resembles;
pub use credential::{
    begins_as_credential, holds_credential, is_given, looks_secret, without_credentials,
};
pub use field::{
    Access, Budget, Deprecated, Derived, Field, Kind, Literal, Normaliser, Requirement, Secrecy,
    Words,
};
pub use resource::Catalog;
pub use spelling::Vocabulary;
pub use spot::Spot;
pub use table::PERSONA;
pub(crate) use table::{CREDENTIALS, TOOL_NAME};
pub use walk::{
    is_credential, is_suspect, is_unset, named, nearest, one_of, seems_credential, tool_name,
};
