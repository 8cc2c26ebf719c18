//! A file as lines and bytes, and pieces of it replaced.

use std::ops::Range;

use crate::yaml::Source;

/// A file's text, and how it is written.
#[derive(Debug)]
pub(super) struct Site<'t> {
    pub(super) text: &'t str,
    pub(super) is_json: bool,
}

/// What YAML has between its tokens. Other white space is text.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// A piece of the text and what stands there instead.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Splice(pub(super) Range<usize>, pub(super) String);

/// One way to make a change.
pub(super) type Draft = Vec<Splice>;

impl<'t> Site<'t> {
    pub(super) fn of(source: &'t Source) -> Self {
        Self {
            text: &source.text,
            is_json: source.file.ends_with(".json"),
        }
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The first byte at or behind `at` that is no white space and no comment.
    pub(super) fn token(&self, mut at: usize) -> usize {
        while let Some(byte) = self.byte(at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => at = self.line_end(at),
                _ => break,
            }
        }
        at
    }

    /// The first byte at or behind `at` that is no blank.
    pub(super) fn behind_blanks(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }

    /// Where the line of `at` ends, its line break not included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.find(['\n', '\r']).unwrap_or(rest.len())
    }

    /// Where the line of `at` begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at]
            .rfind(['\n', '\r'])
            .map_or(0, |last| last + 1)
    }

    /// Where the line behind that of `at` begins; `None` at the end.
    pub(super) fn next_line(&self, at: usize) -> Option<usize> {
        let end = self.line_end(at);
        match &self.text[end..] {
            "" => None,
            rest if rest.starts_with("\r\n") => Some(end + 2),
            _ => Some(end + 1),
        }
    }

    /// The line above the one that begins at `start`.
    pub(super) fn line_above(&self, start: usize) -> Option<Range<usize>> {
        let above = &self.text[..start];
        let above = above.strip_suffix('\n').unwrap_or(above);
        let above = above.strip_suffix('\r').unwrap_or(above);
        (above.len() < start).then(|| self.line_start(above.len())..above.len())
    }

    /// How far from the beginning of its line `at` is.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// Whether there is nothing but white space before `at` on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at]
            .trim_matches(BLANKS)
            .is_empty()
    }

    /// The white space with which the line of `at` begins.
    pub(super) fn margin(&self, at: usize) -> &'t str {
        let start = self.line_start(at);
        &self.text[start..self.behind_blanks(start)]
    }

    /// Whether `at` and `other` are on the same line.
    pub(super) fn same_line(&self, at: usize, other: usize) -> bool {
        self.line_start(at) == self.line_start(other)
    }

    /// The text after a change, with the line breaks that it has.
    pub(super) fn spliced(&self, draft: &Draft) -> Option<String> {
        let mut splices: Vec<&Splice> = draft.iter().collect();
        splices.sort_by_key(|Splice(range, _)| (range.start, range.end));
        let is_dos = self
            .text
            .find('\n')
            .is_some_and(|at| self.text[..at].ends_with('\r'));
        let mut text = String::with_capacity(self.text.len());
        let mut at = 0;
        for Splice(range, new) in splices {
            text.push_str(self.text.get(at..range.start)?);
            match is_dos {
                true => text.push_str(&new.replace('\n', "\r\n")),
                false => text.push_str(new),
            }
            at = range.end;
        }
        text.push_str(self.text.get(at..)?);
        Some(text)
    }
}
