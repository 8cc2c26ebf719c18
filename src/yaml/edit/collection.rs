//! Members and elements that come and go.

use std::ops::Range;

use serde_json::Value;

use super::site::{BLANKS, Draft, Site, Splice};
use super::spelling::{flow, pretty, unit, ways};
use super::tree::{Collection, Frame, Part};
use crate::yaml::emit::{self, Branch, Tree};

/// The lines of a range, with the line break behind or, at the end of the file, the one before them.
pub(super) fn whole_lines(site: &Site<'_>, range: &Range<usize>) -> Range<usize> {
    let start = site.line_start(range.start);
    match site.next_line(range.end) {
        Some(next) => start..next,
        None => site.line_above(start).map_or(0, |above| above.end)..site.text.len(),
    }
}

/// A collection without one of its parts.
pub(super) fn without(site: &Site<'_>, collection: &Collection, index: usize) -> Vec<Draft> {
    match collection.frame {
        Frame::Block => {
            let lines = lines_of(site, &collection.parts[index]);
            // Empty lines that follow may become part of a text that comes before.
            let blank = site.text[lines.end..]
                .lines()
                .take_while(|line| line.trim_matches(BLANKS).is_empty());
            let end = blank.fold(lines.end, |end, _| site.next_line(end).unwrap_or(end));
            let ways = [lines.clone(), lines.start..end];
            ways.map(|lines| vec![Splice(lines, String::new())]).into()
        }
        Frame::Brackets => vec![taken_out(site, collection, index)],
        Frame::Bare => Vec::new(),
    }
}

/// What goes with a part of a block.
fn lines_of(site: &Site<'_>, part: &Part) -> Range<usize> {
    let range = part.start..part.value.content.end;
    if site.begins_line(part.start) {
        return whole_lines(site, &range);
    }
    // The next part, or what is said above it, moves up behind the dash.
    let next = site.next_line(range.end).unwrap_or(site.text.len());
    let rest = &site.text[next..];
    range.start..next + rest.len() - rest.trim_start_matches(BLANKS).len()
}

/// What goes with a part within brackets.
fn taken_out(site: &Site<'_>, collection: &Collection, index: usize) -> Draft {
    let part = &collection.parts[index];
    let last_end = part.comma.map_or(part.value.content.end, |comma| comma + 1);
    let rest = site.text[last_end..site.line_end(last_end)].trim_start_matches(BLANKS);
    let is_alone = site.begins_line(part.start) && (rest.is_empty() || rest.starts_with('#'));
    let before = index.checked_sub(1).map(|before| &collection.parts[before]);
    match (before, part.comma) {
        (before, comma) if is_alone => {
            let mut draft = vec![Splice(
                whole_lines(site, &(part.start..last_end)),
                String::new(),
            )];
            let comma_before = before
                .and_then(|before| before.comma)
                .filter(|_| comma.is_none());
            draft.extend(comma_before.map(|comma| Splice(comma..comma + 1, String::new())));
            draft
        }
        (Some(before), _) if index + 1 == collection.parts.len() => {
            vec![Splice(
                before.value.content.end..part.value.content.end,
                String::new(),
            )]
        }
        _ => {
            let blanks = site.behind_blanks(last_end);
            vec![Splice(part.start..blanks, String::new())]
        }
    }
}

/// Where a new part comes: before the one at `index`, or at the end.
#[derive(Clone, Copy)]
pub(super) struct At<'t> {
    /// Where what announces the collection ends.
    pub(super) behind: usize,
    pub(super) collection: &'t Collection,
    /// Where the parts begin on their lines.
    pub(super) column: usize,
    pub(super) index: usize,
}

/// A collection with one more part.
pub(super) fn with(site: &Site<'_>, at: At<'_>, name: Option<&str>, value: &Value) -> Vec<Draft> {
    match at.collection.frame {
        Frame::Block => {
            let ways = ways(value).into_iter();
            ways.map(|tree| at.inserted(site, &lines(at.column, name, tree)))
                .collect()
        }
        Frame::Brackets => vec![put_in(site, at.collection, at.index, name, value)],
        Frame::Bare => Vec::new(),
    }
}

/// The lines of a new part, the last line break not included.
fn lines(column: usize, name: Option<&str>, value: Tree) -> String {
    let tree = match name {
        Some(name) => Tree::Map(vec![Branch::new(name, value)]),
        None => Tree::List(vec![value]),
    };
    let mut lines = String::new();
    emit::block(&mut lines, &tree, column, 0);
    lines.pop();
    lines
}

impl At<'_> {
    fn inserted(self, site: &Site<'_>, lines: &str) -> Draft {
        let Self {
            behind,
            collection,
            column,
            index,
        } = self;
        if let Some(before) = index.checked_sub(1) {
            let end = collection.parts[before].value.content.end;
            let at = tail(
                site,
                end,
                if collection.is_map {
                    column
                } else {
                    column + 1
                },
            );
            return vec![Splice(at..at, format!("\n{lines}"))];
        }
        let first = collection.parts[0].start;
        if !site.begins_line(first) {
            let lines = lines.trim_start_matches(' ');
            return vec![Splice(first..first, format!("{lines}\n{:column$}", ""))];
        }
        // What is said right above the first element is about that one.
        let mut at = site.line_start(first);
        while let Some(above) = site.line_above(at).filter(|above| above.start > behind) {
            let is_comment = site.text[above.clone()]
                .trim_start_matches(BLANKS)
                .starts_with('#');
            if !is_comment || site.margin(above.start).len() != column {
                break;
            }
            at = above.start;
        }
        vec![Splice(at..at, format!("{lines}\n"))]
    }
}

/// Where a part ends with what is said below it: comments that are indented at least so far.
fn tail(site: &Site<'_>, end: usize, column: usize) -> usize {
    let mut at = site.line_end(end);
    let mut next = site.next_line(at);
    while let Some(start) = next {
        let line = &site.text[start..site.line_end(start)];
        let is_comment =
            line.trim_start_matches(BLANKS).starts_with('#') && site.margin(start).len() >= column;
        if is_comment {
            at = site.line_end(start);
        } else if column == 0 || !line.trim_matches(BLANKS).is_empty() {
            break;
        }
        next = site.next_line(start);
    }
    at
}

/// A new part within brackets, with the blanks and line breaks that others have.
fn put_in(
    site: &Site<'_>,
    collection: &Collection,
    index: usize,
    name: Option<&str>,
    value: &Value,
) -> Draft {
    let parts = &collection.parts;
    let near = &parts[index.min(parts.len() - 1)];
    let is_alone = site.begins_line(near.start);
    let is_tight = near.has_colon && near.value.behind == near.value.content.start;
    let value = match site.is_json && is_alone {
        true => pretty(value, site.margin(near.start), unit(site)),
        false => flow(value, site.is_json),
    };
    let text = match name {
        Some(name) => {
            let name = flow(&Value::from(name), site.is_json);
            let blank = if is_tight && site.is_json { "" } else { " " };
            format!("{name}:{blank}{value}")
        }
        None => value,
    };
    let gap = match is_alone {
        true => format!("\n{}", site.margin(near.start)),
        false if is_tight && site.is_json => String::new(),
        false => gap(site, parts).to_owned(),
    };
    if index < parts.len() {
        return vec![Splice(near.start..near.start, format!("{text},{gap}"))];
    }
    let end = near.comma.map_or(near.value.content.end, |comma| comma + 1);
    let rest = site.text[end..site.line_end(end)].trim_start_matches(BLANKS);
    let at = match is_alone && rest.starts_with('#') {
        true => site.line_end(end),
        false => end,
    };
    match near.comma {
        Some(_) => vec![Splice(at..at, format!("{gap}{text},"))],
        None => vec![
            Splice(end..end, ",".to_owned()),
            Splice(at..at, gap + &text),
        ],
    }
}

/// What is between a comma and the next part.
fn gap<'t>(site: &Site<'t>, parts: &[Part]) -> &'t str {
    let [first, second, ..] = parts else {
        return " ";
    };
    let between = first.comma.map(|comma| &site.text[comma + 1..second.start]);
    between
        .filter(|gap| gap.trim_matches(' ').is_empty())
        .unwrap_or(" ")
}
