//! The ledger as text: one line for each persona, sorted, so that git merges what two branches applied, and
//! each with a check of its own, so that a merge leaves them whole.

use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::store::LedgerErrorKind;
use crate::model::{Digest, Hasher, Key, Record, Records, Salt};

/// The version of the format that is written here.
const FORMAT_VERSION: u64 = 2;

/// What a ledger's text says.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) salt: Salt,
    pub(super) records: Records,
    /// The version of its format, where that is an older one.
    pub(super) outdated: Option<u64>,
}

#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<E> {
    #[serde(rename = "format_version")]
    _format_version: u64,
    environment: String,
    salt: String,
    personas: Entries<E>,
}

/// An entry with its check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checked {
    check: Digest,
    entry: Record,
}

/// Entries as they stand, each key once.
struct Entries<E>(Vec<(Key, E)>);

/// Reads a ledger of any known version.
pub(super) fn parse(text: &str, environment: &str) -> Result<Content, LedgerErrorKind> {
    if text.trim().is_empty() {
        return Err(LedgerErrorKind::Empty);
    }
    let is_marker = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    if text.lines().any(is_marker) {
        return Err(LedgerErrorKind::ConflictMarkers);
    }
    let Version { format_version } = read(text)?;
    match format_version {
        FORMAT_VERSION => checked(read(text)?, environment),
        1 => {
            let file: File<Record> = read(text)?;
            let records = file.personas.0.into_iter().collect();
            content(&file.environment, &file.salt, environment, records, Some(1))
        }
        other => Err(LedgerErrorKind::Newer {
            found: other,
            known: FORMAT_VERSION,
        }),
    }
}

fn checked(file: File<Checked>, environment: &str) -> Result<Content, LedgerErrorKind> {
    let mut records = Records::new();
    for (
        key,
        Checked {
            check: found,
            entry,
        },
    ) in file.personas.0
    {
        if check(&key, &entry) != found {
            return Err(LedgerErrorKind::Entry(key));
        }
        records.insert(key, entry);
    }
    content(&file.environment, &file.salt, environment, records, None)
}

fn content(
    found: &str,
    salt: &str,
    environment: &str,
    records: Records,
    outdated: Option<u64>,
) -> Result<Content, LedgerErrorKind> {
    if found != environment {
        return Err(LedgerErrorKind::Foreign(found.to_owned()));
    }
    let salt = Salt::from_hex(salt).ok_or(LedgerErrorKind::Salt)?;
    Ok(Content {
        salt,
        records,
        outdated,
    })
}

fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, LedgerErrorKind> {
    serde_json::from_str(text).map_err(LedgerErrorKind::Malformed)
}

/// Writes a ledger.
pub(super) fn to_text(environment: &str, salt: &Salt, records: &Records) -> String {
    let mut text = format!(
        "{{\n\"format_version\": {FORMAT_VERSION},\n\"environment\": {},\n\"salt\": \"{}\",\n\"personas\": {{",
        json!(environment),
        salt.to_hex(),
    );
    let mut separator = "\n";
    for (key, record) in records {
        let (check, entry) = (check(key, record), in_json(record));
        write!(
            text,
            "{separator}{}: {{\"check\":\"{check}\",\"entry\":{entry}}}",
            json!(key)
        )
        .expect("a string takes all");
        separator = ",\n";
    }
    text.push_str("\n}\n}\n");
    text
}

fn in_json(record: &Record) -> String {
    serde_json::to_string(record).expect("a record is plain JSON")
}

fn check(key: &Key, record: &Record) -> Digest {
    let mut hasher = Hasher::default();
    hasher.write_tagged('k', key.as_str());
    hasher.write_tagged('r', &in_json(record));
    hasher.finish()
}

impl<'de, E: Deserialize<'de>> Deserialize<'de> for Entries<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect(PhantomData))
    }
}

struct Collect<E>(PhantomData<E>);

impl<'de, E: Deserialize<'de>> Visitor<'de> for Collect<E> {
    type Value = Entries<E>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the personas by their keys")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries: Vec<(Key, E)> = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        while let Some((key, entry)) = map.next_entry::<Key, E>()? {
            // A careless merge leaves both sides' lines.
            if !known.insert(key.clone()) {
                return Err(M::Error::custom(format!("`{key}` stands there twice")));
            }
            entries.push((key, entry));
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PersonaId;

    fn records() -> Records {
        let record = |id: &str| Record {
            id: PersonaId::new(id).expect("an id"),
            name: "Ana \"the first\"".to_owned(),
            prevent_delete: true,
            fields: std::collections::BTreeMap::new(),
        };
        Records::from([
            (Key::new("a/b"), record("p1")),
            (Key::new("c"), record("p2")),
        ])
    }

    fn text() -> String {
        to_text("test", &Salt::new([7; 32]), &records())
    }

    #[test]
    fn what_is_written_is_read_again_line_by_line() {
        let content = parse(&text(), "test").expect("a ledger");
        assert_eq!(content.records, records());
        assert_eq!((content.salt, content.outdated), (Salt::new([7; 32]), None));
        assert_eq!(
            text()
                .lines()
                .filter(|line| line.contains("\"id\":\"p"))
                .count(),
            2
        );
    }

    #[test]
    fn the_first_version_is_still_read() {
        let entries: serde_json::Map<String, serde_json::Value> = records()
            .into_iter()
            .map(|(key, record)| (key.to_string(), json!(record)))
            .collect();
        let old = json!({"format_version": 1, "environment": "test", "salt": "07".repeat(32), "personas": entries});
        let content = parse(&old.to_string(), "test").expect("a ledger");
        assert_eq!(content.records, records());
        assert_eq!(content.outdated, Some(1));
    }

    #[test]
    fn a_damaged_ledger_is_told_by_what_is_wrong() {
        let text = text();
        let rows = [
            (String::new(), "it is empty"),
            (" \n".to_owned(), "it is empty"),
            ("{".to_owned(), "it is not a ledger"),
            ("{\"format_version\": 2}".to_owned(), "it is not a ledger"),
            (
                "<<<<<<< ours\n{}\n>>>>>>> theirs\n".to_owned(),
                "conflict markers",
            ),
            (
                text.replacen("_version\": 2", "_version\": 3", 1),
                "format version 3",
            ),
            (
                text.replacen("\"test\"", "\"production\"", 1),
                "`production`",
            ),
            (text.replacen("0707", "07", 1), "salt"),
            (text.replacen("\"p2\"", "\"p3\"", 1), "the entry `c`"),
            (
                text.replacen("\"check\":\"", "\"check\":\"X", 1),
                "the entry `a/b`",
            ),
            (text.replacen("\"a/b\"", "\"a/c\"", 1), "the entry `a/c`"),
            (text.replacen("\"c\"", "\"a/b\"", 1), "twice"),
        ];
        for (text, message) in rows {
            let error = parse(&text, "test").expect_err("it is damaged");
            assert!(
                crate::model::causes(&error).contains(message),
                "{text}: {error}"
            );
        }
    }
}
