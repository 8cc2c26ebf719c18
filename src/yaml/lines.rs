//! Where the parser is: its spans as places, its errors as findings.

use saphyr_parser::{ScanError, Span};

use super::node::too_deep;
use super::source::{Source, lines};
use crate::model::{Finding, Place};

/// A file by its lines.
pub(crate) struct Lines<'s> {
    source: &'s Source,
    lines: Vec<&'s str>,
}

impl<'s> Lines<'s> {
    pub(crate) fn of(source: &'s Source) -> Self {
        Self {
            source,
            lines: lines(&source.text).collect(),
        }
    }

    /// Where a span begins, and how much of that line it covers.
    pub(crate) fn place(&self, span: Span) -> Place {
        let (start, end) = (span.start, span.end);
        let end = if start.line() == end.line() {
            end.col()
        } else {
            self.line(start.line()).chars().count()
        };
        Place {
            file: self.source.file.clone(),
            line: start.line(),
            column: start.col() + 1,
            width: end.saturating_sub(start.col()).max(1),
        }
    }

    /// What the parser has against the text.
    pub(crate) fn syntax(&self, error: &ScanError) -> Finding {
        let place = self.place(Span::empty(*error.marker()));
        let info = error.info();
        if info.contains("recursion limit") {
            return too_deep(place);
        }
        if let Some(finding) = self.tab_near(&place) {
            return finding;
        }
        // Some messages begin with what the parser was doing: `while parsing a node, did not find
        // …`.
        let what = match info.strip_prefix("while ") {
            Some(rest) => rest.split_once(", ").map_or(info, |(_, what)| what),
            None => info,
        };
        let finding = Finding::error("syntax", place, what);
        match what {
            "mapping values are not allowed in this context" => {
                finding.hint("text with a colon in it has to be quoted")
            }
            _ => finding,
        }
    }

    /// A tab that indents the line at `place`, or the next one: text may begin there that goes on
    /// with the tab.
    fn tab_near(&self, place: &Place) -> Option<Finding> {
        let (line, before) = [place.line, place.line + 1].into_iter().find_map(|line| {
            let text = self.line(line);
            let indentation = &text[..text.len() - text.trim_start().len()];
            Some((line, indentation.find('\t')?))
        })?;
        let place = Place {
            file: self.source.file.clone(),
            line,
            column: before + 1,
            width: 1,
        };
        let finding = Finding::error("tab", place, "a tab cannot indent YAML");
        Some(finding.hint("indent with spaces"))
    }

    fn line(&self, number: usize) -> &str {
        self.lines.get(number - 1).copied().unwrap_or("")
    }
}
