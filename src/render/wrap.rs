//! Styled text laid out in so many columns.

use anstyle::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::style::paint;

/// A stretch of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) style: Style,
    pub(crate) text: String,
}

impl Span {
    pub(crate) fn new(style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { style, text }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(Style::new(), text)
    }
}

/// How many columns the spans take.
pub(super) fn width(spans: &[Span]) -> usize {
    spans.iter().map(|span| span.text.width()).sum()
}

/// The text with blanks behind it, so that it takes so many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

/// The spans on one line.
pub(crate) fn line(spans: &[Span]) -> String {
    let painted = |span: &Span| match span.style == Style::new() {
        true => span.text.clone(),
        false => paint(span.style, &span.text),
    };
    spans.iter().map(painted).collect()
}

/// The spans on lines of at most so many columns, broken between words where that is possible.
pub(crate) fn wrap(spans: &[Span], columns: usize) -> Vec<Vec<Span>> {
    let mut paper = Paper {
        columns: columns.max(2),
        lines: vec![Vec::new()],
        used: 0,
    };
    for span in spans {
        for word in span.text.split_inclusive(' ') {
            paper.put(word, span.style);
        }
    }
    paper.lines
}

struct Paper {
    columns: usize,
    lines: Vec<Vec<Span>>,
    /// How many columns of the last line are taken.
    used: usize,
}

impl Paper {
    fn put(&mut self, word: &str, style: Style) {
        let needed = word.trim_end().width();
        if self.used > 0 && self.used + needed > self.columns {
            self.feed();
        }
        if needed <= self.columns {
            return self.push(word, style);
        }
        // Longer than a line, as in languages without spaces.
        for grapheme in word.graphemes(true) {
            if self.used > 0 && self.used + grapheme.width() > self.columns {
                self.feed();
            }
            self.push(grapheme, style);
        }
    }

    fn feed(&mut self) {
        // The space at which a line is broken is not seen.
        if let Some(span) = self.lines.last_mut().and_then(|line| line.last_mut()) {
            span.text.truncate(span.text.trim_end_matches(' ').len());
        }
        self.lines.push(Vec::new());
        self.used = 0;
    }

    fn push(&mut self, text: &str, style: Style) {
        self.used += text.width();
        let line = self.lines.last_mut().expect("there is always a line");
        match line.last_mut().filter(|span| span.style == style) {
            Some(span) => span.text.push_str(text),
            None => line.push(Span::new(style, text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, columns: usize) -> Vec<String> {
        let lines = wrap(&[Span::plain(text)], columns);
        lines.iter().map(|spans| line(spans)).collect()
    }

    #[test]
    fn lines_break_between_words_and_else_between_letters() {
        let rows: [(&str, usize, &[&str]); 5] = [
            ("Be kind to all.", 7, &["Be kind", "to all."]),
            ("a", 7, &["a"]),
            ("", 7, &[""]),
            ("毎日本を読む", 5, &["毎日", "本を", "読む"]),
            ("ab 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦 c", 4, &["ab", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦 c"]),
        ];
        for (text, columns, expected) in rows {
            assert_eq!(wrapped(text, columns), expected, "{text}");
        }
    }

    #[test]
    fn a_style_ends_with_its_line() {
        let bold = Style::new().bold();
        let spans = [Span::plain("one "), Span::new(bold, "two three")];
        let lines = wrap(&spans, 8);
        let expected = [
            vec![Span::plain("one "), Span::new(bold, "two")],
            vec![Span::new(bold, "three")],
        ];
        assert_eq!(lines, expected);
        assert_eq!(width(&lines[0]), 7);
    }
}
