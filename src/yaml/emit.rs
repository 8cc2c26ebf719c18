//! A tree to YAML text, as somebody would have written it by hand.
//!
//! Which texts need quotes, and which of them can stand below `|`, is for `style` to say.

use serde_json::Value;

use super::node::Tag;
use super::style::{Room, is_readable, natural};

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    /// A value; of lists and maps the empty ones.
    Scalar(Value),
    /// A text that has to stay on one line.
    Quoted(String),
    /// What a tag makes of a text: `!file path`.
    Tagged(Tag, String),
    /// A list.
    List(Vec<Self>),
    /// A map.
    Map(Vec<Branch>),
}

/// One member of a map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Branch {
    /// Its name.
    pub(crate) name: String,
    /// What is said above it, if anything.
    pub(crate) comment: Option<String>,
    /// Its value.
    pub(crate) value: Tree,
}

impl Branch {
    /// A member with nothing said above it.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<Tree>) -> Self {
        Self {
            name: name.into(),
            comment: None,
            value: value.into(),
        }
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(elements) => Self::List(elements.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                let branches = members.into_iter();
                Self::Map(
                    branches
                        .map(|(name, value)| Branch::new(name, value))
                        .collect(),
                )
            }
            scalar => Self::Scalar(scalar),
        }
    }
}

/// How many spaces each level goes deeper.
pub(crate) const STEP: usize = 2;
/// How long an element of a list may be that is written on one line, and such a list.
const SHORT: (usize, usize) = (20, 60);
/// How long a name may be that is followed by its colon on the same line.
const MAX_NAME: usize = 1000;

/// The tree as a document of its own.
pub(crate) fn emit(tree: &Tree) -> String {
    let mut text = String::new();
    match on_line(tree, Room::Flow) {
        Some(line) => text.push_str(&(line + "\n")),
        None => block(&mut text, tree, 0, 0),
    }
    text
}

/// The lines of a list or map whose members begin at the column `indent`, each with its line break. The
/// first one begins with the dashes of the lists that it is the first element of.
pub(crate) fn block(text: &mut String, tree: &Tree, indent: usize, dashes: usize) {
    let room = Room::Block {
        indent: indent + STEP,
        step: STEP,
    };
    match tree {
        Tree::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let dashes = if index == 0 { dashes } else { 0 };
                match on_line(element, room) {
                    Some(line) => {
                        begin(text, indent, dashes);
                        text.push_str(&format!("- {line}\n"));
                    }
                    None => block(text, element, indent + STEP, dashes + 1),
                }
            }
        }
        Tree::Map(branches) => {
            for (index, branch) in branches.iter().enumerate() {
                let dashes = if index == 0 { dashes } else { 0 };
                for line in branch.comment.iter().flat_map(|comment| comment.lines()) {
                    begin(text, indent - dashes * STEP, 0);
                    text.push_str(format!("# {}", harmless(line)).trim_end());
                    text.push('\n');
                }
                begin(text, indent, dashes);
                text.push_str(&name(&branch.name, indent));
                match on_line(&branch.value, room) {
                    Some(line) => text.push_str(&format!(" {line}\n")),
                    None => {
                        text.push('\n');
                        block(text, &branch.value, indent + STEP, 0);
                    }
                }
            }
        }
        Tree::Scalar(_) | Tree::Quoted(_) | Tree::Tagged(..) => {}
    }
}

/// What is written behind a name or a dash, its further lines included; `None` for what begins on the
/// next line.
pub(crate) fn on_line(tree: &Tree, room: Room) -> Option<String> {
    match tree {
        Tree::Scalar(Value::String(text)) => Some(natural(text, room)),
        Tree::Scalar(value) => Some(value.to_string()),
        Tree::Quoted(text) => Some(natural(text, Room::Flow)),
        Tree::Tagged(tag, text) => Some(format!("{} {}", tag.name(), natural(text, Room::Flow))),
        Tree::List(elements) if elements.is_empty() => Some("[]".to_owned()),
        Tree::Map(branches) if branches.is_empty() => Some("{}".to_owned()),
        Tree::List(elements) => short(elements),
        Tree::Map(_) => None,
    }
}

/// A list within brackets, if its elements are few and short.
fn short(elements: &[Tree]) -> Option<String> {
    let (longest, longest_list) = SHORT;
    let mut line = String::new();
    for element in elements {
        let is_word = match element {
            Tree::Scalar(Value::String(text)) => !text.contains(char::is_whitespace),
            Tree::Scalar(_) => true,
            Tree::Quoted(_) | Tree::Tagged(..) | Tree::List(_) | Tree::Map(_) => false,
        };
        let word = is_word.then(|| on_line(element, Room::Flow)).flatten()?;
        if word.chars().count() > longest || line.chars().count() > longest_list {
            return None;
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&word);
    }
    (line.chars().count() <= longest_list).then(|| format!("[{line}]"))
}

/// The name of a member with its colon.
pub(crate) fn name(name: &str, indent: usize) -> String {
    let name = natural(name, Room::Flow);
    // A colon is looked for no further away than this, unless a `?` announces it.
    if name.chars().count() > MAX_NAME {
        return format!("? {name}\n{:indent$}:", "");
    }
    name + ":"
}

fn begin(text: &mut String, indent: usize, dashes: usize) {
    text.extend(std::iter::repeat_n(' ', indent - dashes * STEP));
    text.extend(std::iter::repeat_n("- ", dashes));
}

/// A comment cannot escape anything, so what would not be seen in it is replaced.
fn harmless(comment: &str) -> String {
    let seen = |character: char| match is_readable(character.encode_utf8(&mut [0; 4])) {
        true => character,
        false => char::REPLACEMENT_CHARACTER,
    };
    comment.chars().map(seen).collect()
}

#[cfg(test)]
pub(in crate::yaml) mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::yaml::{Node, Source, compose};

    fn written(value: Value) -> String {
        emit(&Tree::from(value))
    }

    /// What a file says; it has no findings.
    fn read(text: &str) -> Node {
        let (source, flaw) = Source::decode(Arc::from("a.yaml"), text.as_bytes());
        let composed = compose(&source);
        assert!(
            flaw.is_none() && composed.findings.is_empty(),
            "{composed:?}\n{text}"
        );
        composed.root.expect("no finding, so there is a document")
    }

    fn assert_comes_back(value: &Value) {
        let text = written(value.clone());
        let back = read(&text);
        let meant = Node::literal(value, &back.place);
        assert!(back.says(&meant), "{value}\n{text}\n{back:?}");
        let other: Value =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(rounded(&other), rounded(value), "{text}");
    }

    /// The value with its numbers rounded, as the other reader has them.
    fn rounded(value: &Value) -> Value {
        match value {
            Value::Number(number) => json!(format!("{:e}", number.as_f64().unwrap_or(0.0))),
            Value::Array(elements) => elements.iter().map(rounded).collect(),
            Value::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.clone(), rounded(value)));
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }

    #[test]
    fn a_document_reads_as_if_written_by_hand() {
        let value = json!({
            "persona_name": "Ana: the \"second\"",
            "greeting": "Hello, you!",
            "system_prompt": "You are Ana.\n\n  Be kind.\n",
            "empty": {"list": [], "map": {}, "text": "", "nothing": null},
            "speed": 1.50,
            "on": ["12:30", "no", "off"],
            "layers": {
                "tools": [
                    {"type": "function", "function": {"name": "a", "required": ["city", "day"]}},
                    [["a b", "c"], ["d"]],
                    "Is the camera covered?",
                ],
            },
        });
        assert_eq!(
            written(value),
            r#"persona_name: 'Ana: the "second"'
greeting: Hello, you!
system_prompt: |
  You are Ana.

    Be kind.
empty:
  list: []
  map: {}
  text: ""
  nothing: null
speed: 1.5
"on": ["12:30", "no", "off"]
layers:
  tools:
    - type: function
      function:
        name: a
        required: [city, day]
    - - - a b
        - c
      - [d]
    - Is the camera covered?
"#
        );
    }

    #[test]
    fn tags_and_comments_stand_where_a_person_puts_them() {
        let said = |comment: &str, name: &str, value: Tree| Branch {
            comment: Some(comment.to_owned()),
            ..Branch::new(name, value)
        };
        let tree = Tree::Map(vec![
            said(
                "the owner\n\nis \u{202e}Ana",
                "key",
                Tree::Tagged(Tag::Secret, "A_KEY".to_owned()),
            ),
            Branch::new(
                "tools",
                Tree::List(vec![
                    Tree::Tagged(Tag::File, "a b: c.yaml".to_owned()),
                    Tree::Map(vec![
                        said("the first", "type", json!("function").into()),
                        said(
                            "the second",
                            "more",
                            Tree::Map(vec![said("in it", "a", json!(1).into())]),
                        ),
                    ]),
                    Tree::List(vec![Tree::Map(vec![said("deep", "a", json!("b").into())])]),
                ]),
            ),
        ]);
        let text = emit(&tree);
        assert_eq!(
            text,
            "# the owner
#
# is \u{fffd}Ana
key: !secret A_KEY
tools:
  - !file \"a b: c.yaml\"
  # the first
  - type: function
    # the second
    more:
      # in it
      a: 1
  # deep
  - - a: b
"
        );
        read(&text);
    }

    #[test]
    fn texts_are_spelt_in_the_plainest_way_that_holds_them() {
        let rows = [
            ("a b", "a b"),
            (
                "Owner is Ana, of R&D (Lab): no",
                "\"Owner is Ana, of R&D (Lab): no\"",
            ),
            ("Owner is Ana, of R&D (Lab)", "Owner is Ana, of R&D (Lab)"),
            ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            ("gpt-4o", "gpt-4o"),
            ("24 hours", "24 hours"),
            ("NO", "\"NO\""),
            ("~", "\"~\""),
            ("007", "\"007\""),
            ("0x1", "\"0x1\""),
            ("1_000", "\"1_000\""),
            ("2026-11-21", "\"2026-11-21\""),
            (
                "2026-11-21t10:00:00 +01:00",
                "\"2026-11-21t10:00:00 +01:00\"",
            ),
            ("-.inf", "\"-.inf\""),
            (".NaN", "\".NaN\""),
            ("=", "\"=\""),
            ("<<", "\"<<\""),
            ("- a", "\"- a\""),
            ("a #b", "\"a #b\""),
            ("a:", "\"a:\""),
            (" a", "\" a\""),
            ("\u{a0}a", "\"\u{a0}a\""),
            ("a\u{3000}", "\"a\u{3000}\""),
            ("a\u{a0}b", "a\u{a0}b"),
            ("it's", "it's"),
            ("'a'", "\"'a'\""),
            ("\\d+", "\\d+"),
            ("say: \"a\"", "'say: \"a\"'"),
            ("C:\\ is: 'c'", "'C:\\ is: ''c'''"),
            ("a\tb", "\"a\\tb\""),
            ("a\r\nb", "\"a\\r\\nb\""),
            (
                "\u{feff}a\u{85}\u{2028}\u{e0001}",
                "\"\\ufeffa\\x85\\u2028\\U000e0001\"",
            ),
            ("👩\u{200d}🔬 שלום ✌\u{fe0f}", "👩\u{200d}🔬 שלום ✌\u{fe0f}"),
            ("\n", "\"\\n\""),
            ("a\n ", "\"a\\n \""),
            ("\n \na", "\"\\n \\na\""),
            ("a\nb", "|-\n    a\n    b"),
            ("\na\n\n", "|+\n\n    a\n"),
            ("\n\ta\n  b\n", "|2\n\n    \ta\n      b"),
        ];
        let room = Room::Block { indent: 4, step: 2 };
        for (text, expected) in rows {
            assert_eq!(natural(text, room), expected, "{text:?}");
            assert_comes_back(&json!({"a": {"b": text}, text: [text]}));
        }
    }

    #[test]
    fn names_that_are_long_or_hostile_come_back() {
        let name = "\u{1}".repeat(1000);
        assert_comes_back(&json!({"a": {name: {"b": ["a b", 1]}, "": 1, "/~:": 2}}));
    }

    /// Texts of what readers stumble over.
    pub(in crate::yaml) fn any_text() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(vec![
                "\n", "\n\n", " ", "  ", "\t", "\r", "\r\n", ":", ": ", " #", "#", "-", "- ",
                "---", "...", "? ", "|", ">", "[", "]", "{", "}", ",", ", ", "&a", "*a", "!",
                "!!str ", "%", "@", "`", "'", "\"", "\\", "=", "<<", "~", "null", "True", "no",
                "on", "y", "1", "0x", "_", ".", "e3", "+", "12:30", "\u{85}", "\u{2028}",
                "\u{feff}", "\u{0}", "\u{7f}", "\u{a0}", "\u{202e}", "\u{200d}", "👩", "é", "שלום",
                "\u{ffff}",
            ])
            .prop_map(str::to_owned),
            "[a-c]{1,3}",
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    /// Values of all kinds.
    pub(in crate::yaml) fn any_value() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0..100u8).prop_map(Value::from),
            "-?[1-9][0-9]{0,30}(\\.[0-9]{1,9})?([eE][-+]?[1-9][0-9]?)?"
                .prop_map(|spelling| spelling.parse().map_or(Value::Null, Value::Number)),
        ];
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            1 => any::<bool>().prop_map(Value::from),
            2 => number,
            6 => any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((any_text(), inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in any_value()) {
            assert_comes_back(&value);
        }

        #[test]
        fn every_style_holds_what_it_says_it_holds(text in any_text(), indent in 2..5usize) {
            use crate::yaml::style::{Style, spelt};
            let room = Room::Block { indent, step: indent };
            for style in [Style::Plain, Style::Single, Style::Double, Style::Json, Style::Literal, Style::Folded] {
                let Some(spelt) = spelt(style, &text, room) else {
                    continue;
                };
                let file = if style == Style::Json { "a.json" } else { "a.yaml" };
                let (source, _) = Source::decode(Arc::from(file), format!("a: {spelt}\nb: 1\n").as_bytes());
                let composed = compose(&source);
                prop_assert!(composed.findings.is_empty(), "{composed:?} {spelt}");
                let back = composed.root.expect("no finding, so there is a document");
                prop_assert_eq!(back.child("a").and_then(Node::text), Some(text.as_str()), "{}", spelt);
            }
        }
    }
}
