//! Where everything of a file stands, byte by byte.
//!
//! The parser says what comes after what, and where scalars end. All the rest is found by going on from
//! there: between two values are only white space, comments and the signs that are looked for here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::vec::IntoIter;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag as RawTag};

use super::site::{BLANKS, Site};
use crate::yaml::{Source, Tag};

/// One value with all that belongs to it.
#[derive(Debug)]
pub(super) struct Spot {
    /// Right behind what announces it: the colon or the dash, and then its anchor and its tag.
    pub(super) behind: usize,
    /// Where the value itself begins and ends.
    pub(super) content: Range<usize>,
    /// The number of its anchor, 0 where it has none.
    pub(super) anchor: usize,
    pub(super) tag: Option<Property>,
    pub(super) shape: Shape,
}

/// A tag as it is written.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) range: Range<usize>,
    /// Which one of ours it is; `None` for those of YAML itself.
    pub(super) own: Option<Tag>,
}

impl Spot {
    pub(super) fn own_tag(&self) -> Option<Tag> {
        self.tag.as_ref()?.own
    }
}

#[derive(Debug)]
pub(super) enum Shape {
    /// Nothing is written.
    Empty,
    Plain,
    Single,
    Double,
    Block(Block),
    /// An alias to the anchor of this number.
    Alias(usize),
    Collection(Collection),
}

/// A text below `|` or `>`.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) is_folded: bool,
    /// The sign with what is said of indentation and last line breaks.
    pub(super) header: Range<usize>,
    /// The lines down to the last one that says something.
    pub(super) lines: Vec<Range<usize>>,
    /// The empty lines behind these.
    pub(super) blank: Vec<Range<usize>>,
}

/// A list or a map.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) is_map: bool,
    pub(super) frame: Frame,
    pub(super) parts: Vec<Part>,
}

/// What holds a collection together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Indentation.
    Block,
    /// Brackets.
    Brackets,
    /// Nothing: the one member of `[a: b]`.
    Bare,
}

/// An element or a member.
#[derive(Debug)]
pub(super) struct Part {
    /// Where its dash or its name begins, or the value itself.
    pub(super) start: usize,
    /// The name of a member, where that is a text.
    pub(super) name: Option<String>,
    /// Whether it is a merge key.
    pub(super) is_merge: bool,
    pub(super) has_colon: bool,
    pub(super) value: Spot,
    /// Where the comma behind it is.
    pub(super) comma: Option<usize>,
}

/// A file's values.
#[derive(Debug)]
pub(super) struct Spots {
    pub(super) root: Spot,
    /// Where aliases stand, by the number of their anchor.
    pub(super) aliases: BTreeMap<usize, Vec<usize>>,
    /// Where the anchored values are.
    anchors: BTreeMap<usize, usize>,
}

impl Spots {
    /// Where the value with this anchor is.
    pub(super) fn anchor(&self, number: usize) -> Option<usize> {
        self.anchors.get(&number).copied()
    }
}

/// Finds everything in a file that can be composed; `None` where it is not where it should be.
pub(super) fn spots(source: &Source, site: &Site<'_>) -> Option<Spots> {
    let text = source.yaml();
    let events: Result<Vec<_>, _> = Parser::new_from_str(&text)
        .take_while(|event| !matches!(event, Ok((Event::StreamEnd, _))))
        .collect();
    let mut finder = Finder {
        site,
        offsets: offsets(&text, site.text),
        events: events.ok()?.into_iter(),
        names: BTreeMap::new(),
        aliases: BTreeMap::new(),
        anchors: BTreeMap::new(),
    };
    let after = loop {
        if let (Event::DocumentStart(is_explicit), span) = finder.events.next()? {
            break if is_explicit { finder.end(span) } else { 0 };
        }
    };
    let root = finder.spot(after)?;
    let Finder {
        aliases, anchors, ..
    } = finder;
    Some(Spots {
        root,
        aliases,
        anchors,
    })
}

/// The byte at which each character begins, and the end. The parser sees `\ud83d\ude00` as `\U0001F600`.
fn offsets(seen: &str, text: &str) -> Vec<usize> {
    let mut offsets = Vec::with_capacity(seen.len() + 1);
    let (mut at, mut joined) = (0, 0);
    let mut rest = seen.chars();
    while let Some(character) = rest.next() {
        offsets.push(at);
        if joined > 0 {
            joined -= 1;
            at += if joined == 0 { 12 } else { 0 };
        } else if character == '\\'
            && rest.as_str().starts_with('U')
            && text[at..].starts_with("\\u")
        {
            joined = 9;
        } else {
            at += character.len_utf8();
        }
    }
    offsets.push(at);
    offsets
}

struct Finder<'s> {
    site: &'s Site<'s>,
    offsets: Vec<usize>,
    events: IntoIter<(Event<'s>, Span)>,
    /// The texts that have anchors, as they can be names.
    names: BTreeMap<usize, String>,
    aliases: BTreeMap<usize, Vec<usize>>,
    anchors: BTreeMap<usize, usize>,
}

impl Finder<'_> {
    fn end(&self, span: Span) -> usize {
        let last = self.offsets.len() - 1;
        self.offsets[span.end.index().min(last)]
    }

    /// The value that is announced by what ends at `after`.
    fn spot(&mut self, after: usize) -> Option<Spot> {
        self.named(after).map(|(spot, _)| spot)
    }

    /// The value that is announced by what ends at `after`, and its text where it is one. `None` where the
    /// parser is not where this is.
    fn named(&mut self, after: usize) -> Option<(Spot, Option<String>)> {
        let found = self.found(after)?;
        self.site.text.get(found.0.content.clone())?;
        Some(found)
    }

    fn found(&mut self, after: usize) -> Option<(Spot, Option<String>)> {
        let (event, span) = self.events.next()?;
        let end = self.end(span);
        let (anchor, tag) = properties(&event);
        let count = usize::from(anchor > 0) + usize::from(tag.is_some());
        let (behind, range) = self.behind_properties(after, count);
        let tag = range.zip(tag).map(|(range, own)| Property { range, own });
        let begin = self.site.token(behind);
        if anchor > 0 {
            self.anchors.insert(anchor, behind);
        }
        let spot = |content, shape| Spot {
            behind,
            content,
            anchor,
            tag,
            shape,
        };
        Some(match event {
            Event::Scalar(text, style, ..) => {
                let text = text.into_owned();
                let (content, shape) = match style {
                    ScalarStyle::Plain if text.is_empty() => (behind..behind, Shape::Empty),
                    ScalarStyle::Plain => (begin..end, Shape::Plain),
                    ScalarStyle::SingleQuoted => (self.quoted(begin), Shape::Single),
                    ScalarStyle::DoubleQuoted => (self.quoted(begin), Shape::Double),
                    ScalarStyle::Literal | ScalarStyle::Folded => self.block(begin, end, &text),
                };
                if anchor > 0 {
                    self.names.insert(anchor, text.clone());
                }
                (spot(content, shape), Some(text))
            }
            Event::Alias(number) => {
                self.aliases.entry(number).or_default().push(begin);
                let name = self.names.get(&number).cloned();
                (spot(begin..end, Shape::Alias(number)), name)
            }
            Event::SequenceStart(..) => {
                let (collection, end) = self.collection(begin, false)?;
                (spot(begin..end, Shape::Collection(collection)), None)
            }
            Event::MappingStart(..) => {
                let (collection, end) = self.collection(begin, true)?;
                (spot(begin..end, Shape::Collection(collection)), None)
            }
            _ => return None,
        })
    }

    /// Where an anchor and a tag end, and where the tag is.
    fn behind_properties(&self, after: usize, count: usize) -> (usize, Option<Range<usize>>) {
        let (mut at, mut tag) = (after, None);
        for _ in 0..count {
            let start = self.site.token(at);
            at = start + self.site.text[start..].find(BLANKS).unwrap_or(0);
            let word = &self.site.text[start..at];
            // Within brackets these end a property, too, unless it is spelt out within `<` and `>`.
            let is_sign = |sign: char| ",[]{}".contains(sign);
            if let Some(length) = word.find(is_sign).filter(|_| !word.starts_with("!<")) {
                at = start + length;
            }
            if word.is_empty() {
                at = self.site.text.len();
            }
            if word.starts_with('!') {
                tag = Some(start..at);
            }
        }
        (at, tag)
    }

    /// From one quote to the other. The parser's end is that of the comment behind it, at times.
    fn quoted(&self, begin: usize) -> Range<usize> {
        let bytes = self.site.text.as_bytes();
        let mut at = begin + 1;
        while at < bytes.len() {
            match (bytes[begin], bytes[at]) {
                (b'"', b'\\') => at += 1,
                (b'\'', b'\'') if bytes.get(at + 1) == Some(&b'\'') => at += 1,
                (quote, byte) if quote == byte => break,
                _ => {}
            }
            at += 1;
        }
        begin..(at + 1).min(bytes.len())
    }

    fn block(&self, begin: usize, end: usize, text: &str) -> (Range<usize>, Shape) {
        let site = self.site;
        let is_header = |sign: char| "|>+-".contains(sign) || sign.is_ascii_digit();
        let rest = &site.text[begin..];
        let header = begin..begin + rest.find(|sign| !is_header(sign)).unwrap_or(rest.len());
        let mut lines = Vec::new();
        let mut next = site.next_line(begin);
        while let Some(start) =
            next.filter(|start| *start < site.text.len() && site.line_end(*start) <= end)
        {
            lines.push(start..site.line_end(start));
            next = site.next_line(start);
        }
        let is_folded = rest.starts_with('>');
        let body = text.trim_end_matches('\n');
        let is_blank =
            |line: &Range<usize>| site.text[line.clone()].trim_matches(BLANKS).is_empty();
        let said = match is_folded {
            true => lines
                .iter()
                .rposition(|line| !is_blank(line))
                .map_or(0, |last| last + 1),
            false if body.is_empty() => 0,
            false => body.split('\n').count(),
        };
        let blank = lines.split_off(said.min(lines.len()));
        let keeps = site.text[header.clone()].contains('+');
        let last = blank.last().filter(|_| keeps).or(lines.last());
        let block = Block {
            is_folded,
            header,
            lines: lines.clone(),
            blank: blank.clone(),
        };
        let end = last.map_or(site.line_end(begin), |last| last.end);
        (begin..end, Shape::Block(block))
    }

    fn collection(&mut self, begin: usize, is_map: bool) -> Option<(Collection, usize)> {
        let frame = match (self.site.byte(begin), is_map) {
            (Some(b'['), false) | (Some(b'{'), true) => Frame::Brackets,
            (Some(b'-'), false) => Frame::Block,
            (_, true) => Frame::Block,
            (_, false) => return None,
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut at = begin + usize::from(frame == Frame::Brackets);
        loop {
            let (next, _) = self.events.as_slice().first()?;
            if matches!(next, Event::SequenceEnd | Event::MappingEnd) {
                break;
            }
            let mut part = match is_map {
                true => self.member(at)?,
                false => self.element(at, frame)?,
            };
            at = part.value.content.end;
            if frame == Frame::Brackets {
                let sign = self.site.token(at);
                part.comma = (self.site.byte(sign) == Some(b',')).then_some(sign);
                at = part.comma.map_or(sign, |comma| comma + 1);
            }
            parts.push(part);
        }
        self.events.next();
        if frame == Frame::Brackets {
            at = self.site.token(at) + 1;
        }
        let collection = Collection {
            is_map,
            frame,
            parts,
        };
        Some((collection, at))
    }

    fn element(&mut self, at: usize, frame: Frame) -> Option<Part> {
        let start = self.site.token(at);
        let after = match frame {
            Frame::Block if self.site.byte(start) != Some(b'-') => return None,
            Frame::Block => start + 1,
            Frame::Brackets | Frame::Bare => at,
        };
        let mut value = self.spot(after)?;
        if let (Frame::Brackets, Shape::Collection(pair)) = (frame, &mut value.shape)
            && pair.is_map
            && pair.frame == Frame::Block
        {
            pair.frame = Frame::Bare;
        }
        Some(Part {
            start,
            name: None,
            is_merge: false,
            has_colon: false,
            value,
            comma: None,
        })
    }

    fn member(&mut self, at: usize) -> Option<Part> {
        let start = self.site.token(at);
        let is_blank = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_whitespace());
        let is_explicit =
            self.site.byte(start) == Some(b'?') && is_blank(self.site.byte(start + 1));
        let (key, name) = self.named(start + usize::from(is_explicit))?;
        let is_merge = matches!(key.shape, Shape::Plain) && name.as_deref() == Some("<<");
        let sign = self.site.token(key.content.end);
        let has_colon = self.site.byte(sign) == Some(b':');
        let value = self.spot(if has_colon { sign + 1 } else { key.content.end })?;
        Some(Part {
            start,
            name,
            is_merge,
            has_colon,
            value,
            comma: None,
        })
    }
}

/// The number of an event's anchor, and its tag, which may be one of ours.
fn properties(event: &Event<'_>) -> (usize, Option<Option<Tag>>) {
    let (Event::Scalar(_, _, anchor, tag)
    | Event::SequenceStart(anchor, tag)
    | Event::MappingStart(anchor, tag)) = event
    else {
        return (0, None);
    };
    let own = |tag: &RawTag| Tag::named(&format!("{}{}", tag.handle, tag.suffix)).ok();
    (*anchor, tag.as_deref().map(own))
}
