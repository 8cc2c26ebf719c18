//! YAML (and JSON) text to a tree of nodes that know their places.
//!
//! The parser hands over events; nothing here recurses on them, and every limit holds while the
//! tree grows. Tags of our own are kept for `resolve`; anchors, aliases and merge keys are written
//! out here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag as RawTag};

use super::entries::Entries;
use super::lines::Lines;
use super::node::{Budget, Data, MAX_DEPTH, Node, Tag, too_deep, too_much};
use super::scalar;
use super::source::Source;
use crate::model::{Finding, Place};

/// What a file says, as far as it could be read.
#[derive(Clone, Debug)]
pub(crate) struct Composed {
    /// The document; `None` where the file is no YAML.
    pub(crate) root: Option<Node>,
    /// All mistakes of the file.
    pub(crate) findings: Vec<Finding>,
}

/// Reads one document.
pub(crate) fn compose(source: &Source) -> Composed {
    let mut composer = Composer::new(source);
    let done = match source.control_character() {
        Some(finding) => Err(Box::new(finding)),
        None => composer.run(),
    };
    let Composer {
        root, mut findings, ..
    } = composer;
    match done {
        Ok(()) => Composed { root, findings },
        Err(finding) => {
            findings.push(*finding);
            Composed {
                root: None,
                findings,
            }
        }
    }
}

/// Whether a tag is YAML's own.
fn is_core(name: &str) -> bool {
    name == "!" || name.starts_with(CORE)
}

/// The document cannot be read any further.
type Fatal = Box<Finding>;

struct Composer<'s> {
    source: &'s Source,
    lines: Lines<'s>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    budget: Budget,
    root: Option<Node>,
    findings: Vec<Finding>,
}

/// A collection that has begun and not yet ended.
struct Open {
    place: Place,
    anchor: usize,
    tag: Option<Tag>,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map(Entries),
}

impl<'s> Composer<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            lines: Lines::of(source),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            budget: Budget::new(),
            root: None,
            findings: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Fatal> {
        let text = self.source.yaml();
        let mut documents = 0;
        for event in Parser::new_from_str(&text) {
            let (event, span) = event.map_err(|error| self.lines.syntax(&error))?;
            let place = self.lines.place(span);
            match event {
                Event::DocumentStart(_) if documents == 0 => documents = 1,
                Event::DocumentStart(_) => {
                    let finding =
                        Finding::error("second-document", place, "a second document begins here");
                    return Err(finding.hint("one file is one document").into());
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    self.scalar(text, plain, anchor, tag.as_deref(), place)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.begin(Items::List(Vec::new()), anchor, tag.as_deref(), place)?;
                }
                Event::MappingStart(anchor, tag) => {
                    let items = Items::Map(Entries::default());
                    self.begin(items, anchor, tag.as_deref(), place)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end()?,
                Event::Alias(anchor) => self.alias(anchor, place)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        if self.root.is_none() {
            let finding = Finding::error("empty", self.source.start(), "the file is empty");
            return Err(finding.into());
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        plain: bool,
        anchor: usize,
        tag: Option<&RawTag>,
        place: Place,
    ) -> Result<(), Fatal> {
        self.pay(text.len(), &place)?;
        let is_foreign = tag.map(full_name).is_some_and(|name| !is_core(&name));
        if let Some(entries) = self.nameless() {
            if is_foreign {
                let flaw = entries.bad_name(place, "a name cannot have a tag");
                self.findings.push(flaw);
                return Ok(());
            }
            let is_merge = plain && tag.is_none() && text == "<<";
            let flaw = entries.name(&text, is_merge, place.clone());
            self.findings.extend(flaw);
            if anchor > 0 {
                let node = Node::new(place, Data::Text(text.into_owned()));
                self.anchors.insert(anchor, node);
            }
            return Ok(());
        }
        let data = self.meaning(text, plain, tag, &place);
        self.finish(Node::new(place, data), anchor)
    }

    /// What a scalar means, by its tag and its quotes.
    fn meaning(
        &mut self,
        text: Cow<'_, str>,
        plain: bool,
        tag: Option<&RawTag>,
        place: &Place,
    ) -> Data {
        let meaning = match tag.map(full_name) {
            None if plain => scalar::plain(&text),
            None => Ok(Data::Text(text.into_owned())),
            Some(name) if name == "!" => Ok(Data::Text(text.into_owned())),
            Some(name) => match name.strip_prefix(CORE) {
                Some(kind) => scalar::tagged(kind, &text)
                    .unwrap_or_else(|| Err(format!("`!!{kind}` does not fit here"))),
                None => match self.own_tag(&name, place) {
                    Some(tag) => Ok(Data::Tagged(
                        tag,
                        Box::new(Node::new(place.clone(), Data::Text(text.into_owned()))),
                    )),
                    None => Ok(Data::Null),
                },
            },
        };
        meaning.unwrap_or_else(|message| {
            self.findings
                .push(Finding::error("scalar", place.clone(), message));
            Data::Null
        })
    }

    fn begin(
        &mut self,
        items: Items,
        anchor: usize,
        tag: Option<&RawTag>,
        place: Place,
    ) -> Result<(), Fatal> {
        self.pay(0, &place)?;
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep(place).into());
        }
        let own_core_tag = match items {
            Items::List(_) => "tag:yaml.org,2002:seq",
            Items::Map(_) => "tag:yaml.org,2002:map",
        };
        let tag = match tag.map(full_name) {
            Some(name) if name != "!" && name != own_core_tag => self.own_tag(&name, &place),
            _ => None,
        };
        self.open.push(Open {
            place,
            anchor,
            tag,
            items,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fatal> {
        let Open {
            place,
            anchor,
            tag,
            items,
        } = self.open.pop().expect("the parser ends what it began");
        let data = match items {
            Items::List(elements) => Data::List(elements),
            Items::Map(entries) => Data::Map(entries.finish()),
        };
        let node = Node::new(place.clone(), data);
        let node = match tag {
            Some(tag) => Node::new(place, Data::Tagged(tag, Box::new(node))),
            None => node,
        };
        self.finish(node, anchor)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Fatal> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let message = "an alias to a value that it stands in";
            return Err(Finding::error("recursive-alias", place, message).into());
        };
        if self.open.len() + node.height() > MAX_DEPTH {
            return Err(too_deep(place).into());
        }
        self.spend(&node, &place)?;
        let Some(entries) = self.nameless() else {
            self.add(node);
            return Ok(());
        };
        let flaw = match node.text() {
            Some(text) => entries.name(text, false, place),
            None => Some(entries.bad_name(place, "only text can be a name")),
        };
        self.findings.extend(flaw);
        Ok(())
    }

    /// Keeps an anchored value for its aliases, and puts the value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Fatal> {
        if anchor > 0 {
            let place = node.place.clone();
            self.spend(&node, &place)?;
            self.anchors.insert(anchor, node.clone());
        }
        self.add(node);
        Ok(())
    }

    fn add(&mut self, node: Node) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        let flaw = match &mut parent.items {
            Items::List(elements) => {
                elements.push(node);
                None
            }
            Items::Map(entries) if entries.expects_name() => {
                Some(entries.bad_name(node.place, "a list or a map cannot be a name"))
            }
            Items::Map(entries) => entries.value(node),
        };
        self.findings.extend(flaw);
    }

    /// The map whose next name is expected, if that is what comes next.
    fn nameless(&mut self) -> Option<&mut Entries> {
        match &mut self.open.last_mut()?.items {
            Items::Map(entries) if entries.expects_name() => Some(entries),
            Items::Map(_) | Items::List(_) => None,
        }
    }

    fn own_tag(&mut self, name: &str, place: &Place) -> Option<Tag> {
        let shown = match name.strip_prefix(CORE) {
            Some(kind) => format!("!!{kind}"),
            None => name.to_owned(),
        };
        let flaw = match Tag::named(&shown) {
            Ok(tag) => return Some(tag),
            Err(hint) => {
                let message = format!("unknown tag `{shown}`");
                Finding::error("unknown-tag", place.clone(), message).hint(hint)
            }
        };
        self.findings.push(flaw);
        None
    }

    fn pay(&mut self, text: usize, place: &Place) -> Result<(), Fatal> {
        if self.budget.pay(text) {
            return Ok(());
        }
        Err(too_much(place.clone()).into())
    }

    fn spend(&mut self, node: &Node, place: &Place) -> Result<(), Fatal> {
        if self.budget.spend(node) {
            return Ok(());
        }
        Err(too_much(place.clone()).into())
    }
}

const CORE: &str = "tag:yaml.org,2002:";

fn full_name(tag: &RawTag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}
