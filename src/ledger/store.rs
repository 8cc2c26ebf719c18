//! Reading the ledger, and writing it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::iter;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use thiserror::Error;

use super::format::{self, Content};
use super::journal::{Damage, Disk, Journal, Left, Line};
use crate::durable;
use crate::model::{
    Digest, Hasher, Intent, Key, PersonaId, Pointer, Record, Records, Salt, Unheard,
};

/// What was applied last, and where that is kept.
#[derive(Debug)]
pub struct Ledger {
    files: Files,
    environment: String,
    salt: Salt,
    records: Records,
    /// The manifests that each persona has entries of: one, unless git has merged more.
    keys: BTreeMap<PersonaId, BTreeSet<Key>>,
    /// What is about to be done, or was when an apply was ended.
    unheard: Unheard,
    /// What the file was when it was read or written last.
    own: Digest,
    /// Whether the file does not say all of that yet.
    is_behind: bool,
    /// The version of the file's format, where that is an older one.
    outdated: Option<u64>,
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
    #[error("it has format version {found}, and this personactl knows up to {known}: update it")]
    Newer {
        /// The ledger's version.
        found: u64,
        /// The newest that is known here.
        known: u64,
    },
    /// An entry is not what was written.
    #[error(
        "the entry `{0}` was edited or damaged; restore it from git, or delete its line to find the \
         persona by its name"
    )]
    Entry(Key),
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
        let content = match &text {
            Some(text) => format::parse(text, environment).map_err(failed)?,
            None => Content {
                salt: fresh,
                records: Records::new(),
                outdated: None,
            },
        };
        let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
        for (key, record) in &content.records {
            let keys = keys.entry(record.id.clone()).or_default();
            keys.insert(key.clone());
        }
        let mut ledger = Self {
            files: files.clone(),
            environment: environment.to_owned(),
            salt: content.salt,
            records: content.records,
            keys,
            unheard: Unheard::default(),
            own: digest(text.as_deref().unwrap_or_default()),
            is_behind: text.is_none() || content.outdated.is_some(),
            outdated: content.outdated,
            journal: None,
        };
        let left = Left::read(&files.journal).map_err(|damage| damage.at(&files.journal))?;
        ledger.catch_up(left)?;
        Ok(ledger)
    }

    /// Takes over what a journal says. Where the ledger is another one than the journal went on from (it was
    /// written, and the journal not removed any more; or it came by git), what it knows itself is newer.
    fn catch_up(&mut self, left: Left) -> Result<(), LedgerError> {
        let mut lines = left.0.into_iter();
        let is_newer = match lines.next() {
            None => return Ok(()),
            Some(Line::Begin {
                environment,
                ledger,
            }) if environment == self.environment => ledger != self.own,
            Some(_) => return Err(Damage::Line(1).at(&self.files.journal)),
        };
        self.is_behind = true;
        for line in lines {
            match line {
                Line::Begin { .. } => {}
                Line::Intent { key, intent } => {
                    self.unheard.creates.insert(key, intent);
                }
                Line::Made { key, id } => {
                    let record = self.unseen(&key, id);
                    self.learn(key, record, is_newer);
                }
                Line::Change { id, fields } => {
                    self.unheard.changes.entry(id).or_default().extend(fields);
                }
                Line::Bind { key, record } => {
                    self.hear(&key, &record.id);
                    self.learn(key, record, is_newer);
                }
                Line::Forget { key } if is_newer => {
                    self.unheard.creates.remove(&key);
                }
                Line::Forget { key } => self.remove(&key),
            }
        }
        Ok(())
    }

    /// Takes over an entry of a journal, unless a newer ledger knows better.
    fn learn(&mut self, key: Key, record: Record, is_newer: bool) {
        let knows = self.records.contains_key(&key) || self.keys.contains_key(&record.id);
        if !(is_newer && knows) {
            self.put(key, record);
        }
    }

    /// The entries, by manifest.
    #[must_use]
    pub const fn records(&self) -> &Records {
        &self.records
    }

    /// What is about to be done, or was when an apply was ended, without anybody having heard of it.
    #[must_use]
    pub const fn unheard(&self) -> &Unheard {
        &self.unheard
    }

    /// Whether another manifest than this one has the persona.
    #[must_use]
    pub fn is_of_another(&self, id: &PersonaId, key: &Key) -> bool {
        let mut keys = self.keys.get(id).into_iter().flatten();
        keys.any(|other| other != key)
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
        self.journal = Some(self.open()?);
        Ok(())
    }

    /// Opens a journal in the place of any other, with what nobody has heard of yet.
    fn open(&self) -> Result<Journal, LedgerError> {
        let first = Line::Begin {
            environment: self.environment.clone(),
            ledger: self.own.clone(),
        };
        let Unheard { creates, changes } = self.unheard.clone();
        let creates = creates.into_iter();
        let changes = changes.into_iter();
        let lines = iter::once(first)
            .chain(creates.map(|(key, intent)| Line::Intent { key, intent }))
            .chain(changes.map(|(id, fields)| Line::Change { id, fields }));
        let begun = Journal::begin(&self.files.journal, lines);
        begun.map_err(|error| Damage::Io(error).at(&self.files.journal))
    }

    /// Writes down that a persona is about to be made. It must not be before that is on disk ([`Self::written`]).
    ///
    /// # Errors
    /// Where that cannot be written: then it must not be made.
    pub fn intend(&mut self, key: Key, intent: Intent) -> Result<(), LedgerError> {
        let creates = &mut self.unheard.creates;
        creates.insert(key.clone(), intent.clone());
        self.add(Line::Intent { key, intent })
    }

    /// Writes down that an intended persona was made; what it is like is not known yet. This need not be waited
    /// for: if the power goes, the intent still finds it.
    ///
    /// # Errors
    /// Where that cannot be written. It is known here all the same.
    pub fn made(&mut self, key: Key, id: PersonaId) -> Result<(), LedgerError> {
        let record = self.unseen(&key, id.clone());
        self.put(key.clone(), record);
        self.add(Line::Made { key, id })
    }

    /// An entry for a persona that was made as intended.
    fn unseen(&mut self, key: &Key, id: PersonaId) -> Record {
        let intent = self.unheard.creates.remove(key);
        let name = intent.map(|intent| intent.name).unwrap_or_default();
        Record::unseen(id, name)
    }

    /// Writes down that fields of a persona are about to be set, with a digest of what is sent. They must not be
    /// before that is on disk ([`Self::written`]).
    ///
    /// # Errors
    /// Where that cannot be written: then they must not be set.
    pub fn change(
        &mut self,
        id: PersonaId,
        fields: BTreeMap<Pointer, Digest>,
    ) -> Result<(), LedgerError> {
        let open = self.unheard.changes.entry(id.clone()).or_default();
        open.extend(fields.clone());
        self.add(Line::Change { id, fields })
    }

    /// Takes back that a persona is about to be made: it surely was not.
    pub fn not_made(&mut self, key: &Key) {
        self.unheard.creates.remove(key);
    }

    /// Takes back that fields of a persona are about to be set: they surely were not.
    pub fn not_changed(&mut self, id: &PersonaId, fields: &BTreeSet<Pointer>) {
        let changes = &mut self.unheard.changes;
        if let Some(open) = changes.get_mut(id) {
            open.retain(|path, _| !fields.contains(path));
        }
        changes.retain(|_, open| !open.is_empty());
    }

    /// Takes back all that is about to be done: whatever came of it has been looked for long enough.
    pub fn settle(&mut self) {
        self.unheard = Unheard::default();
    }

    /// Learns what became of a persona.
    fn hear(&mut self, key: &Key, id: &PersonaId) {
        self.unheard.creates.remove(key);
        self.unheard.changes.remove(id);
    }

    /// Takes an entry over. A persona belongs to one manifest: other entries for it go.
    ///
    /// # Errors
    /// Where that cannot be written. It is known here all the same.
    pub fn bind(&mut self, key: Key, record: Record) -> Result<(), LedgerError> {
        self.hear(&key, &record.id);
        self.put(key.clone(), record.clone());
        self.add(Line::Bind { key, record })
    }

    /// Takes an entry away.
    ///
    /// # Errors
    /// Where that cannot be written. It is known here all the same.
    pub fn forget(&mut self, key: &Key) -> Result<(), LedgerError> {
        self.remove(key);
        self.is_behind = true;
        self.add(Line::Forget { key: key.clone() })
    }

    fn put(&mut self, key: Key, record: Record) {
        for other in self.keys.remove(&record.id).unwrap_or_default() {
            self.records.remove(&other);
        }
        self.remove(&key);
        let keys = BTreeSet::from([key.clone()]);
        self.keys.insert(record.id.clone(), keys);
        self.records.insert(key, record);
        self.is_behind = true;
    }

    fn remove(&mut self, key: &Key) {
        let Some(record) = self.records.remove(key) else {
            return;
        };
        if let Entry::Occupied(mut keys) = self.keys.entry(record.id) {
            keys.get_mut().remove(key);
            if keys.get().is_empty() {
                keys.remove();
            }
        }
    }

    /// Adds to the journal, if one is open.
    fn add(&mut self, line: Line) -> Result<(), LedgerError> {
        let added = self
            .journal
            .as_mut()
            .map_or(Ok(()), |journal| journal.add(&line));
        added.map_err(|error| Damage::Io(error).at(&self.files.journal))
    }

    /// What was written down by now, to be waited for.
    pub fn written(&self) -> Written {
        Written {
            path: self.files.journal.clone(),
            disk: self.journal.as_ref().map(Journal::disk),
        }
    }

    /// Writes the ledger, if there is anything new in it, and removes the journal, unless something may have
    /// been done of which nobody has heard.
    ///
    /// # Errors
    /// Where the file system refuses; the old ledger and the journal are then still there.
    pub fn end(&mut self) -> Result<(), LedgerError> {
        self.write()?;
        let Some(journal) = self.journal.take() else {
            return Ok(());
        };
        if !self.unheard.is_empty() {
            return self.open().map(drop);
        }
        let ended = journal.end();
        ended.map_err(|error| Damage::Io(error).at(&self.files.journal))
    }

    /// Keeps the file in its older format, beside the journal.
    fn back_up(&self, version: u64) -> io::Result<()> {
        let folder = durable::folder_of(&self.files.journal);
        durable::private_folder(folder)?;
        let old = fs::read(&self.files.ledger)?;
        let name = format!("{}.ledger-{version}.json", self.environment);
        durable::write(&folder.join(name), &old)
    }

    fn write(&mut self) -> Result<(), LedgerError> {
        if !self.is_behind {
            return Ok(());
        }
        let failed = |error| LedgerError {
            path: self.files.ledger.clone(),
            kind: LedgerErrorKind::Io(error),
        };
        if let Some(version) = self.outdated.take() {
            self.back_up(version).map_err(failed)?;
        }
        let text = format::to_text(&self.environment, &self.salt, &self.records);
        durable::write(&self.files.ledger, text.as_bytes()).map_err(failed)?;
        self.own = digest(&text);
        self.is_behind = false;
        Ok(())
    }
}

/// What was written down at some moment, and may not be on disk yet.
#[derive(Debug)]
#[must_use = "nothing may follow from what is not on disk"]
pub struct Written {
    path: PathBuf,
    disk: Option<Rc<Disk>>,
}

impl Written {
    /// Waits until it is on disk.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub async fn on_disk(self) -> Result<(), LedgerError> {
        let Some(disk) = self.disk else {
            return Ok(());
        };
        let synced = disk.sync().await;
        synced.map_err(|error| Damage::Io(error).at(&self.path))
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
    fn what_was_done_is_known_whether_or_not_the_ledger_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("_ledger/test.json");
        let mut first = ledger(&path);
        first.begin().expect("it begins");
        first
            .bind(Key::new("a"), record("p1"))
            .expect("it is bound");
        first
            .bind(Key::new("b"), record("p2"))
            .expect("it is bound");
        first.forget(&Key::new("a")).expect("it is forgotten");
        let intent = Intent {
            name: "C".to_owned(),
            known: BTreeSet::new(),
            fields: BTreeMap::new(),
        };
        first
            .intend(Key::new("c"), intent.clone())
            .expect("it is written");
        // The program is killed here.
        drop(first);
        let mut second = ledger(&path);
        assert_eq!(
            second.records().keys().collect::<Vec<_>>(),
            [&Key::new("b")]
        );
        assert_eq!(second.unheard().creates[&Key::new("c")], intent);
        let journal = std::fs::read(&files(&path).journal).expect("a journal");
        second.begin().expect("it begins");
        second.end().expect("it ends");
        let mut third = ledger(&path);
        assert_eq!(third.records(), second.records());
        assert_eq!(third.unheard(), second.unheard(), "nobody has settled it");
        third.settle();
        third.begin().expect("it begins");
        third.end().expect("it ends");
        let third = ledger(&path);
        assert!(third.unheard().is_empty() && !third.is_behind());

        // The journal was not removed any more: what the ledger says is newer.
        let mut newer = record("p2");
        newer.name = "Ben the second".to_owned();
        let mut third = third;
        third.begin().expect("it begins");
        third
            .bind(Key::new("b"), newer.clone())
            .expect("it is bound");
        third.end().expect("it ends");
        std::fs::write(&files(&path).journal, journal).expect("it is written");
        assert_eq!(ledger(&path).records()[&Key::new("b")], newer);
    }

    #[test]
    fn a_persona_belongs_to_whoever_took_it_last_also_where_git_has_merged_several() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.json");
        let [a, b, c] = ["a", "b", "c"].map(Key::new);
        let merged = [(&a, "p1"), (&b, "p1"), (&c, "p2")];
        let merged = merged.map(|(key, id)| (key.clone(), record(id)));
        let text = format::to_text("test", &Salt::new([7; 32]), &Records::from(merged));
        std::fs::write(&path, text).expect("it is written");
        let mut ledger = ledger(&path);
        let others = |ledger: &Ledger, id: &str| {
            let id = PersonaId::new(id).expect("an id");
            [&a, &b, &c].map(|key| ledger.is_of_another(&id, key))
        };
        assert_eq!(others(&ledger, "p1"), [true, true, true]);
        assert_eq!(others(&ledger, "p2"), [true, true, false]);

        ledger.bind(c.clone(), record("p1")).expect("it is bound");
        assert_eq!(ledger.records().keys().collect::<Vec<_>>(), [&c]);
        assert_eq!(others(&ledger, "p1"), [true, true, false]);
        assert_eq!(others(&ledger, "p2"), [false; 3]);
        ledger.forget(&c).expect("it is forgotten");
        assert_eq!(others(&ledger, "p1"), [false; 3]);
    }

    #[test]
    fn what_was_made_is_known_by_its_id_before_anything_else_is_known_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.json");
        let intent = Intent {
            name: "C".to_owned(),
            known: BTreeSet::new(),
            fields: BTreeMap::new(),
        };
        let id = PersonaId::new("p3").expect("an id");
        let mut first = ledger(&path);
        first.begin().expect("it begins");
        first.intend(Key::new("c"), intent).expect("it is written");
        first
            .made(Key::new("c"), id.clone())
            .expect("it is written");
        // The program is killed here.
        drop(first);
        let second = ledger(&path);
        assert!(second.unheard().is_empty());
        assert_eq!(
            second.records()[&Key::new("c")],
            Record::unseen(id, "C".to_owned())
        );
    }

    #[test]
    fn what_was_not_changed_is_forgotten_and_the_rest_outlives_the_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.json");
        let id = PersonaId::new("p1").expect("an id");
        let [kept, refused] = ["/a", "/b"].map(|path| Pointer::parse(path).expect("a pointer"));
        let digest = Hasher::default().finish();
        let mut first = ledger(&path);
        first.begin().expect("it begins");
        for field in [&kept, &refused] {
            let fields = BTreeMap::from([(field.clone(), digest.clone())]);
            first.change(id.clone(), fields).expect("it is written");
        }
        first.not_changed(&id, &BTreeSet::from([refused]));
        first.end().expect("it ends");
        let left = ledger(&path).unheard().changes[&id].clone();
        assert_eq!(left, BTreeMap::from([(kept, digest)]));
    }

    #[test]
    fn an_older_ledger_is_kept_when_it_is_written_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.json");
        let old = format!(
            "{{\"format_version\": 1, \"environment\": \"test\", \"salt\": \"{}\", \"personas\": {{}}}}",
            "07".repeat(32)
        );
        std::fs::write(&path, &old).expect("it is written");
        let mut read = ledger(&path);
        read.begin().expect("it begins");
        read.end().expect("it ends");
        let kept = std::fs::read_to_string(folder.path().join("test.ledger-1.json"));
        assert_eq!(kept.expect("it is kept"), old);
        assert!(!ledger(&path).is_behind());
    }

    #[test]
    fn what_is_written_grows_with_what_is_done_and_not_with_its_square() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.json");
        let fields = (0..20).map(|n| Pointer::root().join("layers").join(&format!("field{n}")));
        let digest = Hasher::default().finish();
        let intent = Intent {
            name: "A persona of some name".to_owned(),
            known: BTreeSet::new(),
            fields: fields.map(|path| (path, digest.clone())).collect(),
        };
        let mut ledger = ledger(&path);
        ledger.begin().expect("it begins");
        let begun = std::fs::metadata(&path).expect("a file").len();
        for number in 0..400 {
            let key = Key::new(format!("support/persona-{number}"));
            let applied = |digest: &Digest| Applied {
                sent: digest.clone(),
                seen: digest.clone(),
            };
            let fields = intent
                .fields
                .iter()
                .map(|(path, digest)| (path.clone(), applied(digest)));
            let record = Record {
                fields: fields.collect(),
                ..record(&format!("p{number:012}"))
            };
            ledger
                .intend(key.clone(), intent.clone())
                .expect("it is written");
            ledger.bind(key, record).expect("it is written");
        }
        let journal = std::fs::metadata(&files(&path).journal)
            .expect("a file")
            .len();
        ledger.end().expect("it ends");
        let last = std::fs::metadata(&path).expect("a file").len();
        assert!(
            begun + journal + last <= 4 * last,
            "{begun} + {journal} + {last}"
        );
    }
}
