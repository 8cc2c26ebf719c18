//! What a file says before its tags are resolved: values that know where they were written.

use serde_json::{Number, Value};

use crate::catalog::nearest;
use crate::model::{Finding, Place, Pointer, SecretName};

/// How many collections may stand in one another.
pub(crate) const MAX_DEPTH: usize = 64;
/// How many values one manifest may hold, aliases and includes written out.
pub(crate) const MAX_NODES: usize = 100_000;
/// How many bytes of text one manifest may hold, aliases and includes written out.
pub(crate) const MAX_TEXT: usize = 4_000_000;

/// One value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) data: Data,
}

/// The value itself.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Member>),
    /// A value that a tag makes of another; gone once a node is resolved.
    Tagged(Tag, Box<Node>),
    /// A reference to a secret; only there once a node is resolved.
    Secret(SecretName),
}

/// One member of a map.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// What a manifest can ask for instead of writing it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    File,
    Include,
    Concat,
    Var,
    Secret,
}

impl Tag {
    const ALL: [(&'static str, Self); 5] = [
        ("!file", Self::File),
        ("!include", Self::Include),
        ("!concat", Self::Concat),
        ("!var", Self::Var),
        ("!secret", Self::Secret),
    ];

    /// The tag as it is written.
    pub(crate) fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, tag)| *tag == self);
        known.expect("all tags are there").0
    }

    /// The tag of this name, or else a hint at those that there are.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        if let Some((_, tag)) = Self::ALL.iter().find(|(known, _)| *known == name) {
            return Ok(*tag);
        }
        let known = Self::ALL.map(|(known, _)| known);
        let all = format!("the tags are {}", known.join(", "));
        Err(match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`? {all}"),
            None => all,
        })
    }
}

impl Node {
    pub(crate) const fn new(place: Place, data: Data) -> Self {
        Self { place, data }
    }

    /// Whether both say the same, wherever they say it: members in any order, numbers in the same
    /// spelling.
    pub(crate) fn says(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Flag(one), Data::Flag(other)) => one == other,
            (Data::Number(one), Data::Number(other)) => one == other,
            (Data::Text(one), Data::Text(other)) => one == other,
            (Data::Secret(one), Data::Secret(other)) => one == other,
            (Data::Tagged(tag, one), Data::Tagged(other_tag, other)) => {
                tag == other_tag && one.says(other)
            }
            (Data::List(elements), Data::List(others)) => {
                elements.len() == others.len()
                    && elements
                        .iter()
                        .zip(others)
                        .all(|(one, other)| one.says(other))
            }
            (Data::Map(members), Data::Map(others)) => {
                let (members, others) = (sorted(members), sorted(others));
                let mut pairs = members.iter().zip(&others);
                members.len() == others.len()
                    && pairs.all(|(one, other)| one.0 == other.0 && one.1.says(other.1))
            }
            _ => false,
        }
    }

    /// What kind of value this is, as messages call it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Flag(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
            Data::Tagged(..) => "a tag",
            Data::Secret(_) => "a secret",
        }
    }

    pub(crate) const fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    pub(crate) const fn is_true(&self) -> bool {
        matches!(self.data, Data::Flag(true))
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// A value from the settings, as if it were written at `place`.
    pub(crate) fn literal(value: &Value, place: &Place) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(flag) => Data::Flag(*flag),
            Value::Number(number) => Data::Number(number.clone()),
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(elements) => {
                let nodes = elements.iter().map(|each| Self::literal(each, place));
                Data::List(nodes.collect())
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| Member {
                    name: name.clone(),
                    place: place.clone(),
                    value: Self::literal(value, place),
                });
                Data::Map(members.collect())
            }
        };
        Self::new(place.clone(), data)
    }

    /// The value at `pointer` in a resolved tree.
    pub(crate) fn at(&self, pointer: &Pointer) -> Option<&Self> {
        pointer
            .tokens()
            .try_fold(self, |node, token| node.child(&token))
    }

    /// The members of a map; none of anything else.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.data {
            Data::Map(members) => members,
            _ => &[],
        }
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.data {
            Data::List(elements) => elements,
            _ => &[],
        }
    }

    /// The member of this name, or the element at this index.
    pub(crate) fn child(&self, token: &str) -> Option<&Self> {
        match &self.data {
            Data::Map(members) => members
                .iter()
                .find(|member| member.name == token)
                .map(|member| &member.value),
            Data::List(elements) => elements.get(token.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Whether anything in it is what a tag makes of something else.
    pub(crate) fn has_tags(&self) -> bool {
        match &self.data {
            Data::Tagged(..) => true,
            Data::List(elements) => elements.iter().any(Self::has_tags),
            Data::Map(members) => members.iter().any(|member| member.value.has_tags()),
            _ => false,
        }
    }

    /// How many collections stand in one another here.
    pub(crate) fn height(&self) -> usize {
        match &self.data {
            Data::List(elements) => 1 + highest(elements.iter()),
            Data::Map(members) => 1 + highest(members.iter().map(|member| &member.value)),
            Data::Tagged(_, operand) => operand.height(),
            _ => 0,
        }
    }
}

/// The finding of a document that goes too deep.
pub(crate) fn too_deep(place: Place) -> Finding {
    let message = format!("more than {MAX_DEPTH} lists and maps in one another");
    Finding::error("too-deep", place, message)
}

/// The finding of a document that has used up its budget.
pub(crate) fn too_much(place: Place) -> Finding {
    let message = format!("more than {MAX_NODES} values, or too much text, in one document");
    Finding::error("too-large", place, message)
        .hint("aliases and includes count with all they bring")
}

/// Members in the order of their names.
fn sorted(members: &[Member]) -> Vec<(&str, &Node)> {
    let pairs = members.iter();
    let mut pairs: Vec<_> = pairs
        .map(|member| (member.name.as_str(), &member.value))
        .collect();
    pairs.sort_by_key(|(name, _)| *name);
    pairs
}

fn highest<'n>(nodes: impl Iterator<Item = &'n Node>) -> usize {
    nodes.map(Node::height).max().unwrap_or(0)
}

/// What may still be spent on one document, so that a small file cannot grow into a big one.
#[derive(Debug)]
pub(crate) struct Budget {
    nodes: usize,
    text: usize,
}

impl Budget {
    pub(crate) const fn new() -> Self {
        Self {
            nodes: MAX_NODES,
            text: MAX_TEXT,
        }
    }

    /// Pays for a value and all that is in it; `false` when it is too much.
    #[must_use]
    pub(crate) fn spend(&mut self, node: &Node) -> bool {
        match &node.data {
            Data::Text(text) => self.pay(text.len()),
            Data::List(elements) => self.pay(0) && elements.iter().all(|each| self.spend(each)),
            Data::Map(members) => {
                self.pay(0)
                    && members
                        .iter()
                        .all(|member| self.pay(member.name.len()) && self.spend(&member.value))
            }
            Data::Tagged(_, operand) => self.pay(0) && self.spend(operand),
            Data::Null | Data::Flag(_) | Data::Number(_) | Data::Secret(_) => self.pay(0),
        }
    }

    /// Pays for one value with so much text.
    #[must_use]
    pub(crate) fn pay(&mut self, text: usize) -> bool {
        let rest = (self.nodes.checked_sub(1), self.text.checked_sub(text));
        let (Some(nodes), Some(text)) = rest else {
            return false;
        };
        (self.nodes, self.text) = (nodes, text);
        true
    }
}
