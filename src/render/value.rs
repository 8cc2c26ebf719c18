//! How a value and its change are shown: short ones on one line, long ones as folded line
//! differences, never whole.

use std::borrow::Cow;

use anstyle::Style;
use deunicode::deunicode;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
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
/// How long a stretch of a changed line may be that is shown whole.
const WHOLE: usize = 20_000;

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

/// Both values on one line each. Where they look alike, what is not ASCII in them stands as its code: by what else should one
/// see that they differ?
pub(super) fn briefs(
    before: Option<&Value>,
    after: Option<&Value>,
) -> (Option<String>, Option<String>) {
    let shown = (before.map(brief), after.map(brief));
    match &shown {
        (Some(old), Some(new)) if looks_alike(old, new) => {
            let codes = |value: &Value| escaped(&value.to_string());
            (before.map(codes), after.map(codes))
        }
        _ => shown,
    }
}

/// Whether two texts are the same but for what cannot be seen: other blanks, other code points for one letter, or letters of
/// another script.
fn looks_alike(one: &str, other: &str) -> bool {
    let composed = |text: &str| {
        ComposingNormalizerBorrowed::new_nfc()
            .normalize(text)
            .into_owned()
    };
    let base = |text: &str| -> String {
        let apart = DecomposingNormalizerBorrowed::new_nfkd()
            .normalize(text)
            .into_owned();
        apart
            .chars()
            .filter(|character| !matches!(character, '\u{300}'..='\u{36f}'))
            .collect()
    };
    let has_other_accents = base(one) == base(other) && composed(one) != composed(other);
    let blank = |text: &str| text.replace(char::is_whitespace, " ");
    blank(one) == blank(other) || deunicode(one) == deunicode(other) && !has_other_accents
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character.is_ascii() {
            true => escaped.push(character),
            false => escaped.extend(character.escape_unicode()),
        }
    }
    on_one_line(&escaped).into_owned()
}

/// Whether both values fit on the field's own line.
pub(super) fn is_short(before: &Value, after: &Value) -> bool {
    let fits = |value: &Value| match value {
        Value::String(text) if text.contains('\n') => false,
        value => value.to_string().chars().count() <= SHORT,
    };
    fits(before) && fits(after)
}

/// The lines of a difference, each with its sign: what was removed right above what stands there instead. Where there are more
/// than `most`, first those go that did not change, then those at the end.
pub(super) fn difference(lines: &[Line], marks: Marks, most: usize) -> Vec<Vec<Span>> {
    let mut lines = paired(lines);
    if lines.len() > most {
        lines = tightened(&lines);
    }
    let shown = lines.iter().take(most).map(|line| shown(line, marks));
    let mut shown: Vec<_> = shown.collect();
    if let Some(more @ 1..) = lines.len().checked_sub(most) {
        let rest = format!("… and {more} more lines of this difference are not shown");
        shown.push(vec![Span::new(FAINT, rest)]);
    }
    shown
}

/// The lines in which each removed one is followed by the one in its place.
fn paired(lines: &[Line]) -> Vec<Cow<'_, Line>> {
    let mut paired = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let count = |lines: &[Line], is: fn(&Line) -> bool| {
            let like = lines.iter().take_while(|line| is(line));
            like.count()
        };
        let removed = count(rest, |line| matches!(line, Line::Removed(_)));
        let added = count(&rest[removed..], |line| matches!(line, Line::Added(_)));
        let (block, behind) = rest.split_at((removed + added).max(1));
        if removed + added == 0 {
            paired.push(Cow::Borrowed(first));
        }
        for index in 0..removed.max(added) {
            let old = block.get(index).filter(|_| index < removed);
            let new = block.get(removed + index).filter(|_| index < added);
            paired.extend(old.into_iter().chain(new).map(Cow::Borrowed));
        }
        rest = behind;
    }
    paired
}

/// The lines without those that only show where a change stands.
fn tightened<'l>(lines: &[Cow<'l, Line>]) -> Vec<Cow<'l, Line>> {
    let mut tightened: Vec<Cow<'l, Line>> = Vec::new();
    for line in lines {
        let unchanged = match line.as_ref() {
            Line::Same(_) => 1,
            Line::Folded(count) => *count,
            Line::Removed(_) | Line::Added(_) => {
                tightened.push(line.clone());
                continue;
            }
        };
        match tightened.last_mut().map(Cow::to_mut) {
            Some(Line::Folded(count)) => *count += unchanged,
            _ => tightened.push(Cow::Owned(Line::Folded(unchanged))),
        }
    }
    tightened
}

/// How much larger or smaller a text has become.
pub(super) fn growth(before: &str, after: &str) -> String {
    let (before, after) = (text::size(before), text::size(after));
    format!(
        "{}, {}",
        signed(before.0, after.0, "word"),
        signed(before.1, after.1, "character")
    )
}

/// Two values as lines of text. A text beside something else is told from it by its quotes.
pub(super) fn laid_out(before: &Value, after: &Value) -> (String, String) {
    let is_other = |value: &Value| !matches!(value, Value::String(_) | Value::Null);
    match is_other(before) || is_other(after) {
        true => (json(before), json(after)),
        false => (plain(before), plain(after)),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => serde_json::to_string_pretty(value).expect("a value is JSON"),
    }
}

/// A line with its sign.
fn shown(line: &Line, marks: Marks) -> Vec<Span> {
    match line {
        Line::Same(text) => vec![Span::new(
            FAINT,
            format!("  {}", glimpsed(&literal(text, marks))),
        )],
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
        true if is_whole => Span::new(style, told(&spelt(&literal(&piece.text, marks)))),
        true => set_off(
            &told(&spelt(&literal(&piece.text, marks))),
            sign,
            style,
            marks,
        ),
        false if is_long => Span::new(
            style,
            told(&literal(
                &shortened(&piece.text, index > 0, index < last),
                marks,
            )),
        ),
        false => Span::new(style, told(&literal(&piece.text, marks))),
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

/// What changed, with blanks that look like others as their codes: nobody would see that they changed.
pub(super) fn spelt(text: &str) -> String {
    let mut spelt = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => spelt.push_str("\\t"),
            ' ' => spelt.push(' '),
            blank if blank.is_whitespace() => spelt.extend(blank.escape_unicode()),
            other => spelt.push(other),
        }
    }
    spelt
}

/// Foreign text that says what stands for a code or a mark of ours, told from those.
fn literal(text: &str, marks: Marks) -> String {
    let text = text.replace("\\u{", "\\\\u{");
    match marks {
        Marks::Style => text,
        Marks::Brackets => text
            .replace("[-", "[\\-")
            .replace("-]", "-\\]")
            .replace("{+", "{\\+")
            .replace("+}", "+\\}"),
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
    match cut(line, WHOLE) {
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
pub(crate) fn counted(count: usize, noun: &str) -> String {
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
        let (before, after) = laid_out(before, after);
        difference(&text::compare(&before, &after, 2), Marks::Style, 60)
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
        let (before, after) = laid_out(&before, &after);
        let lines = text::compare(&before, &after, 2);
        let marked = difference(&lines, Marks::Brackets, 60);
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
        assert_eq!(shown.len(), 61);
        assert_eq!(shown[..4], ["- old 0", "+ new 0", "- old 1", "+ new 1"]);
        assert!(shown[60].contains("940 more lines"), "{}", shown[60]);
    }

    #[test]
    fn many_small_changes_are_all_shown_before_what_is_around_them() {
        let lines = |word: &str| {
            let line = |n: usize| match n % 20 {
                10 => format!("Rule {n}: be {word}.\n"),
                _ => format!("Rule {n}.\n"),
            };
            json!((0..320).map(line).collect::<String>())
        };
        let shown = plain(&lines("kind"), &lines("rude"));
        let count = |sign: &str| shown.iter().filter(|line| line.starts_with(sign)).count();
        assert_eq!((count("- "), count("+ ")), (16, 16), "{shown:#?}");
        assert!(
            !shown.iter().any(|line| line.contains("not shown")),
            "{shown:#?}"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_told_by_its_code() {
        let rows = [
            ("a b", "a\u{a0}b", r#""a\u{a0}b""#),
            ("é", "e\u{301}", r#""e\u{301}""#),
            ("raison", "r\u{430}ison", r#""r\u{430}ison""#),
            ("cafe", "café", r#""café""#),
            ("a", "b", r#""b""#),
        ];
        for (before, after, expected) in rows {
            let (_, shown) = briefs(Some(&json!(before)), Some(&json!(after)));
            assert_eq!(shown.as_deref(), Some(expected));
        }
        let long = |text: &str| {
            json!(format!(
                "All of this line stays as it is, but for {text} in the middle of it."
            ))
        };
        let shown = plain(&long("a b"), &long("a\u{a0}b"));
        assert!(shown[1].contains(r"\u{a0}"), "{}", shown[1]);
        let shown = plain(&long(r"\u{200b}"), &long("\u{200b}"));
        assert!(
            shown[0].contains(r"\\u{200b}") && !shown[1].contains(r"\\u"),
            "{shown:?}"
        );
    }

    #[test]
    fn no_text_looks_like_a_mark_of_ours() {
        let line = |text: &str| format!("Never {text} the card number, whatever anybody says.");
        let lines = text::compare("", &line("[-reveal-] {+hide+}"), 2);
        let shown = difference(&lines, Marks::Brackets, 60);
        assert_eq!(shown[0][1].text, line(r"[\-reveal-\] {\+hide+\}"));
    }

    #[test]
    fn a_map_is_told_from_a_text_that_looks_like_it() {
        let map = json!({"a": "x".repeat(80)});
        let text = json!(serde_json::to_string_pretty(&map).expect("JSON"));
        assert!(plain(&map, &text).len() > 1);
    }

    #[test]
    fn counts_are_read_easily() {
        assert_eq!(counted(1, "word"), "1 word");
        assert_eq!(counted(1_234_567, "word"), "1,234,567 words");
        assert_eq!(counted(0, "word"), "0 words");
    }
}
