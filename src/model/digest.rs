//! Digests: what the ledger keeps instead of values.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::SecretName;

/// 128 bits of BLAKE3, in lower-case hexadecimal wherever they are written: enough to tell values apart, short enough to
/// commit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of a value that is absent or empty.
    #[must_use]
    pub fn unset() -> Self {
        static UNSET: LazyLock<Digest> = LazyLock::new(|| {
            let mut hasher = Hasher::default();
            hasher.write("unset");
            hasher.finish()
        });
        UNSET.clone()
    }

    /// Reads hexadecimal; `None` unless it is 32 digits as they are written here.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = 16 * value_of(pair[0])? + value_of(pair[1])?;
        }
        Some(Self(bytes))
    }

    fn hex(&self) -> [u8; 32] {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
        digits
    }
}

fn written(digits: &[u8; 32]) -> &str {
    str::from_utf8(digits).expect("digits are ASCII")
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(written(&self.hex()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(written(&self.hex()))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Digits)
    }
}

/// Reads a digest where its text stands, of which nothing is copied. What is none is taken for one that nothing else has: it
/// fails where it is compared, and whoever reads it knows to say of what it was.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = Digest;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a digest of 32 hexadecimal digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
        Ok(Digest::from_hex(text).unwrap_or_else(|| {
            let mut hasher = Hasher::default();
            hasher.write_tagged('?', text);
            hasher.finish()
        }))
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

    /// Adds a digest, as it is written.
    pub fn write_digest(&mut self, digest: &Digest) {
        self.0.update(&digest.hex());
    }

    /// The digest of all that was added.
    #[must_use]
    pub fn finish(&self) -> Digest {
        let hash = self.0.finalize();
        let first = hash.as_bytes().first_chunk();
        Digest(*first.expect("BLAKE3 has 256 bits"))
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
