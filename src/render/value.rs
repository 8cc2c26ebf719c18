//! How a value and its change are shown: short ones on one line, long ones as folded line
//! differences, never whole.

use serde_json::Value;

use super::escape::on_one_line;
use super::style::{ADDED, FAINT, REMOVED, paint};
use crate::diff::text::{self, Line};
use crate::model::secret;

/// The longest value that is shown on the field's own line.
const SHORT: usize = 60;
/// The longest line of a difference that is shown whole.
const LONG: usize = 160;
/// How much of an unchanged rest is shown on either side of what changed in a long line.
const AROUND: usize = 40;
/// How many lines of a difference are shown; a text that was written anew is not shown whole.
const MOST: usize = 60;
/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 2;

/// What stands where a value must not be shown.
pub(super) fn hidden(value: Option<&Value>) -> String {
    let names = value.map(secret::names).unwrap_or_default();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        "(secret)".to_owned()
    } else {
        format!("(secret {})", names.join(", "))
    }
}

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
                "text of {} and {}",
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

/// The difference of two long values, line by line.
pub(super) fn difference(before: &Value, after: &Value) -> Vec<String> {
    let mut shown = clipped(text::compare(&laid_out(before), &laid_out(after), CONTEXT));
    if let Some(more @ 1..) = shown.len().checked_sub(MOST) {
        shown.truncate(MOST);
        shown.push(paint(
            FAINT,
            format!("… and {more} more lines of this difference"),
        ));
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

fn laid_out(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(value).expect("a value is JSON"),
    }
}

/// The lines with their signs. Where a run of removed lines is followed by a run of added ones,
/// long lines are cut down to where they differ.
fn clipped(lines: Vec<Line>) -> Vec<String> {
    let mut shown = Vec::new();
    let mut rest = lines.as_slice();
    while let Some(line) = rest.first() {
        let removed = run(rest, |line| matches!(line, Line::Removed(_)));
        let added = run(&rest[removed.len()..], |line| {
            matches!(line, Line::Added(_))
        });
        rest = &rest[(removed.len() + added.len()).max(1)..];
        match line {
            Line::Same(text) => shown.push(paint(FAINT, format!("  {}", cut(text, None)))),
            Line::Folded(count) => {
                shown.push(paint(
                    FAINT,
                    format!("… {} unchanged", counted(*count, "line")),
                ));
            }
            Line::Removed(_) | Line::Added(_) => changed(removed, added, &mut shown),
        }
    }
    shown
}

fn changed(removed: &[Line], added: &[Line], shown: &mut Vec<String>) {
    let text = |line: &Line| match line {
        Line::Same(text) | Line::Removed(text) | Line::Added(text) => text.clone(),
        Line::Folded(_) => String::new(),
    };
    let partner = |lines: &[Line], index| lines.get(index).map(text);
    for (index, line) in removed.iter().enumerate() {
        let line = cut(&text(line), partner(added, index).as_deref());
        shown.push(paint(REMOVED, format!("- {line}")));
    }
    for (index, line) in added.iter().enumerate() {
        let line = cut(&text(line), partner(removed, index).as_deref());
        shown.push(paint(ADDED, format!("+ {line}")));
    }
}

fn run(lines: &[Line], is_in: impl Fn(&Line) -> bool) -> &[Line] {
    let length = lines.iter().take_while(|line| is_in(line)).count();
    &lines[..length]
}

/// A long line, cut down to where it differs from its partner, or to its beginning; made harmless.
fn cut(line: &str, partner: Option<&str>) -> String {
    let characters: Vec<char> = line.chars().collect();
    if characters.len() <= LONG {
        return on_one_line(line).into_owned();
    }
    let (start, end) = match partner {
        Some(partner) => differing(&characters, &partner.chars().collect::<Vec<_>>()),
        None => (0, 0),
    };
    let start = start.saturating_sub(AROUND);
    let end = (end + AROUND).max(start + LONG).min(characters.len());
    let end = end.min(start + 2 * LONG);
    let (head, tail) = (
        if start > 0 { "…" } else { "" },
        if end < characters.len() { "…" } else { "" },
    );
    let middle: String = characters[start..end].iter().collect();
    format!("{head}{}{tail}", on_one_line(&middle))
}

/// Where a line begins and ends to differ from another one.
fn differing(line: &[char], other: &[char]) -> (usize, usize) {
    let head = line.iter().zip(other).take_while(|(a, b)| a == b).count();
    let tail = line[head..]
        .iter()
        .rev()
        .zip(other[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    (head, line.len() - tail)
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

    #[test]
    fn a_long_line_is_cut_down_to_where_it_differs() {
        let sentence = "All of this stays as it is, word by word. ".repeat(10);
        let before = json!(format!("{sentence}The old end."));
        let after = json!(format!("{sentence}The new end."));
        let shown = difference(&before, &after).join("\n");
        assert!(
            shown.contains("The old end.") && shown.contains("The new end."),
            "{shown}"
        );
        assert!(shown.chars().count() < 600, "{shown}");
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
        let shown = difference(&lines("old"), &lines("new"));
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
