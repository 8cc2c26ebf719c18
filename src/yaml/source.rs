//! The text of a file, as it is shown to the user and as it is parsed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use memchr::memchr2;

use crate::model::{Finding, Place};

/// A byte order mark, which is no part of a text.
pub(crate) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// One file that was read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The file, as the user would type it.
    pub(crate) file: Arc<str>,
    /// Its text, without a byte order mark.
    pub(crate) text: Arc<str>,
}

/// How a comment begins that is addressed to us.
pub(crate) const OURS: &str = "# personactl:";

/// The texts of the files that were read, so that a finding can be shown with its line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<Arc<str>, Text>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    text: Arc<str>,
    /// Whether a comment in it is addressed to us.
    is_addressed: bool,
}

impl Sources {
    /// One file's text.
    pub(crate) fn of(source: &Source) -> Self {
        let mut sources = Self::default();
        sources.insert(source);
        sources
    }

    pub(crate) fn insert(&mut self, source: &Source) {
        let text = Text {
            text: source.text.clone(),
            is_addressed: source.text.contains(OURS),
        };
        self.0.insert(source.file.clone(), text);
    }

    /// Takes over one of the others' texts, if it is there.
    pub(crate) fn take(&mut self, others: &Self, file: &str) {
        let text = others.0.get_key_value(file);
        self.0
            .extend(text.map(|(file, text)| (file.clone(), text.clone())));
    }

    /// The text of the file that places call `file`.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(|text| &*text.text)
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The files with comments that are addressed to us, and their texts.
    pub(crate) fn addressed(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        let files = self.0.iter().filter(|(_, text)| text.is_addressed);
        files.map(|(file, text)| (file, &text.text))
    }

    /// Where `stretch` stands in the value at `place`, after having been there `skip` times; `place` itself
    /// where it is written in another way there. `member` is where the value is named.
    pub(crate) fn find(&self, member: &Place, place: &Place, stretch: &str, skip: usize) -> Place {
        let around = self.indentation(member, place);
        let rest = self.text(&place.file).map_or("", |text| text);
        let rest = lines(rest).enumerate().skip(place.line.saturating_sub(1));
        let mut seen = 0;
        for (index, line) in rest {
            let is_first = index + 1 == place.line;
            if !is_first && around.is_some_and(|around| ends(line, around)) {
                break;
            }
            // What stands before the place on its line is something else.
            let from = if is_first {
                column_at(line, place.column)
            } else {
                0
            };
            for (at, _) in line[from..].match_indices(stretch) {
                if seen == skip {
                    return Place {
                        file: place.file.clone(),
                        line: index + 1,
                        column: line[..from + at].chars().count() + 1,
                        width: stretch.chars().count().max(1),
                    };
                }
                seen += 1;
            }
        }
        place.clone()
    }

    /// How far what holds the value at `place` is indented; `None` where the file is no YAML, and all of it
    /// is the value.
    fn indentation(&self, member: &Place, place: &Place) -> Option<usize> {
        let endings = [".yaml", ".yml", ".json"];
        endings
            .iter()
            .find(|ending| place.file.ends_with(**ending))?;
        // What another file or an alias brings in stands somewhere else than what it is called.
        let is_beside = member.file == place.file && member <= place;
        let named = if is_beside { member } else { place };
        let line = self.line(named)?;
        let before = &line[..column_at(line, named.column)];
        let blank = line.len() - line.trim_start().len();
        Some(match before.trim_start_matches([' ', '-']) {
            // An element has no name: its dash holds it.
            "" if named == place => before.rfind('-').unwrap_or(blank),
            "" => before.len(),
            _ => blank,
        })
    }

    /// The line on which `place` begins.
    #[must_use]
    pub fn line(&self, place: &Place) -> Option<&str> {
        lines(self.text(&place.file)?).nth(place.line.checked_sub(1)?)
    }
}

impl Source {
    /// Reads bytes as UTF-8. Where they are not, the finding says where, and the text is a readable
    /// stand-in.
    pub(crate) fn decode(file: Arc<str>, bytes: &[u8]) -> (Self, Option<Finding>) {
        let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = Arc::from(text);
                return (Self { file, text }, None);
            }
            Err(error) => error,
        };
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let byte = bytes[error.valid_up_to()];
        let message = format!("byte 0x{byte:02X} is not UTF-8");
        let flaw = Finding::error("encoding", end_of(&file, &before), message)
            .hint("save the file as UTF-8");
        let text = Arc::from(String::from_utf8_lossy(bytes));
        (Self { file, text }, Some(flaw))
    }

    /// Whether there is nothing but white space in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The place where the file begins.
    pub(crate) fn start(&self) -> Place {
        end_of(&self.file, "")
    }

    /// The place of a byte of the text.
    pub(crate) fn place_at(&self, at: usize) -> Place {
        end_of(&self.file, &self.text[..at])
    }

    /// The first control character that has no business in a manifest.
    pub(crate) fn control_character(&self) -> Option<Finding> {
        let is_stray = |byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        let at = self.text.bytes().position(is_stray)?;
        let message = format!("control character U+{:04X}", self.text.as_bytes()[at]);
        let place = end_of(&self.file, &self.text[..at]);
        let finding = Finding::error("control-character", place, message);
        Some(finding.hint("write it as an escape in a double-quoted string, or take it out"))
    }

    /// The text as the YAML parser has to see it: JSON has two habits which that parser does not
    /// know.
    pub(crate) fn yaml(&self) -> Cow<'_, str> {
        let is_json = self.file.ends_with(".json");
        if is_json && (self.text.contains('\t') || self.text.contains("\\u")) {
            // A tab in JSON is nothing but white space, as strings cannot hold one.
            return Cow::Owned(join_surrogates(&self.text.replace('\t', " ")));
        }
        Cow::Borrowed(&self.text)
    }
}

/// Whether a line is behind a value that something holds which is indented so far.
fn ends(line: &str, around: usize) -> bool {
    let said = line.trim_start();
    !said.is_empty() && line.len() - said.len() <= around
}

/// Where a column begins, in bytes.
fn column_at(line: &str, column: usize) -> usize {
    let mut characters = line.char_indices().map(|(at, _)| at);
    characters
        .nth(column.saturating_sub(1))
        .unwrap_or(line.len())
}

/// The lines of a text, by any kind of line break.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr2(b'\n', b'\r', text.as_bytes()) else {
            rest = None;
            return Some(text);
        };
        let (line, behind) = text.split_at(end);
        // A carriage return ends the last line, and begins none.
        rest = match behind {
            "\r" => None,
            _ => Some(behind.strip_prefix("\r\n").unwrap_or(&behind[1..])),
        };
        Some(line)
    })
}

/// The place right behind `before`.
fn end_of(file: &Arc<str>, before: &str) -> Place {
    let (line, last) = lines(before).enumerate().last().unwrap_or((0, ""));
    // A carriage return at the very end has ended its line, although no newline shows that.
    let ended = before.ends_with('\r');
    Place {
        file: file.clone(),
        line: line + 1 + usize::from(ended),
        column: if ended { 1 } else { last.chars().count() + 1 },
        width: 1,
    }
}

/// Spells `\ud83d\ude00` as `\U0001F600`. What follows on that line moves two columns to the left.
fn join_surrogates(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        joined.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if let Some(code) = surrogate_pair(rest) {
            joined.push_str(&format!("\\U{code:08X}"));
            12
        } else {
            let escape = rest.chars().take(2).map(char::len_utf8).sum();
            joined.push_str(&rest[..escape]);
            escape
        };
        rest = &rest[taken..];
    }
    joined + rest
}

fn surrogate_pair(text: &str) -> Option<u32> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (high, low) = (unit(0)?, unit(6)?);
    let is_pair = (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low);
    is_pair.then(|| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_any_line_break() {
        let rows = [
            ("", 1, 1),
            ("ab", 1, 3),
            ("a\n", 2, 1),
            ("a\r\nü", 2, 2),
            ("a\rb", 2, 2),
            ("a\r\n\r\n", 3, 1),
            ("\n\n\nx", 4, 2),
        ];
        for (before, line, column) in rows {
            let place = end_of(&Arc::from("f"), before);
            assert_eq!((place.line, place.column), (line, column), "{before:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_found_behind_a_byte_order_mark() {
        let (source, flaw) = Source::decode(Arc::from("f"), b"\xEF\xBB\xBFa: 1\nb: \xFF");
        let place = flaw.and_then(|flaw| flaw.place).expect("a place");
        assert_eq!((place.line, place.column), (2, 4));
        assert_eq!(&*source.text, "a: 1\nb: \u{FFFD}");
    }

    #[test]
    fn surrogates_are_joined_only_in_pairs() {
        let rows = [
            (r#""\ud83d\ude00!""#, r#""\U0001F600!""#),
            (r#""\\ud83d\ude00""#, r#""\\ud83d\ude00""#),
            (r#""\ud83d""#, r#""\ud83d""#),
            (r#""\u00e4\n""#, r#""\u00e4\n""#),
            ("\"\\", "\"\\"),
        ];
        for (text, expected) in rows {
            assert_eq!(join_surrogates(text), expected);
        }
    }
}
