//! The step that takes another one back.

use serde_json::Value;

use super::base::Base;
use super::entry::Entry;
use super::judge::Cause;
use super::revise::{body, put, revise};
use super::step::{Action, Binding, FieldChange, Revision, Step};
use crate::catalog::{Catalog, is_unset};
use crate::diff::Dialect;
use crate::model::{Live, Pointer, Record, Salt, secret};

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
                let expected = || expected(revision, &before.document);
                let after = after.cloned().or_else(expected)?;
                self.unrevise(step, before, &after, record)
            }
            Action::Delete(_) => Some(self.undelete(step, before, record)),
            Action::Create(_) | Action::Recreate(_) | Action::Keep | Action::Blocked(_) => None,
        }
    }

    fn unrevise(
        &self,
        step: &Step,
        before: &Live,
        after: &Value,
        record: Option<&Record>,
    ) -> Option<Step> {
        let held = |field: &FieldChange| field.path.get(&before.document);
        let is_unknown = |field: &&FieldChange| field.secret && !held(field).is_none_or(is_unset);
        let (unknown, known): (Vec<_>, Vec<_>) = step.fields.iter().partition(is_unknown);
        let fields: Vec<FieldChange> = known
            .into_iter()
            .filter(|field| field.path.get(after) != held(field))
            .map(|field| unchange(field, before, after))
            .collect();
        let requests = revise(self.catalog, after, &fields, &step.ignore, self.dialect)?;
        let revision = Revision {
            id: before.id.clone(),
            base: Base::of(self.catalog, after, &self.salt),
            requests,
        };
        let is_needed = !revision.requests.is_empty();
        let binding = Binding {
            key: step.key.clone(),
            id: before.id.clone(),
        };
        is_needed.then(|| Step {
            persona_id: Some(before.id.clone()),
            action: Action::Update(revision),
            reason: Some(reason(step, unknown.into_iter().map(|field| &field.path))),
            fields,
            binding: Some(binding),
            ..blank(step, record)
        })
    }

    fn undelete(&self, step: &Step, before: &Live, record: Option<&Record>) -> Step {
        let mut document = before.document.clone();
        let declared = self.catalog.declared(&before.document);
        let hidden = declared
            .iter()
            .filter(|(path, value)| !is_unset(value) && self.catalog.hides(path, Some(value)));
        let hidden: Vec<&Pointer> = hidden.map(|(path, _)| path).collect();
        for path in &hidden {
            put(&mut document, path, None);
        }
        let body = body(self.catalog, &document);
        let fields = self.catalog.declared(&body).into_iter();
        let fields = fields.map(|(path, value)| FieldChange {
            cause: Cause::Change,
            before: None,
            after: Some(value.clone()),
            secret: false,
            place: None,
            path,
        });
        Step {
            persona_id: None,
            fields: fields.collect(),
            reason: Some(reason(step, hidden.into_iter())),
            action: Action::Create(body),
            ..blank(step, record)
        }
    }
}

/// The document that a revision leads to, if the service keeps what it gets.
fn expected(revision: &Revision, before: &Value) -> Option<Value> {
    let patches = revision.requests.iter().map(|request| &request.patch);
    { patches }.try_fold(before.clone(), |document, patch| {
        patch.apply(&document).ok()
    })
}

fn unchange(field: &FieldChange, before: &Live, after: &Value) -> FieldChange {
    let now = field.path.get(after);
    let shown = |value: &Value| match field.secret {
        true => Value::from(secret::MASK),
        false => value.clone(),
    };
    FieldChange {
        path: field.path.clone(),
        cause: Cause::Change,
        before: now.map(shown),
        after: field.path.get(&before.document).cloned(),
        secret: field.secret,
        place: None,
    }
}

fn blank(step: &Step, record: Option<&Record>) -> Step {
    Step {
        unmanaged: Vec::new(),
        binding: None,
        entry: Entry::Fixed(record.cloned()),
        ..step.clone()
    }
}

fn reason<'p>(step: &Step, unknown: impl Iterator<Item = &'p Pointer>) -> String {
    let undoes = format!("undoes the {}", step.action.word());
    let unknown: Vec<_> = unknown.map(Pointer::as_str).collect();
    match unknown[..] {
        [] => undoes,
        _ => format!(
            "{undoes}; what was hidden is not known and left out: {}",
            unknown.join(", ")
        ),
    }
}
