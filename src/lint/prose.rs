//! What can be wrong with a text that a model reads.

use std::collections::BTreeMap;

use memchr::memmem;

/// Paragraphs of fewer bytes may well be meant twice: headings, lists of one word.
const SHORT: usize = 40;

/// How many bytes are looked at in one go.
const BLOCK: usize = 64;

/// What a model counts in, roughly: four ASCII characters are a token, three others are two.
pub(super) fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().count() - ascii;
    ascii.div_ceil(4) + (2 * others).div_ceil(3)
}

/// The stretches between double braces, each once and with its braces.
pub(super) fn placeholders(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = memmem::find(rest.as_bytes(), b"{{") {
        rest = &rest[start..];
        let line = rest.lines().next().unwrap_or(rest);
        let Some(end) = line.find("}}") else {
            rest = &rest[2..];
            continue;
        };
        let (placeholder, behind) = rest.split_at(end + 2);
        if !found.contains(&placeholder) {
            found.push(placeholder);
        }
        rest = behind;
    }
    found
}

/// The first character that is likely to be lost on the way to the model, and its line.
pub(super) fn lost(text: &str) -> Option<(char, usize)> {
    // Nearly all texts are plain: whole blocks are looked at before any byte is.
    let mut blocks = text.as_bytes().chunks(BLOCK);
    if blocks.all(|block| {
        block
            .iter()
            .fold(true, |plain, byte| plain & is_plain(*byte))
    }) {
        return None;
    }
    let (at, character) = text.char_indices().find(|(_, c)| is_lost(*c))?;
    Some((character, 1 + text[..at].matches('\n').count()))
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

fn is_lost(character: char) -> bool {
    match character {
        '\n' | '\t' | '\r' => false,
        // What stands for bytes that were no text, byte order marks, and invisible tags.
        '\u{fffd}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e001f}' => true,
        other => other.is_control(),
    }
}

/// A paragraph that was there before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repeated<'t> {
    pub(super) paragraph: &'t str,
    /// The line of the text on which it begins for the first time.
    pub(super) first: usize,
    /// The line on which it begins again.
    pub(super) again: usize,
}

/// The paragraphs that are there a second time.
pub(super) fn repeated(text: &str) -> Vec<Repeated<'_>> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut repeated = Vec::new();
    for (line, paragraph) in paragraphs(text) {
        if paragraph.len() < SHORT {
            continue;
        }
        let first = *seen.entry(paragraph).or_insert(line);
        if first != line {
            repeated.push(Repeated {
                paragraph,
                first,
                again: line,
            });
        }
    }
    repeated
}

/// What stands between empty lines, with the number of its first line.
fn paragraphs(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut open = None;
    let mut at = 0;
    for (line, content) in text.split_inclusive('\n').enumerate() {
        match (open, content.trim().is_empty()) {
            (None, false) => open = Some((line + 1, at)),
            (Some((first, start)), true) => {
                found.push((first, text[start..at].trim()));
                open = None;
            }
            (None, true) | (Some(_), false) => {}
        }
        at += content.len();
    }
    found.extend(open.map(|(first, start)| (first, text[start..].trim())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_once_and_only_on_one_line() {
        let rows: [(&str, &[&str]); 6] = [
            (
                "Hello {{name}}, {{ name }} and {{name}}!",
                &["{{name}}", "{{ name }}"],
            ),
            ("{{{a}}}", &["{{{a}}"]),
            ("{{a\n}} {{b}}", &["{{b}}"]),
            ("{{ {{b}}", &["{{ {{b}}"]),
            ("{{", &[]),
            ("{a} }} {{é", &[]),
        ];
        for (text, expected) in rows {
            assert_eq!(placeholders(text), expected, "{text}");
        }
    }

    #[test]
    fn a_paragraph_is_the_same_whatever_stands_around_it() {
        let long = "Answer in one or two short sentences, always.";
        let text = format!("{long}\n\nNo.\n\n\n{long}\n\nNo.\n\n  {long}\nNow.");
        let found = repeated(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].first, found[0].again), (1, 6));
        let windows = format!("{long}\r\n \r\n{long}\r\n");
        assert_eq!(repeated(&windows).len(), 1);
    }

    #[test]
    fn only_what_cannot_be_seen_is_lost() {
        for text in ["a\tb\r\nc", "ünï 日本 👩\u{200d}🚀", "\u{200f}שלום"] {
            assert_eq!(lost(text), None, "{text:?}");
        }
        assert_eq!(lost("a\nb\u{7}"), Some(('\u{7}', 2)));
        assert_eq!(lost("\u{fffd}"), Some(('\u{fffd}', 1)));
    }

    #[test]
    fn tokens_are_estimated_by_script() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("abcd efg"), 2);
        assert_eq!(tokens("日本語"), 2);
    }
}
