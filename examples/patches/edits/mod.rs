//! The edits that people make, one function for each; what they need to know of a persona is here.

mod lists;
mod parameters;
mod releases;
mod settings;
mod texts;
mod tools;

use serde_json::{Map, Value};

use crate::dice::Dice;

/// Changes a persona.
pub(crate) type Edit = fn(&mut Value, &mut Dice);

/// Edits with their names.
type Edits = &'static [(&'static str, Edit)];

/// The kinds of edits in an order in which one of each can be made: none takes away what a later one
/// needs.
pub(crate) const MIXABLE: [Edits; 5] = [
    parameters::EDITS,
    tools::EDITS,
    texts::EDITS,
    lists::EDITS,
    settings::EDITS,
];

/// Every edit with its name.
pub(crate) fn all() -> Vec<(&'static str, Edit)> {
    [&MIXABLE[..], &[releases::EDITS]].concat().concat()
}

fn list<'p>(persona: &'p mut Value, pointer: &str) -> &'p mut Vec<Value> {
    let list = persona.pointer_mut(pointer).and_then(Value::as_array_mut);
    list.expect("a persona has its lists")
}

fn object<'p>(persona: &'p mut Value, pointer: &str) -> &'p mut Map<String, Value> {
    let object = persona.pointer_mut(pointer).and_then(Value::as_object_mut);
    object.expect("a persona has its objects")
}

fn tools(persona: &mut Value) -> &mut Vec<Value> {
    list(persona, "/layers/llm/tools")
}

/// Rewrites the text at a place.
fn rewrite(persona: &mut Value, pointer: &str, how: impl FnOnce(&str) -> String) {
    let text = persona
        .pointer_mut(pointer)
        .expect("a persona has its texts");
    let rewritten = text.as_str().map(how).expect("it is a text");
    *text = Value::from(rewritten);
}
