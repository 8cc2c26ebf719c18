//! What is known of each field of a persona: one table, and the questions it answers.
//!
//! Comparing, checking, redacting, the client's vocabularies and the sandbox all read from this
//! table. No other module names a field.

mod compare;
mod field;
mod spelling;
mod table;
mod walk;

pub use compare::resembles;
pub use field::{
    Access, Deprecated, Derived, Field, Kind, Literal, Normaliser, Requirement, Secrecy, Words,
};
pub use spelling::Vocabulary;
pub use table::PERSONA;
pub use walk::{is_credential, is_unset, named, nearest, seems_credential, tool_name};

/// A kind of resource: its fields, and which of them carry its identity.
#[derive(Debug)]
pub struct Catalog {
    /// What one of them is called: `persona`.
    pub noun: &'static str,
    /// The member with the service's id.
    pub id: &'static str,
    /// The member with the name that people know it by.
    pub name: &'static str,
    /// The member that tells the account's own from the service's stock.
    pub class: &'static str,
    /// The member with the service's inner id.
    pub uuid: &'static str,
    /// The member with the account.
    pub owner: &'static str,
    /// The member with the face, which the PAL vocabulary asks for on create.
    pub face: &'static str,
    /// The member with the time of creation.
    pub created: &'static str,
    /// The member with the time of the last change.
    pub updated: &'static str,
    /// The members of the document.
    pub fields: &'static [Field],
}
