//! One walk over a document, with everything that is looked for on the way.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::mention::{self, Spoken};
use super::{parameters, prose};
use crate::catalog::{
    Budget, Catalog, Kind, Spot, holds_credential, is_given, looks_secret, tool_name,
};
use crate::model::{Desired, Finding, Place, Pointer, secret};
use crate::yaml::Sources;

/// Everything that is worth a look in a manifest.
#[must_use]
pub fn manifest(catalog: &Catalog, desired: &Desired, sources: &Sources) -> Vec<Finding> {
    let declared = catalog.declared(&desired.document);
    let mut pass = Pass {
        catalog,
        desired,
        sources,
        findings: Vec::new(),
    };
    let tools = Tools::of(catalog, &declared);
    for (pointer, value) in declared {
        pass.field(&pointer, value, &tools);
    }
    pass.secrets(&catalog.root(), &catalog.root(), &desired.document);
    pass.findings
}

/// The tools of a document.
struct Tools<'v> {
    all: Vec<&'v Value>,
    names: BTreeSet<&'v str>,
    /// What their schemas call something, once somebody has asked.
    words: OnceCell<BTreeSet<&'v str>>,
    /// Whether there are others, which are known by their ids alone.
    are_all: bool,
}

impl<'v> Tools<'v> {
    fn of(catalog: &Catalog, declared: &[(Pointer, &'v Value)]) -> Self {
        let kind = |pointer| catalog.find(pointer).map(|field| field.kind);
        let lists = declared.iter().filter_map(|(pointer, value)| {
            matches!(kind(pointer), Some(Kind::Tools)).then(|| value.as_array())?
        });
        let all: Vec<&Value> = lists.flatten().collect();
        Self {
            names: all.iter().filter_map(|tool| tool_name(tool)).collect(),
            words: OnceCell::new(),
            all,
            are_all: !declared.iter().any(|(pointer, value)| {
                let elsewhere = catalog.find(pointer).is_some_and(|field| field.names_tools);
                elsewhere && value.as_array().is_some_and(|ids| !ids.is_empty())
            }),
        }
    }

    fn words(&self) -> &BTreeSet<&'v str> {
        self.words.get_or_init(|| {
            let mut words = BTreeSet::new();
            self.all.iter().for_each(|tool| words_in(tool, &mut words));
            words
        })
    }
}

/// All names of members and all texts in a value.
fn words_in<'v>(value: &'v Value, words: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            words.insert(name);
            words_in(value, words);
        }),
        Value::Array(elements) => elements.iter().for_each(|each| words_in(each, words)),
        Value::String(text) => {
            words.insert(text);
        }
        _ => {}
    }
}

struct Pass<'p> {
    catalog: &'p Catalog,
    desired: &'p Desired,
    sources: &'p Sources,
    findings: Vec<Finding>,
}

impl Pass<'_> {
    fn field(&mut self, pointer: &Pointer, value: &Value, tools: &Tools<'_>) {
        if self.catalog.is_hidden(pointer) {
            return;
        }
        let field = self.catalog.find(pointer);
        match (field.map(|field| field.kind), value) {
            (Some(Kind::Text), Value::String(text)) => {
                self.text(pointer, text);
                self.paragraphs(pointer, text);
                if tools.are_all {
                    self.mentions(pointer, text, tools);
                }
                if let Some(budget) = field.and_then(|field| field.budget) {
                    self.length(pointer, text, budget);
                }
            }
            (Some(Kind::Texts(_)), Value::Array(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    if let Value::String(text) = element {
                        self.text(&pointer.join(&index.to_string()), text);
                    }
                }
            }
            (Some(Kind::Tools), Value::Array(tools)) => {
                for (index, tool) in tools.iter().enumerate() {
                    self.tool(&pointer.join(&index.to_string()), tool);
                }
            }
            _ => {}
        }
    }

    /// Texts that look like secrets. Those where only secrets may stand are looked at by `check`. The finding is told at the
    /// `member` that holds the text, where its line is shown without it.
    fn secrets(&mut self, member: &Spot<'_>, at: &Spot<'_>, value: &Value) {
        if at.wants_secret() || secret::referred(value).is_some() {
            return;
        }
        match value {
            Value::String(text) if is_secret(at, text) => {
                let member = member.pointer();
                let message = format!("`{member}` looks like a secret in clear text");
                let hint = match at.is_hidden() {
                    true => "write `!secret NAME`, and set NAME where we run",
                    false => {
                        "whoever reads the repository can use it, and it can be no `!secret` here"
                    }
                };
                self.find(&member, |place| {
                    Finding::warning("likely-secret", place, message).hint(hint)
                });
            }
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                let at = at.member(name);
                self.secrets(&at, &at, value);
            }),
            Value::Array(elements) => elements.iter().enumerate().for_each(|(index, element)| {
                self.secrets(member, &at.element(index), element);
            }),
            _ => {}
        }
    }

    fn text(&mut self, pointer: &Pointer, text: &str) {
        for placeholder in prose::placeholders(text) {
            let message = format!("`{placeholder}` in `{pointer}` is filled in by nobody");
            let hint =
                "the persona would say it as it stands; `!concat` and `!var` put texts together";
            let place = self.within(pointer, placeholder, "");
            self.find(pointer, |_| {
                Finding::warning("placeholder", place, message).hint(hint)
            });
        }
        if let Some((character, line)) = prose::lost(text) {
            let code = u32::from(character);
            let message =
                format!("U+{code:04X} in line {line} of `{pointer}` may be lost on the way");
            let place = self.within(pointer, character.encode_utf8(&mut [0; 4]), "");
            self.find(pointer, |_| {
                Finding::warning("lost-text", place, message)
                    .hint("it cannot be seen in an editor: delete it")
            });
        }
    }

    fn paragraphs(&mut self, pointer: &Pointer, text: &str) {
        for repeated in prose::repeated(text) {
            let prose::Repeated {
                paragraph,
                first,
                again,
            } = repeated;
            let message =
                format!("line {again} of `{pointer}` begins the same paragraph as line {first}");
            let opening = paragraph.lines().next().unwrap_or_default();
            // However often it is there, the second one is not far to look for.
            let place = self.within(pointer, opening, opening);
            self.find(pointer, |_| {
                Finding::advice("repeated-paragraph", place, message)
                    .hint("every token is paid for in each turn: leave one of them out")
            });
        }
    }

    fn mentions(&mut self, pointer: &Pointer, text: &str, tools: &Tools<'_>) {
        for Spoken { name, at, near } in
            mention::unknown(text, &tools.names, |word| tools.words().contains(word))
        {
            let message = format!("`{pointer}` speaks of the tool `{name}`, which is not there");
            let hint = "add the tool, or take it out of the text";
            let place = self.within(pointer, name, &text[..at]);
            self.find(pointer, |_| {
                let finding = Finding::advice("unknown-tool", place, message);
                finding.hint(hint).near(near)
            });
        }
    }

    fn length(&mut self, pointer: &Pointer, text: &str, budget: Budget) {
        let tokens = prose::tokens(text);
        let Budget {
            advised,
            poorer,
            most,
        } = budget;
        if tokens <= advised {
            return;
        }
        let message = format!("`{pointer}` has some {tokens} tokens, {advised} are advised");
        let (is_poorer, is_too_long) = (tokens > poorer, tokens > most);
        self.find(pointer, |place| match (is_poorer, is_too_long) {
            (_, true) => Finding::warning("prompt-length", place, message)
                .hint(format!("an estimate; hosted models take {most} at most")),
            (true, _) => Finding::warning("prompt-length", place, message)
                .hint(format!("an estimate; from {poorer} on answers get worse")),
            _ => Finding::advice("prompt-length", place, message)
                .hint("an estimate; documents of the knowledge base can hold what is looked up"),
        });
    }

    fn tool(&mut self, pointer: &Pointer, tool: &Value) {
        let at = Pointer::parse(parameters::PLACE).expect("our own pointer is one");
        let Some(schema) = at
            .get(tool)
            .filter(|schema| secret::referred(schema).is_none())
        else {
            return;
        };
        let at = pointer.append(&at);
        for flaw in parameters::flaws(schema) {
            let spot = at.append(&flaw.at);
            let message = format!("`{spot}` {}", flaw.message);
            let place = self.valued(&spot);
            let finding = Finding::warning("tool-parameters", place, message);
            self.findings.push(Finding {
                hint: flaw.hint,
                ..finding
            });
        }
    }

    /// Adds what is made for the place of the member, and says where that is.
    fn find(&mut self, pointer: &Pointer, make: impl FnOnce(Place) -> Finding) {
        let member = self.desired.places.name(pointer);
        let finding = make(member.clone()).within(member);
        self.findings.push(Finding {
            link: self.catalog.doc(pointer),
            ..finding
        });
    }

    /// Where a stretch of the text at `pointer` was written that `before` stands before.
    fn within(&self, pointer: &Pointer, stretch: &str, before: &str) -> Place {
        let member = self.desired.places.name(pointer);
        let skip = before.matches(stretch).count();
        self.sources
            .find(&member, &self.valued(pointer), stretch, skip)
    }

    fn valued(&self, pointer: &Pointer) -> Place {
        self.desired.places.value(pointer)
    }
}

fn is_secret(at: &Spot<'_>, text: &str) -> bool {
    let is_among_secrets = at.is_hidden() && looks_secret(text);
    is_among_secrets || holds_credential(text) || at.seems_secret() && is_given(text)
}
