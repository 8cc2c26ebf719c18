//! YAML (and JSON) text to a tree of nodes that know their places.
//!
//! The parser hands over events; nothing here recurses on them, and every limit holds while the tree grows. Tags of our
//! own are kept for `resolve`; anchors, aliases and merge keys are written out here.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag as RawTag};

use super::merge::{self, Merge};
use super::node::{Budget, Data, MAX_DEPTH, MAX_NODES, Member, Node, Tag};
use super::scalar;
use super::source::{Source, lines};
use crate::model::{Finding, Place};

/// How many bytes a name may have, so that pointers stay small.
const MAX_NAME: usize = 1024;

/// What a file says, as far as it could be read.
#[derive(Debug)]
pub(super) struct Composed {
    /// The document; `None` where the file is no YAML.
    pub(super) root: Option<Node>,
    /// All mistakes of the file.
    pub(super) findings: Vec<Finding>,
}

/// Reads one document.
pub(super) fn compose(source: &Source) -> Composed {
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

/// The document cannot be read any further.
type Fatal = Box<Finding>;

struct Composer<'s> {
    source: &'s Source,
    lines: Vec<&'s str>,
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

#[derive(Default)]
struct Entries {
    members: Vec<Member>,
    merge: Option<Merge>,
    /// The names so far and their lines.
    seen: HashMap<String, usize>,
    /// The name whose value comes next.
    name: Option<Name>,
}

enum Name {
    Member(String, Place),
    Merge(Place),
    /// A name with a finding: its value is read and dropped.
    Bad,
}

impl<'s> Composer<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            lines: lines(&source.text).collect(),
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
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let place = self.place(span);
            match event {
                Event::DocumentStart(_) if documents == 0 => documents = 1,
                Event::DocumentStart(_) => {
                    let finding =
                        Finding::error("second-document", place, "a second document begins here");
                    return Err(finding.hint("one file is one document").into());
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    self.scalar(&text, plain, anchor, tag.as_deref(), place)?;
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
        text: &str,
        plain: bool,
        anchor: usize,
        tag: Option<&RawTag>,
        place: Place,
    ) -> Result<(), Fatal> {
        self.pay(text.len(), &place)?;
        if self.expects_name() {
            let is_merge = plain && tag.is_none() && text == "<<";
            if anchor > 0 {
                let node = Node::new(place.clone(), Data::Text(text.to_owned()));
                self.anchors.insert(anchor, node);
            }
            self.name(text, is_merge, place);
            return Ok(());
        }
        let data = self.meaning(text, plain, tag, &place);
        self.finish(Node::new(place, data), anchor)
    }

    /// What a scalar means, by its tag and its quotes.
    fn meaning(&mut self, text: &str, plain: bool, tag: Option<&RawTag>, place: &Place) -> Data {
        let as_text = || Data::Text(text.to_owned());
        let meaning = match tag.map(full_name) {
            None if plain => scalar::plain(text),
            None => Ok(as_text()),
            Some(name) if name == "!" => Ok(as_text()),
            Some(name) => match name.strip_prefix(CORE) {
                Some(kind) => scalar::tagged(kind, text)
                    .unwrap_or_else(|| Err(format!("`!!{kind}` does not fit here"))),
                None => match self.own_tag(&name, place) {
                    Some(tag) => Ok(Data::Tagged(
                        tag,
                        Box::new(Node::new(place.clone(), as_text())),
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
            Items::Map(entries) => Data::Map(merge::apply(entries.members, entries.merge)),
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
        if self.expects_name() {
            match node.text() {
                Some(text) => self.name(text, false, place),
                None => self.bad_name(place, "only text can be a name"),
            }
            return Ok(());
        }
        self.add(node);
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
        if self.expects_name() {
            self.bad_name(node.place, "a list or a map cannot be a name");
            return;
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut parent.items {
            Items::List(elements) => elements.push(node),
            Items::Map(entries) => {
                let flaw = entries.value(node);
                self.findings.extend(flaw);
            }
        }
    }

    fn expects_name(&mut self) -> bool {
        self.entries().is_some_and(|entries| entries.name.is_none())
    }

    fn entries(&mut self) -> Option<&mut Entries> {
        match &mut self.open.last_mut()?.items {
            Items::Map(entries) => Some(entries),
            Items::List(_) => None,
        }
    }

    fn name(&mut self, text: &str, is_merge: bool, place: Place) {
        if text.len() > MAX_NAME {
            let message = format!("a name of more than {MAX_NAME} bytes");
            self.bad_name(place, &message);
            return;
        }
        let entries = self.entries().expect("a name stands in a map");
        if let Some(first) = entries.seen.get(text) {
            let hint = format!("it is on line {first} already");
            let message = format!("`{text}` is here a second time");
            entries.name = Some(Name::Bad);
            let finding = Finding::error("duplicate-key", place, message);
            self.findings.push(finding.hint(hint));
            return;
        }
        entries.seen.insert(text.to_owned(), place.line);
        entries.name = Some(if is_merge {
            Name::Merge(place)
        } else {
            Name::Member(text.to_owned(), place)
        });
    }

    fn bad_name(&mut self, place: Place, message: &str) {
        self.findings.push(Finding::error("key", place, message));
        if let Some(entries) = self.entries() {
            entries.name = Some(Name::Bad);
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

    fn place(&self, span: Span) -> Place {
        let (start, end) = (span.start, span.end);
        let width = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            let line = self.lines.get(start.line() - 1).copied().unwrap_or("");
            line.chars().count().saturating_sub(start.col())
        };
        Place {
            file: self.source.file.clone(),
            line: start.line(),
            column: start.col() + 1,
            width: width.max(1),
        }
    }

    fn syntax(&self, error: &ScanError) -> Fatal {
        let place = self.place(Span::empty(*error.marker()));
        if error.info().contains("recursion limit") {
            return too_deep(place).into();
        }
        if let Some(finding) = self.tab_near(&place) {
            return finding.into();
        }
        // Some messages begin with what the parser was doing: `while parsing a node, did not find …`.
        let info = error.info();
        let what = match info.strip_prefix("while ") {
            Some(rest) => rest.split_once(", ").map_or(info, |(_, what)| what),
            None => info,
        };
        let finding = Finding::error("syntax", place, what);
        match what {
            "mapping values are not allowed in this context" => {
                finding.hint("text with a colon in it has to be quoted")
            }
            _ => finding,
        }
        .into()
    }
}

impl Composer<'_> {
    /// A tab that indents the line at `place`, or the next one: text may begin there that goes on with the tab.
    fn tab_near(&self, place: &Place) -> Option<Finding> {
        let mut lines = self.lines.iter().enumerate().skip(place.line - 1).take(2);
        let (index, before) = lines.find_map(|(index, line)| {
            let indentation = &line[..line.len() - line.trim_start().len()];
            Some((index, indentation.find('\t')?))
        })?;
        let place = Place {
            file: place.file.clone(),
            line: index + 1,
            column: before + 1,
            width: 1,
        };
        let finding = Finding::error("tab", place, "a tab cannot indent YAML");
        Some(finding.hint("indent with spaces"))
    }
}

impl Entries {
    /// Takes the value of the name that came before it.
    fn value(&mut self, value: Node) -> Option<Finding> {
        match self.name.take()? {
            Name::Member(name, place) => self.members.push(Member { name, place, value }),
            Name::Merge(place) => match Merge::new(self.members.len(), value) {
                Some(merge) => self.merge = Some(merge),
                None => {
                    let message = "`<<` takes a map, an alias to one, or a list of these";
                    return Some(Finding::error("merge", place, message));
                }
            },
            Name::Bad => {}
        }
        None
    }
}

const CORE: &str = "tag:yaml.org,2002:";

fn full_name(tag: &RawTag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}

fn too_deep(place: Place) -> Finding {
    let message = format!("more than {MAX_DEPTH} lists and maps in one another");
    Finding::error("too-deep", place, message)
}

/// The finding of a document that has used up its budget.
pub(super) fn too_much(place: Place) -> Finding {
    let message = format!("more than {MAX_NODES} values, or too much text, in one document");
    Finding::error("too-large", place, message)
        .hint("aliases and includes count with all they bring")
}
