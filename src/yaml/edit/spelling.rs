//! How a new value is written at its place.

use serde_json::Value;

use super::site::{BLANKS, Site};
use super::tree::Shape;
use crate::yaml::emit::{self, Branch, STEP, Tree};
use crate::yaml::style::{Room, Style, natural, preferring, spelt};

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spelling {
    /// What stands behind the colon or the dash.
    pub(super) head: String,
    /// The lines below, where there are some.
    pub(super) below: Option<String>,
}

/// What holds a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// The column of the members or dashes around it; `None` for the document itself.
    pub(super) column: Option<usize>,
    /// Whether it is an element of a list.
    pub(super) in_list: bool,
    /// Whether there are brackets around it.
    pub(super) in_brackets: bool,
}

impl Context {
    /// Where lines below the value begin.
    pub(super) const fn indent(&self) -> usize {
        match self.column {
            Some(column) => column + STEP,
            None => 0,
        }
    }

    pub(super) const fn room(&self) -> Room {
        match (self.in_brackets, self.column) {
            (false, Some(column)) => Room::Block {
                indent: column + STEP,
                step: STEP,
            },
            _ => Room::Flow,
        }
    }
}

impl Spelling {
    pub(super) const fn line(head: String) -> Self {
        Self { head, below: None }
    }

    /// The value as a person would write it where nothing was before.
    pub(super) fn natural(value: &Value, context: Context) -> Vec<Self> {
        if context.in_brackets {
            return vec![Self::line(flow(value, false))];
        }
        let spelling = |tree: &Tree| match emit::on_line(tree, context.room()) {
            Some(line) => Self::split(&line),
            None => Self::block(tree, context.indent(), context.in_list),
        };
        ways(value).iter().map(spelling).collect()
    }

    /// A list or a map, line by line.
    pub(super) fn block(tree: &Tree, indent: usize, begins_here: bool) -> Self {
        let mut lines = String::new();
        emit::block(&mut lines, tree, indent, 0);
        lines.pop();
        match begins_here {
            true => Self::split(lines.trim_start_matches(' ')),
            false => Self {
                head: String::new(),
                below: Some(lines),
            },
        }
    }

    /// The lines below, each behind the break that begins it; nothing where there are none.
    pub(super) fn lines_below(&self) -> String {
        let below = self.below.as_ref().map(|below| format!("\n{below}"));
        below.unwrap_or_default()
    }

    /// The lines below, moved from one column to another.
    pub(super) fn lines_at(&self, from: usize, to: usize) -> String {
        let below = self.below.iter().flat_map(|below| below.split('\n'));
        let moved = below.map(|line| match line.get(from..) {
            Some(rest) if !line.is_empty() => format!("{:to$}{rest}", ""),
            _ => line.to_owned(),
        });
        moved.collect::<Vec<_>>().join("\n")
    }

    fn split(text: &str) -> Self {
        match text.split_once('\n') {
            Some((head, below)) => Self {
                head: head.to_owned(),
                below: Some(below.to_owned()),
            },
            None => Self::line(text.to_owned()),
        }
    }

    /// The text in the ways that come next to how the old one was written.
    pub(super) fn of_text(text: &str, shape: &Shape, context: Context) -> Vec<Self> {
        let room = context.room();
        let kept = match shape {
            Shape::Single => Some(preferring(Style::Single, text, room)),
            Shape::Double => spelt(Style::Double, text, room),
            Shape::Block(block) if block.is_folded => {
                spelt(Style::Folded, text, room).or_else(|| spelt(Style::Literal, text, room))
            }
            Shape::Block(_) => spelt(Style::Literal, text, room),
            Shape::Empty | Shape::Plain | Shape::Alias(_) | Shape::Collection(_) => None,
        };
        let kept = kept.into_iter();
        let ways = kept.chain([natural(text, room), natural(text, Room::Flow)]);
        let quoted = spelt(Style::Double, text, room);
        ways.chain(quoted).map(|way| Self::split(&way)).collect()
    }
}

/// The ways to write a value in a block. Where empty lines come next, texts cannot end with their own.
pub(super) fn ways(value: &Value) -> [Tree; 2] {
    let natural = Tree::from(value.clone());
    [natural.clone(), guarded(natural)]
}

fn guarded(tree: Tree) -> Tree {
    match tree {
        Tree::Scalar(Value::String(text)) if text.ends_with("\n\n") => Tree::Quoted(text),
        Tree::List(elements) => Tree::List(elements.into_iter().map(guarded).collect()),
        Tree::Map(branches) => {
            let branches = branches.into_iter().map(|branch| Branch {
                value: guarded(branch.value),
                ..branch
            });
            Tree::Map(branches.collect())
        }
        other => other,
    }
}

/// A value within brackets on one line.
pub(super) fn flow(value: &Value, is_json: bool) -> String {
    match value {
        Value::String(text) if is_json => preferring(Style::Json, text, Room::Flow),
        Value::String(text) => natural(text, Room::Flow),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|each| flow(each, is_json)).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let name = flow(&Value::from(name.as_str()), is_json);
                format!("{name}: {}", flow(value, is_json))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A value of JSON over several lines, the first of which is indented by `margin`.
pub(super) fn pretty(value: &Value, margin: &str, unit: &str) -> String {
    let deeper = format!("{margin}{unit}");
    let (open, parts, close) = match value {
        Value::Array(elements) if !elements.is_empty() => {
            let parts = elements.iter().map(|each| pretty(each, &deeper, unit));
            ('[', parts.collect::<Vec<_>>(), ']')
        }
        Value::Object(members) if !members.is_empty() => {
            let parts = members.iter().map(|(name, value)| {
                let name = flow(&Value::from(name.as_str()), true);
                format!("{name}: {}", pretty(value, &deeper, unit))
            });
            ('{', parts.collect(), '}')
        }
        other => return flow(other, true),
    };
    let parts = parts.join(&format!(",\n{deeper}"));
    format!("{open}\n{deeper}{parts}\n{margin}{close}")
}

/// By how much JSON is indented in this file.
pub(super) fn unit<'t>(site: &Site<'t>) -> &'t str {
    let margins = site
        .text
        .lines()
        .map(|line| &line[..line.len() - line.trim_start_matches(BLANKS).len()]);
    margins
        .filter(|margin| !margin.is_empty())
        .min_by_key(|margin| margin.len())
        .unwrap_or("  ")
}
