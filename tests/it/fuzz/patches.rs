//! Patches: they are applied as another hand has written down what RFC 6902 says.

use personactl::diff::{Operation, Patch};
use personactl::model::Pointer;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::config;

/// Small documents, whose members have names that pointers have to escape.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3i32).prop_map(Value::from),
        Just(Value::from("text")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let member = (select(NAMES.to_vec()), inner.clone());
        let members = vec(member, 0..4).prop_map(|members| {
            let named = members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            Value::Object(named.collect())
        });
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), members]
    })
}

const NAMES: [&str; 9] = ["a", "b", "", "/", "~", "0", "1", "-", "01"];

fn operation() -> impl Strategy<Value = Operation> {
    let path = vec(select(NAMES.to_vec()), 0..4).prop_map(|tokens| {
        tokens
            .iter()
            .fold(Pointer::root(), |path, token| path.join(token))
    });
    (0..4, path, document()).prop_map(|(op, path, value)| match op {
        0 => Operation::Add(path, value),
        1 => Operation::Replace(path, value),
        2 => Operation::Remove(path),
        _ => Operation::Test(path, value),
    })
}

/// The index that a token names; one behind the last where that is allowed.
fn index(token: &str, count: usize) -> Option<usize> {
    let is_number = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_number && (token == "0" || !token.starts_with('0'));
    token
        .parse()
        .ok()
        .filter(|index| is_plain && *index < count)
}

fn child<'v>(value: &'v mut Value, token: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(elements) => elements.get_mut(index(token, usize::MAX)?),
        _ => None,
    }
}

fn find<'v>(document: &'v mut Value, tokens: &[String]) -> Option<&'v mut Value> {
    tokens
        .iter()
        .try_fold(document, |value, token| child(value, token))
}

fn add(parent: &mut Value, token: &str, value: Value) -> Option<()> {
    match parent {
        Value::Object(members) => drop(members.insert(token.to_owned(), value)),
        Value::Array(elements) if token == "-" => elements.push(value),
        Value::Array(elements) => elements.insert(index(token, elements.len() + 1)?, value),
        _ => return None,
    }
    Some(())
}

fn remove(parent: &mut Value, token: &str) -> Option<()> {
    match parent {
        Value::Object(members) => members.remove(token).map(drop),
        Value::Array(elements) => {
            index(token, elements.len()).map(|index| drop(elements.remove(index)))
        }
        _ => None,
    }
}

/// Applies one operation; `None` where it does not fit.
fn take(document: &mut Value, operation: &Operation) -> Option<()> {
    let tokens: Vec<_> = operation.path().tokens().collect();
    match (operation, tokens.split_last()) {
        (Operation::Test(_, value), _) => (find(document, &tokens)? == value).then_some(()),
        (Operation::Replace(_, value), _) => {
            *find(document, &tokens)? = value.clone();
            Some(())
        }
        (Operation::Add(_, value), None) => {
            *document = value.clone();
            Some(())
        }
        (Operation::Add(_, value), Some((last, parents))) => {
            add(find(document, parents)?, last, value.clone())
        }
        // The whole document is never taken away.
        (Operation::Remove(_), None) => None,
        (Operation::Remove(_), Some((last, parents))) => remove(find(document, parents)?, last),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_patch_does_what_the_standard_says_or_nothing(before in document(), operations in vec(operation(), 0..4)) {
        let mut expected = before.clone();
        let fits = operations.iter().try_for_each(|operation| take(&mut expected, operation));
        let patched = Patch(operations).apply(&before).ok();
        prop_assert_eq!(patched, fits.map(|()| expected));
    }

    #[test]
    fn a_patch_that_was_sent_is_what_it_was(operations in vec(operation(), 0..4), before in document()) {
        let patch = Patch(operations);
        let sent = serde_json::to_string(&patch).expect("a patch is JSON");
        let read: Patch = serde_json::from_str(&sent).expect("a patch");
        prop_assert_eq!(&read, &patch);
        let foreign: json_patch::Patch = serde_json::from_str(&sent).expect("a patch to others too");
        let mut theirs = before.clone();
        let theirs = json_patch::patch(&mut theirs, &foreign).ok().map(|()| theirs);
        prop_assert_eq!(read.apply(&before).ok(), theirs);
    }
}
