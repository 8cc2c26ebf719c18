//! How many bytes things take in a request, and how alike two values are.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::same::same;

/// How deep likeness is looked for: as deep as JSON is read. What is deeper counts as one leaf.
const DEEPEST: usize = 128;

/// Where an element may say what it is called.
const KEYS: [&[&str]; 4] = [&["function", "name"], &["name"], &["id"], &["tool_id"]];

/// The size of a value as compact JSON, unless that is more than `limit`.
pub(super) fn size_within(value: &Value, limit: usize) -> Option<usize> {
    let mut size = 0;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        // Long texts are most of what there is to measure.
        if matches!(value, Value::String(text) if text.len() > limit) {
            return None;
        }
        size += match value {
            Value::Null => 4,
            Value::Bool(true) => 4,
            Value::Bool(false) => 5,
            Value::Number(number) => number.as_str().len(),
            Value::String(text) => text_size(text),
            // Brackets, and a comma after each but the last.
            Value::Array(elements) => {
                open.extend(elements);
                elements.len().max(1) + 1
            }
            Value::Object(members) => {
                open.extend(members.values());
                let names: usize = members.keys().map(|name| text_size(name) + 1).sum();
                names + members.len().max(1) + 1
            }
        };
        if size > limit {
            return None;
        }
    }
    Some(size)
}

/// The size of a value as compact JSON.
pub(super) fn size(value: &Value) -> usize {
    size_within(value, usize::MAX).unwrap_or(usize::MAX)
}

/// The size of a text as JSON, with its quotes.
fn text_size(text: &str) -> usize {
    2 + text.len() + escapes(text)
}

/// How many bytes more than its own a text takes in JSON.
fn escapes(text: &str) -> usize {
    let is_short = |byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c);
    let short = count(text, is_short);
    short + 5 * count(text, |byte| byte < b' ' && !is_short(byte))
}

/// How many of its bytes are of a kind: one kind at a time, which a processor can do for many at once.
fn count(text: &str, is_one: impl Fn(u8) -> bool) -> usize {
    text.bytes().filter(|byte| is_one(*byte)).count()
}

/// The size of a member's name in a pointer.
pub(super) fn token_size(name: &str) -> usize {
    name.len() + count(name, |byte| matches!(byte, b'~' | b'/')) + escapes(name)
}

/// The size of an index in a pointer.
pub(super) const fn index_size(index: usize) -> usize {
    match index.checked_ilog10() {
        Some(digits) => digits as usize + 1,
        None => 1,
    }
}

/// What an element says that it is called.
pub(super) fn key(element: &Value) -> Option<&str> {
    KEYS.iter().find_map(|path| {
        let key = path
            .iter()
            .try_fold(element, |value, name| value.get(name))?;
        key.as_str()
    })
}

/// The scalars in a value: what two elements are compared by before anybody looks closer.
#[derive(Debug)]
pub(super) struct Leaves(Vec<u64>);

impl Leaves {
    pub(super) fn of(value: &Value) -> Self {
        let mut leaves = Vec::new();
        digest(value, DEEPEST, &mut leaves);
        leaves.sort_unstable();
        Self(leaves)
    }

    /// Whether at least half of what is in the one is in the other.
    pub(super) fn resemble(&self, other: &Self) -> bool {
        let (mut shared, mut left, mut right) = (0, self.0.as_slice(), other.0.as_slice());
        while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
            shared += usize::from(first == second);
            if first <= second {
                left = left_rest;
            }
            if second <= first {
                right = right_rest;
            }
        }
        4 * shared >= self.0.len() + other.0.len()
    }
}

/// A number for each element of two lists, the same for equal ones.
pub(super) fn classes(old: &[Value], new: &[Value]) -> (Vec<usize>, Vec<usize>) {
    numbered(
        old,
        new,
        |value| digest(value, DEEPEST, &mut Vec::new()),
        same,
    )
}

/// A number for each element of two lists, the same for those of one key. Those without a key are the same
/// if they are equal.
pub(super) fn namesakes(old: &[Value], new: &[Value]) -> (Vec<usize>, Vec<usize>) {
    let hash = |value: &Value| match key(value) {
        Some(key) => BuildHasherDefault::<DefaultHasher>::default().hash_one(key),
        None => digest(value, DEEPEST, &mut Vec::new()),
    };
    let is_one = |one: &Value, other: &Value| match (key(one), key(other)) {
        (None, None) => same(one, other),
        (one, other) => one == other,
    };
    numbered(old, new, hash, is_one)
}

fn numbered(
    old: &[Value],
    new: &[Value],
    hash: impl Fn(&Value) -> u64,
    is_one: impl Fn(&Value, &Value) -> bool,
) -> (Vec<usize>, Vec<usize>) {
    let mut known: HashMap<u64, Vec<(&Value, usize)>> = HashMap::new();
    let mut count = 0;
    let mut numbers = old.iter().chain(new).map(|value| {
        let alike = known.entry(hash(value)).or_default();
        if let Some((_, number)) = alike.iter().find(|(other, _)| is_one(other, value)) {
            return *number;
        }
        count += 1;
        alike.push((value, count));
        count
    });
    let old = numbers.by_ref().take(old.len()).collect();
    (old, numbers.collect())
}

/// Equal for equal values, whatever the order of members; what is deeper than so many levels does not
/// count. Collects the digests of all scalars.
fn digest(value: &Value, levels: usize, leaves: &mut Vec<u64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Array(elements) if levels > 0 => {
            for element in elements {
                digest(element, levels - 1, leaves).hash(&mut hasher);
            }
            elements.len().hash(&mut hasher);
        }
        Value::Object(members) if levels > 0 => {
            // A sum does not depend on the order of its terms.
            let sum = members.iter().fold(0u64, |sum, (name, value)| {
                let mut member = DefaultHasher::new();
                (name, digest(value, levels - 1, leaves)).hash(&mut member);
                sum.wrapping_add(member.finish())
            });
            (sum, "{").hash(&mut hasher);
        }
        Value::Array(_) | Value::Object(_) => "…".hash(&mut hasher),
        scalar => {
            scalar.hash(&mut hasher);
            leaves.push(hasher.finish());
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_are_those_of_compact_json() {
        let values = [
            json!(null),
            json!([]),
            json!({}),
            json!([[], {}, [1, 2.50, -3]]),
            json!({"a\"\\": "ä\n\u{1}\u{7f}", "b": [true, false, null]}),
        ];
        for value in values {
            let text = value.to_string();
            assert_eq!(size(&value), text.len(), "{text}");
            assert_eq!(size_within(&value, text.len()), Some(text.len()));
            assert_eq!(size_within(&value, text.len() - 1), None);
        }
        assert_eq!([0, 9, 10, 99, 100].map(index_size), [1, 1, 2, 2, 3]);
    }

    #[test]
    fn equal_elements_are_of_one_class() {
        let read = |text: &str| serde_json::from_str::<Vec<Value>>(text).expect("JSON");
        let old = read(r#"[{"a": 1, "b": [2, 3]}, "x", {"a": 1}, [1, [2]]]"#);
        let new = read(r#"["x", {"b": [2, 3], "a": 1}, [1, 2], "x"]"#);
        let (old, new) = classes(&old, &new);
        assert_eq!(old, [1, 2, 3, 4]);
        assert_eq!(new, [2, 1, 5, 2]);
    }
}
