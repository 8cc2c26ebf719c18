//! A conversation with a persona, as the service answered it.

use url::Url;

use super::PersonaId;

/// A conversation that was made with a persona.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// The persona.
    pub persona: PersonaId,
    /// Where to meet it: an `https` address.
    pub url: Url,
    /// The service's id, where it told one.
    pub id: Option<String>,
    /// The service's word for how it stands, where it told one.
    pub status: Option<String>,
}

impl Conversation {
    /// Whether the address leads nowhere: no name under `.invalid` is ever given to anybody, so a sandbox uses one.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        let name = self.url.domain().unwrap_or_default();
        name.ends_with(".invalid")
    }
}
