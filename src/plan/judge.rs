//! Why a field differs: what is desired, what is live, and what was applied last, held against one
//! another.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::{Catalog, is_unset};
use crate::model::{Applied, Digest, Fingerprints, Pointer};

/// Who moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The manifest.
    Change,
    /// The live side.
    Drift,
    /// Both.
    Conflict,
    /// Nobody knows: this persona was never applied from here.
    FirstContact,
}

impl Cause {
    /// The cause's word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Drift => "drift",
            Self::Conflict => "conflict",
            Self::FirstContact => "first-contact",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// What comparing a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    InSync,
    Differs(Cause),
    /// A secret is not available here, so nothing can be said.
    Unknown,
}

/// The three sides of one field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) pointer: &'a Pointer,
    /// What the manifest says; `None` where it no longer declares the field.
    pub(super) desired: Option<&'a Value>,
    pub(super) live: Option<&'a Value>,
    /// Both with the places in them that are ignored now: the ledger may not have left those out.
    pub(super) whole: (Option<&'a Value>, Option<&'a Value>),
    pub(super) applied: Option<&'a Applied>,
    /// Whether the ledger knows the persona at all.
    pub(super) known: bool,
}

impl Sides<'_> {
    /// Whether a field that is to be unset by now may still hold what was sent, although it reads back as
    /// empty: it always did. Where nothing is answered at all there is nothing to remove.
    fn may_linger(&self) -> bool {
        let unset = Digest::unset();
        let was_hidden = |applied: &Applied| applied.sent != unset && applied.seen == unset;
        self.desired.is_none_or(is_unset)
            && self.live.is_some()
            && self.applied.is_some_and(was_hidden)
    }
}

/// Compares one field by the table of the design: equal, or as it was sent and seen, is in sync;
/// else whoever is not where the ledger left them has moved.
pub(super) fn judge(catalog: &Catalog, sides: Sides<'_>, secrets: &Fingerprints) -> Verdict {
    let Sides {
        pointer,
        desired,
        live,
        whole,
        applied,
        known,
    } = sides;
    if catalog.meets(pointer, live, desired.unwrap_or(&Value::Null)) {
        return match sides.may_linger() {
            true => Verdict::Differs(Cause::Change),
            false => Verdict::InSync,
        };
    }
    let Some(sent) = catalog.digest(pointer, desired, secrets) else {
        return Verdict::Unknown;
    };
    let Some(applied) = applied else {
        return Verdict::Differs(if known {
            Cause::Change
        } else {
            Cause::FirstContact
        });
    };
    let is_at = |value, digest| catalog.digest(pointer, value, secrets).as_ref() == Some(digest);
    let repository_stayed = sent == applied.sent || is_at(whole.0, &applied.sent);
    let live_stayed = is_at(live, &applied.seen) || is_at(whole.1, &applied.seen);
    match (repository_stayed, live_stayed) {
        (true, true) => Verdict::InSync,
        (false, true) => Verdict::Differs(Cause::Change),
        (true, false) => Verdict::Differs(Cause::Drift),
        (false, false) => Verdict::Differs(Cause::Conflict),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;
    use crate::model::{Salt, SecretName, secret};

    fn secrets() -> Fingerprints {
        let mut secrets = Fingerprints::new(Salt::new([7; 32]));
        secrets.insert(SecretName::new("KEY").expect("a name"), "hunter2");
        secrets
    }

    fn verdict(
        pointer: &str,
        desired: Option<Value>,
        live: Option<Value>,
        applied: Option<(Value, Value)>,
    ) -> Verdict {
        let pointer = Pointer::parse(pointer).expect("a pointer");
        let secrets = secrets();
        let digest = |value: &Value| {
            PERSONA
                .digest(&pointer, Some(value), &secrets)
                .expect("known secrets")
        };
        let applied = applied.map(|(sent, seen)| Applied {
            sent: digest(&sent),
            seen: digest(&seen),
        });
        let sides = Sides {
            pointer: &pointer,
            desired: desired.as_ref(),
            live: live.as_ref(),
            whole: (desired.as_ref(), live.as_ref()),
            applied: applied.as_ref(),
            known: applied.is_some(),
        };
        judge(&PERSONA, sides, &secrets)
    }

    #[test]
    fn each_row_of_the_table_has_its_verdict() {
        let text = |text: &str| Some(json!(text));
        let applied = |sent: &str, seen: &str| Some((json!(sent), json!(seen)));
        let rows = [
            (text("a"), text("a"), applied("x", "y"), Verdict::InSync),
            (text("a"), text("A"), applied("a", "A"), Verdict::InSync),
            (
                text("b"),
                text("a"),
                applied("a", "a"),
                Verdict::Differs(Cause::Change),
            ),
            (
                text("a"),
                text("b"),
                applied("a", "a"),
                Verdict::Differs(Cause::Drift),
            ),
            (
                text("b"),
                text("c"),
                applied("a", "a"),
                Verdict::Differs(Cause::Conflict),
            ),
            (
                None,
                text("a"),
                applied("a", "a"),
                Verdict::Differs(Cause::Change),
            ),
            (
                None,
                text("b"),
                applied("a", "a"),
                Verdict::Differs(Cause::Conflict),
            ),
            (None, text(""), applied("a", "a"), Verdict::InSync),
            (
                text("a"),
                text("b"),
                None,
                Verdict::Differs(Cause::FirstContact),
            ),
        ];
        for (desired, live, applied, expected) in rows {
            let said = format!("{desired:?} {live:?} {applied:?}");
            assert_eq!(
                verdict("/context", desired, live, applied),
                expected,
                "{said}"
            );
        }
    }

    #[test]
    fn what_was_never_answered_is_removed_once_it_is_to_be_unset() {
        let reference = secret::reference(&SecretName::new("KEY").expect("a name"));
        let applied = |seen| Some((reference.clone(), seen));
        let key = "/layers/llm/api_key";
        let rows = [
            (
                Some(json!(null)),
                json!(null),
                Verdict::Differs(Cause::Change),
            ),
            (Some(json!(null)), json!("********"), Verdict::InSync),
            (None, json!(null), Verdict::InSync),
        ];
        for (live, seen, expected) in rows {
            let said = format!("{live:?} {seen}");
            for desired in [None, Some(json!(null)), Some(json!(""))] {
                let verdict = verdict(key, desired, live.clone(), applied(seen.clone()));
                assert_eq!(verdict, expected, "{said}");
            }
        }
    }

    #[test]
    fn a_secret_is_compared_by_what_was_sent_and_what_mask_was_seen() {
        let reference = |name: &str| secret::reference(&SecretName::new(name).expect("a name"));
        let key = "/layers/llm/api_key";
        let mask = || Some(json!("********"));
        let sent = |value| Some((value, json!("********")));
        assert_eq!(
            verdict(key, Some(reference("KEY")), mask(), sent(reference("KEY"))),
            Verdict::InSync
        );
        assert_eq!(
            verdict(key, Some(reference("KEY")), mask(), sent(json!("another"))),
            Verdict::Differs(Cause::Change)
        );
        assert_eq!(
            verdict(key, Some(reference("KEY")), mask(), None),
            Verdict::Differs(Cause::FirstContact)
        );
        assert_eq!(
            verdict(key, Some(reference("ELSEWHERE")), mask(), sent(json!("x"))),
            Verdict::Unknown
        );
    }
}
