//! Drafts to files: a manifest for each, long texts and tools that several use in files of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::draft::Draft;
use super::key::{slug, stem};
use super::newcomer::Pin;
use crate::bounds::MAX_BYTES;
use crate::catalog::{Catalog, Kind, Requirement, tool_name};
use crate::manifest::BLOCK;
use crate::model::{Key, Pointer, secret};
use crate::yaml::{Branch, Tag, Tree, emit};

/// How many lines and characters a text may have that stands in its manifest.
const LINES: usize = 12;
const CHARACTERS: usize = 800;

/// The folders below the persona directory that files are put aside in.
pub const FOLDERS: [&str; 2] = [PROMPTS, TOOLS];
const PROMPTS: &str = "_prompts";
const TOOLS: &str = "_tools";

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the persona directory.
    pub path: String,
    /// Its content.
    pub text: String,
    /// The manifest that needs it; none where several do.
    pub owner: Option<Key>,
}

/// The files that are there and that others may be put beside: what they are called and what they say.
#[derive(Clone, Debug, Default)]
pub struct Existing(BTreeMap<String, File>);

impl Existing {
    /// Adds a file. Letter case does not tell two files apart everywhere.
    pub fn add(&mut self, file: File) {
        self.0.insert(file.path.to_ascii_lowercase(), file);
    }

    /// Whether a file in this folder says so.
    fn says(&self, folder: &str, text: &str) -> bool {
        let is_in = |file: &File| file.path.split('/').next() == Some(folder);
        self.files().any(|file| is_in(file) && file.text == text)
    }

    /// All of them.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.0.values()
    }
}

/// The files for these drafts, those first that others need. What is there already and says the same is used as it is.
#[must_use]
pub fn files(
    catalog: &'static Catalog,
    drafts: &[Draft],
    environment: &str,
    existing: &Existing,
) -> Vec<File> {
    let mut writer = Writer {
        catalog,
        existing: existing.clone(),
        shared: BTreeMap::new(),
        files: Vec::new(),
    };
    writer.share(drafts);
    let manifests: Vec<File> = drafts
        .iter()
        .map(|draft| writer.manifest(draft, environment))
        .collect();
    writer.files.into_iter().chain(manifests).collect()
}

struct Writer {
    catalog: &'static Catalog,
    existing: Existing,
    /// Where tools that several use are, by what they say.
    shared: BTreeMap<String, String>,
    files: Vec<File>,
}

impl Writer {
    /// Puts tools aside that are there more than once, or that others use already.
    fn share(&mut self, drafts: &[Draft]) {
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        let documents = drafts.iter().map(|draft| &draft.document);
        let tools: Vec<&Value> = documents.flat_map(|it| tools(self.catalog, it)).collect();
        for tool in &tools {
            *uses.entry(meaning(tool)).or_default() += 1;
        }
        for tool in tools {
            let meaning = meaning(tool);
            let text = emit(&Tree::from(tool.clone()));
            let is_used = uses[&meaning] > 1 || self.existing.says(TOOLS, &text);
            if is_used && !self.shared.contains_key(&meaning) {
                let word = stem(tool_name(tool).unwrap_or_default(), "tool");
                let path = self.aside(None, (TOOLS, &word, "yaml"), text);
                self.shared.insert(meaning, path);
            }
        }
    }

    fn manifest(&mut self, draft: &Draft, environment: &str) -> File {
        let mut tree = self.tree(draft, &Pointer::root(), &draft.document);
        if let (Tree::Map(branches), Some(block)) = (&mut tree, block(draft, environment)) {
            branches.push(Branch::new(BLOCK.name, Tree::from(block)));
        }
        File {
            path: format!("{}.yaml", draft.who.key),
            text: emit(&tree),
            owner: Some(draft.who.key.clone()),
        }
    }

    fn tree(&mut self, draft: &Draft, path: &Pointer, value: &Value) -> Tree {
        if let Some(name) = secret::referred(value) {
            return Tree::Tagged(Tag::Secret, name.as_str().to_owned());
        }
        match value {
            Value::Object(members) => {
                let branches = members.iter().map(|(name, value)| {
                    let value = self.tree(draft, &path.join(name), value);
                    Branch::new(name, value)
                });
                Tree::Map(branches.collect())
            }
            Value::Array(elements) => {
                let trees = elements.iter().enumerate().map(|(index, element)| {
                    match self.shared.get(&meaning(element)) {
                        Some(file) => Tree::Tagged(Tag::Include, file.clone()),
                        None => self.tree(draft, &path.join(&index.to_string()), element),
                    }
                });
                Tree::List(trees.collect())
            }
            Value::String(text) => match self.word(draft, path).filter(|_| is_for_a_file(text)) {
                Some(word) => {
                    let text = format!("{text}\n");
                    let file = self.aside(Some(&draft.who.key), (PROMPTS, &word, "md"), text);
                    Tree::Tagged(Tag::File, file)
                }
                None => Tree::from(value.clone()),
            },
            other => Tree::from(other.clone()),
        }
    }

    /// What the file is called that a text goes into; `None` where it stays in the manifest.
    fn word(&self, draft: &Draft, path: &Pointer) -> Option<String> {
        let field = self.catalog.find(path)?;
        match (field.kind, field.required) {
            (Kind::Text, Requirement::Unless(..)) => Some(draft.who.key.to_string()),
            (Kind::Text, _) => Some(format!("{}-{}", draft.who.key, slug(field.name))),
            _ => None,
        }
    }

    /// The path of a file with this text, which is written unless it is there.
    fn aside(
        &mut self,
        owner: Option<&Key>,
        (folder, word, ending): (&str, &str, &str),
        text: String,
    ) -> String {
        let numbered = (2..).map(|number| format!("{folder}/{word}-{number}.{ending}"));
        let paths = std::iter::once(format!("{folder}/{word}.{ending}")).chain(numbered);
        for path in paths {
            match self.existing.0.get(&path.to_ascii_lowercase()) {
                Some(there) if there.text == text => return there.path.clone(),
                Some(_) => {}
                None => {
                    let owner = owner.cloned();
                    let file = File { path, text, owner };
                    self.files.push(file.clone());
                    self.existing.add(file.clone());
                    return file.path;
                }
            }
        }
        unreachable!("there is always another number")
    }
}

/// The tools of a document.
fn tools<'v>(catalog: &Catalog, document: &'v Value) -> Vec<&'v Value> {
    let is_tools = |path: &Pointer| {
        let field = catalog.find(path);
        field.is_some_and(|field| matches!(field.kind, Kind::Tools))
    };
    let declared = catalog.declared(document).into_iter();
    let lists = declared.filter(|(path, _)| is_tools(path));
    lists
        .filter_map(|(_, value)| value.as_array())
        .flatten()
        .collect()
}

/// The same text for values that say the same.
fn meaning(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

/// What the manifest says to us.
fn block(draft: &Draft, environment: &str) -> Option<Value> {
    match draft.pin {
        Pin::Name => None,
        Pin::Id => Some(json!({"id": {environment: draft.who.id}})),
        Pin::Alone => {
            Some(json!({"id": {environment: draft.who.id}, "environments": [environment]}))
        }
    }
}

/// Whether a text is long, and comes back from a file as it is: without a byte order mark, without characters that editors
/// do not show, and with no other line breaks than those of one system.
fn is_for_a_file(text: &str) -> bool {
    let is_long = text.lines().count() > LINES || text.chars().count() > CHARACTERS;
    let plain = text.replace("\r\n", "\n");
    let is_stray = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let fits = u64::try_from(text.len()).is_ok_and(|length| length < MAX_BYTES);
    is_long && fits && !text.starts_with('\u{feff}') && !plain.contains(is_stray)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::PERSONA;
    use crate::import::{Taken, draft, newcomers};
    use crate::model::{Live, PersonaId};

    fn written(documents: &[Value], existing: &[(&str, &str)]) -> Vec<(String, String)> {
        let live = |(number, document): (usize, &Value)| Live {
            id: PersonaId::new(format!("p{number}")).expect("an id"),
            document: document.clone(),
        };
        let live: Vec<Live> = documents.iter().enumerate().map(live).collect();
        let new = newcomers(
            &PERSONA,
            live.iter().collect(),
            &live,
            &[],
            Taken::default(),
        );
        let mut variables = Taken::default();
        let drafts = new.iter().map(|new| draft(&PERSONA, new, &mut variables));
        let drafts: Vec<Draft> = drafts.map(|draft| draft.expect("a draft")).collect();
        let mut there = Existing::default();
        for (path, text) in existing {
            there.add(File {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
                owner: None,
            });
        }
        let files = files(&PERSONA, &drafts, "test", &there);
        files
            .into_iter()
            .map(|file| (file.path, file.text))
            .collect()
    }

    fn persona(name: &str, prompt: &str, tools: Value) -> Value {
        json!({"persona_name": name, "system_prompt": prompt, "layers": {"llm": {"tools": tools}}})
    }

    fn tool(name: &str, about: &str) -> Value {
        json!({"function": {"name": name, "description": about}})
    }

    #[test]
    fn a_persona_is_written_as_if_by_hand() {
        let document = json!({
            "persona_name": "Ana", "system_prompt": "You are Ana.\n\nBe kind.\n",
            "context": "word ".repeat(200),
            "layers": {"tts": {"api_key": "********"}, "llm": {"tools": [tool("a", "once")]}},
        });
        let [(prompt, text), (manifest, said)] = &written(&[document], &[])[..] else {
            panic!("two files");
        };
        assert_eq!((&**prompt, text.len()), ("_prompts/ana-context.md", 1001));
        assert_eq!(manifest, "ana.yaml");
        assert_eq!(
            said,
            "persona_name: Ana
system_prompt: |
  You are Ana.

  Be kind.
context: !file _prompts/ana-context.md
layers:
  llm:
    tools:
      - function:
          name: a
          description: once
  tts:
    api_key: !secret ANA_TTS_API_KEY
"
        );
    }

    #[test]
    fn equal_tools_are_shared_and_others_of_their_name_numbered() {
        let reordered = json!({"function": {"description": "one", "name": "find order"}});
        let files = written(
            &[
                persona(
                    "A",
                    "x",
                    json!([tool("find order", "one"), tool("b", "alone")]),
                ),
                persona("B", "x", json!([tool("find order", "two")])),
                persona("C", "x", json!([reordered])),
                persona("D", "x", json!([tool("find order", "two")])),
            ],
            &[("_tools/Find-Order.yaml", "another: one\n")],
        );
        let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "_tools/find-order-2.yaml",
                "_tools/find-order-3.yaml",
                "a.yaml",
                "b.yaml",
                "c.yaml",
                "d.yaml"
            ]
        );
        let includes = |file: &str, number: u8| {
            let (_, text) = files
                .iter()
                .find(|(path, _)| path == file)
                .expect("it is there");
            text.contains(&format!("- !include _tools/find-order-{number}.yaml\n"))
        };
        assert!(includes("a.yaml", 2) && includes("c.yaml", 2));
        assert!(includes("b.yaml", 3) && includes("d.yaml", 3));
    }

    #[test]
    fn a_file_that_says_the_same_is_used_as_it_is() {
        let prompt = "line\n".repeat(20);
        let document = [persona("Ana", &prompt, json!([]))];
        let paths = |existing: &[(&str, &str)]| -> Vec<String> {
            let files = written(&document, existing);
            files.into_iter().map(|(path, _)| path).collect()
        };
        let same = format!("{prompt}\n");
        assert_eq!(paths(&[("_prompts/ana.md", &same)]), ["ana.yaml"]);
        let other = ("_prompts/ana.md", "other");
        assert_eq!(paths(&[other]), ["_prompts/ana-2.md", "ana.yaml"]);
        assert_eq!(paths(&[other, ("_prompts/ana-2.md", &same)]), ["ana.yaml"]);
    }

    #[test]
    fn a_text_goes_into_a_file_where_that_holds_it_exactly() {
        let long = "a line of words\n".repeat(20);
        let rows = [
            (long.clone(), true),
            (format!("{long}\n\n"), true),
            (long.replace('\n', "\r\n"), true),
            ("語".repeat(801), true),
            ("語".repeat(800), false),
            ("a\n".repeat(12), false),
            (format!("{long}\0"), false),
            (format!("{long}\r"), false),
            (format!("\u{feff}{long}"), false),
            (long.replace('\n', "\r"), false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_for_a_file(&text), expected, "{text:?}");
        }
    }
}
