//! A kind of resource as a whole.

use super::field::Field;

/// A kind of resource: its fields, and which of them carry its identity.
#[derive(Debug)]
pub struct Catalog {
    /// What one of them is called: `persona`.
    pub noun: &'static str,
    /// The page of the service's documentation about them.
    pub doc: Option<&'static str>,
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
