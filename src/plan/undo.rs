//! The step that takes another one back.

use std::collections::BTreeSet;

use serde_json::Value;

use super::base::Base;
use super::entry::Entry;
use super::judge::Cause;
use super::revise::{body, put, revise};
use super::step::{Action, Binding, FieldChange, Revision, Step};
use crate::catalog::{Catalog, is_unset};
use crate::diff::Dialect;
use crate::model::{Live, Pointer, Record, Salt};

/// What a step is taken back with.
#[derive(Clone, Debug)]
pub struct Undoing {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// The ledger's salt.
    pub salt: Salt,
    /// How lists are patched.
    pub dialect: Dialect,
}

impl Undoing {
    /// The step that brings a persona back to what it was `before` this one, from what it was `after`, or
    /// is expected to be; and the ledger to the `record` that it had. `None` for a step that changes no
    /// live persona. What was hidden before is not known, so it stays, which the step's reason says.
    #[must_use]
    pub fn inverse(
        &self,
        step: &Step,
        before: &Live,
        after: Option<&Value>,
        record: Option<&Record>,
    ) -> Option<Step> {
        match &step.action {
            Action::Adopt(revision) | Action::Update(revision) => {
                let (document, base) = match after {
                    Some(after) => (after.clone(), self.base(after)),
                    None => self.expected(step, revision, &before.document)?,
                };
                self.restore(step, before, &document, base, record)
            }
            Action::Delete(_) => Some(self.make_again(step, before, record)),
            Action::Create(_) | Action::Recreate(_) | Action::Keep | Action::Blocked(_) => None,
        }
    }

    fn base(&self, document: &Value) -> Base {
        Base::of(self.catalog, document, &self.salt)
    }

    /// What a revision leads to if the service keeps what it gets. How it shows a secret that is set is not
    /// known.
    fn expected(&self, step: &Step, revision: &Revision, before: &Value) -> Option<(Value, Base)> {
        let mut document = before.clone();
        for request in &revision.requests {
            document = request.patch.apply(&document).ok()?;
        }
        let mut base = self.base(&document);
        let hidden = step.fields.iter().filter(|field| field.secret);
        base.leave_open(hidden.map(|field| &field.path));
        Some((document, base))
    }

    fn restore(
        &self,
        step: &Step,
        before: &Live,
        after: &Value,
        base: Base,
        record: Option<&Record>,
    ) -> Option<Step> {
        let unknown = self.unknown(step, &before.document, after);
        let known = step.fields.iter().map(|field| &field.path);
        let paths: BTreeSet<Pointer> = known
            .filter(|path| !unknown.contains(path))
            .map(|path| missing_around(path, &before.document))
            .filter(|path| path.get(after) != path.get(&before.document))
            .collect();
        let fields: Vec<_> = paths
            .into_iter()
            .map(|path| {
                let sides = (path.get(after), path.get(&before.document));
                FieldChange::of(self.catalog, path, Cause::Change, sides)
            })
            .collect();
        let requests = revise(self.catalog, after, &fields, &step.ignore, self.dialect)?;
        let is_bound_anew = matches!(step.action, Action::Adopt(_));
        let is_needed = is_bound_anew || !requests.is_empty();
        let (id, key) = (before.id.clone(), step.key.clone());
        is_needed.then(|| Step {
            persona_id: Some(id.clone()),
            binding: Some(Binding::new(key, id.clone())),
            action: Action::Update(Revision { id, base, requests }),
            reason: Some(reason(step, &unknown)),
            fields,
            ..taken_back(step, record)
        })
    }

    /// The fields that cannot be brought back: what was hidden before, or is now without being seen; and
    /// what the service does not take without one of those.
    fn unknown<'s>(&self, step: &'s Step, before: &Value, after: &Value) -> BTreeSet<&'s Pointer> {
        let is_set = |path: &Pointer, document| !path.get(document).is_none_or(is_unset);
        let is_unknown = |field: &&FieldChange| {
            field.secret && (is_set(&field.path, before) || !is_set(&field.path, after))
        };
        let paths = step.fields.iter().filter(is_unknown);
        let mut unknown: BTreeSet<&Pointer> = paths.map(|field| &field.path).collect();
        let is_wanting = |path: &Pointer| {
            let companion = self.catalog.companion(path);
            companion.is_some_and(|other| unknown.contains(&other) && !is_set(&other, after))
        };
        let paths = step.fields.iter().map(|field| &field.path);
        let wanting: Vec<&Pointer> = paths
            .filter(|path| is_set(path, before) && is_wanting(path))
            .collect();
        unknown.extend(wanting);
        unknown
    }

    fn make_again(&self, step: &Step, before: &Live, record: Option<&Record>) -> Step {
        let mut document = before.document.clone();
        let declared = self.catalog.declared(&before.document).into_iter();
        let hidden = declared
            .filter(|(path, value)| !is_unset(value) && self.catalog.hides(path, Some(value)));
        let mut unknown: BTreeSet<Pointer> = hidden.map(|(path, _)| path).collect();
        let companions: Vec<_> = unknown
            .iter()
            .filter_map(|path| self.catalog.companion(path))
            .collect();
        unknown.extend(companions);
        for path in &unknown {
            put(&mut document, path, None);
        }
        let body = body(self.catalog, &document);
        let fields = self.catalog.declared(&body).into_iter();
        let fields = fields.map(|(path, value)| {
            FieldChange::of(self.catalog, path, Cause::Change, (None, Some(value)))
        });
        Step {
            persona_id: None,
            fields: fields.collect(),
            reason: Some(reason(step, &unknown.iter().collect())),
            action: Action::Create(body),
            ..taken_back(step, record)
        }
    }
}

/// The place itself, or the outermost object around it that was not there before: what the service filled
/// in beside it goes with it.
fn missing_around(path: &Pointer, before: &Value) -> Pointer {
    let around = std::iter::successors(Some(path.clone()), |path| {
        path.split_last().map(|(parent, _)| parent)
    });
    let missing = around.take_while(|path| path.get(before).is_none());
    missing.last().unwrap_or_else(|| path.clone())
}

fn taken_back(step: &Step, record: Option<&Record>) -> Step {
    Step {
        unmanaged: Vec::new(),
        binding: None,
        entry: Entry::Fixed(record.cloned()),
        ..step.clone()
    }
}

fn reason(step: &Step, unknown: &BTreeSet<&Pointer>) -> String {
    let undoes = format!("undoes the {}", step.action.word());
    if unknown.is_empty() {
        return undoes;
    }
    let paths: Vec<_> = unknown.iter().map(|path| path.as_str()).collect();
    format!(
        "{undoes}; what was hidden is not known and left out: {}",
        paths.join(", ")
    )
}
