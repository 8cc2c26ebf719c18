//! What is shown of a field's values: texts line by line, with the words that changed.

use crate::diff::text::{Line, Piece};
use crate::plan::FieldChange;
use crate::render::escape::on_one_line;
use crate::render::plan::change::{Change, Deed, Depth};
use crate::render::value::{counted, spelt};

/// The values of a field.
pub(super) enum Shown {
    /// They must not be shown.
    Hidden(String),
    /// They are short.
    Brief {
        before: Option<String>,
        after: Option<String>,
    },
    /// One text with nothing to hold it against.
    Whole { growth: String, text: String },
    /// A text that became another one.
    Lines { growth: String, blocks: Vec<Block> },
}

/// A part of a comparison.
pub(super) enum Block {
    /// A line of both texts.
    Same(String),
    /// So many of them.
    Folded(String),
    /// Lines that make way for others.
    Exchange { old: Vec<Words>, new: Vec<Words> },
}

/// A line in stretches, each of which has changed or not.
pub(super) struct Words(pub(super) Vec<(bool, String)>);

impl Shown {
    pub(super) fn of(field: &FieldChange) -> Self {
        match Change::of(field, Depth::Whole) {
            Change::Hidden(told) => Self::Hidden(told),
            Change::Brief { before, after } => Self::Brief { before, after },
            Change::Lines { growth, lines } if Deed::of(field) == Deed::Changed => Self::Lines {
                growth,
                blocks: blocks(&lines),
            },
            Change::Lines { growth, lines } => Self::Whole {
                growth,
                text: lines.iter().map(plain).collect::<Vec<_>>().join("\n"),
            },
        }
    }
}

/// A line without its marks.
fn plain(line: &Line) -> String {
    match line {
        Line::Same(text) => on_one_line(text).into_owned(),
        Line::Folded(count) => folded(*count),
        Line::Removed(pieces) | Line::Added(pieces) => {
            let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            on_one_line(&text).into_owned()
        }
    }
}

fn folded(count: usize) -> String {
    format!("{} unchanged", counted(count, "line"))
}

/// The lines, those together that make way for others.
fn blocks(lines: &[Line]) -> Vec<Block> {
    let is_changed = |line: &Line| matches!(line, Line::Removed(_) | Line::Added(_));
    let blocks = lines.chunk_by(|line, next| is_changed(line) && is_changed(next));
    blocks.map(Block::of).collect()
}

impl Block {
    fn of(lines: &[Line]) -> Self {
        match lines {
            [Line::Same(text)] => Self::Same(on_one_line(text).into_owned()),
            [Line::Folded(count)] => Self::Folded(folded(*count)),
            changed => {
                let old = changed.iter().filter_map(|line| match line {
                    Line::Removed(pieces) => Some(Words::of(pieces)),
                    _ => None,
                });
                let new = changed.iter().filter_map(|line| match line {
                    Line::Added(pieces) => Some(Words::of(pieces)),
                    _ => None,
                });
                Self::Exchange {
                    old: old.collect(),
                    new: new.collect(),
                }
            }
        }
    }
}

impl Words {
    /// Of a line that has changed as a whole, no word is set off.
    fn of(pieces: &[Piece]) -> Self {
        let is_whole = pieces.iter().all(|piece| piece.is_changed);
        let words = pieces.iter().map(|piece| {
            let text = match piece.is_changed {
                true => spelt(&piece.text),
                false => piece.text.clone(),
            };
            (
                piece.is_changed && !is_whole,
                on_one_line(&text).into_owned(),
            )
        });
        Self(words.collect())
    }
}
