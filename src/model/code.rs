//! The kinds of findings: what each is called, how much it weighs, and what there is to know of it.

use std::sync::LazyLock;

use super::Severity;

/// One section for each code, written to be read.
const TEXT: &str = include_str!("codes.md");

/// How the line with a documentation link begins.
const LINK: &str = "See <";

static CODES: LazyLock<Vec<Code>> = LazyLock::new(|| {
    let sections = TEXT.split("\n## ").skip(1);
    sections.filter_map(Code::read).collect()
});

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// A stable word: `duplicate-key`.
    pub name: &'static str,
    /// How much it weighs: `warning`.
    pub weight: &'static str,
    /// What it is, in one sentence.
    pub title: &'static str,
    /// What there is to know of it, with examples, in Markdown.
    pub text: &'static str,
    /// Where the documentation of the service, or a standard, says more.
    pub link: Option<&'static str>,
}

impl Code {
    /// All codes, sorted by name.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &CODES
    }

    /// The names of all codes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::all().iter().map(|code| code.name)
    }

    /// The code of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|code| code.name == name)
    }

    /// Whether it stops every command, whatever the settings say.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.weight == "error"
    }

    /// What a finding of this code weighs at least, unless the settings say otherwise.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self.weight {
            "error" => Severity::Error,
            "advice" => Severity::Advice,
            _ => Severity::Warning,
        }
    }

    /// Reads a section: `name (weight)`, an empty line, the title, an empty line, the text.
    fn read(section: &'static str) -> Option<Self> {
        let (heading, body) = section.split_once("\n\n")?;
        let (name, weight) = heading.strip_suffix(')')?.split_once(" (")?;
        let (title, text) = body.split_once("\n\n").unwrap_or((body, ""));
        let link = text.lines().find_map(|line| line.strip_prefix(LINK));
        Some(Self {
            name,
            weight,
            title: title.trim_end(),
            text: text.trim_end(),
            link: link.and_then(|link| link.strip_suffix('>')),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_read_and_they_are_sorted() {
        let headings = TEXT.lines().filter(|line| line.starts_with("## "));
        assert_eq!(Code::all().len(), headings.count());
        assert!(Code::all().is_sorted_by_key(|code| code.name));
        for code in Code::all() {
            let weights = ["error", "warning", "advice", "error or warning"];
            assert!(weights.contains(&code.weight), "{}", code.name);
            assert!(code.title.ends_with('.'), "{}: {}", code.name, code.title);
        }
    }
}
