//! What is new, and what stands below it, as the bytes that a terminal takes.
//!
//! The cursor rests where the part begins that is drawn in place: whatever becomes of that part (a resize that breaks its lines
//! anew, or another program that writes), all of it is behind the cursor, and to clear what is there takes it away.

use anstream::adapter::strip_str;

use super::super::brief::Line;
use crate::render::in_output;

/// Clears from where the cursor rests.
pub(super) const CLEAR: &str = "\r\u{1b}[J";
/// A letter may be wider here than is known: the line is cut rather than broken.
const NO_BREAKS: &str = "\u{1b}[?7l";
const BREAKS: &str = "\u{1b}[?7h";
/// How many lines each trouble gets.
const LINES: usize = 2;

/// Something that is told once, and scrolls away.
#[derive(Clone, Debug)]
pub(super) enum News {
    /// A line of an event.
    Line(Line),
    /// What is laid out already.
    Text(String),
}

impl News {
    /// Something with all there is to say of it, which stands apart.
    pub(super) fn full(text: &str) -> Self {
        Self::Text(format!("\n{}\n ", text.trim_end()))
    }
}

/// What a terminal can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) is_colored: bool,
}

/// The columns and rows of a terminal that does not know them, as serial lines and bare pseudo-terminals do not.
const USUAL: (usize, usize) = (80, 24);

impl Sheet {
    /// What a terminal of this size can show.
    pub(super) fn of(size: Option<(usize, usize)>, is_colored: bool) -> Self {
        let (columns, rows) = size.unwrap_or(USUAL);
        Self {
            columns,
            rows,
            is_colored,
        }
    }

    /// What is new, and the part below it.
    pub(super) fn frame(self, news: &[News], troubles: &[Line], status: &[Line]) -> String {
        let above: String = news.iter().map(|news| self.news(news)).collect();
        let below = self.below(troubles, status);
        let up = match below.len() {
            0 | 1 => String::new(),
            rows => format!("\u{1b}[{}A", rows - 1),
        };
        let below = below.join("\n");
        format!("{CLEAR}{above}{NO_BREAKS}{below}{up}\r{BREAKS}")
    }

    fn news(self, news: &News) -> String {
        let text = match news {
            News::Line(line) => line.laid(self.width()).join("\n"),
            News::Text(text) => text.trim_end_matches('\n').to_owned(),
        };
        self.harmless(&text) + "\n"
    }

    /// The rows below the events: an empty one, where the cursor rests, and as many others as leave room for an event.
    fn below(self, troubles: &[Line], status: &[Line]) -> Vec<String> {
        let status: Vec<String> = status.iter().flat_map(|line| self.rows_of(line)).collect();
        let room = self.rows.saturating_sub(2);
        let spare = room.saturating_sub(status.len());
        let troubles = troubles.iter().flat_map(|line| self.cut(line)).take(spare);
        let rows = troubles.chain(status).take(room);
        std::iter::once(String::new()).chain(rows).collect()
    }

    fn rows_of(self, line: &Line) -> impl Iterator<Item = String> {
        let rows = line.laid(self.width()).into_iter();
        rows.map(move |row| self.harmless(&row))
    }

    /// The first rows of a line.
    fn cut(self, line: &Line) -> Vec<String> {
        let mut rows: Vec<String> = self.rows_of(line).collect();
        if rows.len() > LINES {
            rows.truncate(LINES);
            rows.last_mut().expect("there are some").push('…');
        }
        rows
    }

    /// One column is left free: terminals differ in what a letter in the last one does.
    const fn width(self) -> usize {
        self.columns.saturating_sub(1)
    }

    fn harmless(self, text: &str) -> String {
        let text = in_output(text);
        match self.is_colored {
            true => text,
            false => strip_str(&text).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::render::{STRONG, Span};

    fn line(text: &str) -> Line {
        Line::bare(vec![Span::plain(text)])
    }

    fn sheet(columns: usize, rows: usize) -> Sheet {
        Sheet::of(Some((columns, rows)), false)
    }

    #[test]
    fn a_terminal_that_does_not_know_its_size_is_drawn_on_all_the_same() {
        let long = line(&"wide ".repeat(20));
        let frame = |sheet: Sheet| sheet.frame(&[], &vec![long.clone(); 30], &[line("keys")]);
        let unknown = frame(Sheet::of(None, false));
        assert_eq!(unknown, frame(sheet(80, 24)));
        assert!(unknown.contains("keys"), "{unknown:?}");
    }

    #[test]
    fn the_cursor_rests_where_the_next_frame_begins() {
        let news = [
            News::Line(line("one")),
            News::Text("two\nthree\n".to_owned()),
        ];
        let frame = sheet(80, 24).frame(&news, &[line("wrong")], &[line("keys")]);
        let expected = "\r\u{1b}[Jone\ntwo\nthree\n\u{1b}[?7l\nwrong\nkeys\u{1b}[2A\r\u{1b}[?7h";
        assert_eq!(frame, expected);
        let last = sheet(80, 24).frame(&news[..1], &[], &[]);
        assert_eq!(last, "\r\u{1b}[Jone\n\u{1b}[?7l\r\u{1b}[?7h");
    }

    #[test]
    fn no_row_is_wider_than_the_terminal_and_none_is_pushed_out_of_it() {
        let long =
            "personas/語語語.yaml:3:1: unknown member `tempertaure` of 毎日本を読む ".repeat(4);
        let troubles = [line(&long), line(&long), line("and 2 more")];
        let status = [
            line("watching personas · staging · 2 pending"),
            line("a apply"),
        ];
        for (columns, rows) in [(80, 24), (40, 24), (40, 6), (10, 4), (2, 2), (0, 0)] {
            let below = sheet(columns, rows).below(&troubles, &status);
            assert!(below.len() < rows.max(2), "{columns} by {rows}: {below:?}");
            assert_eq!(below[0], "");
            let widest = below.iter().map(|row| row.width()).max();
            assert!(
                widest <= Some(columns.max(4)),
                "{columns} by {rows}: {below:?}"
            );
        }
        let rows = sheet(40, 6).below(&troubles, &status);
        let title = "watching personas · staging · 2 pending";
        assert_eq!(rows[3..], [title, "a apply"]);
    }

    #[test]
    fn a_long_trouble_is_cut() {
        let trouble = line(&"word ".repeat(40));
        let rows = sheet(40, 24).below(&[trouble], &[]);
        let words = ["word"; 8].join(" ");
        assert_eq!(rows, ["", &words, &format!("{words}…")]);
    }

    #[test]
    fn there_is_no_colour_where_none_is_wanted() {
        let bold = [Line::bare(vec![Span::new(STRONG, "bold")])];
        let plain = sheet(80, 24);
        let colored = Sheet {
            is_colored: true,
            ..plain
        };
        assert_eq!(plain.below(&[], &bold), ["", "bold"]);
        assert_eq!(colored.below(&[], &bold), ["", "\u{1b}[1mbold\u{1b}[0m"]);
    }

    #[test]
    fn hostile_text_moves_nothing() {
        let hostile = "a\u{1b}[2Jb\u{9b}5Ac\rd\u{1b}]0;x\u{7}";
        let shown = "a\\u{1b}[2Jb\\u{9b}5Ac\\u{d}d\\u{1b}]0;x\\u{7}";
        let frame = sheet(80, 24).frame(&[News::Text(hostile.to_owned())], &[line(hostile)], &[]);
        let expected = format!("\r\u{1b}[J{shown}\n\u{1b}[?7l\n{shown}\u{1b}[1A\r\u{1b}[?7h");
        assert_eq!(frame, expected);
    }
}
