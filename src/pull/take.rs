//! Taking live values over into the files: each value by the smallest edits of the file that set the old one, and each edit proven.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::steps::steps;
use super::wish::Wish;
use crate::bounds::MAX_BYTES;
use crate::catalog::{Catalog, holds_credential};
use crate::diff::{Operation, Patch};
use crate::manifest::{File, LoadError, Loaded, Origin, Revision, Trace};
use crate::model::{Desired, Key, Place, Pointer};
use crate::plan::{put, with_ignored};
use crate::yaml::Source;
use crate::yaml::edit::{self, Change, edit};

/// What became of the wishes.
#[derive(Debug, Default)]
pub struct Taken {
    /// The fields whose live values are in the files now, as these would be written.
    pub taken: Vec<(Key, Pointer)>,
    /// Those that are left to a human.
    pub left: Vec<Left>,
}

/// A field that is left to a human, and why.
#[derive(Debug)]
pub struct Left {
    /// The manifest.
    pub key: Key,
    /// The field.
    pub path: Pointer,
    /// Where to edit.
    pub place: Option<Place>,
    /// Why it was not done.
    pub reason: String,
}

/// Why a value was not taken over, and where a human can do it.
struct Refusal(String, Option<Place>);

impl From<edit::Refusal> for Refusal {
    fn from(refusal: edit::Refusal) -> Self {
        Self(refusal.to_string(), Some(refusal.place))
    }
}

/// Takes the live values over into the files of a directory that says what is `loaded`, as `revision` would write them.
///
/// # Errors
/// Where the directory cannot be read any more.
pub fn take(
    catalog: &'static Catalog,
    loaded: &Loaded,
    revision: &mut Revision<'_>,
    wishes: &[Wish],
) -> Result<Taken, LoadError> {
    let desired = loaded.desired.iter();
    let mut taking = Taking {
        catalog,
        intended: intended(loaded, wishes),
        before: desired.map(|desired| (&desired.key, desired)).collect(),
        users: revision.users()?,
        revision,
    };
    let mut taken = Taken::default();
    for wish in wishes {
        let checkpoint = taking.revision.checkpoint();
        match taking.take(wish) {
            Ok(()) => taken.taken.push((wish.key.clone(), wish.path.clone())),
            Err(Refusal(reason, place)) => {
                taking.revision.restore(checkpoint);
                taken.left.push(Left {
                    key: wish.key.clone(),
                    path: wish.path.clone(),
                    place,
                    reason,
                });
            }
        }
    }
    Ok(taken)
}

/// What the manifests are to say once all wishes are granted.
fn intended(loaded: &Loaded, wishes: &[Wish]) -> BTreeMap<Key, Value> {
    let desired = loaded.desired.iter();
    let documents = desired.map(|desired| {
        let wishes = wishes.iter().filter(|wish| wish.key == desired.key);
        let document = wishes.fold(desired.document.clone(), |document, wish| {
            with(document, desired, wish)
        });
        (desired.key.clone(), document)
    });
    documents.collect()
}

/// The document with the live value of a field, as far as it is compared.
fn with(mut document: Value, desired: &Desired, wish: &Wish) -> Value {
    let live = wish.live.as_ref();
    let live = live.map(|live| with_ignored(live, &wish.path, &desired.document, &desired.ignore));
    put(&mut document, &wish.path, live);
    document
}

struct Taking<'t, 'r> {
    catalog: &'static Catalog,
    /// What each manifest said before.
    before: BTreeMap<&'t Key, &'t Desired>,
    /// What each manifest is to say in the end.
    intended: BTreeMap<Key, Value>,
    /// Which manifests use which file.
    users: BTreeMap<PathBuf, BTreeSet<Key>>,
    revision: &'t mut Revision<'r>,
}

impl Taking<'_, '_> {
    fn take(&mut self, wish: &Wish) -> Result<(), Refusal> {
        if wish.secret {
            let place = self
                .revision
                .trace(&wish.key, &wish.path)
                .map(|trace| trace.place);
            let reason = "it is a secret, whose live value is not known here";
            return Err(Refusal(reason.to_owned(), place));
        }
        let desired = self.desired(&wish.key)?;
        let new = wish.live.as_ref().filter(|live| holds_key(live));
        if new.is_some() && !wish.path.get(&desired.document).is_some_and(holds_key) {
            let place = Some(desired.places.name(&wish.path));
            let reason = "it may hold a credential, which has no place in a repository";
            return Err(Refusal(reason.to_owned(), place));
        }
        let target = with(desired.document.clone(), &desired, wish);
        let mut document = desired.document;
        let mut files = BTreeSet::new();
        for operation in steps(&document, &target) {
            let place;
            (document, place) = self.carry_out(&wish.key, &document, &operation)?;
            files.insert(place);
        }
        files
            .iter()
            .try_for_each(|place| self.spare_others(wish, place))
    }

    fn desired(&self, key: &Key) -> Result<Desired, Refusal> {
        let desired = self.revision.desired(key);
        desired.map_err(|flaw| {
            let (reason, place) = match flaw {
                Some(flaw) => (
                    format!("that would be a mistake: {}", flaw.message),
                    flaw.place,
                ),
                None => ("the manifest cannot be read".to_owned(), None),
            };
            Refusal(reason, place)
        })
    }

    /// One change to one file; what the manifest says then has to be exactly what the change says. Returns that,
    /// and where the change was made.
    fn carry_out(
        &mut self,
        key: &Key,
        document: &Value,
        operation: &Operation,
    ) -> Result<(Value, Place), Refusal> {
        let path = operation.path();
        let patched = Patch(vec![operation.clone()]).apply(document);
        let patched = patched.map_err(|error| Refusal(error.to_string(), None))?;
        let (parent, name) = path.split_last().unwrap_or_default();
        let place = match (operation, path.get(document)) {
            // What is put between the elements of a list has no place yet, and neither has a new member.
            (Operation::Add(..), value) if value.is_none() || is_list(&parent, document) => {
                self.insert(key, &parent, &name, operation.value())?
            }
            (Operation::Remove(_), _) => self.remove(key, path)?,
            _ => self.replace(key, path, operation.value())?,
        };
        if self.desired(key)?.document != patched {
            let reason = "an edit here would not give that value, or change another one too";
            return Err(Refusal(reason.to_owned(), Some(place)));
        }
        Ok((patched, place))
    }

    fn replace(
        &mut self,
        key: &Key,
        path: &Pointer,
        value: Option<&Value>,
    ) -> Result<Place, Refusal> {
        let trace = self.trace(key, path)?;
        let value = value.unwrap_or(&Value::Null);
        match (&trace.origin, value) {
            (Origin::Written, _) if trace.rest.is_empty() => {
                self.edit(&trace, &trace.value.at, &Change::Set(value))?;
            }
            (Origin::File(_), Value::String(text)) if trace.rest.is_empty() => {
                self.write(&trace, text)?;
            }
            _ => return Err(unwritten(&trace)),
        }
        Ok(trace.place)
    }

    fn insert(
        &mut self,
        key: &Key,
        parent: &Pointer,
        name: &str,
        value: Option<&Value>,
    ) -> Result<Place, Refusal> {
        let trace = self.trace(key, parent)?;
        if trace.origin != Origin::Written {
            return Err(unwritten(&trace));
        }
        let mut value = value.cloned().unwrap_or_default();
        // The maps around it that are not there either.
        let mut way = trace.rest.iter().map(String::as_str).chain([name]);
        let first = way.next().unwrap_or(name);
        for name in way.rev() {
            value = Value::Object(Map::from_iter([(name.to_owned(), value)]));
        }
        self.edit(&trace, &trace.value.at.join(first), &Change::Add(&value))?;
        Ok(trace.place)
    }

    fn remove(&mut self, key: &Key, path: &Pointer) -> Result<Place, Refusal> {
        let trace = self.trace(key, path)?;
        if !trace.rest.is_empty() {
            return Err(unwritten(&trace));
        }
        let source = self.source(&trace.member.file, &trace)?;
        let text = edit(&source, &trace.member.at, &Change::Remove)?;
        self.hold(&source, &trace.member.file, text, &trace)?;
        Ok(trace.place)
    }

    fn trace(&self, key: &Key, path: &Pointer) -> Result<Trace, Refusal> {
        let trace = self.revision.trace(key, path);
        trace.ok_or_else(|| Refusal("it cannot be told where it is written".to_owned(), None))
    }

    fn edit(&mut self, trace: &Trace, at: &Pointer, change: &Change<'_>) -> Result<(), Refusal> {
        let source = self.source(&trace.value.file, trace)?;
        let text = edit(&source, at, change)?;
        self.hold(&source, &trace.value.file, text, trace)
    }

    /// Writes a text file anew. `!file` drops one line break at its end, so that one stays if it is there.
    fn write(&mut self, trace: &Trace, text: &str) -> Result<(), Refusal> {
        let source = self.source(&trace.value.file, trace)?;
        let ending = match &*source.text {
            old if old.ends_with("\r\n") => "\r\n",
            old if old.ends_with('\n') || text.ends_with('\n') => "\n",
            _ => "",
        };
        self.hold(&source, &trace.value.file, format!("{text}{ending}"), trace)
    }

    fn source(&self, file: &File, trace: &Trace) -> Result<Source, Refusal> {
        let source = self.revision.source(file);
        source.ok_or_else(|| {
            Refusal(
                "the file cannot be read".to_owned(),
                Some(trace.place.clone()),
            )
        })
    }

    /// Has a file hold another text than the one that it was made from.
    fn hold(
        &mut self,
        source: &Source,
        file: &File,
        text: String,
        trace: &Trace,
    ) -> Result<(), Refusal> {
        let refusal = |reason: String| Refusal(reason, Some(trace.place.clone()));
        if text.len() as u64 > MAX_BYTES {
            return Err(refusal("the file would be larger than 1 MB".to_owned()));
        }
        let held = self.revision.write(file, &source.text, text);
        held.map_err(|error| refusal(error.to_string()))
    }

    /// Other manifests may use the file: what they say must not change, unless the same was wished for them.
    fn spare_others(&self, wish: &Wish, place: &Place) -> Result<(), Refusal> {
        let users = self.users.get(Path::new(&*place.file));
        let others = users.into_iter().flatten().filter(|key| **key != wish.key);
        for before in others.filter_map(|key| self.before.get(key)) {
            let now = self.revision.desired(&before.key);
            if !now.is_ok_and(|now| self.is_as_wished(before, &now)) {
                let reason = format!(
                    "the file is shared with `{}`, which would change too",
                    before.key
                );
                return Err(Refusal(reason, Some(place.clone())));
            }
        }
        Ok(())
    }

    fn is_as_wished(&self, before: &Desired, now: &Desired) -> bool {
        let intended = &self.intended[&before.key];
        let declared = self.catalog.declared(&now.document);
        let is_right = |path: &Pointer, value: &Value| {
            path.get(&before.document) == Some(value) || path.get(intended) == Some(value)
        };
        declared.iter().all(|(path, value)| is_right(path, value))
    }
}

/// Whether a text in a value is built like a key.
fn holds_key(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_credential(text),
        Value::Array(elements) => elements.iter().any(holds_key),
        Value::Object(members) => members.values().any(holds_key),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_list(pointer: &Pointer, document: &Value) -> bool {
    pointer.get(document).is_some_and(Value::is_array)
}

/// A value that stands nowhere as it is.
fn unwritten(trace: &Trace) -> Refusal {
    let reason = match &trace.origin {
        Origin::Variable(name) => {
            format!("it comes from the variable `{name}`: edit that, or write the value out here")
        }
        Origin::Concat => {
            "it is joined from parts by `!concat`: edit the part that is meant".to_owned()
        }
        Origin::Secret => "it is a secret".to_owned(),
        Origin::File(path) => format!(
            "it is the text of `{}`, and no text any more",
            path.display()
        ),
        Origin::Written => "it is not written out in one place".to_owned(),
    };
    Refusal(reason, Some(trace.place.clone()))
}
