//! One persona: as it is kept, and as it is answered.

use std::sync::OnceLock;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::normalise;
use super::quirk::Quirks;
use crate::catalog::{PERSONA, Vocabulary};

/// One persona. It never changes: a write puts another one in its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(super) struct Record {
    order: u64,
    draft: bool,
    document: Value,
    #[serde(skip)]
    class: Option<String>,
    /// What answers it in either vocabulary, made when it is first asked for.
    #[serde(skip)]
    answers: [OnceLock<Bytes>; 2],
}

/// What the file of a persona says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    order: u64,
    draft: bool,
    document: Value,
}

impl From<Stored> for Record {
    fn from(stored: Stored) -> Self {
        let Stored {
            order,
            draft,
            document,
        } = stored;
        let class = document.get(PERSONA.class).and_then(Value::as_str);
        Self {
            order,
            draft,
            class: class.map(str::to_owned),
            document,
            answers: Default::default(),
        }
    }
}

impl Record {
    /// A persona without a draft.
    pub(super) fn new(order: u64, document: Value) -> Self {
        let draft = false;
        Self::from(Stored {
            order,
            draft,
            document,
        })
    }

    /// What comes into its place.
    pub(super) fn next(&self, draft: bool, document: Value) -> Self {
        let order = self.order;
        Self::from(Stored {
            order,
            draft,
            document,
        })
    }

    /// The persona's id.
    pub(super) fn id(&self) -> &str {
        let id = self.document.get(PERSONA.id).and_then(Value::as_str);
        id.unwrap_or_default()
    }

    /// Its place in the order of creation.
    pub(super) const fn order(&self) -> u64 {
        self.order
    }

    /// Whether the dashboard holds a draft of it.
    pub(super) const fn has_draft(&self) -> bool {
        self.draft
    }

    /// The document in the catalogue's names, its secrets sealed.
    pub(super) const fn document(&self) -> &Value {
        &self.document
    }

    /// Who made it, as far as the service says.
    pub(super) fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// The document as it is answered, in JSON. The quirks have to be the same each time.
    pub(super) fn answer(&self, vocabulary: Vocabulary, quirks: &Quirks) -> Bytes {
        let [personas, pals] = &self.answers;
        let answer = match vocabulary {
            Vocabulary::Personas => personas,
            Vocabulary::Pals => pals,
        };
        let made = answer.get_or_init(|| {
            let shown = normalise::show(&self.document, quirks);
            Bytes::from(vocabulary.document(&PERSONA, shown).to_string())
        });
        made.clone()
    }
}
