//! Columns that line up, also where a character is two columns wide.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::escape::on_one_line;

/// The cells of one line.
#[derive(Clone, Debug)]
pub struct Line(pub Vec<String>);

/// The lines with their cells below one another, two spaces between.
#[must_use]
pub fn table(lines: &[Line]) -> String {
    let cell = |text: &String| on_one_line(text).into_owned();
    let lines: Vec<Vec<String>> = lines
        .iter()
        .map(|line| line.0.iter().map(cell).collect())
        .collect();
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|cells| cells.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let shown = lines.iter().map(|cells| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            let padding = " ".repeat(width - cell.width());
            format!("{cell}{padding}")
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// The text as far as so many columns hold it.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let text = on_one_line(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        if kept.width() + grapheme.width() + 1 > columns {
            break;
        }
        kept.push_str(grapheme);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let line = |cells: [&str; 3]| Line(cells.map(str::to_owned).to_vec());
        let lines = [
            line(["key", "name", "x"]),
            line(["a", "日本 👩‍🚀", ""]),
            line(["b", "\u{202e}e", "y"]),
        ];
        let shown = table(&lines);
        let rows: Vec<&str> = shown.lines().collect();
        assert_eq!(rows[1], "a    日本 👩‍🚀");
        assert_eq!(rows[0].find('x'), rows[2].find('y'));
    }
}
