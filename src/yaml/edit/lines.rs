//! Texts of several lines, of which only those are written anew that change.

use std::ops::Range;

use super::site::{BLANKS, Draft, Site, Splice};
use super::tree::{Block, Shape, Spot};
use crate::yaml::Data;
use crate::yaml::style::{Room, Style, spelt};

/// How wide lines are at least that are folded anew.
const WIDTH: usize = 80;

/// The change of a text to another one in the lines where it differs; `None` where that is not to be had.
pub(super) fn draft(
    site: &Site<'_>,
    spot: &Spot,
    room: Room,
    old: &str,
    new: &str,
) -> Option<Draft> {
    match &spot.shape {
        Shape::Block(block) if block.is_folded => {
            let indent = indentation(site, block, old)?;
            let mut draft = ending(site, block, room.indented(indent), old, new)?;
            let lines = block
                .lines
                .iter()
                .filter(|line| !site.text[(*line).clone()].trim_matches(BLANKS).is_empty());
            let lines = lines.map(|line| line.start + indent..line.end);
            let folded = Folded {
                lines: lines.collect(),
                margin: " ".repeat(indent),
                read: |line| Some(line.to_owned()),
                write: |words| words.to_owned(),
            };
            let (old, new) = (old.trim_end_matches('\n'), new.trim_end_matches('\n'));
            draft.push(folded.draft(site, old, new)?);
            Some(draft)
        }
        Shape::Block(block) => literal(site, block, room, old, new),
        Shape::Plain => Some(vec![
            flowing(site, spot, 0, |line| Some(line.to_owned()), str::to_owned)?
                .draft(site, old, new)?,
        ]),
        Shape::Single => {
            let read = |line: &str| Some(line.replace("''", "'"));
            let write = |words: &str| words.replace('\'', "''");
            Some(vec![
                flowing(site, spot, 1, read, write)?.draft(site, old, new)?,
            ])
        }
        Shape::Double => Some(vec![
            flowing(site, spot, 1, unescaped, escaped)?.draft(site, old, new)?,
        ]),
        Shape::Empty | Shape::Alias(_) | Shape::Collection(_) => None,
    }
}

/// A literal block line by line.
fn literal(site: &Site<'_>, block: &Block, room: Room, old: &str, new: &str) -> Option<Draft> {
    let indent = indentation(site, block, old)?;
    let mut draft = ending(site, block, room.indented(indent), old, new)?;
    let before: Vec<&str> = old.trim_end_matches('\n').split('\n').collect();
    let after: Vec<&str> = new.trim_end_matches('\n').split('\n').collect();
    if before.len() != block.lines.len() {
        return None;
    }
    let (first, last) = in_common(&before, &after);
    let end = |count: usize| match count.checked_sub(1) {
        Some(line) => block.lines[line].end,
        None => site.line_end(block.header.start),
    };
    let lines = after[first..after.len() - last]
        .iter()
        .map(|line| match line.is_empty() {
            true => "\n".to_owned(),
            false => format!("\n{:indent$}{line}", ""),
        });
    let range = end(first)..end(before.len() - last);
    draft.push(Splice(range, lines.collect()));
    Some(draft)
}

/// How far the lines of a block are indented.
fn indentation(site: &Site<'_>, block: &Block, text: &str) -> Option<usize> {
    let at = text.split('\n').position(|line| !line.is_empty())?;
    let (said, line) = (text.split('\n').nth(at)?, block.lines.get(at)?);
    let line = &site.text[line.clone()];
    let spaces = |text: &str| text.len() - text.trim_start_matches(' ').len();
    spaces(line).checked_sub(spaces(said))
}

/// What says how a block begins and how it ends, where that changes.
fn ending(site: &Site<'_>, block: &Block, room: Room, old: &str, new: &str) -> Option<Draft> {
    let header = &site.text[block.header.clone()];
    let spelling = spelt(Style::Literal, new, room)?;
    let is_digit = |sign: &char| sign.is_ascii_digit();
    let digit = |header: &str| header.chars().find(is_digit);
    let needed = spelling.split('\n').next()?;
    let digit = digit(header)
        .or(digit(needed))
        .map(String::from)
        .unwrap_or_default();
    let breaks = |text: &str| text.len() - text.trim_end_matches('\n').len();
    let (had, has) = (breaks(old), breaks(new));
    let mut draft = Vec::new();
    let signs = match had == has {
        true => header,
        false => needed,
    };
    let chomping: String = signs.chars().filter(|sign| "+-".contains(*sign)).collect();
    let written = format!("{}{digit}{chomping}", &header[..1]);
    if had != has {
        let from = block.lines.last()?.end;
        let to = block.blank.last().map_or(from, |blank| blank.end);
        if has > 1 {
            draft.push(Splice(from..to, "\n".repeat(has - 1)));
        }
        if has > had && to == site.text.len() {
            draft.push(Splice(to..to, "\n".to_owned()));
        }
    }
    if header.len() != written.len() || had != has {
        draft.push(Splice(block.header.clone(), written));
    }
    Some(draft)
}

/// Text whose line breaks are spaces.
struct Folded {
    /// The lines that say something, without what indents them.
    lines: Vec<Range<usize>>,
    margin: String,
    read: fn(&str) -> Option<String>,
    write: fn(&str) -> String,
}

/// A text in or without quotes that goes over several lines.
fn flowing(
    site: &Site<'_>,
    spot: &Spot,
    quotes: usize,
    read: fn(&str) -> Option<String>,
    write: fn(&str) -> String,
) -> Option<Folded> {
    let (start, end) = (spot.content.start + quotes, spot.content.end - quotes);
    let mut lines = Vec::new();
    let mut next = Some(start);
    while let Some(at) = next.filter(|at| *at < end) {
        let begin = site.behind_blanks(at);
        let line = site.text[begin..site.line_end(at).min(end).max(begin)].trim_end_matches(BLANKS);
        if !line.is_empty() {
            lines.push(begin..begin + line.len());
        }
        next = site.next_line(at);
    }
    let margin = site.margin(lines.get(1)?.start).to_owned();
    Some(Folded {
        lines,
        margin,
        read,
        write,
    })
}

/// A word, and what is before it: nothing, a space, or so many line breaks.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    before: Before,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    Space,
    Breaks(usize),
}

impl Folded {
    fn draft(&self, site: &Site<'_>, old: &str, new: &str) -> Option<Splice> {
        let before = self.words(site)?;
        if before.concat() != words(old)? {
            return None;
        }
        let after = words(new)?;
        let (first, last) = self.kept(&before, &after);
        let count = |lines: &[Vec<Word>]| lines.iter().map(Vec::len).sum::<usize>();
        let rest = &before[before.len() - last..];
        let changed = &after[count(&before[..first])..after.len() - count(rest)];
        let width = self
            .lines
            .iter()
            .map(|line| site.text[line.clone()].chars().count());
        let mut text = self.folded(changed, width.max().unwrap_or(0).max(WIDTH));
        let from = match first.checked_sub(1) {
            Some(line) => self.lines[line].end,
            None => self.lines[0].start,
        };
        let to = match rest.first() {
            Some(line) => {
                text.push_str(&self.line_break(line[0].before));
                self.lines[before.len() - last].start
            }
            None => self.lines.last()?.end,
        };
        Some(Splice(from..to, text))
    }

    /// The words of the lines as they are.
    fn words(&self, site: &Site<'_>) -> Option<Vec<Vec<Word>>> {
        let mut all = Vec::new();
        let mut end = None;
        for line in &self.lines {
            let mut words = words(&(self.read)(&site.text[line.clone()])?)?;
            let before = end.map(|end| {
                site.text[end..line.start].matches(['\n', '\r']).count()
                    - site.text[end..line.start].matches("\r\n").count()
            });
            words.first_mut()?.before = match before {
                None => Before::Nothing,
                Some(0 | 1) => Before::Space,
                Some(breaks) => Before::Breaks(breaks - 1),
            };
            end = Some(line.end);
            all.push(words);
        }
        Some(all)
    }

    /// How many lines stay at the beginning and at the end.
    fn kept(&self, before: &[Vec<Word>], after: &[Word]) -> (usize, usize) {
        let (mut first, mut from, mut last, mut to) = (0, 0, 0, after.len());
        while first < before.len() && after[from..].starts_with(&before[first]) {
            from += before[first].len();
            first += 1;
        }
        while last < before.len() - first
            && after[from..to].ends_with(&before[before.len() - last - 1])
        {
            last += 1;
            to -= before[before.len() - last].len();
        }
        (first, last)
    }

    fn folded(&self, words: &[Word], width: usize) -> String {
        let mut text = String::new();
        let mut column = width;
        for word in words {
            let written = (self.write)(&word.text);
            let length = written.chars().count();
            if word.before == Before::Space && column + length < width {
                text.push(' ');
                column += length + 1;
            } else {
                text.push_str(&self.line_break(word.before));
                column = length;
            }
            text.push_str(&written);
        }
        text
    }

    fn line_break(&self, before: Before) -> String {
        let breaks = match before {
            Before::Nothing => return String::new(),
            Before::Space => 1,
            Before::Breaks(breaks) => breaks + 1,
        };
        "\n".repeat(breaks) + &self.margin
    }
}

/// The words of a text that folds to itself.
fn words(text: &str) -> Option<Vec<Word>> {
    let mut words: Vec<Word> = Vec::new();
    let mut before = Before::Nothing;
    for line in text.split('\n') {
        if line.is_empty() {
            before = match before {
                Before::Breaks(breaks) => Before::Breaks(breaks + 1),
                Before::Nothing | Before::Space => return None,
            };
            continue;
        }
        if line.trim_matches([' ', '\t']) != line {
            return None;
        }
        for piece in line.split(' ') {
            match words.last_mut().filter(|_| before == Before::Space) {
                // Where there is more than one blank, no line can end.
                Some(last)
                    if piece.is_empty()
                        || piece.starts_with('\t')
                        || last.text.ends_with([' ', '\t']) =>
                {
                    last.text.push(' ');
                    last.text.push_str(piece);
                }
                _ => words.push(Word {
                    before,
                    text: piece.to_owned(),
                }),
            }
            before = Before::Space;
        }
        before = Before::Breaks(1);
    }
    (before == Before::Breaks(1)).then_some(words)
}

/// What a line within double quotes says; `None` where it ends with an escape that takes the next one.
fn unescaped(line: &str) -> Option<String> {
    let source = crate::yaml::Source {
        file: "".into(),
        text: format!("\"{line}\"").into(),
    };
    match crate::yaml::compose(&source).root?.data {
        Data::Text(text) => Some(text),
        _ => None,
    }
}

/// A word as double quotes have it, without them.
fn escaped(words: &str) -> String {
    let quoted = spelt(Style::Double, words, Room::Flow).unwrap_or_default();
    quoted[1..quoted.len() - 1].to_owned()
}

/// How many lines two texts have in common at the beginning and at the end.
fn in_common(before: &[&str], after: &[&str]) -> (usize, usize) {
    let first = before
        .iter()
        .zip(after)
        .take_while(|(one, other)| one == other)
        .count();
    let (before, after) = (&before[first..], &after[first..]);
    let pairs = before.iter().rev().zip(after.iter().rev());
    (first, pairs.take_while(|(one, other)| one == other).count())
}
