//! How a value and its change are shown: short ones on one line, long ones as folded line
//! differences, never whole.

use anstyle::Style;
use serde_json::Value;

use super::escape::on_one_line;
use super::plan::Marks;
use super::style::{ADDED, FAINT, REMOVED};
use super::wrap::Span;
use crate::diff::text::{self, Line, Piece};

/// The longest value that is shown on the field's own line.
const SHORT: usize = 60;
/// The longest line of a difference that is shown whole.
const LONG: usize = 160;
/// How much is shown of what did not change beside what did, in a long line.
const AROUND: usize = 40;
/// How many lines of a difference are shown; a text that was written anew is not shown whole.
const MOST: usize = 60;

/// The value on one line: whole where it is short, else its beginning or its size.
pub(super) fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHORT {
        return on_one_line(&text).into_owned();
    }
    match value {
        Value::String(text) => {
            let (words, characters) = text::size(text);
            format!(
                "{}, {}",
                counted(words, "word"),
                counted(characters, "character")
            )
        }
        Value::Array(elements) => format!("list of {}", counted(elements.len(), "element")),
        Value::Object(members) => format!("object of {}", counted(members.len(), "member")),
        _ => on_one_line(&text).into_owned(),
    }
}

/// Whether both values fit on the field's own line.
pub(super) fn is_short(before: &Value, after: &Value) -> bool {
    let fits = |value: &Value| match value {
        Value::String(text) if text.contains('\n') => false,
        value => value.to_string().chars().count() <= SHORT,
    };
    fits(before) && fits(after)
}

/// The lines of a difference, each with its sign.
pub(super) fn difference(lines: &[Line], marks: Marks) -> Vec<Vec<Span>> {
    let shown = lines.iter().take(MOST).map(|line| shown(line, marks));
    let mut shown: Vec<_> = shown.collect();
    if let Some(more @ 1..) = lines.len().checked_sub(MOST) {
        let rest = format!("… and {more} more lines of this difference");
        shown.push(vec![Span::new(FAINT, rest)]);
    }
    shown
}

/// How much larger or smaller a value has become.
pub(super) fn growth(before: &Value, after: &Value) -> String {
    let (before, after) = (text::size(&laid_out(before)), text::size(&laid_out(after)));
    format!(
        "{}, {}",
        signed(before.0, after.0, "word"),
        signed(before.1, after.1, "character")
    )
}

/// The value as lines of text.
pub(super) fn laid_out(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(value).expect("a value is JSON"),
    }
}

/// A line with its sign.
fn shown(line: &Line, marks: Marks) -> Vec<Span> {
    match line {
        Line::Same(text) => vec![Span::new(FAINT, format!("  {}", glimpsed(text)))],
        Line::Folded(count) => {
            let told = format!("… {} unchanged", counted(*count, "line"));
            vec![Span::new(FAINT, told)]
        }
        Line::Removed(pieces) => changed("- ", pieces, REMOVED, marks),
        Line::Added(pieces) => changed("+ ", pieces, ADDED, marks),
    }
}

/// A changed line, with the words that changed set off. Most of what did not change in a long line is
/// left out.
fn changed(sign: &str, pieces: &[Piece], style: Style, marks: Marks) -> Vec<Span> {
    let length = |piece: &Piece| piece.text.chars().count();
    let is_long = pieces.iter().map(length).sum::<usize>() > LONG;
    let is_whole = pieces.iter().all(|piece| piece.is_changed);
    let last = pieces.len().saturating_sub(1);
    let piece = |(index, piece): (usize, &Piece)| match piece.is_changed {
        true if is_whole => Span::new(style, told(&piece.text)),
        true => set_off(&told(&piece.text), sign, style, marks),
        false if is_long => Span::new(
            style,
            told(&shortened(&piece.text, index > 0, index < last)),
        ),
        false => Span::new(style, told(&piece.text)),
    };
    let pieces = pieces.iter().enumerate().map(piece);
    std::iter::once(Span::new(style, sign))
        .chain(pieces)
        .collect()
}

/// Words that changed within a line.
fn set_off(words: &str, sign: &str, style: Style, marks: Marks) -> Span {
    match marks {
        Marks::Style => Span::new(style.bold().underline(), words),
        Marks::Brackets if sign.starts_with('-') => Span::new(style, format!("[-{words}-]")),
        Marks::Brackets => Span::new(style, format!("{{+{words}+}}")),
    }
}

/// What is shown of a stretch that did not change: its beginning if something stands before it, its end
/// if something follows.
fn shortened(text: &str, keeps_start: bool, keeps_end: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = if keeps_start { AROUND } else { 0 };
    let end = if keeps_end { AROUND } else { 0 };
    if characters.len() <= start + end + 1 {
        return text.to_owned();
    }
    let (head, tail) = (&characters[..start], &characters[characters.len() - end..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

/// A line without what is beyond `longest` characters, and how much that is; made harmless.
fn cut(line: &str, longest: usize) -> (String, usize) {
    let end = line
        .char_indices()
        .nth(longest)
        .map_or(line.len(), |(end, _)| end);
    (
        on_one_line(&line[..end]).into_owned(),
        line[end..].chars().count(),
    )
}

/// A changed line: what is left out of it is counted.
fn told(line: &str) -> String {
    match cut(line, 40 * LONG) {
        (line, 0) => line,
        (line, more) => format!("{line}… ({} more)", counted(more, "character")),
    }
}

/// A line that only shows where a change stands.
fn glimpsed(line: &str) -> String {
    match cut(line, LONG) {
        (line, 0) => line,
        (line, _) => format!("{line}…"),
    }
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

fn signed(before: usize, after: usize, noun: &str) -> String {
    let sign = match after.cmp(&before) {
        std::cmp::Ordering::Less => "−",
        std::cmp::Ordering::Equal => "±",
        std::cmp::Ordering::Greater => "+",
    };
    format!("{sign}{}", counted(after.abs_diff(before), noun))
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(before: &Value, after: &Value) -> Vec<Vec<Span>> {
        let lines = text::compare(&laid_out(before), &laid_out(after), 2);
        difference(&lines, Marks::Style)
    }

    fn plain(before: &Value, after: &Value) -> Vec<String> {
        let text = |line: &Vec<Span>| line.iter().map(|span| span.text.as_str()).collect();
        compared(before, after).iter().map(text).collect()
    }

    #[test]
    fn words_that_changed_are_set_off() {
        let line = |word: &str| {
            json!(format!(
                "Be {word} to all who come here, first of all.\nAnd last."
            ))
        };
        let (before, after) = (line("kind"), line("very kind"));
        let bold = |line: &Vec<Span>| {
            let bold = line
                .iter()
                .filter(|span| span.style.get_effects() != anstyle::Effects::new());
            bold.map(|span| span.text.clone()).collect::<String>()
        };
        let shown: Vec<String> = compared(&before, &after).iter().map(bold).collect();
        assert_eq!(shown[..2], ["", "very "]);
        let lines = text::compare(&laid_out(&before), &laid_out(&after), 2);
        let marked = difference(&lines, Marks::Brackets);
        let text: String = marked[1].iter().map(|span| span.text.as_str()).collect();
        assert_eq!(
            text,
            "+ Be {+very +}kind to all who come here, first of all."
        );
    }

    #[test]
    fn a_long_line_is_cut_down_to_where_it_differs() {
        let sentence = "All of this stays as it is, word by word. ".repeat(10);
        let before = json!(format!("{sentence}The old end."));
        let after = json!(format!("{sentence}The new end."));
        let shown = plain(&before, &after).join("\n");
        assert!(
            shown.contains("The old end.") && shown.contains("The new end."),
            "{shown}"
        );
        assert!(shown.chars().count() < 600, "{shown}");
    }

    #[test]
    fn every_change_in_a_long_line_is_shown() {
        let line = |first: &str, last: &str| {
            json!(format!(
                "{first} share prices. {} Be {last}.",
                "Filler words. ".repeat(100)
            ))
        };
        let shown = plain(&line("Never", "kind"), &line("Always", "RUDE"));
        assert_eq!(shown.len(), 2);
        assert!(
            shown[0].contains("Never") && shown[0].contains("kind"),
            "{}",
            shown[0]
        );
        assert!(
            shown[1].contains("Always") && shown[1].contains("RUDE"),
            "{}",
            shown[1]
        );
        assert!(shown[0].chars().count() < 300, "{}", shown[0]);
    }

    #[test]
    fn a_text_that_was_written_anew_is_not_shown_whole() {
        let lines = |word: &str| {
            json!(
                (0..500)
                    .map(|n| format!("{word} {n}\n"))
                    .collect::<String>()
            )
        };
        let shown = plain(&lines("old"), &lines("new"));
        assert_eq!(shown.len(), MOST + 1);
        assert!(shown[MOST].contains("940 more lines"), "{}", shown[MOST]);
    }

    #[test]
    fn counts_are_read_easily() {
        assert_eq!(counted(1, "word"), "1 word");
        assert_eq!(counted(1_234_567, "word"), "1,234,567 words");
        assert_eq!(counted(0, "word"), "0 words");
    }
}
