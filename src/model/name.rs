//! Names that could be mixed up, each with a type of its own, checked once when it is made.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(String);

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A manifest's path below the persona directory without its ending: `support/agent-de`.
    Key
}
name! {
    /// The id that the service gave to a persona: `pcb7a34da5fe`.
    PersonaId
}
name! {
    /// The environment variable that holds a secret: `OPENAI_API_KEY`.
    SecretName
}

/// A persona's name as people compare names: without white space around it, letter case and Unicode's
/// many forms of the same letters.
#[must_use]
pub fn folded(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize(name.trim())
        .to_lowercase()
}

impl Key {
    /// Takes a key as the reader of the persona directory made it.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }
}

impl PersonaId {
    /// An id is put into URLs, so it is made of letters, digits, `-` and `_` only; `None` for any
    /// other text.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (!id.is_empty() && id.chars().all(safe)).then_some(Self(id))
    }
}

impl SecretName {
    /// A name that a shell can export; `None` for any other text.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let safe = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (starts_well && name.chars().all(safe)).then_some(Self(name))
    }
}

impl From<String> for Key {
    fn from(key: String) -> Self {
        Self(key)
    }
}

impl TryFrom<String> for PersonaId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        Self::new(id.as_str()).ok_or_else(|| format!("`{id}` is no id"))
    }
}

impl TryFrom<String> for SecretName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::new(name.as_str()).ok_or_else(|| format!("`{name}` is no name of a variable"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_fold_to_the_same() {
        for other in ["José", "JOSÉ ", "Jose\u{301}", "ＪＯＳÉ"] {
            assert_eq!(folded(other), "josé", "{other}");
        }
        assert_ne!(folded("Jose"), folded("José"));
    }
}
