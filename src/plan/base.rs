//! What a live persona held when a plan was made, so that an edit in between is noticed and named.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::{Catalog, is_unset};
use crate::model::{Digest, Fingerprints, Hasher, Pointer, Salt};

/// A digest of each field of a live document that anyone but the service writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// Fields that may be shown.
    open: BTreeMap<Pointer, Digest>,
    /// Fields that must not be shown, by a salted digest; none where anything may stand.
    hidden: BTreeMap<Pointer, Option<Digest>>,
}

impl Base {
    /// What `live` holds.
    #[must_use]
    pub fn of(catalog: &Catalog, live: &Value, salt: &Salt) -> Self {
        let secrets = Fingerprints::new(salt.clone());
        let mut base = Self::default();
        for (pointer, value) in catalog.declared(live) {
            if is_unset(value) {
                continue;
            }
            let digest = catalog.digest(&pointer, Some(value), &secrets);
            if catalog.is_hidden(&pointer) {
                base.hidden.insert(pointer, digest);
            } else {
                base.open
                    .insert(pointer, digest.unwrap_or_else(Digest::unset));
            }
        }
        base
    }

    /// Takes whatever stands in these hidden fields for what stood there.
    pub(super) fn leave_open<'p>(&mut self, hidden: impl Iterator<Item = &'p Pointer>) {
        self.hidden.extend(hidden.map(|path| (path.clone(), None)));
    }

    /// The fields that are not as they were.
    #[must_use]
    pub fn moved<'b>(&'b self, now: &'b Self) -> BTreeSet<&'b Pointer> {
        let Self { open, hidden } = self;
        let mut moved: BTreeSet<&Pointer> = moved(open, &now.open).collect();
        moved.extend(self::moved(hidden, &now.hidden));
        moved.retain(|path| hidden.get(*path) != Some(&None));
        moved
    }

    /// One digest for all of it, the same for everyone: of what is hidden it only says where it is.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let Self { open, hidden } = self;
        let mut hasher = Hasher::default();
        for (pointer, digest) in open {
            hasher.write_tagged('/', pointer.as_str());
            hasher.write_digest(digest);
        }
        for pointer in hidden.keys() {
            hasher.write_tagged('*', pointer.as_str());
        }
        hasher.finish()
    }
}

fn moved<'b, D: PartialEq>(
    before: &'b BTreeMap<Pointer, D>,
    now: &'b BTreeMap<Pointer, D>,
) -> impl Iterator<Item = &'b Pointer> {
    let changed = before
        .iter()
        .filter(|(pointer, digest)| now.get(*pointer) != Some(*digest));
    let new = now.keys().filter(|pointer| !before.contains_key(*pointer));
    changed.map(|(pointer, _)| pointer).chain(new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;

    fn base(document: &Value, salt: u8) -> Base {
        Base::of(&PERSONA, document, &Salt::new([salt; 32]))
    }

    #[test]
    fn what_moved_is_named_and_what_means_the_same_has_not() {
        let before = json!({"persona_name": "Ana", "context": "x", "greeting": "hi", "updated_at": "1",
            "layers": {"tts": {"voice_settings": {"speed": 1}}}});
        let same = json!({"greeting": "hi", "context": "x", "persona_name": "Ana", "updated_at": "2",
            "layers": {"tts": {"voice_settings": {"speed": 1.0}}, "llm": {"model": ""}}});
        assert_eq!(base(&before, 1).moved(&base(&same, 1)), BTreeSet::new());
        let after = json!({"persona_name": "Ana", "context": "y",
            "layers": {"tts": {"voice_settings": {"speed": 1}}, "llm": {"api_key": "****1"}}});
        let (before, after) = (base(&before, 1), base(&after, 1));
        let moved: Vec<_> = before
            .moved(&after)
            .into_iter()
            .map(Pointer::as_str)
            .collect();
        assert_eq!(moved, ["/context", "/greeting", "/layers/llm/api_key"]);
        assert_eq!(before.moved(&after), after.moved(&before));
    }

    #[test]
    fn the_digest_depends_neither_on_the_salt_nor_on_what_is_hidden() {
        let with = |key: &str| json!({"persona_name": "Ana", "layers": {"llm": {"api_key": key}}});
        let (one, other) = (base(&with("****1"), 1), base(&with("****2"), 2));
        assert_ne!(one, other);
        assert_eq!(one.digest(), other.digest());
        assert_ne!(
            one.digest(),
            base(&json!({"persona_name": "Ana"}), 1).digest()
        );
    }
}
