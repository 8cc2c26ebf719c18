//! From what differs to the requests that mend it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::step::{FieldChange, Request};
use crate::catalog::Catalog;
use crate::diff::{self, Dialect, Patch, Rules};
use crate::model::{Desired, Pointer};

/// The patches that bring a live document to its fields' desired values: one request, and one more
/// for each subtree that must travel apart. `None` where applying them here does not give exactly
/// the intended document.
pub(super) fn revise(
    catalog: &Catalog,
    live: &Value,
    fields: &[FieldChange],
    ignore: &[Pointer],
    dialect: Dialect,
) -> Option<Vec<Request>> {
    let mut groups: Vec<Option<Pointer>> = fields
        .iter()
        .map(|field| catalog.apart(&field.path))
        .collect();
    groups.sort();
    groups.dedup();

    let mut requests = Vec::new();
    let mut document = live.clone();
    for group in groups {
        let in_group = || {
            fields
                .iter()
                .filter(|field| catalog.apart(&field.path) == group)
        };
        let mut target = document.clone();
        for field in in_group() {
            let after = field.after.as_ref();
            let after = after.map(|after| with_ignored(after, &field.path, live, ignore));
            put(&mut target, &field.path, after);
        }
        let patch = patch(catalog, &document, &target, ignore, dialect);
        let patched = patch.apply(&document).ok();
        document = patched.filter(|patched| *patched == target)?;
        if !patch.is_empty() {
            let fields = in_group().map(|field| field.path.clone()).collect();
            requests.push(Request { patch, fields });
        }
    }
    Some(requests)
}

/// A desired value, with the places in it that are to be ignored as they are live.
pub(crate) fn with_ignored(
    wanted: &Value,
    path: &Pointer,
    live: &Value,
    ignore: &[Pointer],
) -> Value {
    let mut value = wanted.clone();
    for ignored in ignore.iter().filter_map(|ignored| ignored.below(path)) {
        put(
            &mut value,
            &ignored,
            path.append(&ignored).get(live).cloned(),
        );
    }
    value
}

/// The patch from one document to another that this service is known to take: what may hold more than
/// can be seen, or something to be ignored, is never set as a whole, and what is hidden is never
/// asserted.
#[must_use]
pub fn patch(
    catalog: &Catalog,
    before: &Value,
    after: &Value,
    ignore: &[Pointer],
    dialect: Dialect,
) -> Patch {
    let is_around = |pointer: &Pointer| ignore.iter().any(|place| place.is_below(pointer));
    let keeps = |pointer: &Pointer| catalog.is_divisible(pointer) || is_around(pointer);
    let guards = |pointer: &Pointer, before: &Value| !catalog.hides(pointer, Some(before));
    let rules = Rules {
        dialect,
        keeps: &keeps,
        guards: Some(&guards),
    };
    diff::compute_with(before, after, rules)
}

/// The body of the create call: what the manifest declares, without what must be unset.
pub(super) fn body(catalog: &Catalog, document: &Value) -> Value {
    let mut body = Value::Object(Map::new());
    for (pointer, value) in catalog.declared(document) {
        if !value.is_null() {
            put(&mut body, &pointer, Some(value.clone()));
        }
    }
    body
}

/// Sets the member at `pointer`, with the objects around it, or takes it away; a null is taken
/// away.
pub fn put(document: &mut Value, pointer: &Pointer, value: Option<Value>) {
    let Some((parent, name)) = pointer.split_last() else {
        return;
    };
    let value = value.filter(|value| !value.is_null());
    let mut at = document;
    for token in parent.tokens() {
        if at.is_array() {
            // A list is owned as a whole: nothing in it has a place of its own.
            return;
        }
        if !at.get(&token).is_some_and(Value::is_object) {
            if value.is_none() {
                return;
            }
            members(at).insert(token.clone(), Value::Object(Map::new()));
        }
        at = &mut at[token.as_str()];
    }
    if at.is_array() {
        return;
    }
    match value {
        Some(value) => {
            members(at).insert(name, value);
        }
        None => {
            members(at).shift_remove(&name);
        }
    }
}

impl Desired {
    /// A document as far as it is compared: without the places that are ignored.
    #[must_use]
    pub fn compared<'v>(&self, document: &'v Value) -> Cow<'v, Value> {
        without(document, &self.ignore)
    }
}

/// The document without the places that are to be ignored.
pub(super) fn without<'v>(document: &'v Value, ignore: &[Pointer]) -> Cow<'v, Value> {
    let mut document = Cow::Borrowed(document);
    for pointer in ignore {
        if pointer.get(&document).is_some() {
            put(document.to_mut(), pointer, None);
        }
    }
    document
}

fn members(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was made an object")
}
