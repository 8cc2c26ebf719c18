//! Which live values the manifests are to have: those that were edited live since they were applied.

use serde_json::Value;

use crate::catalog::Catalog;
use crate::model::{Key, Pointer};
use crate::plan::{Action, Cause, Obstacle, Plan, Step};

/// A field whose live value is wanted in the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// The manifest.
    pub key: Key,
    /// The field.
    pub path: Pointer,
    /// Its live value; `None` where the field is not there any more.
    pub live: Option<Value>,
    /// Whether its value must not be shown, and is not known here.
    pub secret: bool,
}

/// The fields that were edited live, in the order of the plan.
#[must_use]
pub fn wishes(catalog: &Catalog, plan: &Plan) -> Vec<Wish> {
    // Of a persona that is gone nothing was edited: there is nothing to take over.
    let is_live = |step: &&Step| match step.action {
        Action::Update(_) | Action::Blocked(Obstacle::Conflict | Obstacle::Unproven) => true,
        Action::Create(_)
        | Action::Adopt(_)
        | Action::Recreate(_)
        | Action::Delete(_)
        | Action::Keep
        | Action::Blocked(_) => false,
    };
    let fields = plan.steps.iter().filter(is_live).flat_map(|step| {
        let fields = step.fields.iter();
        let edited = fields.filter(|field| matches!(field.cause, Cause::Drift | Cause::Conflict));
        edited.map(|field| Wish {
            key: step.key.clone(),
            path: field.path.clone(),
            live: field
                .before
                .as_ref()
                .map(|live| spelt(catalog, &field.path, live)),
            secret: field.secret,
        })
    });
    fields.collect()
}

/// The live value as a manifest says it: in the type of its field, where that means the same.
fn spelt(catalog: &Catalog, path: &Pointer, live: &Value) -> Value {
    let fitted = catalog.find(path).map(|field| field.fitted(live));
    let fitted = fitted.filter(|fitted| catalog.meets(path, Some(live), fitted));
    fitted.unwrap_or_else(|| live.clone())
}
