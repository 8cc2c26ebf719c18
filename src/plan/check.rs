//! What is wrong with a manifest, as far as the catalogue can tell. Nothing here names a field.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::{
    Access, Catalog, Field, Kind, Normaliser, Requirement, Secrecy, Spot, Words, is_unset, named,
    nearest, one_of, tool_name,
};
use crate::manifest::ignored;
use crate::model::{Desired, Finding, Place, Pointer, canonical_decimal, secret};

/// The code of findings about members that are not there.
const MISSING: &str = "missing-member";
/// The code of the finding about a name that is not there.
const MISSING_NAME: &str = "missing-name";

/// How near a word of an open vocabulary has to be to a known one to be taken for a mistake, 0 to
/// 1.
const SURELY_MEANT: f64 = 0.9;

/// Everything that is wrong with a manifest, or worth a look.
#[must_use]
pub fn manifest(catalog: &Catalog, desired: &Desired) -> Vec<Finding> {
    let mut check = Check {
        catalog,
        desired,
        findings: Vec::new(),
    };
    check.name();
    if let Value::Object(members) = &desired.document {
        check.members(&Pointer::root(), members, catalog.fields);
    }
    check.secrets(&catalog.root(), &desired.document);
    check.ignored();
    check.findings
}

/// Whether a finding is about something that is not there, as it may seem where a value could not
/// be resolved.
#[must_use]
pub fn is_about_absence(finding: &Finding) -> bool {
    [MISSING, MISSING_NAME].contains(&finding.code)
}

struct Check<'c> {
    catalog: &'c Catalog,
    desired: &'c Desired,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn name(&mut self) {
        let Catalog { noun, name, .. } = self.catalog;
        let pointer = Pointer::root().join(name);
        let is_missing = self.desired.document.get(name).is_none_or(is_unset);
        if is_missing && self.desired.id.is_none() {
            let place = self.desired.places.value(&pointer);
            let message = format!("the {noun} has no `{name}`");
            let hint = format!("give it a `{name}`, or pin its id");
            self.findings
                .push(Finding::error(MISSING_NAME, place, message).hint(hint));
        }
        let written = self.catalog.name_of(&self.desired.document);
        if written.is_some_and(|written| written.trim() != written) {
            let place = self.desired.places.value(&pointer);
            let message = format!("the `{name}` begins or ends with white space");
            let hint =
                "the service may take it away, and the persona is not found by this name then";
            self.findings
                .push(Finding::warning("name-space", place, message).hint(hint));
        }
    }

    /// Places that cannot be left as they are live: the whole document, and what stands in a list.
    fn ignored(&mut self) {
        for (index, pointer) in self.desired.ignore.iter().enumerate() {
            let is_root = *pointer == Pointer::root();
            let around =
                std::iter::successors(pointer.split_last(), |(parent, _)| parent.split_last());
            let is_list = |(parent, _): (Pointer, String)| {
                let kind = self.catalog.find(&parent).map(|field| field.kind);
                let value = parent.get(&self.desired.document);
                matches!(kind, Some(Kind::Texts(_) | Kind::Tools))
                    || value.is_some_and(Value::is_array)
            };
            let message = match is_root {
                true => "the whole document cannot be ignored".to_owned(),
                false if around.into_iter().any(is_list) => {
                    format!("`{pointer}` stands in a list, which is compared as a whole")
                }
                false => continue,
            };
            let place = self.valued(&ignored(index));
            self.findings.push(Finding::error("ignore", place, message));
        }
    }

    fn members(&mut self, at: &Pointer, members: &Map<String, Value>, known: &'static [Field]) {
        for (name, value) in members {
            let pointer = at.join(name);
            let before = self.findings.len();
            match named(known, name) {
                Some(field) => self.field(&pointer, value, field),
                // Where the table lists no members, the service takes any.
                None if known.is_empty() => {}
                None => self.unknown(at, &pointer, name),
            }
            self.document(before, &pointer);
        }
        let is_required = |field: &&Field| !matches!(field.required, Requirement::Optional);
        for field in known.iter().filter(is_required) {
            let before = self.findings.len();
            self.requirement(at, members, field);
            self.document(before, &at.join(field.name));
        }
    }

    /// Gives the findings from this one on the page about their field, unless they have a nearer one.
    fn document(&mut self, from: usize, pointer: &Pointer) {
        for finding in &mut self.findings[from..] {
            finding.link = finding.link.or_else(|| self.catalog.doc(pointer));
        }
    }

    fn field(&mut self, pointer: &Pointer, value: &Value, field: &'static Field) {
        if field.access == Access::ReadOnly {
            let message = format!("`{pointer}` is written by the service only; it is ignored");
            self.warn("read-only", self.named(pointer), message, None);
            return;
        }
        if let Some(deprecated) = field.deprecated {
            let message = format!("`{pointer}` is deprecated: {}", deprecated.note);
            let hint = deprecated.successor.map(|next| match turned(field, value) {
                Some(word) if deprecated.inverted => format!("use `{next}: {word}`"),
                _ => format!("use `{next}`"),
            });
            self.advise("deprecated", self.named(pointer), message, hint);
        }
        // Plain secrets, and references where anyone could read them, are looked at apart, wherever
        // they stand.
        if value.is_null() || self.catalog.wants_secret(pointer) {
            return;
        }
        match (secret::referred(value), self.catalog.secrecy(pointer)) {
            (None, _) => self.kind(pointer, value, field),
            (Some(_), Secrecy::Open) => {}
            (Some(_), Secrecy::Holds | Secrecy::Secret) => {
                if !matches!(field.kind, Kind::Text | Kind::Any) {
                    self.wrong(pointer, field.kind.wanted(), value);
                }
            }
        }
    }

    fn kind(&mut self, pointer: &Pointer, value: &Value, field: &'static Field) {
        match (field.kind, value) {
            (Kind::Word(words), Value::String(word)) => self.word(pointer, word, words),
            (Kind::Texts(most), Value::Array(elements)) => self.texts(pointer, elements, most),
            (Kind::Tools, Value::Array(tools)) => self.tools(pointer, tools),
            (Kind::Members(known), Value::Object(members)) => self.members(pointer, members, known),
            _ if is_of(field, value) => {}
            _ => self.wrong(pointer, field.kind.wanted(), value),
        }
    }

    fn word(&mut self, pointer: &Pointer, word: &str, words: Words) {
        let place = self.valued(pointer);
        if words.deprecated.contains(&word) {
            let current: Vec<_> = words
                .known
                .iter()
                .filter(|known| !words.deprecated.contains(known))
                .copied()
                .collect();
            let message = format!("`{word}` is deprecated at `{pointer}`");
            let hint = format!("take {}", one_of(&current));
            self.advise("deprecated-word", place, message, Some(hint));
            return;
        }
        if word.is_empty() || words.known.contains(&word) {
            return;
        }
        let near = nearest(word, words.known.iter().copied());
        let meant = near.map(|near| format!("did you mean `{near}`?"));
        let message = format!("`{pointer}` knows no `{word}`");
        if words.closed {
            let all = format!("it takes {}", one_of(words.known));
            let hint = meant.map_or(all.clone(), |meant| format!("{meant} {all}"));
            self.findings
                .push(Finding::error("unknown-word", place, message).hint(hint));
        } else if near.is_some_and(|near| strsim::jaro_winkler(word, near) >= SURELY_MEANT) {
            self.warn("unknown-word", place, message, meant);
        }
    }

    fn texts(&mut self, pointer: &Pointer, elements: &[Value], most: usize) {
        if elements.len() > most {
            let message = format!(
                "`{pointer}` takes {most} at most, these are {}",
                elements.len()
            );
            self.fail("too-many", self.valued(pointer), message);
        }
        for (index, element) in elements.iter().enumerate() {
            if !element.is_string() && secret::referred(element).is_none() {
                self.wrong(&pointer.join(&index.to_string()), "text", element);
            }
        }
    }

    fn tools(&mut self, pointer: &Pointer, tools: &[Value]) {
        let mut seen: BTreeMap<&str, Pointer> = BTreeMap::new();
        for (index, tool) in tools.iter().enumerate() {
            let at = pointer.join(&index.to_string());
            let Some(name) = tool_name(tool).filter(|name| !name.is_empty()) else {
                let message = format!("the tool at `{at}` has no `function.name`");
                self.fail("tool-name", self.valued(&at), message);
                continue;
            };
            match seen.get(name) {
                Some(first) => {
                    let message = format!("two tools at `{pointer}` are called `{name}`");
                    let hint = format!("the other one is at {}", self.valued(first));
                    let finding = Finding::error("duplicate-tool", self.valued(&at), message);
                    self.findings.push(finding.hint(hint));
                }
                None => {
                    seen.insert(name, at);
                }
            }
        }
    }

    fn unknown(&mut self, parent: &Pointer, pointer: &Pointer, name: &str) {
        let elsewhere = self.catalog.homes(name);
        let hint = if elsewhere.is_empty() {
            let near = self.catalog.nearest(parent, name);
            near.map(|near| format!("did you mean `{near}`?"))
        } else {
            let homes: Vec<_> = elsewhere.iter().map(Pointer::as_str).collect();
            Some(format!("`{name}` belongs at {}", one_of(&homes)))
        };
        let message = format!("`{pointer}` is not known; it is sent as it is");
        self.warn("unknown-member", self.named(pointer), message, hint);
    }

    fn requirement(&mut self, at: &Pointer, members: &Map<String, Value>, field: &Field) {
        let is_there = |name: &str| members.get(name).is_some_and(|value| !is_unset(value));
        let pointer = at.join(field.name);
        match field.required {
            Requirement::Unless(other, values) if !is_there(field.name) => {
                let value = members.get(other).and_then(Value::as_str);
                if !value.is_some_and(|value| values.contains(&value)) {
                    let message = format!("`{pointer}` is missing");
                    let hint = format!("only where `{other}` is {} may it be", one_of(values));
                    let place = self.valued(&pointer);
                    self.findings
                        .push(Finding::error(MISSING, place, message).hint(hint));
                }
            }
            Requirement::Together(other) if is_there(field.name) && !is_there(other) => {
                let message = format!("`{pointer}` needs `{}` beside it", at.join(other));
                self.fail(MISSING, self.named(&pointer), message);
            }
            Requirement::Optional | Requirement::Unless(..) | Requirement::Together(_) => {}
        }
    }

    /// Plain secrets, and references where anyone could read them.
    fn secrets(&mut self, at: &Spot<'_>, value: &Value) {
        if secret::referred(value).is_some() {
            if at.secrecy() == Secrecy::Open {
                let at = at.pointer();
                let message = format!("`{at}` is no secret: what it holds can be read by anyone");
                let finding = Finding::error("open-secret", self.valued(&at), message);
                self.findings
                    .push(finding.hint("`!secret` only works where the service expects a secret"));
            }
            return;
        }
        if at.wants_secret() {
            self.plain_secret(&at.pointer(), value);
            return;
        }
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(name, member)| self.secrets(&at.member(name), member)),
            Value::Array(elements) => elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| self.secrets(&at.element(index), element)),
            _ => {}
        }
    }

    /// What stands where only a secret may, and is none.
    fn plain_secret(&mut self, at: &Pointer, value: &Value) {
        if !is_unset(value) {
            let message = format!("a plain value at `{at}`, which is a secret");
            let finding = Finding::error("plain-secret", self.named(at), message)
                .hint("write `!secret NAME`, and set NAME where we run");
            self.findings.push(Finding {
                link: self.catalog.doc(at),
                ..finding
            });
        } else if value.is_array() || value.is_object() {
            self.wrong(at, "a secret", value);
        }
    }

    fn wrong(&mut self, pointer: &Pointer, wanted: &str, value: &Value) {
        let message = format!("`{pointer}` takes {wanted}, this is {}", kind_of(value));
        self.fail("wrong-type", self.valued(pointer), message);
    }

    fn fail(&mut self, code: &'static str, place: Place, message: String) {
        self.findings.push(Finding::error(code, place, message));
    }

    fn warn(&mut self, code: &'static str, place: Place, message: String, hint: Option<String>) {
        let finding = Finding::warning(code, place, message);
        self.findings.push(Finding { hint, ..finding });
    }

    fn advise(&mut self, code: &'static str, place: Place, message: String, hint: Option<String>) {
        let finding = Finding::advice(code, place, message);
        self.findings.push(Finding { hint, ..finding });
    }

    fn named(&self, pointer: &Pointer) -> Place {
        self.desired.places.name(pointer)
    }

    fn valued(&self, pointer: &Pointer) -> Place {
        self.desired.places.value(pointer)
    }
}

/// The word at the other end of the vocabulary: `low` for `high`.
fn turned(field: &Field, value: &Value) -> Option<&'static str> {
    let Kind::Word(words) = field.kind else {
        return None;
    };
    let at = words.known.iter().position(|known| value == known)?;
    words.known.iter().rev().nth(at).copied()
}

/// Whether a value has the shape of its field, or one that the service takes for it.
fn is_of(field: &Field, value: &Value) -> bool {
    match (field.kind, field.normaliser, value) {
        (Kind::Any, _, _)
        | (Kind::Text, _, Value::String(_))
        | (Kind::Flag, _, Value::Bool(_))
        | (Kind::Number, _, Value::Number(_))
        | (Kind::Map, _, Value::Object(_)) => true,
        (Kind::Integer, _, Value::Number(number)) => {
            !canonical_decimal(number.as_str()).contains("e-")
        }
        (Kind::Flag, Normaliser::Flag, Value::String(text)) => text == "true" || text == "false",
        (Kind::Number, Normaliser::Number, Value::String(text)) => text.parse::<f64>().is_ok(),
        _ => false,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) if secret::referred(value).is_some() => "a secret",
        Value::Object(_) => "a map",
    }
}
