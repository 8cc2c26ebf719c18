//! A report that has to stay below a length: what is longest is left out first, and that is said.

/// One row of the table, and what there is to unfold below it.
pub(super) struct Section {
    pub(super) row: String,
    pub(super) open: String,
    pub(super) blocks: Vec<Block>,
    pub(super) close: String,
}

/// A part of a section.
pub(super) struct Block {
    pub(super) whole: String,
    /// What stands for it where it is left out.
    pub(super) stub: String,
}

const TABLE: &str = "\n| | persona | name | what differs |\n| --- | --- | --- | --- |\n";
/// What is longer than this is left out by itself, and not with all of its section.
const LONG: usize = 4_000;
/// What is said of all that was left out, however long that gets.
const NOTICE: usize = 300;

/// All of it between `head` and `foot`, in at most `most` characters as JavaScript counts them.
pub(super) fn fit(head: &str, mut sections: Vec<Section>, foot: &str, most: usize) -> String {
    let fixed = head.len() + TABLE.len() + foot.len() + NOTICE;
    let mut used = fixed + sections.iter().map(Section::length).sum::<usize>();
    let parts = shorten(&mut sections, &mut used, most);
    let folded = fold(&mut sections, &mut used, most);
    let rows = cut(&mut sections, &mut used, most);
    let mut text = head.to_owned();
    let left_out = left_out(parts, folded, rows);
    if !left_out.is_empty() {
        text.push_str(&format!(
            "\n> Left out, as this would be too long: {left_out}. `--report html=FILE` has all.\n"
        ));
    }
    if !sections.is_empty() {
        text.push_str(TABLE);
        text.extend(sections.iter().map(|section| section.row.as_str()));
        text.push('\n');
    }
    text.extend(sections.iter().map(Section::details));
    if !foot.is_empty() {
        text.push_str(&format!("\n{foot}\n"));
    }
    text
}

/// Leaves out the longest parts of sections, one after the other, as long as they are longer than most sections; how many.
fn shorten(sections: &mut [Section], used: &mut usize, most: usize) -> usize {
    let blocks = sections.iter_mut().flat_map(|section| &mut section.blocks);
    let mut blocks: Vec<&mut Block> = blocks.filter(|block| block.saves() > LONG).collect();
    blocks.sort_by_key(|block| std::cmp::Reverse(block.saves()));
    let mut count = 0;
    for block in blocks {
        if *used <= most {
            break;
        }
        *used -= block.saves();
        block.whole = std::mem::take(&mut block.stub);
        count += 1;
    }
    count
}

/// Leaves out what is below the rows, the longest first; how many.
fn fold(sections: &mut [Section], used: &mut usize, most: usize) -> usize {
    let sections = sections.iter_mut();
    let mut sections: Vec<_> = sections
        .filter(|section| !section.open.is_empty())
        .collect();
    sections.sort_by_cached_key(|section| std::cmp::Reverse(length(&section.details())));
    let mut count = 0;
    for section in sections {
        if *used <= most {
            break;
        }
        *used -= length(&section.details());
        section.open.clear();
        section.blocks.clear();
        section.close.clear();
        count += 1;
    }
    count
}

/// Leaves out the last rows; how many.
fn cut(sections: &mut Vec<Section>, used: &mut usize, most: usize) -> usize {
    let before = sections.len();
    while *used > most
        && let Some(section) = sections.pop()
    {
        *used -= length(&section.row);
    }
    before - sections.len()
}

fn left_out(parts: usize, folded: usize, rows: usize) -> String {
    let said = [
        (parts, "the longest changes"),
        (folded, "personas below the table"),
        (rows, "rows of the table"),
    ];
    let said = said.iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = said
        .map(|(count, what)| format!("{what} ({count})"))
        .collect();
    said.join(", ")
}

impl Section {
    fn length(&self) -> usize {
        length(&self.row) + length(&self.details())
    }

    fn details(&self) -> String {
        let blocks: String = self
            .blocks
            .iter()
            .map(|block| block.whole.as_str())
            .collect();
        format!("{}{blocks}{}", self.open, self.close)
    }
}

impl Block {
    fn saves(&self) -> usize {
        length(&self.whole).saturating_sub(length(&self.stub))
    }
}

/// How long JavaScript says that a text is: never less than its characters.
fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section(name: &str, lengths: &[usize]) -> Section {
        let block = |length: &usize| Block {
            whole: "x".repeat(*length),
            stub: format!("(short {name})"),
        };
        Section {
            row: format!("| {name} |\n"),
            open: format!("<{name}>"),
            blocks: lengths.iter().map(block).collect(),
            close: format!("</{name}>"),
        }
    }

    #[test]
    fn what_is_longest_goes_first() {
        let sections = || vec![section("a", &[100, 5_000]), section("b", &[2_000])];
        let whole = fit("head", sections(), "foot", 20_000);
        assert!(!whole.contains("Left out"), "{whole}");
        let shorter = fit("head", sections(), "foot", 4_000);
        assert!(shorter.contains("the longest changes (1)"), "{shorter}");
        assert!(shorter.contains("(short a)") && !shorter.contains("(short b)"));
        let folded = fit("head", sections(), "foot", 600);
        assert!(folded.contains("personas below the table (1)"), "{folded}");
        assert!(
            folded.contains("<a>") && !folded.contains("<b>"),
            "{folded}"
        );
        let rows = fit("head", sections(), "foot", 380);
        assert!(rows.contains("| a |") && !rows.contains("| b |"), "{rows}");
    }

    proptest! {
        #[test]
        fn it_is_never_too_long_and_always_has_head_and_foot(
            lengths in prop::collection::vec(prop::collection::vec(0_usize..3_000, 0..4), 0..40),
            most in 500_usize..20_000,
        ) {
            let sections = lengths.iter().map(|lengths| section("ä🙂", lengths));
            let text = fit("head", sections.collect(), "foot", most);
            prop_assert!(length(&text) <= most, "{} > {most}", length(&text));
            prop_assert!(text.starts_with("head") && text.ends_with("foot\n"));
        }
    }
}
