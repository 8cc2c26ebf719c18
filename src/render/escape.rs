//! Making foreign text harmless for where it goes: a terminal, a CI log, or JSON that ends up in
//! one of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::hostile::{is_hostile, joins};

/// The text on one line, with everything hostile in a visible form: `\u{1b}`. What CI runners take
/// for commands is broken up.
#[must_use]
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c == ' ' || c.is_ascii_alphanumeric();
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut line = Line::default();
    for character in text.chars() {
        match character {
            '\n' => line.push_plain("\\n"),
            other => line.push(other),
        }
    }
    Cow::Owned(line.shown)
}

/// Text of ours as it goes out, with line feeds and styles. What it quotes has been made harmless before;
/// this is for what that has overlooked, and for commands that two harmless parts give together.
#[must_use]
pub fn in_output(text: &str) -> String {
    let lines = text.split('\n').map(|line| styled(line).shown);
    lines.collect::<Vec<_>>().join("\n")
}

fn styled(text: &str) -> Line {
    let mut line = Line::default();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (style, behind) = rest.split_at(style_length(rest));
        line.shown.push_str(style);
        rest = behind;
        if style.is_empty() {
            line.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    line
}

/// How long the style is that a text begins with: `ESC [ 1 ; 31 m`.
fn style_length(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let is_parameter = |c: char| c.is_ascii_digit() || c == ';';
    let behind = parameters.trim_start_matches(is_parameter);
    match behind.starts_with('m') {
        true => text.len() - behind.len() + 1,
        false => 0,
    }
}

/// A line that grows by one harmless character after the other.
#[derive(Default)]
struct Line {
    shown: String,
    /// What is seen of it: all but the styles.
    seen: String,
    /// How much of that is blank, from its beginning.
    blank: usize,
    /// The last two characters, before they were made harmless.
    last: [char; 2],
}

impl Line {
    fn push(&mut self, character: char) {
        match character {
            joiner if joins(self.last, joiner) => self.push_plain(joiner.encode_utf8(&mut [0; 4])),
            '\t' => self.push_plain("    "),
            hostile if is_hostile(hostile) || self.is_command_with(hostile) => {
                self.push_plain(&format!("\\u{{{:x}}}", u32::from(hostile)));
            }
            other => self.push_plain(other.encode_utf8(&mut [0; 4])),
        }
        self.last = [self.last[1], character];
    }

    fn push_plain(&mut self, text: &str) {
        if self.seen.len() == self.blank && text.trim_start().is_empty() {
            self.blank += text.len();
        }
        self.shown.push_str(text);
        self.seen.push_str(text);
    }

    /// Whether a runner takes the line for a command once this character is added: GitHub's looks for
    /// `::` where a line begins, blanks aside.
    fn is_command_with(&self, character: char) -> bool {
        match character {
            '[' => calls(&self.seen),
            ':' => &self.seen[self.blank..] == ":",
            _ => false,
        }
    }
}

/// Whether a `[` after this makes a command, which runners look for anywhere in a line: `##[`, `##vso[`,
/// `##teamcity[`.
fn calls(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .ends_with("##")
}

/// JSON text with everything hostile as `\u` escapes, and commands of CI runners broken up: such characters
/// only ever stand inside of strings.
#[must_use]
pub fn in_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hostile(character) || character == '[' && calls(&escaped) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes all");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        let rows = [
            ("plain ä 語 🙂", "plain ä 語 🙂"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\nb\tc\r", "a\\nb    c\\u{d}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("  ::error::x", "  :\\u{3a}error::x"),
            ("\u{2003}::error::x", "\u{2003}:\\u{3a}error::x"),
            ("a::b", "a::b"),
            (
                "👩\u{200d}👩 می\u{200c}خواهم",
                "👩\u{200d}👩 می\u{200c}خواهم",
            ),
            (
                "👩\u{200d}❤\u{fe0f}\u{200d}👩 1\u{fe0f}",
                "👩\u{200d}❤\u{fe0f}\u{200d}👩 1\u{fe0f}",
            ),
            ("a\u{200d}b", "a\\u{200d}b"),
            (
                "語\u{200d}\u{200d}a\u{fe0f}",
                "語\u{200d}\\u{200d}a\\u{fe0f}",
            ),
            ("a\u{3164}\u{e0100}", "a\\u{3164}\\u{e0100}"),
            (
                "##[error]x ##vso[task]",
                "##\\u{5b}error]x ##vso\\u{5b}task]",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(on_one_line(text), expected);
        }
    }

    #[test]
    fn what_two_parts_give_together_is_harmless_too() {
        let style = "\u{1b}[31m";
        let rows = [
            (
                format!("{style}##\u{1b}[0m[error]x"),
                format!("{style}##\u{1b}[0m\\u{{5b}}error]x"),
            ),
            (
                format!("a\n {style}:{style}:error::x"),
                format!("a\n {style}:{style}\\u{{3a}}error::x"),
            ),
            (
                "\u{1b}[2J\u{1b}[1".to_owned(),
                "\\u{1b}[2J\\u{1b}[1".to_owned(),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(in_output(&text), expected);
            assert_eq!(in_output(&expected), expected);
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a": "\u{9b}\u{202e}\u{e0041}\u{feff} ä\n##[error]"});
        let escaped = in_json(&value.to_string());
        assert!(escaped.chars().all(|c| !is_hostile(c)), "{escaped}");
        assert!(!escaped.contains("##["), "{escaped}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).expect("JSON"),
            value
        );
    }
}
