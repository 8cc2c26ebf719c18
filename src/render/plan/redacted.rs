//! A plan without what must not be shown. In a finished report it would be too late: words that changed are set off there, and
//! so are the two halves of a secret.

use std::borrow::Cow;

use serde_json::Value;

use crate::apply::{Normalised, Outcome};
use crate::model::Pointer;
use crate::plan::Plan;

/// Takes what must not be shown out of a text.
type Redact<'r> = &'r dyn Fn(&str) -> String;

/// The plan with its texts as `redact` leaves them.
#[must_use]
pub fn redacted<'p>(plan: &'p Plan, redact: Redact<'_>) -> Cow<'p, Plan> {
    // Secrets are looked for in all ways they can be spelt: once in all texts rather than in each.
    let said = said(plan);
    if redact(&said) == said {
        return Cow::Borrowed(plan);
    }
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        step.persona_name = redact(&step.persona_name);
        step.reason = step.reason.as_deref().map(redact);
        for field in &mut step.fields {
            let values = [&mut field.before, &mut field.after];
            values
                .into_iter()
                .flatten()
                .for_each(|value| hide(value, redact));
            field.path = hidden(&field.path, redact);
        }
        step.unmanaged = step
            .unmanaged
            .iter()
            .map(|path| hidden(path, redact))
            .collect();
    }
    Cow::Owned(plan)
}

/// All that is told of a plan.
fn said(plan: &Plan) -> String {
    let mut said = String::new();
    for step in &plan.steps {
        let texts = [Some(&step.persona_name), step.reason.as_ref()];
        texts.into_iter().flatten().for_each(|text| {
            said.push_str(text);
            said.push('\n');
        });
        for field in &step.fields {
            for value in [&field.before, &field.after].into_iter().flatten() {
                said.push_str(&value.to_string());
                said.push('\n');
            }
        }
        let fields = step.fields.iter().map(|field| &field.path);
        for path in fields.chain(&step.unmanaged) {
            said.extend(path.tokens());
            said.push('\n');
        }
    }
    said
}

/// A pointer with the names in it as `redact` leaves them.
fn hidden(path: &Pointer, redact: Redact<'_>) -> Pointer {
    let names = path.tokens().map(|name| redact(&name));
    names.fold(Pointer::root(), |path, name| path.join(&name))
}

/// The outcomes with their texts as `redact` leaves them.
#[must_use]
pub fn redacted_outcomes(outcomes: &[Outcome], redact: Redact<'_>) -> Vec<Outcome> {
    let mut outcomes = outcomes.to_vec();
    for outcome in &mut outcomes {
        outcome.message = outcome.message.as_deref().map(redact);
        for Normalised {
            path: _,
            sent,
            seen,
        } in &mut outcome.normalised
        {
            hide(sent, redact);
            seen.iter_mut().for_each(|seen| hide(seen, redact));
        }
    }
    outcomes
}

fn hide(value: &mut Value, redact: Redact<'_>) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(elements) => elements.iter_mut().for_each(|each| hide(each, redact)),
        Value::Object(members) => {
            let hidden = std::mem::take(members)
                .into_iter()
                .map(|(name, mut value)| {
                    hide(&mut value, redact);
                    (redact(&name), value)
                });
            *members = hidden.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
