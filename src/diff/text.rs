//! Two texts compared line by line, with what did not change folded away.

use similar::{ChangeTag, TextDiff};

/// One line of a comparison, without its line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Stands in both texts.
    Same(String),
    /// Stands in the first text only.
    Removed(String),
    /// Stands in the second text only.
    Added(String),
    /// So many lines stand in both texts and are not shown.
    Folded(usize),
}

/// A stretch of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Stands in both lines.
    Same(String),
    /// Stands in the first line only.
    Removed(String),
    /// Stands in the second line only.
    Added(String),
}

/// Compares two lines word by word.
#[must_use]
pub fn words(before: &str, after: &str) -> Vec<Piece> {
    let diff = TextDiff::from_unicode_words(before, after);
    let mut pieces: Vec<Piece> = Vec::new();
    for change in diff.iter_all_changes() {
        let word = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Same(text)))
            | (ChangeTag::Delete, Some(Piece::Removed(text)))
            | (ChangeTag::Insert, Some(Piece::Added(text))) => text.push_str(word),
            (ChangeTag::Equal, _) => pieces.push(Piece::Same(word.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Removed(word.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::Added(word.to_owned())),
        }
    }
    pieces
}

/// Compares two texts, keeping `context` unchanged lines around each change.
#[must_use]
pub fn compare(before: &str, after: &str, context: usize) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    let mut seen = 0;
    for group in diff.grouped_ops(context) {
        let start = group.first().map_or(seen, |op| op.old_range().start);
        fold(start - seen, &mut lines);
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Delete => Line::Removed(text),
                ChangeTag::Insert => Line::Added(text),
            });
        }
        seen = group.last().map_or(seen, |op| op.old_range().end);
    }
    fold(diff.old_len() - seen, &mut lines);
    lines
}

fn fold(count: usize, lines: &mut Vec<Line>) {
    if count > 0 {
        lines.push(Line::Folded(count));
    }
}

/// How many words and characters a text has.
#[must_use]
pub fn size(text: &str) -> (usize, usize) {
    (text.split_whitespace().count(), text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unchanged_lines_far_from_a_change_are_folded() {
        let before = "1\n2\n3\n4\n5\n6\n7\n";
        let after = "1\n2\n3\nvier\n5\n6\n7\n";
        let same = |text: &str| Line::Same(text.to_owned());
        assert_eq!(
            compare(before, after, 1),
            [
                Line::Folded(2),
                same("3"),
                Line::Removed("4".to_owned()),
                Line::Added("vier".to_owned()),
                same("5"),
                Line::Folded(2),
            ]
        );
    }

    #[test]
    fn lines_are_compared_word_by_word_also_without_spaces() {
        let same = |text: &str| Piece::Same(text.to_owned());
        assert_eq!(
            words("Be very kind.", "Be kind."),
            [
                same("Be "),
                Piece::Removed("very ".to_owned()),
                same("kind.")
            ]
        );
        let pieces = words("私は学生です", "私は先生です");
        assert!(
            pieces.contains(&same("です")) || pieces.len() > 1,
            "{pieces:?}"
        );
    }

    #[test]
    fn equal_texts_are_one_fold() {
        assert_eq!(compare("a\nb", "a\nb", 3), [Line::Folded(2)]);
        assert_eq!(compare("", "", 3), []);
    }
}
