//! Two texts compared: line by line, with what did not change folded away, and word by word where lines
//! changed.

use similar::{ChangeTag, DiffTag, TextDiff};
use unicode_segmentation::UnicodeSegmentation;

/// In larger stretches of changed lines, in bytes of both sides, words are only compared at both ends.
const MOST: usize = 32 << 10;
/// From how many bytes on a word is taken apart.
const LONG: usize = 24;

/// One line of a comparison, without its line break. If only one of the texts ends with a line break, it
/// has an empty last line, so that this shows too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Stands in both texts.
    Same(String),
    /// Stands in the first text only.
    Removed(Vec<Piece>),
    /// Stands in the second text only.
    Added(Vec<Piece>),
    /// So many lines stand in both texts and are not shown.
    Folded(usize),
}

/// A stretch of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it says.
    pub text: String,
    /// Whether it stands in this text only.
    pub is_changed: bool,
}

/// Compares two texts, keeping `context` unchanged lines around each change.
#[must_use]
pub fn compare(before: &str, after: &str, context: usize) -> Vec<Line> {
    let is_ended = before.ends_with('\n') && after.ends_with('\n');
    let (old, new) = (lines(before, is_ended), lines(after, is_ended));
    let diff = TextDiff::from_slices(&old, &new);
    let mut compared = Vec::new();
    let mut seen = 0;
    for group in diff.grouped_ops(context.min(old.len())) {
        let start = group.first().map_or(seen, |op| op.old_range().start);
        fold(&old[seen..start], &mut compared);
        for op in &group {
            let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
            match op.tag() {
                DiffTag::Equal => {
                    compared.extend(old.iter().map(|line| Line::Same((*line).to_owned())));
                }
                DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                    let (removed, added) = words(old, new);
                    compared.extend(removed.into_iter().map(Line::Removed));
                    compared.extend(added.into_iter().map(Line::Added));
                }
            }
        }
        seen = group.last().map_or(seen, |op| op.old_range().end);
    }
    fold(&old[seen..], &mut compared);
    compared
}

/// How many words and characters a text has.
#[must_use]
pub fn size(text: &str) -> (usize, usize) {
    (
        text.split_whitespace().count(),
        text.graphemes(true).count(),
    )
}

/// The lines of a text; nothing has none. The end of the last one does not begin another, if both texts
/// end so.
fn lines(text: &str, is_ended: bool) -> Vec<&str> {
    let lines = match is_ended {
        true => text.strip_suffix('\n').unwrap_or(text),
        false => text,
    };
    match text {
        "" => Vec::new(),
        _ => lines.split('\n').collect(),
    }
}

/// Unchanged lines that are not shown; a single one takes no more room than its count.
fn fold(lines: &[&str], compared: &mut Vec<Line>) {
    match lines {
        [] => {}
        [line] => compared.push(Line::Same((*line).to_owned())),
        lines => compared.push(Line::Folded(lines.len())),
    }
}

type Pieces = Vec<Vec<Piece>>;

/// Compares changed lines word by word; if they have hardly a word in common, as a whole.
fn words(old: &[&str], new: &[&str]) -> (Pieces, Pieces) {
    let (before, after) = (old.join("\n"), new.join("\n"));
    let is_one_sided = old.is_empty() || new.is_empty();
    if is_one_sided {
        return (whole(old), whole(new));
    }
    let runs = match before.len() + after.len() {
        ..=MOST => runs(&before, &after),
        _ => between_ends(&before, &after),
    };
    let is_word = |run: &&Run<'_>| run.tag == ChangeTag::Equal && run.text.trim().len() > 1;
    let shared: usize = runs.iter().filter(is_word).map(|run| run.text.len()).sum();
    if 4 * shared < before.len().min(after.len()) {
        return (whole(old), whole(new));
    }
    (
        side(&runs, ChangeTag::Delete),
        side(&runs, ChangeTag::Insert),
    )
}

fn whole(lines: &[&str]) -> Pieces {
    let piece = |line: &&str| Piece {
        text: (*line).to_owned(),
        is_changed: true,
    };
    lines.iter().map(|line| vec![piece(line)]).collect()
}

/// A stretch of both texts, or of one.
#[derive(Clone, Copy)]
struct Run<'t> {
    tag: ChangeTag,
    text: &'t str,
}

/// The stretches in which two texts agree and differ. Words follow Unicode: most scripts without spaces
/// are taken apart too. What stands alone between two changes, such as a space or a comma, counts as
/// changed with them.
fn runs<'t>(before: &'t str, after: &'t str) -> Vec<Run<'t>> {
    let old: Vec<&str> = before.split_word_bounds().collect();
    let new: Vec<&str> = after.split_word_bounds().collect();
    let diff = TextDiff::from_slices(&old, &new);
    let mut runs = Vec::new();
    // Where the texts go on, and where they go on behind what is not known to agree.
    let (mut begun, mut at) = ((0, 0), (0, 0));
    for op in diff.ops() {
        let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
        let (here, is_equal) = (at, op.tag() == DiffTag::Equal);
        at.0 += length(&old[op.old_range()]);
        at.1 += length(&new[op.new_range()]);
        let text = &before[here.0..at.0];
        let is_first = here == (0, 0);
        let is_last = at == (before.len(), after.len());
        if is_equal && (is_first || is_last || text.trim().len() > 1) {
            exchange(&before[begun.0..here.0], &after[begun.1..here.1], &mut runs);
            runs.push(Run {
                tag: ChangeTag::Equal,
                text,
            });
            begun = at;
        }
    }
    exchange(&before[begun.0..], &after[begun.1..], &mut runs);
    runs
}

/// The same for long texts: what they share at their ends, and what stands between as far as that is short.
fn between_ends<'t>(before: &'t str, after: &'t str) -> Vec<Run<'t>> {
    let (old, new) = (before.split_word_bounds(), after.split_word_bounds());
    let (head, tail) = common_ends(&old.collect::<Vec<_>>(), &new.collect::<Vec<_>>());
    let (old, new) = (
        &before[head..before.len() - tail],
        &after[head..after.len() - tail],
    );
    let mut all = Vec::new();
    let mut push = |tag, text: &'t str| {
        if !text.is_empty() {
            all.push(Run { tag, text });
        }
    };
    push(ChangeTag::Equal, &before[..head]);
    match old.len() + new.len() {
        ..=MOST => runs(old, new)
            .into_iter()
            .for_each(|run| push(run.tag, run.text)),
        _ => {
            push(ChangeTag::Delete, old);
            push(ChangeTag::Insert, new);
        }
    }
    push(ChangeTag::Equal, &before[before.len() - tail..]);
    all
}

/// One stretch in the place of another: what they share at their ends, letter by letter as people count
/// letters, has not changed if each is a single word, which may be as long as a line.
fn exchange<'t>(old: &'t str, new: &'t str, runs: &mut Vec<Run<'t>>) {
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    let (head, tail) = match is_word(old) && is_word(new) && old.len().max(new.len()) > LONG {
        true => {
            let (old, new) = (old.graphemes(true), new.graphemes(true));
            common_ends(&old.collect::<Vec<_>>(), &new.collect::<Vec<_>>())
        }
        false => (0, 0),
    };
    let mut push = |tag, text: &'t str| {
        if !text.is_empty() {
            runs.push(Run { tag, text });
        }
    };
    push(ChangeTag::Equal, &old[..head]);
    push(ChangeTag::Delete, &old[head..old.len() - tail]);
    push(ChangeTag::Insert, &new[head..new.len() - tail]);
    push(ChangeTag::Equal, &old[old.len() - tail..]);
}

/// How many bytes are equal at the beginning and, behind those, at the end, in whole parts.
fn common_ends(old: &[&str], new: &[&str]) -> (usize, usize) {
    let equal = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let bytes = |parts: &[&str]| parts.iter().map(|part| part.len()).sum::<usize>();
    let head = old.iter().zip(new).take_while(equal).count();
    let (behind, other) = (&old[head..], &new[head..]);
    let tail = behind.iter().rev().zip(other.iter().rev());
    let tail = tail.take_while(equal).count();
    (bytes(&old[..head]), bytes(&old[old.len() - tail..]))
}

/// The lines of one text, with what stands in it only.
fn side(runs: &[Run<'_>], changed: ChangeTag) -> Pieces {
    let is_ours = |run: &&Run<'_>| run.tag == ChangeTag::Equal || run.tag == changed;
    let mut lines = vec![(Vec::new(), false)];
    for run in runs.iter().filter(is_ours) {
        let is_changed = run.tag == changed;
        for (index, text) in run.text.split('\n').enumerate() {
            if index > 0 {
                lines.push((Vec::new(), is_changed));
            }
            let (pieces, _) = lines.last_mut().expect("there is always a line");
            pieces.extend(piece(text, is_changed));
        }
    }
    let closed = |(pieces, is_changed): (Vec<Piece>, bool)| match pieces[..] {
        [] => vec![Piece {
            text: String::new(),
            is_changed,
        }],
        _ => pieces,
    };
    lines.into_iter().map(closed).collect()
}

fn piece(text: &str, is_changed: bool) -> Option<Piece> {
    let text = text.to_owned();
    (!text.is_empty()).then_some(Piece { text, is_changed })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A line with what changed in brackets.
    fn marked(pieces: &[Piece]) -> String {
        let mark = |piece: &Piece| match piece.is_changed {
            true => format!("[{}]", piece.text),
            false => piece.text.clone(),
        };
        pieces.iter().map(mark).collect()
    }

    fn shown(before: &str, after: &str, context: usize) -> Vec<String> {
        let show = |line: &Line| match line {
            Line::Same(text) => format!(" {text}"),
            Line::Removed(pieces) => format!("-{}", marked(pieces)),
            Line::Added(pieces) => format!("+{}", marked(pieces)),
            Line::Folded(count) => format!("…{count}"),
        };
        compare(before, after, context).iter().map(show).collect()
    }

    #[test]
    fn unchanged_lines_far_from_a_change_are_folded() {
        let (before, after) = ("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\nvier\n5\n6\n7");
        assert_eq!(
            shown(before, after, 1),
            ["…2", " 3", "-[4]", "+[vier]", " 5", "…2"]
        );
        assert_eq!(
            shown("1\n2\n3\n4", "1\n2\n3\nvier", 2),
            [" 1", " 2", " 3", "-[4]", "+[vier]"]
        );
        assert_eq!(shown("a\nb", "a\nb", 3), ["…2"]);
        assert_eq!(shown("a\nb\n", "a\nb\n", 3), ["…2"]);
        assert_eq!(shown("", "", 3), [""; 0]);
    }

    /// Two texts, and their changed lines with what differs in brackets.
    #[test]
    fn changed_lines_are_compared_word_by_word() {
        let rows: [(&str, &str, &[&str]); 14] = [
            (
                "Be very kind.",
                "Be kind.",
                &["-Be [very ]kind.", "+Be kind."],
            ),
            (
                "You sell red shoes.",
                "You sell blue shoes.",
                &["-You sell [red] shoes.", "+You sell [blue] shoes."],
            ),
            // Several lines at once, each beside its own.
            (
                "Say hello first.\nAsk for the name.",
                "Say hello twice.\nAsk for the full name.",
                &[
                    "-Say hello [first].",
                    "-Ask for the name.",
                    "+Say hello [twice].",
                    "+Ask for the [full ]name.",
                ],
            ),
            // Hardly a word in common.
            (
                "Be brief.",
                "Tell long stories of old times.",
                &["-[Be brief.]", "+[Tell long stories of old times.]"],
            ),
            // What stands between two changes is no anchor.
            (
                "Sell the red, big shoes here.",
                "Sell the blue, tiny shoes here.",
                &[
                    "-Sell the [red, big] shoes here.",
                    "+Sell the [blue, tiny] shoes here.",
                ],
            ),
            (
                "私は学生です。毎日本を読みます。",
                "私は先生です。毎日本を読みます。",
                &[
                    "-私は[学]生です。毎日本を読みます。",
                    "+私は[先]生です。毎日本を読みます。",
                ],
            ),
            // A family of four is one letter.
            (
                "Hi 👨‍👩‍👧‍👦 there, my friend",
                "Hi 👨‍👩‍👦 there, my friend",
                &["-Hi [👨‍👩‍👧‍👦] there, my friend", "+Hi [👨‍👩‍👦] there, my friend"],
            ),
            // A long word is taken apart, but no letter is: the accent goes with its e.
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaeaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaae\u{301}aaaaaa",
                &[
                    "-aaaaaaaaaaaaaaaaaaaaaaaaaaaa[e]aaaaaa",
                    "+aaaaaaaaaaaaaaaaaaaaaaaaaaaa[e\u{301}]aaaaaa",
                ],
            ),
            ("one two\r", "one two", &["-one two[\r]", "+one two"]),
            ("one two", "one two\n", &["+[]"]),
            ("one two\n", "one two", &["-[]"]),
            ("", "new", &["+[new]"]),
            ("\n", "\n\n", &["+[]"]),
            // New lines beside an edited one.
            (
                "Ask for the name.",
                "Ask for the full name.\nSay who you are.\nBe kind.",
                &[
                    "-Ask for the name.",
                    "+Ask for the [full ]name.",
                    "+[Say who you are.]",
                    "+[Be kind.]",
                ],
            ),
        ];
        for (before, after, expected) in rows {
            let mut shown = shown(before, after, 0);
            shown.retain(|line| line.starts_with(['-', '+']));
            assert_eq!(shown, expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_word_in_a_long_line_is_found() {
        let line = |word: &str| {
            format!(
                "{}{word}{}",
                "all of it ".repeat(3_000),
                " and so on".repeat(3_000)
            )
        };
        let compared = compare(&line("here"), &line("there"), 0);
        let pieces = |line: &Line| match line {
            Line::Removed(pieces) | Line::Added(pieces) => pieces.clone(),
            Line::Same(_) | Line::Folded(_) => Vec::new(),
        };
        let changed = compared
            .iter()
            .flat_map(pieces)
            .filter(|piece| piece.is_changed);
        let changed: Vec<String> = changed.map(|piece| piece.text).collect();
        assert_eq!(changed, ["here", "there"]);
    }

    #[test]
    fn a_text_that_was_written_anew_is_compared_soon() {
        let text = |word: &str| {
            (0..20_000)
                .map(|n| format!("{word}{n} "))
                .collect::<String>()
        };
        let compared = compare(&text("a"), &text("b"), 3);
        assert_eq!(compared.len(), 2);
        let lines = compare(
            &text("a").replace(' ', "\n"),
            &text("b").replace(' ', "\n"),
            3,
        );
        assert_eq!(lines.len(), 40_000);
    }

    fn joined(compared: &[Line], keeps: impl Fn(&Line) -> Option<String>) -> String {
        compared
            .iter()
            .filter_map(keeps)
            .collect::<Vec<_>>()
            .join("\n")
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_their_comparison(before in "[a-c é,私\n]{0,40}", after in "[a-c é,私\n]{0,40}") {
            let compared = compare(&before, &after, usize::MAX);
            let text = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
            let old = joined(&compared, |line| match line {
                Line::Same(line) => Some(line.clone()),
                Line::Removed(pieces) => Some(text(pieces)),
                Line::Added(_) | Line::Folded(_) => None,
            });
            let new = joined(&compared, |line| match line {
                Line::Same(line) => Some(line.clone()),
                Line::Added(pieces) => Some(text(pieces)),
                Line::Removed(_) | Line::Folded(_) => None,
            });
            let folded = compared.iter().any(|line| matches!(line, Line::Folded(_)));
            let is_ended = before.ends_with('\n') && after.ends_with('\n');
            let end = if is_ended { "\n" } else { "" };
            let (old, new) = (old + end, new + end);
            prop_assert!(folded || (old == before && new == after), "{:?}", compared);
        }
    }
}
