//! One text in one of YAML's styles, spelt so that every reader sees the same text, of YAML 1.1 and of 1.2.

use std::fmt::Write as _;

use crate::model::hostile::{is_hostile, joins};

/// How a text is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// In `'`.
    Single,
    /// In `"`, with escapes.
    Double,
    /// In `"`, with the escapes that JSON knows.
    Json,
    /// Below `|`, line for line.
    Literal,
    /// Below `>`: one line for each paragraph.
    Folded,
}

/// Where a text is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// In a name, or within brackets: all on one line.
    Flow,
    /// In a block.
    Block {
        /// How many spaces are before the lines below `|` and `>`.
        indent: usize,
        /// How many of these are more than the collection has that the text stands in.
        step: usize,
    },
}

impl Room {
    /// The same place with its lines at another column.
    pub(crate) const fn indented(self, column: usize) -> Self {
        match self {
            Self::Block { indent, step } => Self::Block {
                indent: column,
                step: (column + step).saturating_sub(indent),
            },
            Self::Flow => Self::Flow,
        }
    }
}

/// The text as a person would write it.
pub(crate) fn natural(text: &str, room: Room) -> String {
    let style = match text.contains('\n') {
        true => Style::Literal,
        false => Style::Plain,
    };
    preferring(style, text, room)
}

/// The text in this style, or else in one that can hold it.
pub(crate) fn preferring(style: Style, text: &str, room: Room) -> String {
    spelt(style, text, room).unwrap_or_else(|| quoted(text))
}

/// The text in this style; `None` where that cannot hold it.
pub(crate) fn spelt(style: Style, text: &str, room: Room) -> Option<String> {
    match (style, room) {
        (Style::Plain, _) => is_plain(text, room).then(|| text.to_owned()),
        (Style::Single, _) => is_line(text).then(|| format!("'{}'", text.replace('\'', "''"))),
        (Style::Double, _) => Some(escaped(text, yaml_escape)),
        (Style::Json, _) => Some(escaped(text, json_escape)),
        (Style::Literal | Style::Folded, Room::Flow) => None,
        (Style::Literal, Room::Block { indent, step }) => {
            let block = Block::of(text, step)?;
            Some(block.below('|', block.body.split('\n'), indent))
        }
        (Style::Folded, Room::Block { indent, step }) => {
            let block = Block::of(text, step)?;
            let lines = folded(block.body)?;
            Some(block.below('>', lines.into_iter(), indent))
        }
    }
}

/// In double quotes, unless there is something to escape that need not be in single ones.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) && is_line(text) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    escaped(text, yaml_escape)
}

/// Whether quotes around it are all that a text needs.
fn is_line(text: &str) -> bool {
    !text.contains(['\n', '\t']) && is_readable(text)
}

/// Whether a text needs no escapes but for tabs and line breaks.
pub(crate) fn is_readable(text: &str) -> bool {
    each(text).all(|(_, is_seen)| is_seen)
}

/// The characters of a text, and whether they may stand as they are.
fn each(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut last = ['\0'; 2];
    text.chars().map(move |character| {
        let is_hidden = is_hostile(character) || matches!(character, '\u{fffe}' | '\u{ffff}');
        let is_seen = !is_hidden || joins(last, character);
        last = [last[1], character];
        (character, is_seen)
    })
}

/// Whether a text means itself without quotes, to every reader.
fn is_plain(text: &str, room: Room) -> bool {
    const INDICATORS: &str = "-?:,[]{}#&*!|>'\"%@`=";
    let in_flow = room == Room::Flow && text.contains([',', '[', ']', '{', '}', ':', '#']);
    !text.is_empty()
        && !text.starts_with(|first| INDICATORS.contains(first))
        && !text.ends_with(':')
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !in_flow
        && is_line(text)
        && !is_word(text)
        && !is_like_a_number(text)
}

/// Whether a reader of YAML 1.1 or 1.2 may take a text for null, true, false or a merge key.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 11] = [
        "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) || text.starts_with("...")
}

/// Whether a reader may take a text for a number, a date or a time of day. Rather one too many.
fn is_like_a_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '.']);
    let is_part = |part: char| part.is_ascii_hexdigit() || "xXoO_.,:+-tTzZ ".contains(part);
    let is_special = ["inf", "nan"]
        .iter()
        .any(|word| digits.eq_ignore_ascii_case(word));
    let begins = digits.is_empty()
        || digits.starts_with(|first: char| first.is_ascii_digit() || first == '_');
    is_special || (begins && digits.chars().all(is_part))
}

fn escaped(text: &str, escape: fn(char, &mut String)) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for (character, is_seen) in each(text) {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            seen if is_seen => quoted.push(seen),
            hidden => escape(hidden, &mut quoted),
        }
    }
    quoted.push('"');
    quoted
}

fn yaml_escape(hidden: char, quoted: &mut String) {
    let code = u32::from(hidden);
    let written = match code {
        0..=0xff => write!(quoted, "\\x{code:02x}"),
        0x100..=0xffff => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
    written.expect("a string takes all");
}

fn json_escape(hidden: char, quoted: &mut String) {
    for unit in hidden.encode_utf16(&mut [0; 2]) {
        write!(quoted, "\\u{unit:04x}").expect("a string takes all");
    }
}

/// A text that can stand below `|`.
struct Block<'t> {
    /// All but the line breaks at the end.
    body: &'t str,
    /// How much deeper the lines are, where that has to be said.
    indicator: Option<usize>,
    /// How many line breaks are at the end.
    breaks: usize,
}

impl<'t> Block<'t> {
    /// The lines of a text, unless a reader could count them wrong, or they would not be seen.
    fn of(text: &'t str, step: usize) -> Option<Self> {
        let body = text.trim_end_matches('\n');
        let is_blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
        let last = body.rsplit('\n').next()?;
        let first = body.split('\n').find(|line| !line.is_empty())?;
        if is_blank(last) || is_blank(first) || !is_readable(text) {
            return None;
        }
        let indicator = first.starts_with([' ', '\t']).then_some(step);
        let is_digit = |step: &usize| (1..=9).contains(step);
        if indicator.is_some_and(|step| !is_digit(&step)) {
            return None;
        }
        let breaks = text.len() - body.len();
        Some(Self {
            body,
            indicator,
            breaks,
        })
    }

    /// The header and the lines below it, without the last line break.
    fn below<'l>(&self, sign: char, lines: impl Iterator<Item = &'l str>, indent: usize) -> String {
        let mut block = String::from(sign);
        if let Some(step) = self.indicator {
            write!(block, "{step}").expect("a string takes all");
        }
        block.push_str(match self.breaks {
            0 => "-",
            1 => "",
            _ => "+",
        });
        for line in lines {
            block.push('\n');
            if !line.is_empty() {
                block.extend(std::iter::repeat_n(' ', indent));
                block.push_str(line);
            }
        }
        block.extend(std::iter::repeat_n('\n', self.breaks.saturating_sub(1)));
        block
    }
}

/// The lines that fold to a text; `None` where one begins with white space, as readers keep breaks around it.
fn folded(body: &str) -> Option<Vec<&str>> {
    let mut lines = Vec::new();
    for line in body.split('\n') {
        if line.starts_with([' ', '\t']) {
            return None;
        }
        // One break in the text is two below `>`, and one that stands alone is a space.
        if !line.is_empty() && lines.iter().any(|line: &&str| !line.is_empty()) {
            lines.push("");
        }
        lines.push(line);
    }
    Some(lines)
}
