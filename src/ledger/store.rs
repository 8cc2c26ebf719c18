//! Reading the ledger, and writing it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use super::journal::{Damage, Journal, Left, Line};
use crate::durable;
use crate::model::{Digest, Hasher, Intent, Key, Record, Records, Salt};

/// The version of the format that is written here.
const FORMAT_VERSION: u64 = 1;

/// What was applied last, and where that is kept.
#[derive(Debug)]
pub struct Ledger {
    files: Files,
    environment: String,
    salt: Salt,
    records: Records,
    /// Personas that an apply was about to make when it was ended, without having heard of them.
    intents: BTreeMap<Key, Intent>,
    /// Whether the file does not say all of that yet.
    is_behind: bool,
    /// Where what is done is written until the file is.
    journal: Option<Journal>,
}

/// Where a ledger is kept.
#[derive(Clone, Debug)]
pub struct Files {
    /// The ledger itself.
    pub ledger: PathBuf,
    /// What was done since it was written.
    pub journal: PathBuf,
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
    /// A line of its journal is not what was written.
    #[error("line {0} of it is damaged, and others follow")]
    Journal(usize),
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
    /// Reads the ledger of an environment, with what an apply left in the journal that was ended before
    /// it could write the ledger; where there is none yet, an empty one with `fresh` as its salt.
    ///
    /// # Errors
    /// Where a file is there but is not this environment's, in a known version, and whole.
    pub fn read(files: &Files, environment: &str, fresh: Salt) -> Result<Self, LedgerError> {
        let failed = |kind| LedgerError {
            path: files.ledger.clone(),
            kind,
        };
        let text = match fs::read_to_string(&files.ledger) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(LedgerErrorKind::Io(error))),
        };
        let (salt, records) = match &text {
            Some(text) => parse(text, environment).map_err(failed)?,
            None => (fresh, Records::new()),
        };
        let mut ledger = Self {
            files: files.clone(),
            environment: environment.to_owned(),
            salt,
            records,
            intents: BTreeMap::new(),
            is_behind: text.is_none(),
            journal: None,
        };
        let left = Left::read(&files.journal).map_err(|damage| damage.at(&files.journal))?;
        ledger.catch_up(left, &digest(text.as_deref().unwrap_or_default()))?;
        Ok(ledger)
    }

    /// Takes over what a journal says. Where the ledger is another one than the journal went on from (it was
    /// written, and the journal not removed any more; or it came by git), what it knows itself is newer.
    fn catch_up(&mut self, left: Left, own: &Digest) -> Result<(), LedgerError> {
        let mut lines = left.0.into_iter();
        let is_newer = match lines.next() {
            None => return Ok(()),
            Some(Line::Begin {
                environment,
                ledger,
            }) if environment == self.environment => ledger != *own,
            Some(_) => return Err(Damage::Line(1).at(&self.files.journal)),
        };
        self.is_behind = true;
        for line in lines {
            match line {
                Line::Begin { .. } => {}
                Line::Intent { key, intent } => {
                    self.intents.insert(key, intent);
                }
                Line::Bind { key, record } => {
                    self.intents.remove(&key);
                    let is_known = |other: &Record| other.id == record.id;
                    let knows =
                        self.records.contains_key(&key) || self.records.values().any(is_known);
                    if !(is_newer && knows) {
                        self.put(key, record);
                    }
                }
                Line::Forget { key } if is_newer => {
                    self.intents.remove(&key);
                }
                Line::Forget { key } => {
                    self.records.remove(&key);
                }
            }
        }
        Ok(())
    }

    /// The entries, by manifest.
    #[must_use]
    pub const fn records(&self) -> &Records {
        &self.records
    }

    /// Personas that an apply was about to make when it was ended, without having heard of them.
    #[must_use]
    pub const fn intents(&self) -> &BTreeMap<Key, Intent> {
        &self.intents
    }

    /// The salt for digests of secrets.
    #[must_use]
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }

    /// Whether the file does not say all that is known here.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Makes ready for effects: what is known so far is in the ledger, and a journal is open.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn begin(&mut self) -> Result<(), LedgerError> {
        self.write()?;
        let text = fs::read_to_string(&self.files.ledger);
        let begun = text.and_then(|text| {
            let environment = self.environment.clone();
            let ledger = digest(&text);
            let first = Line::Begin {
                environment,
                ledger,
            };
            Journal::begin(&self.files.journal, &first)
        });
        self.journal = Some(begun.map_err(|error| Damage::Io(error).at(&self.files.journal))?);
        Ok(())
    }

    /// Writes down that a persona is about to be made.
    ///
    /// # Errors
    /// Where that cannot be written: then it must not be made.
    pub fn intend(&mut self, key: Key, intent: Intent) -> Result<(), LedgerError> {
        self.add(Line::Intent { key, intent })
    }

    /// Takes an entry over. A persona belongs to one manifest: other entries for it go.
    ///
    /// # Errors
    /// Where that cannot be written. It is known here all the same.
    pub fn bind(&mut self, key: Key, record: Record) -> Result<(), LedgerError> {
        self.put(key.clone(), record.clone());
        self.add(Line::Bind { key, record })
    }

    /// Takes an entry away.
    ///
    /// # Errors
    /// Where that cannot be written. It is known here all the same.
    pub fn forget(&mut self, key: &Key) -> Result<(), LedgerError> {
        self.records.remove(key);
        self.is_behind = true;
        self.add(Line::Forget { key: key.clone() })
    }

    fn put(&mut self, key: Key, record: Record) {
        self.records.retain(|_, other| other.id != record.id);
        self.records.insert(key, record);
        self.is_behind = true;
    }

    fn add(&mut self, line: Line) -> Result<(), LedgerError> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let added = journal.add(&line);
        added.map_err(|error| Damage::Io(error).at(&self.files.journal))
    }

    /// Writes the ledger, if there is anything new in it, and removes the journal.
    ///
    /// # Errors
    /// Where the file system refuses; the old ledger and the journal are then still there.
    pub fn end(&mut self) -> Result<(), LedgerError> {
        self.write()?;
        let journal = self.journal.take();
        let ended = journal.map_or(Ok(()), Journal::end);
        ended.map_err(|error| Damage::Io(error).at(&self.files.journal))
    }

    fn write(&mut self) -> Result<(), LedgerError> {
        if !self.is_behind {
            return Ok(());
        }
        let failed = |error| LedgerError {
            path: self.files.ledger.clone(),
            kind: LedgerErrorKind::Io(error),
        };
        durable::write(&self.files.ledger, self.to_text().as_bytes()).map_err(failed)?;
        self.is_behind = false;
        Ok(())
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

impl Damage {
    fn at(self, path: &Path) -> LedgerError {
        let kind = match self {
            Self::Io(error) => LedgerErrorKind::Io(error),
            Self::Line(line) => LedgerErrorKind::Journal(line),
        };
        let path = path.to_owned();
        LedgerError { path, kind }
    }
}

/// What a journal knows the ledger by that it goes on from.
fn digest(text: &str) -> Digest {
    let mut hasher = Hasher::default();
    hasher.write_tagged('l', text);
    hasher.finish()
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

    fn files(path: &Path) -> Files {
        Files {
            ledger: path.to_owned(),
            journal: path.with_extension("journal"),
        }
    }

    fn ledger(path: &Path) -> Ledger {
        Ledger::read(&files(path), "test", Salt::new([7; 32])).expect("a ledger")
    }

    fn record(id: &str) -> Record {
        let digest = Hasher::default().finish();
        let pointer = Pointer::parse("/context").expect("a pointer");
        Record {
            id: PersonaId::new(id).expect("an id"),
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
        first.begin().expect("it begins");
        first
            .bind(Key::new("a/b"), record("p1"))
            .expect("it is bound");
        first
            .bind(Key::new("c"), record("p2"))
            .expect("it is bound");
        first.end().expect("it is written");

        let second = Ledger::read(&files(&path), "test", Salt::new([8; 32])).expect("it is read");
        assert_eq!(second.records, first.records);
        assert_eq!(second.salt, first.salt);
        let lines = fs::read_to_string(&path).expect("text");
        assert_eq!(
            lines
                .lines()
                .filter(|line| line.contains("\"id\":\"p"))
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
            let error =
                Ledger::read(&files(&path), "test", Salt::new([7; 32])).expect_err("it is damaged");
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
