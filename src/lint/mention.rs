//! Tools that a text speaks of.

use std::collections::BTreeSet;

/// How near a word has to be to a tool's name to be meant for it, 0 to 1.
const SURELY_MEANT: f64 = 0.92;

/// Words before a tool's name.
const BEFORE: [&str; 10] = [
    "call", "calls", "calling", "use", "uses", "using", "invoke", "run", "trigger", "tool",
];
/// Words behind it.
const BEHIND: [&str; 2] = ["tool", "function"];
/// Words that may stand between.
const BETWEEN: [&str; 2] = ["the", "our"];

/// A tool that is spoken of and not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spoken<'t> {
    pub(super) name: &'t str,
    /// Where it is spoken of, in bytes.
    pub(super) at: usize,
    /// The tool that may be meant.
    pub(super) near: Option<&'t str>,
}

/// The tools that the text speaks of and that are not among `tools`, each once. What the tools' schemas speak of is a parameter or one
/// of its values, and no tool.
pub(super) fn unknown<'t>(
    text: &'t str,
    tools: &BTreeSet<&'t str>,
    is_parameter: impl Fn(&str) -> bool,
) -> Vec<Spoken<'t>> {
    // Names are code, or spelt as code is.
    if !text.contains('_') && !text.contains('`') {
        return Vec::new();
    }
    let mut found: Vec<Spoken<'t>> = Vec::new();
    let mut earlier = ["", ""];
    let mut words = words(text).peekable();
    while let Some(word) = words.next() {
        let before = match BETWEEN.contains(&earlier[1]) {
            true => earlier[0],
            false => earlier[1],
        };
        let behind = words.peek().map_or("", |next| next.text);
        let name = word.text;
        let is_known = || tools.contains(name) || is_parameter(name);
        let is_new = || !found.iter().any(|spoken| spoken.name == name);
        if word.may_be_name() && !is_known() && is_new() {
            let near = nearest(name, tools);
            let is_called = is_one_of(before, &BEFORE) && word.is_joined();
            if near.is_some() || is_called || is_one_of(behind, &BEHIND) {
                let at = word.at;
                found.push(Spoken { name, at, near });
            }
        }
        earlier = [earlier[1], name];
    }
    found
}

fn nearest<'t>(name: &str, tools: &BTreeSet<&'t str>) -> Option<&'t str> {
    let scored = tools
        .iter()
        .map(|tool| (strsim::jaro_winkler(name, tool), *tool));
    let near = scored.filter(|(score, tool)| *score >= SURELY_MEANT && tool.contains('_'));
    near.max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, tool)| tool)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[derive(Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    at: usize,
    is_code: bool,
}

impl Word<'_> {
    /// Whether it is spelt as names in programs are: `find_order`, `findOrder`.
    fn is_joined(&self) -> bool {
        let letters = self.text.as_bytes();
        let is_hump = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        let is_snake = self.text.trim_matches('_').contains('_');
        is_snake || self.is_code && letters.windows(2).any(is_hump)
    }

    /// Whether it can be the name of a tool: code, or spelt as code is.
    fn may_be_name(&self) -> bool {
        let begins = self.text.starts_with(|c: char| c.is_ascii_alphabetic());
        begins && (self.is_code || self.is_joined())
    }
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_part)?;
        let rest = &text[start..];
        let end = start + rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        at = end;
        Some(Word {
            text: &text[start..end],
            at: start,
            is_code: text[..start].ends_with('`') && text[end..].starts_with(['`', '(']),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_spoken_of_as_a_tool_is_found() {
        let tools = BTreeSet::from(["find_order", "hand_over"]);
        let parameters = BTreeSet::from(["order_id"]);
        type Found = &'static [(&'static str, Option<&'static str>)];
        let rows: [(&str, Found); 11] = [
            ("Call find_order, then use the `hand_over` tool.", &[]),
            (
                "Call find_ordr first.",
                &[("find_ordr", Some("find_order"))],
            ),
            (
                "`find_ordr`, `find_ordr`",
                &[("find_ordr", Some("find_order"))],
            ),
            (
                "use start_return with the order_id",
                &[("start_return", None)],
            ),
            ("Use the order_id that they give.", &[]),
            ("Ask for the customer_name.", &[]),
            ("Use the `weather` tool.", &[("weather", None)]),
            ("Use the weather tool.", &[]),
            ("Use the `Sie` form.", &[]),
            ("call `startReturn()`", &[("startReturn", None)]),
            ("Nutze über_alles `日本` __ `", &[]),
        ];
        for (text, expected) in rows {
            let found = unknown(text, &tools, |word| parameters.contains(word));
            let found: Vec<_> = found
                .iter()
                .map(|spoken| (spoken.name, spoken.near))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
