//! The change as it is meant, and the first draft that says just that.

use serde_json::Value;

use super::change::Editor;
use super::refusal::{Reason, Refusal};
use super::site::Site;
use super::tree;
use crate::model::{Place, Pointer};
use crate::yaml::{Data, Member, Node, Source, compose};

/// What is done at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'v> {
    /// Another value is set where one is.
    Set(&'v Value),
    /// A value is set in a map, or inserted before the element at an index.
    Add(&'v Value),
    /// The value is taken away.
    Remove,
}

/// The text of a file after a change. `at` is a place in what `compose` makes of the file.
///
/// # Errors
/// Where the change cannot be made without changing anything else.
pub(crate) fn edit(source: &Source, at: &Pointer, change: &Change<'_>) -> Result<String, Refusal> {
    let refuse = |place: Place, reason| Refusal { place, reason };
    let composed = compose(source);
    let flaw = composed.findings.into_iter().next();
    if let Some(place) = flaw.and_then(|finding| finding.place) {
        return Err(refuse(place, Reason::Mistake));
    }
    let Some(root) = composed.root else {
        return Err(refuse(source.start(), Reason::Mistake));
    };
    let site = Site::of(source);
    let Some(spots) = tree::spots(source, &site) else {
        return Err(refuse(source.start(), Reason::Unsure));
    };
    let mut editor = Editor::new(source, &site, &spots);
    let drafts = editor.drafts(&root, at, change)?;
    let mut meant = root.clone();
    let tokens: Vec<String> = at.tokens().collect();
    if make(&mut meant, &tokens, change).is_none() {
        return Err(editor.refuse(Reason::Missing(at.to_string())));
    }
    if meant.says(&root) {
        return Ok(source.text.to_string());
    }
    let mut texts = drafts.iter().filter_map(|draft| site.spliced(draft));
    let says_it = |text: &String| says(source, text, &meant);
    let verified = texts.find(says_it);
    verified.ok_or_else(|| editor.refuse(editor.reason()))
}

/// Whether a text says what was meant, without a mistake.
fn says(source: &Source, text: &str, meant: &Node) -> bool {
    let changed = Source {
        file: source.file.clone(),
        text: text.into(),
    };
    let composed = compose(&changed);
    let root = composed.root.filter(|_| composed.findings.is_empty());
    root.is_some_and(|root| root.says(meant))
}

/// Makes a change in a tree; `None` where its place is not there.
fn make(node: &mut Node, tokens: &[String], change: &Change<'_>) -> Option<()> {
    let value = match change {
        Change::Set(value) | Change::Add(value) => Some(Node::literal(value, &node.place)),
        Change::Remove => None,
    };
    let (token, below) = match (tokens, value.as_ref()) {
        ([], Some(value)) => {
            *node = value.clone();
            return Some(());
        }
        ([], None) => return None,
        ([token, below @ ..], _) => (token, below),
    };
    match &mut node.data {
        Data::Map(members) => {
            let index = members.iter().position(|member| member.name == *token);
            match (index, value) {
                (Some(index), Some(_)) => return make(&mut members[index].value, below, change),
                (Some(index), None) if below.is_empty() => drop(members.remove(index)),
                (Some(index), None) => return make(&mut members[index].value, below, change),
                (None, Some(value)) if below.is_empty() && matches!(change, Change::Add(_)) => {
                    let (name, place) = (token.clone(), value.place.clone());
                    members.push(Member { name, place, value });
                }
                (None, _) => return None,
            }
        }
        Data::List(elements) => {
            let index = index(token, elements.len())?;
            match (change, value) {
                (Change::Add(_), Some(value)) if below.is_empty() => elements.insert(index, value),
                (Change::Remove, _) if below.is_empty() && index < elements.len() => {
                    elements.remove(index);
                }
                _ => return make(elements.get_mut(index)?, below, change),
            }
        }
        _ => return None,
    }
    Some(())
}

/// The index that a token names in a list of this length; that behind the end is one, too.
pub(super) fn index(token: &str, length: usize) -> Option<usize> {
    if token == "-" {
        return Some(length);
    }
    let is_canonical = token == "0" || !token.starts_with(['0', '+']);
    let index = token.parse().ok().filter(|_| is_canonical)?;
    (index <= length).then_some(index)
}
