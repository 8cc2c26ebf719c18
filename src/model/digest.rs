//! Digests: what the ledger keeps instead of values.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::SecretName;

/// 128 bits of BLAKE3 in lower-case hexadecimal: enough to tell values apart, short enough to
/// commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of a value that is absent or empty.
    #[must_use]
    pub fn unset() -> Self {
        let mut hasher = Hasher::default();
        hasher.write("unset");
        hasher.finish()
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

/// What may be known of secrets without knowing them: a digest of each one whose value is available
/// here.
#[derive(Clone, Debug)]
pub struct Fingerprints {
    salt: Salt,
    known: BTreeMap<SecretName, Digest>,
}

impl Fingerprints {
    /// Knows no secret yet.
    #[must_use]
    pub const fn new(salt: Salt) -> Self {
        Self {
            salt,
            known: BTreeMap::new(),
        }
    }

    /// Takes the digest of a secret's value.
    pub fn insert(&mut self, name: SecretName, value: &str) {
        let mut hasher = Hasher::keyed(&self.salt);
        hasher.write_tagged('"', value);
        self.known.insert(name, hasher.finish());
    }

    /// The digest of the secret's value; `None` where it is not available here.
    #[must_use]
    pub fn of(&self, name: &SecretName) -> Option<&Digest> {
        self.known.get(name)
    }

    /// The salt, for digests of values that stand among secrets.
    #[must_use]
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }
}
