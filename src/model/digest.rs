//! Digests: what the ledger keeps instead of values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 128 bits of BLAKE3 in lower-case hexadecimal: enough to tell values apart, short enough to commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Takes what is to be digested piece by piece.
#[derive(Debug, Default)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// A hasher whose digests cannot be guessed without the salt, for values that are secret.
    #[must_use]
    pub fn keyed(salt: &Salt) -> Self {
        Self(blake3::Hasher::new_keyed(&salt.0))
    }

    /// Adds a word of our own.
    pub fn write(&mut self, word: &str) {
        self.0.update(word.as_bytes());
    }

    /// Adds a text from outside: with its length, so that neighbours cannot run into one another.
    pub fn write_tagged(&mut self, tag: char, text: &str) {
        let mut buffer = [0; 4];
        self.0.update(tag.encode_utf8(&mut buffer).as_bytes());
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// The digest of all that was added.
    #[must_use]
    pub fn finish(&self) -> Digest {
        let hex = self.0.finalize().to_hex();
        Digest(hex.as_str()[..32].to_owned())
    }
}

/// Random bytes, one set a ledger, that go into the digests of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The salt in hexadecimal, as the ledger writes it.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads hexadecimal; `None` unless it is 64 digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text)
            .ok()
            .map(|hash| Self(*hash.as_bytes()))
    }
}
