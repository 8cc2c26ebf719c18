//! When two values of a field mean the same, and digests that agree with that.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Catalog;
use super::field::{Field, Normaliser};
use super::walk::{is_unset, named};
use crate::model::{Digest, Fingerprints, Hasher, Pointer, canonical_decimal, secret};

impl Catalog {
    /// Whether the live side already is what is desired: by meaning, not by spelling. An empty
    /// desired value is met by an absent or empty one, and by the service's own default.
    #[must_use]
    pub fn meets(&self, pointer: &Pointer, live: Option<&Value>, desired: &Value) -> bool {
        let field = self.find(pointer);
        let Some(live) = live else {
            return is_unset(desired);
        };
        if is_unset(desired) {
            return is_unset(live) || is_default(field, live);
        }
        is_same(field, live, desired)
    }

    /// Whether the service fills in this very value where nobody sent one.
    #[must_use]
    pub fn is_server_default(&self, pointer: &Pointer, live: &Value) -> bool {
        is_default(self.find(pointer), live)
    }

    /// A digest of the value's meaning: equal for values that mean the same. Absent and empty
    /// values share one, and what must not be shown is salted. `None` where the value refers to a
    /// secret that is not available here.
    #[must_use]
    pub fn digest(
        &self,
        pointer: &Pointer,
        value: Option<&Value>,
        secrets: &Fingerprints,
    ) -> Option<Digest> {
        let Some(value) = value.filter(|value| !is_unset(value)) else {
            return Some(Digest::unset());
        };
        let mut hasher = match self.is_hidden(pointer) {
            true => Hasher::keyed(secrets.salt()),
            false => Hasher::default(),
        };
        hash(self.find(pointer), value, secrets, &mut hasher)?;
        Some(hasher.finish())
    }
}

/// Whether two values differ in white space, letter case or type at most: then the one may be what the
/// service made of the other.
#[must_use]
pub fn resembles(one: &Value, other: &Value) -> bool {
    let bare = |value: &Value| -> String {
        let text = value
            .to_string()
            .replace("\\n", "")
            .replace("\\r", "")
            .replace("\\t", "");
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '"');
        letters.flat_map(char::to_lowercase).collect()
    };
    bare(one) == bare(other)
}

fn is_default(field: Option<&'static Field>, value: &Value) -> bool {
    let default = field.and_then(|field| field.default);
    default.is_some_and(|default| is_same(field, value, &default.to_value()))
}

fn is_same(field: Option<&'static Field>, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| {
                    right
                        .get(name)
                        .is_some_and(|other| is_same(member(field, name), value, other))
                })
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_same(None, left, right))
        }
        _ => scalar(field, left).is_some_and(|left| scalar(field, right) == Some(left)),
    }
}

/// Adds the value to the digest; `None` where it refers to a secret that is not available here.
fn hash(
    field: Option<&'static Field>,
    value: &Value,
    secrets: &Fingerprints,
    hasher: &mut Hasher,
) -> Option<()> {
    if let Some(name) = secret::referred(value) {
        hasher.write_tagged('$', &secrets.of(&name)?.to_string());
        return Some(());
    }
    match value {
        Value::Object(members) => return hash_members(field, members, secrets, hasher),
        Value::Array(elements) => {
            hasher.write("[");
            elements
                .iter()
                .try_for_each(|element| hash(None, element, secrets, hasher))?;
            hasher.write("]");
        }
        scalar_value => match scalar(field, scalar_value) {
            Some(Scalar::Flag(flag)) => hasher.write(if flag { "true" } else { "false" }),
            Some(Scalar::Number(digits)) => hasher.write_tagged('0', &digits),
            Some(Scalar::Text(text)) => hasher.write_tagged('"', &text),
            Some(Scalar::Null) | None => hasher.write("null"),
        },
    }
    Some(())
}

fn hash_members(
    field: Option<&'static Field>,
    members: &Map<String, Value>,
    secrets: &Fingerprints,
    hasher: &mut Hasher,
) -> Option<()> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    hasher.write("{");
    for (name, value) in sorted {
        hasher.write_tagged('"', name);
        hash(member(field, name), value, secrets, hasher)?;
    }
    hasher.write("}");
    Some(())
}

fn member(field: Option<&'static Field>, name: &str) -> Option<&'static Field> {
    field.and_then(|field| named(field.known_members(), name))
}

/// A scalar by its meaning.
#[derive(PartialEq)]
enum Scalar<'v> {
    Null,
    Flag(bool),
    Number(Cow<'v, str>),
    Text(Cow<'v, str>),
}

fn scalar<'v>(field: Option<&Field>, value: &'v Value) -> Option<Scalar<'v>> {
    Some(
        match (
            field.map_or(Normaliser::None, |field| field.normaliser),
            value,
        ) {
            (_, Value::Null) => Scalar::Null,
            (_, Value::Bool(flag)) => Scalar::Flag(*flag),
            (_, Value::Number(number)) => Scalar::Number(canonical_decimal(number.as_str())),
            (Normaliser::Flag, Value::String(text)) if text == "true" || text == "false" => {
                Scalar::Flag(text == "true")
            }
            (Normaliser::Number, Value::String(text))
                if text.parse::<f64>().is_ok_and(f64::is_finite) =>
            {
                Scalar::Number(canonical_decimal(text))
            }
            (Normaliser::LowerCase, Value::String(text)) => {
                Scalar::Text(text.to_lowercase().into())
            }
            (_, Value::String(text)) => Scalar::Text(text.as_str().into()),
            (_, Value::Array(_) | Value::Object(_)) => return None,
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::PERSONA;
    use super::*;
    use crate::model::Salt;

    fn digest(pointer: &Pointer, value: &Value) -> Option<Digest> {
        PERSONA.digest(pointer, Some(value), &Fingerprints::new(Salt::new([7; 32])))
    }

    /// Field, live, desired, whether the live side meets what is desired.
    #[test]
    fn meaning_counts_not_spelling() {
        let rows = [
            (
                "/layers/tts/tts_emotion_control",
                json!("true"),
                json!(true),
                true,
            ),
            (
                "/layers/tts/tts_emotion_control",
                json!("false"),
                json!(true),
                false,
            ),
            (
                "/layers/tts/voice_settings",
                json!({"speed": "1.0"}),
                json!({"speed": 1}),
                true,
            ),
            (
                "/layers/tts/voice_settings",
                json!({"speed": 1.1}),
                json!({"speed": 1}),
                false,
            ),
            (
                "/layers/conferencing/username",
                json!("ana"),
                json!("Ana"),
                true,
            ),
            (
                "/layers/llm/extra_body",
                json!({"a": 1.0, "b": [1e1]}),
                json!({"b": [10], "a": 1}),
                true,
            ),
            ("/context", json!(null), json!(""), true),
            ("/context", json!("1"), json!(1), false),
            ("/pipeline_mode", json!("full"), json!(null), true),
            ("/pipeline_mode", json!("echo"), json!(null), false),
            ("/document_ids", json!(["a", "b"]), json!(["b", "a"]), false),
        ];
        for (pointer, live, desired, met) in rows {
            let pointer = Pointer::parse(pointer).expect("a pointer");
            assert_eq!(
                PERSONA.meets(&pointer, Some(&live), &desired),
                met,
                "{pointer}: {live} for {desired}"
            );
            if met && !is_unset(&desired) {
                assert_eq!(digest(&pointer, &live), digest(&pointer, &desired));
            }
        }
    }

    #[test]
    fn digests_tell_neighbouring_values_apart() {
        let pointer = Pointer::parse("/layers/llm/extra_body").expect("a pointer");
        let values = [
            json!(null),
            json!([null]),
            json!([""]),
            json!(["a", "b"]),
            json!(["ab"]),
            json!({"a": "b"}),
            json!([{"a": "b"}]),
            json!("a"),
            json!(1),
            json!("1"),
            json!(true),
            json!("true"),
            json!([[1], 2]),
            json!([[1, 2]]),
        ];
        let digests: std::collections::BTreeSet<_> =
            values.iter().map(|value| digest(&pointer, value)).collect();
        assert_eq!(digests.len(), values.len());
    }
}
