//! What can be asked of the service, without HTTP: each method is one endpoint.

use std::sync::{Mutex, MutexGuard};

use axum::body::Bytes;
use serde_json::Value;

use super::birth::{self, Birth};
use super::fault::Twist;
use super::pages::{self, Span};
use super::patch::{self, Patch};
use super::quirk::Quirks;
use super::record::Record;
use super::refusal::Refusal;
use super::store::Store;
use super::{behave, conversation, normalise};
use crate::catalog::{PERSONA, Vocabulary};

/// How many personas are on a page unless the request says it.
const PAGE: usize = 10;

/// The personas and how they are answered.
#[derive(Debug)]
pub(super) struct Service {
    store: Mutex<Store>,
    quirks: Quirks,
}

/// Which personas of the list are wanted.
#[derive(Debug)]
pub(super) struct Selection {
    /// How many at most.
    pub(super) limit: Option<usize>,
    /// Which page of them; 1 is the first, and so is 0.
    pub(super) page: usize,
    /// Only those of this class.
    pub(super) class: Option<String>,
    /// The newest first.
    pub(super) newest_first: bool,
}

/// Personas, and how many there are on all pages.
#[derive(Debug)]
pub(super) struct Page {
    /// Those on this page, in JSON.
    pub(super) personas: Vec<Bytes>,
    /// How many the selection finds, or is said to find.
    pub(super) total: usize,
}

/// What became of a patch.
#[derive(Debug)]
pub(super) enum Patched {
    /// It changed nothing.
    Nothing,
    /// It was written, over a draft of the dashboard or not.
    Written { over_draft: bool },
}

/// What to do with a draft of the dashboard that a write would discard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drafts {
    Respect,
    Discard,
}

impl Service {
    pub(super) fn new(store: Store, quirks: Quirks) -> Self {
        let store = Mutex::new(store);
        Self { store, quirks }
    }

    pub(super) fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// One page of the list, whole personas.
    pub(super) fn list(
        &self,
        selection: &Selection,
        vocabulary: Vocabulary,
        twist: Option<Twist>,
    ) -> Page {
        let store = self.store();
        let class = selection.class.as_deref();
        let mut found = match twist {
            Some(Twist::Stale) => store.before(class),
            _ => store.records(class),
        };
        if selection.newest_first {
            found.reverse();
        }

        let cap = self.quirks.page_cap.max(1);
        let limit = selection.limit.unwrap_or(PAGE).clamp(1, cap);
        let start = selection.page.saturating_sub(1).saturating_mul(limit);
        let flaw = match twist {
            Some(Twist::Flawed(flaw)) => Some(flaw),
            _ => None,
        };
        let (page, total) = pages::cut(&found, Span { start, limit }, flaw);
        let answer = |record: &Record| record.answer(vocabulary, &self.quirks);
        Page {
            personas: page.into_iter().map(answer).collect(),
            total,
        }
    }

    /// Makes a persona; answers what the service tells of it. It waits for the disk, and lets nobody else wait.
    pub(super) fn create(&self, sent: Value) -> Result<Value, Refusal> {
        let document = behave::create(sent, Birth::now(), &self.quirks)?;
        let told = [PERSONA.id, PERSONA.name, PERSONA.created].map(|name| {
            let value = document.get(name).cloned().unwrap_or_default();
            (name.to_owned(), value)
        });
        let newborn = self.store().place(document);
        newborn.save()?;
        self.store().add(newborn);
        Ok(told.into_iter().collect())
    }

    /// One persona, stock or not, in JSON.
    pub(super) fn read(
        &self,
        id: &str,
        vocabulary: Vocabulary,
        twist: Option<Twist>,
    ) -> Result<Bytes, Refusal> {
        let store = self.store();
        let record = match twist {
            Some(Twist::Stale) => store.find_before(id),
            _ => store.find(id),
        };
        record
            .map(|record| record.answer(vocabulary, &self.quirks))
            .ok_or(Refusal::UnknownPersona)
    }

    /// Begins a conversation with a persona, stock or not.
    pub(super) fn converse(&self, sent: &Value) -> Result<Value, Refusal> {
        let store = self.store();
        let id = sent.get(PERSONA.id).and_then(Value::as_str);
        let persona = id
            .and_then(|id| store.find(id))
            .ok_or(Refusal::UnknownPersona)?;
        conversation::begin(sent, &normalise::show(persona.document(), &self.quirks))
    }

    /// Patches a persona of the account.
    pub(super) fn patch(
        &self,
        id: &str,
        patch: &Patch,
        drafts: Drafts,
        twist: Option<Twist>,
    ) -> Result<Patched, Refusal> {
        let mut store = self.store();
        let record = own(&store, id)?;
        let has_draft = record.has_draft() || twist == Some(Twist::Draft);
        // A draft holds no conferencing: a patch of that alone never meets it.
        let meets_draft = !patch.is_apart()? && has_draft;
        if meets_draft && drafts == Drafts::Respect {
            return Err(Refusal::Draft);
        }

        let before = record.document();
        let patched = patch.apply(before, &self.quirks)?;
        let mut rewritten = behave::rewrite(patched, before, &self.quirks)?;
        if patch::same(&rewritten, before) {
            return Ok(Patched::Nothing);
        }
        behave::touch(&mut rewritten, birth::now());
        let record = record.next(record.has_draft() && !meets_draft, rewritten);
        store.replace(record)?;
        Ok(Patched::Written {
            over_draft: meets_draft,
        })
    }

    /// Deletes a persona of the account.
    pub(super) fn delete(&self, id: &str) -> Result<(), Refusal> {
        let mut store = self.store();
        own(&store, id)?;
        Ok(store.remove(id)?)
    }

    /// Lets the dashboard hold a draft of a persona, or not.
    pub(super) fn set_draft(&self, id: &str, draft: bool) -> Result<(), Refusal> {
        let mut store = self.store();
        let record = own(&store, id)?;
        let record = record.next(draft, record.document().clone());
        Ok(store.replace(record)?)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store
            .lock()
            .expect("nobody panics while holding the store")
    }
}

/// The persona with this id, if the account may write it.
fn own<'s>(store: &'s Store, id: &str) -> Result<&'s Record, Refusal> {
    store
        .find(id)
        .filter(|record| behave::is_own(record.document()))
        .ok_or(Refusal::UnknownPersona)
}
