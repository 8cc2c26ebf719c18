//! How a change could be written: the most faithful way first.

use std::ops::Range;

use serde_json::{Value, json};

use super::refusal::{Reason, Refusal};
use super::site::{BLANKS, Draft, Site, Splice};
use super::spelling::{Context, Spelling, flow, pretty, unit, ways};
use super::tree::{Block, Collection, Frame, Shape, Spot, Spots};
use super::verify::{Change, index};
use super::{collection, lines};
use crate::model::Pointer;
use crate::yaml::{Node, Source, Tag};

/// A file that is changed.
pub(super) struct Editor<'e> {
    source: &'e Source,
    site: &'e Site<'e>,
    spots: &'e Spots,
    /// Where the way down has come.
    at: usize,
    /// Where an alias stands to something on the way down, or within what is changed.
    shared: Option<usize>,
}

/// A value and what holds it.
#[derive(Clone, Copy)]
pub(super) struct Found<'e> {
    pub(super) spot: &'e Spot,
    pub(super) context: Context,
}

impl<'e> Editor<'e> {
    pub(super) const fn new(source: &'e Source, site: &'e Site<'e>, spots: &'e Spots) -> Self {
        Self {
            source,
            site,
            spots,
            at: 0,
            shared: None,
        }
    }

    /// A refusal at the place that the way down has come to.
    pub(super) fn refuse(&self, reason: Reason) -> Refusal {
        Refusal {
            place: self.source.place_at(self.at),
            reason,
        }
    }

    /// Why no draft said what was meant.
    pub(super) fn reason(&self) -> Reason {
        match self.shared {
            Some(alias) => Reason::Shared(self.source.place_at(alias).line),
            None => Reason::Unsure,
        }
    }

    /// All ways to write a change at a place.
    pub(super) fn drafts(
        &mut self,
        root: &Node,
        at: &Pointer,
        change: &Change<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        let Some((parent, last)) = at.split_last() else {
            let found = self.root();
            self.enter(found.spot);
            return match change {
                Change::Set(value) | Change::Add(value) => self.set(found, root, value),
                Change::Remove => Err(self.refuse(Reason::Missing(at.to_string()))),
            };
        };
        let found = self.way(root, at, &parent)?;
        let collection = self.collection(found, at)?;
        let child = child(self.site, found, collection, &last);
        match (change, child, root.at(at)) {
            (Change::Remove, Some((index, child)), _) => {
                self.enter(child.spot);
                self.look_for_aliases(child.spot);
                Ok(self.removed(found, collection, index))
            }
            (Change::Add(value), _, _) if !collection.is_map => {
                let index = index(&last, collection.parts.len());
                let index = index.ok_or_else(|| self.refuse(Reason::Missing(at.to_string())))?;
                Ok(self.added(found, collection, index, None, value))
            }
            (Change::Set(value) | Change::Add(value), Some((_, child)), Some(old)) => {
                self.enter(child.spot);
                self.set(child, old, value)
            }
            // What a merge key brings is set by a member of the map's own.
            (Change::Set(value), None, Some(_)) | (Change::Add(value), None, _) => {
                let index = collection.parts.len();
                Ok(self.added(found, collection, index, Some(&last), value))
            }
            (_, _, old) => Err(self.absent(collection, old.is_some(), at)),
        }
    }

    const fn root(&self) -> Found<'e> {
        Found {
            spot: &self.spots.root,
            context: Context {
                column: None,
                in_list: false,
                in_brackets: self.site.is_json,
            },
        }
    }

    /// The value at `parent`, on the way to `at`.
    fn way(&mut self, root: &Node, at: &Pointer, parent: &Pointer) -> Result<Found<'e>, Refusal> {
        let mut found = self.root();
        self.enter(found.spot);
        for token in parent.tokens() {
            let collection = self.collection(found, at)?;
            let Some((_, child)) = child(self.site, found, collection, &token) else {
                return Err(self.absent(collection, root.at(parent).is_some(), at));
            };
            found = child;
            self.enter(found.spot);
        }
        Ok(found)
    }

    /// Why a value is not there, although the file says something at its place, or not.
    fn absent(&self, collection: &Collection, is_said: bool, at: &Pointer) -> Refusal {
        let merges = collection.parts.iter().any(|part| part.is_merge);
        self.refuse(match is_said && merges {
            true => Reason::Merged,
            false => Reason::Missing(at.to_string()),
        })
    }

    fn removed(&self, found: Found<'_>, collection: &Collection, index: usize) -> Vec<Draft> {
        if collection.parts.len() > 1 {
            return collection::without(self.site, collection, index);
        }
        let nothing = if collection.is_map { "{}" } else { "[]" };
        self.placed(found, &Spelling::line(nothing.to_owned()))
    }

    fn added(
        &self,
        found: Found<'e>,
        collection: &'e Collection,
        index: usize,
        name: Option<&str>,
        value: &Value,
    ) -> Vec<Draft> {
        let Some(first) = collection.parts.first() else {
            let whole = match name {
                Some(name) => json!({ name: value }),
                None => json!([value]),
            };
            return self.replaced(found, &whole);
        };
        let at = collection::At {
            behind: found.spot.behind,
            collection,
            column: self.site.column(first.start),
            index,
        };
        collection::with(self.site, at, name, value)
    }

    /// Notes that the way down goes through a value.
    fn enter(&mut self, spot: &Spot) {
        self.at = spot.content.start;
        let alias = self
            .spots
            .aliases
            .get(&spot.anchor)
            .and_then(|all| all.first());
        self.shared = alias.copied().or(self.shared);
    }

    fn look_for_aliases(&mut self, spot: &Spot) {
        let alias = self
            .spots
            .aliases
            .get(&spot.anchor)
            .and_then(|all| all.first());
        self.shared = self.shared.or(alias.copied());
        if let Shape::Collection(collection) = &spot.shape {
            let values = collection.parts.iter().map(|part| &part.value);
            values.for_each(|value| self.look_for_aliases(value));
        }
    }

    /// The collection that a way leads on through.
    fn collection(&self, found: Found<'e>, at: &Pointer) -> Result<&'e Collection, Refusal> {
        if let Some(tag) = found.spot.own_tag() {
            return Err(self.refuse(Reason::Tagged(tag)));
        }
        match &found.spot.shape {
            Shape::Collection(collection) => Ok(collection),
            Shape::Alias(number) => Err(self.refuse(self.alias(*number))),
            _ => Err(self.refuse(Reason::Missing(at.to_string()))),
        }
    }

    /// An alias on the way, by the line of what it stands for.
    fn alias(&self, number: usize) -> Reason {
        let anchor = self.spots.anchor(number).unwrap_or(self.at);
        Reason::Alias(self.source.place_at(anchor).line)
    }

    /// All ways to set a value where another one is.
    fn set(&mut self, found: Found<'e>, old: &Node, value: &Value) -> Result<Vec<Draft>, Refusal> {
        if let Some(tag) = tag_within(found.spot) {
            return Err(self.refuse(Reason::Tagged(tag)));
        }
        self.look_for_aliases(found.spot);
        let mut drafts = Vec::new();
        if let (Some(old), Value::String(new), false) = (old.text(), value, self.site.is_json) {
            drafts.extend(lines::draft(
                self.site,
                found.spot,
                found.context.room(),
                old,
                new,
            ));
        }
        drafts.extend(self.replaced(found, value));
        // A tag stays if the new value fits it.
        if let Some(tag) = &found.spot.tag {
            let without = drafts.clone().into_iter().map(|mut draft| {
                let Range { start, end } = tag.range.clone();
                let blank = self.site.text[..start].ends_with(' ');
                draft.push(Splice(start - usize::from(blank)..end, String::new()));
                draft
            });
            drafts.extend(without.collect::<Vec<_>>());
        }
        Ok(drafts)
    }

    /// All ways to write a value as a whole where another one is.
    fn replaced(&self, found: Found<'e>, value: &Value) -> Vec<Draft> {
        let Found { spot, mut context } = found;
        // Behind an anchor or a tag no block can begin.
        context.in_list &= spot.anchor == 0 && spot.tag.is_none();
        let old = &self.site.text[spot.content.clone()];
        let is_filled = matches!(value, Value::Array(elements) if !elements.is_empty())
            || matches!(value, Value::Object(members) if !members.is_empty());
        let spellings = match (&spot.shape, value) {
            _ if self.site.is_json => vec![Spelling::line(self.json(spot, value))],
            (
                Shape::Collection(Collection {
                    frame: Frame::Brackets,
                    parts,
                    ..
                }),
                _,
            ) if is_filled && !parts.is_empty() => {
                vec![Spelling::line(padded(flow(value, false), old))]
            }
            (
                Shape::Collection(Collection {
                    frame: Frame::Block,
                    parts,
                    ..
                }),
                _,
            ) if is_filled => {
                // A map cannot begin where the dashes of a list can.
                let column = match self.site.column(parts[0].start) {
                    column if value.is_object() && context.column == Some(column) => {
                        context.indent()
                    }
                    column => column,
                };
                let block = |tree| Spelling::block(tree, column, self.is_beside(found));
                ways(value).iter().map(block).collect()
            }
            (shape, Value::String(text)) => Spelling::of_text(text, shape, context),
            _ => Spelling::natural(value, context),
        };
        spellings
            .iter()
            .flat_map(|spelling| self.placed(found, spelling))
            .collect()
    }

    /// A value as JSON, over as many lines as suits the file.
    fn json(&self, spot: &Spot, value: &Value) -> String {
        let start = spot.content.start;
        let old = &self.site.text[spot.content.clone()];
        let before = &self.site.text[self.site.line_start(start)..start];
        let is_alone = !before.contains(['{', '[', ',']);
        let is_empty = matches!(&spot.shape, Shape::Collection(all) if all.parts.is_empty());
        let is_scalar = !matches!(spot.shape, Shape::Collection(_));
        match old.contains('\n') || (is_alone && start > 0 && (is_empty || is_scalar)) {
            true => pretty(value, self.site.margin(start), unit(self.site)),
            false => flow(value, true),
        }
    }

    /// Whether a block begins on the line of what announces it, or is the document.
    fn is_beside(&self, found: Found<'_>) -> bool {
        let Found { spot, context } = found;
        context.column.is_none() || self.site.same_line(spot.behind, spot.content.start)
    }

    /// A spelling in the place of a value.
    fn placed(&self, found: Found<'_>, spelling: &Spelling) -> Vec<Draft> {
        let (site, spot) = (self.site, found.spot);
        let head = &spelling.head;
        match &spot.shape {
            Shape::Empty => vec![self.for_nothing(spot, spelling)],
            Shape::Block(block) => vec![self.for_block(spot, block, spelling)],
            Shape::Collection(Collection {
                frame: Frame::Block,
                ..
            }) => self.for_collection(found, spelling),
            _ if !head.is_empty() => vec![vec![
                Splice(spot.content.clone(), head.clone()),
                self.lines_below(spot.content.end, spelling),
            ]],
            _ if site.same_line(spot.behind, spot.content.start) => vec![vec![
                Splice(spot.behind..spot.content.end, String::new()),
                self.lines_below(spot.content.end, spelling),
            ]],
            _ => self.for_scalar_of_its_own_line(found, spelling),
        }
    }

    /// What a spelling has below its head, behind the line of a place.
    fn lines_below(&self, at: usize, spelling: &Spelling) -> Splice {
        let at = self.site.line_end(at);
        Splice(at..at, spelling.lines_below())
    }

    /// In the place of nothing: behind what announces it.
    fn for_nothing(&self, spot: &Spot, spelling: &Spelling) -> Draft {
        let (site, head) = (self.site, &spelling.head);
        let at = spot.behind;
        let rest = &site.text[at..site.line_end(at)];
        let (at, blank) = match rest.strip_prefix(' ') {
            Some(rest) if rest.trim_matches(BLANKS).is_empty() => (at + 1, ""),
            _ => (at, if head.is_empty() { "" } else { " " }),
        };
        vec![
            Splice(at..at, format!("{blank}{head}")),
            self.lines_below(at, spelling),
        ]
    }

    /// In the place of a text in lines of its own.
    fn for_block(&self, spot: &Spot, block: &Block, spelling: &Spelling) -> Draft {
        let header_end = self.site.line_end(block.header.start);
        let start = match spelling.head.is_empty() {
            true => spot.behind,
            false => block.header.start,
        };
        vec![
            Splice(start..block.header.end, spelling.head.clone()),
            Splice(header_end..spot.content.end, spelling.lines_below()),
        ]
    }

    /// In the place of members or elements in lines of their own: without, or else with, the comment behind the last.
    fn for_collection(&self, found: Found<'_>, spelling: &Spelling) -> Vec<Draft> {
        let (site, spot) = (self.site, found.spot);
        let content = spot.content.clone();
        let whole_lines = content.start..site.line_end(content.end);
        let head = &spelling.head;
        let text = if self.is_beside(found) {
            head.clone() + &spelling.lines_below()
        } else if head.is_empty() {
            let lines = spelling.below.as_deref().unwrap_or("");
            let lines = lines.get(site.column(content.start)..).unwrap_or("");
            lines.to_owned()
        } else {
            return vec![vec![
                Splice(spot.behind..spot.behind, format!(" {head}")),
                self.lines_below(spot.behind, spelling),
                Splice(collection::whole_lines(site, &content), String::new()),
            ]];
        };
        vec![
            vec![Splice(content, text.clone())],
            vec![Splice(whole_lines, text)],
        ]
    }

    /// Lines in the place of a value that does not begin beside what announces it.
    fn for_scalar_of_its_own_line(&self, found: Found<'_>, spelling: &Spelling) -> Vec<Draft> {
        let (site, spot) = (self.site, found.spot);
        let content = spot.content.clone();
        let column = site.column(content.start);
        let lines = spelling.lines_at(found.context.indent(), column);
        let behind = &site.text[content.end..site.line_end(content.end)];
        // A comment behind the value stays, on a line of its own if need be.
        let apart = match behind.trim_matches(BLANKS).is_empty() {
            true => vec![
                self.lines_below(spot.behind, spelling),
                Splice(collection::whole_lines(site, &content), String::new()),
            ],
            false => vec![
                Splice(
                    content.start..site.behind_blanks(content.end),
                    String::new(),
                ),
                self.lines_below(content.end, spelling),
            ],
        };
        let here = lines.trim_start_matches(' ').to_owned();
        vec![vec![Splice(content, here)], apart]
    }
}

/// A tag of our own at a value or within it, which would be lost.
fn tag_within(spot: &Spot) -> Option<Tag> {
    let within = || match &spot.shape {
        Shape::Collection(all) => all.parts.iter().find_map(|part| tag_within(&part.value)),
        _ => None,
    };
    spot.own_tag().or_else(within)
}

/// The member or element of a token in a collection.
fn child<'e>(
    site: &Site<'_>,
    found: Found<'_>,
    collection: &'e Collection,
    token: &str,
) -> Option<(usize, Found<'e>)> {
    let parts = &collection.parts;
    let position = match collection.is_map {
        true => parts
            .iter()
            .position(|part| !part.is_merge && part.name.as_deref() == Some(token)),
        false => index(token, parts.len()),
    };
    let spot = &parts.get(position?)?.value;
    let context = inside(site, found.context, collection);
    Some((position?, Found { spot, context }))
}

/// What holds the members or elements of a collection.
fn inside(site: &Site<'_>, context: Context, collection: &Collection) -> Context {
    let first = collection.parts.first();
    Context {
        column: first.map(|part| site.column(part.start)),
        in_list: !collection.is_map,
        in_brackets: context.in_brackets || collection.frame != Frame::Block,
    }
}

/// What is in brackets with the blanks within them that were there before.
fn padded(flow: String, old: &str) -> String {
    if !old[1..].starts_with(' ') {
        return flow;
    }
    format!(
        "{} {} {}",
        &flow[..1],
        &flow[1..flow.len() - 1],
        &flow[flow.len() - 1..]
    )
}
