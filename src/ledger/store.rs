//! Reading the ledger, and writing it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use crate::durable;
use crate::model::{Key, Record, Records, Salt};

/// The version of the format that is written here.
const FORMAT_VERSION: u64 = 1;

/// What was applied last, and where that is kept.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    environment: String,
    salt: Salt,
    /// The entries, by manifest.
    pub records: Records,
}

/// A ledger that cannot be read or written.
#[derive(Debug, Error)]
#[error("cannot use the ledger `{}`", path.display())]
pub struct LedgerError {
    /// The ledger's file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub kind: LedgerErrorKind,
}

/// What is wrong with a ledger.
#[derive(Debug, Error)]
pub enum LedgerErrorKind {
    /// The file system refused.
    #[error("the file cannot be used")]
    Io(#[source] io::Error),
    /// Another apply is under way.
    #[error("another apply has it: {0}")]
    Locked(String),
    /// It is empty: whatever emptied it, it does not mean that nothing was ever applied.
    #[error("it is empty; restore it from git, or delete it to start over by name")]
    Empty,
    /// Two branches were merged and git could not tell which side is right.
    #[error("it holds conflict markers of git; keep the lines of both sides, then run again")]
    ConflictMarkers,
    /// It is no ledger.
    #[error("it is not a ledger; restore it from git")]
    Malformed(#[source] serde_json::Error),
    /// It was written by a newer program.
    #[error("it has format version {0}, newer than {FORMAT_VERSION}: update personactl")]
    Newer(u64),
    /// It belongs to another environment.
    #[error("it belongs to the environment `{0}`")]
    Foreign(String),
    /// Its salt is no salt.
    #[error("its salt is damaged; restore it from git")]
    Salt,
}

#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(rename = "format_version")]
    _format_version: u64,
    environment: String,
    salt: String,
    personas: BTreeMap<Key, Record>,
}

impl Ledger {
    /// Reads the ledger of an environment; where there is none yet, an empty one with `fresh` as
    /// its salt.
    ///
    /// # Errors
    /// Where the file is there but is not this environment's ledger in a known version.
    pub fn read(path: &Path, environment: &str, fresh: Salt) -> Result<Self, LedgerError> {
        let failed = |kind| LedgerError {
            path: path.to_owned(),
            kind,
        };
        let (salt, records) = match fs::read_to_string(path) {
            Ok(text) => parse(&text, environment).map_err(failed)?,
            Err(error) if error.kind() == ErrorKind::NotFound => (fresh, Records::new()),
            Err(error) => return Err(failed(LedgerErrorKind::Io(error))),
        };
        Ok(Self {
            path: path.to_owned(),
            environment: environment.to_owned(),
            salt,
            records,
        })
    }

    /// Takes an entry over. A persona belongs to one manifest: other entries for it go.
    pub fn bind(&mut self, key: Key, record: Record) {
        self.records.retain(|_, other| other.id != record.id);
        self.records.insert(key, record);
    }

    /// The salt for digests of secrets.
    #[must_use]
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }

    /// Writes the ledger.
    ///
    /// # Errors
    /// Where the file system refuses; the old file is then still there.
    pub fn write(&self) -> Result<(), LedgerError> {
        let failed = |error| LedgerError {
            path: self.path.clone(),
            kind: LedgerErrorKind::Io(error),
        };
        durable::write(&self.path, self.to_text().as_bytes()).map_err(failed)
    }

    /// One line for each persona, sorted, so that git merges what two branches applied.
    fn to_text(&self) -> String {
        let mut text = format!(
            "{{\n\"format_version\": {FORMAT_VERSION},\n\"environment\": {},\n\"salt\": \"{}\",\n\"personas\": {{",
            json!(self.environment),
            self.salt.to_hex(),
        );
        let mut separator = "\n";
        for (key, record) in &self.records {
            let record = serde_json::to_string(record).expect("a record is plain JSON");
            write!(text, "{separator}{}: {record}", json!(key)).expect("a string takes all");
            separator = ",\n";
        }
        text.push_str("\n}\n}\n");
        text
    }
}

fn parse(text: &str, environment: &str) -> Result<(Salt, Records), LedgerErrorKind> {
    if text.trim().is_empty() {
        return Err(LedgerErrorKind::Empty);
    }
    if text
        .lines()
        .any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "))
    {
        return Err(LedgerErrorKind::ConflictMarkers);
    }
    let Version { format_version } =
        serde_json::from_str(text).map_err(LedgerErrorKind::Malformed)?;
    if format_version > FORMAT_VERSION {
        return Err(LedgerErrorKind::Newer(format_version));
    }
    let content: Content = serde_json::from_str(text).map_err(LedgerErrorKind::Malformed)?;
    if content.environment != environment {
        return Err(LedgerErrorKind::Foreign(content.environment));
    }
    let salt = Salt::from_hex(&content.salt).ok_or(LedgerErrorKind::Salt)?;
    Ok((salt, content.personas))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Applied, Hasher, PersonaId, Pointer};

    fn ledger(path: &Path) -> Ledger {
        Ledger::read(path, "test", Salt::new([7; 32])).expect("a ledger")
    }

    fn record() -> Record {
        let digest = Hasher::default().finish();
        let pointer = Pointer::parse("/context").expect("a pointer");
        Record {
            id: PersonaId::new("p1").expect("an id"),
            name: "Ana \"the first\"".to_owned(),
            prevent_delete: true,
            fields: BTreeMap::from([(
                pointer,
                Applied {
                    sent: digest.clone(),
                    seen: digest,
                },
            )]),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("_ledger/test.json");
        let mut first = ledger(&path);
        first.records.insert(Key::new("a/b"), record());
        first.records.insert(Key::new("c"), record());
        first.write().expect("it is written");

        let second = Ledger::read(&path, "test", Salt::new([8; 32])).expect("it is read");
        assert_eq!(second.records, first.records);
        assert_eq!(second.salt, first.salt);
        let lines = fs::read_to_string(&path).expect("text");
        assert_eq!(
            lines
                .lines()
                .filter(|line| line.contains("\"id\":\"p1\""))
                .count(),
            2
        );
    }

    #[test]
    fn no_ledger_is_an_empty_one_but_a_damaged_one_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.json");
        assert!(ledger(&path).records.is_empty());
        let salt = "07".repeat(32);
        let whole = |version: u64, environment: &str, salt: &str| {
            let content = json!({
                "format_version": version, "environment": environment, "salt": salt, "personas": {},
            });
            content.to_string()
        };
        let rows = [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("{", "it is not a ledger"),
            ("{\"format_version\": 1}", "it is not a ledger"),
            ("<<<<<<< ours\n{}\n>>>>>>> theirs\n", "conflict markers"),
            (&whole(2, "test", &salt), "format version 2"),
            (&whole(1, "production", &salt), "`production`"),
            (&whole(1, "test", "07"), "salt"),
        ];
        for (text, message) in rows {
            fs::write(&path, text).expect("it is written");
            let error = Ledger::read(&path, "test", Salt::new([7; 32])).expect_err("it is damaged");
            assert!(
                error.kind.to_string().contains(message),
                "{text:?}: {}",
                error.kind
            );
        }
        fs::write(&path, whole(1, "test", &salt)).expect("it is written");
        assert!(ledger(&path).records.is_empty());
    }
}
