//! The personas of a sandbox: in memory, and each in a file of its own.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::behave;
use super::birth::Birth;
use super::check;
use super::home::Home;
use super::record::Record;
use super::start_error::{StartError, StartErrorKind};
use crate::catalog::{PERSONA, Vocabulary};
use crate::durable;
use crate::model::PersonaId;

/// The personas that the service brings along: id, name, class. Some of the real ones are in
/// neither class.
const STOCK: [(&str, &str, Option<&str>); 3] = [
    ("p57c0c0a4h01", "Stock Coach", Some("system")),
    ("p57c05a1e502", "Stock Sales Agent", Some("system")),
    ("p57c0de30003", "Stock Demo", None),
];

/// Personas by their places in the order of creation.
type Places = BTreeMap<u64, Arc<Record>>;

/// All personas, in the order of creation.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    records: Places,
    /// Those of each class: a list is of one, and looks at no other.
    classes: HashMap<String, Places>,
    /// The place of each by its id.
    places: HashMap<String, u64>,
    /// The place of the next one.
    next: u64,
    /// What each persona that was written was before the last time, by its id; nothing, if it was
    /// made then. A restart forgets that.
    before: BTreeMap<String, Option<Arc<Record>>>,
}

/// A persona that has its place, and is not in it yet.
#[derive(Debug)]
#[must_use = "nobody knows of it yet"]
pub(super) struct Newborn {
    directory: PathBuf,
    record: Record,
}

impl Newborn {
    /// Writes it down, for which no other has to wait.
    pub(super) fn save(&self) -> io::Result<()> {
        save(&self.directory, &self.record)
    }
}

impl Store {
    /// Reads the personas; makes them from `seeds` and the stock where there are none yet.
    pub(super) fn open(home: &Home, seeds: Vec<Value>) -> Result<Self, StartError> {
        let directory = home.personas();
        if !directory.exists() {
            sow(home, seeds)?;
        }
        let records = load(&directory)?;
        let mut store = Self {
            directory,
            records: Places::new(),
            classes: HashMap::new(),
            places: HashMap::new(),
            next: 0,
            before: BTreeMap::new(),
        };
        for record in records {
            // A file that somebody has copied says the place of another one, and has the next one.
            let place = record.order().max(store.next);
            store.put(place, record);
        }
        Ok(store)
    }

    /// All personas, or all of a class, the oldest first.
    pub(super) fn records(&self, class: Option<&str>) -> Vec<&Record> {
        let places = match class {
            Some(class) => self.classes.get(class),
            None => Some(&self.records),
        };
        let records = places.into_iter().flat_map(BTreeMap::values);
        records.map(AsRef::as_ref).collect()
    }

    /// The same, as each was before the last write to it.
    pub(super) fn before(&self, class: Option<&str>) -> Vec<&Record> {
        let is_unwritten = |record: &&Arc<Record>| !self.before.contains_key(record.id());
        let unwritten = self.records.values().filter(is_unwritten);
        let records = unwritten.chain(self.before.values().flatten());
        let of_class = records.filter(|record| class.is_none() || record.class() == class);
        let mut records: Vec<_> = of_class.map(AsRef::as_ref).collect();
        records.sort_by_key(|record| record.order());
        records
    }

    /// The persona with this id.
    pub(super) fn find(&self, id: &str) -> Option<&Record> {
        let record = self.records.get(self.places.get(id)?);
        record.map(AsRef::as_ref)
    }

    /// The persona with this id as it was before the last write to it.
    pub(super) fn find_before(&self, id: &str) -> Option<&Record> {
        match self.before.get(id) {
            Some(before) => before.as_deref(),
            None => self.find(id),
        }
    }

    /// Gives a new persona its place.
    pub(super) fn place(&mut self, document: Value) -> Newborn {
        let record = Record::new(self.next, document);
        self.next = self.next.saturating_add(1);
        Newborn {
            directory: self.directory.clone(),
            record,
        }
    }

    /// Adds a new persona, once it is written down.
    pub(super) fn add(&mut self, Newborn { record, .. }: Newborn) {
        self.before.insert(record.id().to_owned(), None);
        self.put(record.order(), record);
    }

    /// Puts a persona in the place of the one with its id.
    pub(super) fn replace(&mut self, record: Record) -> io::Result<()> {
        save(&self.directory, &record)?;
        if let Some((place, old)) = self.take(record.id()) {
            // A draft that comes or goes is no write.
            if old.document() != record.document() {
                self.before.insert(old.id().to_owned(), Some(old));
            }
            self.put(place, record);
        }
        Ok(())
    }

    /// Removes the persona with this id.
    pub(super) fn remove(&mut self, id: &str) -> io::Result<()> {
        fs::remove_file(file(&self.directory, id))?;
        let gone = self.take(id).map(|(_, record)| record);
        self.before.insert(id.to_owned(), gone);
        Ok(())
    }

    fn put(&mut self, place: u64, record: Record) {
        let record = Arc::new(record);
        self.next = self.next.max(place.saturating_add(1));
        self.places.insert(record.id().to_owned(), place);
        if let Some(class) = record.class() {
            let class = self.classes.entry(class.to_owned()).or_default();
            class.insert(place, record.clone());
        }
        self.records.insert(place, record);
    }

    fn take(&mut self, id: &str) -> Option<(u64, Arc<Record>)> {
        let place = self.places.remove(id)?;
        for places in self.classes.values_mut() {
            places.remove(&place);
        }
        Some((place, self.records.remove(&place)?))
    }
}

/// Makes the first personas, all of them or none.
fn sow(home: &Home, seeds: Vec<Value>) -> Result<(), StartError> {
    let directory = home.directory();
    let records = first(seeds).map_err(|kind| StartError::new(directory, kind))?;

    let sown = tempfile::tempdir_in(directory).map_err(StartError::io(directory))?;
    for record in &records {
        save(sown.path(), record).map_err(StartError::io(sown.path()))?;
    }
    fs::rename(sown.keep(), home.personas()).map_err(StartError::io(home.personas()))
}

fn first(seeds: Vec<Value>) -> Result<Vec<Record>, StartErrorKind> {
    let mut documents: Vec<Value> = STOCK.into_iter().map(stock).collect();
    for (position, seed) in seeds.into_iter().enumerate() {
        let document = seeded(seed).ok_or(StartErrorKind::Seed(position))?;
        if documents
            .iter()
            .any(|other| other[PERSONA.id] == document[PERSONA.id])
        {
            return Err(StartErrorKind::Seed(position));
        }
        documents.push(document);
    }
    let records = (0..).zip(documents);
    Ok(records
        .map(|(order, document)| Record::new(order, document))
        .collect())
}

fn stock((id, name, class): (&str, &str, Option<&str>)) -> Value {
    let members = [
        (PERSONA.id, Some(id)),
        (PERSONA.name, Some(name)),
        (PERSONA.class, class),
    ];
    let document = members
        .into_iter()
        .map(|(member, value)| (member.to_owned(), Value::from(value)))
        .collect();
    behave::seed(document, Birth::now())
}

/// A persona to begin with: under its own id, or a new one.
fn seeded(seed: Value) -> Option<Value> {
    check::depth(&seed).ok()?;
    let Value::Object(members) = Vocabulary::Personas.document(&PERSONA, seed) else {
        return None;
    };
    if let Some(id) = members.get(PERSONA.id) {
        PersonaId::new(id.as_str()?)?;
    }
    Some(behave::seed(members, Birth::now()))
}

fn load(directory: &Path) -> Result<Vec<Record>, StartError> {
    let unreadable = || StartError::io(directory);
    let mut records = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable())? {
        let path = entry.map_err(unreadable())?.path();
        // What a crash left of a file that was being written has another ending.
        if path.extension().is_some_and(|ending| ending == "json") {
            records.push(read(&path)?);
        }
    }
    records.sort_unstable_by(|one, other| {
        let by_order = one.order().cmp(&other.order());
        by_order.then_with(|| one.id().cmp(other.id()))
    });
    Ok(records)
}

fn read(path: &Path) -> Result<Record, StartError> {
    let content = fs::read(path).map_err(StartError::io(path))?;
    let record: Record = serde_json::from_slice(&content)
        .map_err(|source| StartError::new(path, StartErrorKind::Garbled(source)))?;
    let named_after_it = path.file_stem().is_some_and(|stem| stem == record.id());
    if !named_after_it || !record.document().is_object() {
        return Err(StartError::new(path, StartErrorKind::Misnamed));
    }
    Ok(record)
}

fn save(directory: &Path, record: &Record) -> io::Result<()> {
    let content = serde_json::to_vec_pretty(record)?;
    durable::write(&file(directory, record.id()), &content)
}

fn file(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.json"))
}
