//! What files would hold instead, for people: the lines that change, as git shows them.

use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::escape::on_one_line;
use super::style::{ADDED, FAINT, REMOVED, STRONG, paint};

/// Unchanged lines that are shown around changed ones.
const AROUND: usize = 3;

/// The lines of a file that change.
#[must_use]
pub fn draft(file: &Path, old: &str, new: &str) -> String {
    let mut shown = vec![paint(STRONG, on_one_line(&file.display().to_string()))];
    let compared = TextDiff::from_lines(old, new);
    let mut unified = compared.unified_diff();
    for hunk in unified.context_radius(AROUND).iter_hunks() {
        shown.push(paint(FAINT, hunk.header()));
        for change in hunk.iter_changes() {
            // A line break is what ends the line, not a part of it.
            let line = change.value().trim_end_matches(['\n', '\r']);
            let line = on_one_line(line);
            shown.push(match change.tag() {
                ChangeTag::Equal => format!("  {line}"),
                ChangeTag::Delete => paint(REMOVED, format!("- {line}")),
                ChangeTag::Insert => paint(ADDED, format!("+ {line}")),
            });
        }
    }
    shown.join("\n")
}
