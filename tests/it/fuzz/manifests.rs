//! Manifests: what loads means the same when it is written as JSON, and what does not load has a place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use personactl::catalog::PERSONA;
use personactl::lint::Levels;
use personactl::manifest::{Loaded, Scope, load};
use personactl::render;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use tempfile::TempDir;

use super::config;
use super::edits::{edited, edits};

/// One that uses what the others do not.
const RICH: &str = "\
persona_name: &name Ana
system_prompt: !concat [!file _prompt.md, \"\\n\", *name]
default_replica_id: !var {name: face, default: r1}
layers:
  <<: !include _layers.yaml
  llm: {model: m, base_url: https://llm.example, api_key: !secret LLM_KEY, extra_body: {n: 1.50, m: ~}}
x-personactl: {ownership: exclusive, ignore: [/greeting], prevent_delete: true}
";

/// The manifests and includes of this repository, and that one.
fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["personas", "examples"].map(|folder| walkdir::WalkDir::new(root.join(folder)));
    let files = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").into_path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let texts = files.map(|path| fs::read_to_string(path).expect("a text"));
    texts.chain([RICH.to_owned()]).collect()
}

/// A folder with one manifest, and what it may use.
fn folder(manifest: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let files: [(&str, &[u8]); 3] = [
        ("ana.yaml", manifest),
        ("_prompt.md", b"Be kind.\n"),
        ("_layers.yaml", b"tts: {tts_engine: cartesia}\n"),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it is written");
    }
    folder
}

fn read(folder: &TempDir) -> Loaded {
    let variables = BTreeMap::from([("face".to_owned(), json!("r2"))]);
    let scope = Scope {
        environment: "test",
        environments: &BTreeSet::new(),
        levels: &Levels::default(),
        variables: &variables,
        reserved: &BTreeSet::new(),
        catalog: &PERSONA,
    };
    load(folder.path(), &scope).expect("a folder")
}

/// Whatever a manifest says, the findings about it can be shown and have their place.
fn holds(manifest: &[u8]) {
    let loaded = read(&folder(manifest));
    for finding in &loaded.findings {
        let place = finding.place.as_ref().expect("a place");
        assert!(place.line > 0 && place.column > 0, "{finding:?}");
        assert!(!finding.message.is_empty(), "{finding:?}");
    }
    let shown = render::findings(&loaded.findings, |place| loaded.sources.line(place));
    assert_eq!(shown.is_empty(), loaded.findings.is_empty());
    let is_refused = loaded.findings.iter().any(|finding| finding.is_error());
    assert!(is_refused || loaded.desired.len() + loaded.elsewhere.len() == 1);
    for desired in &loaded.desired {
        let text = desired.document.to_string();
        // What is secret is written in another way than it is held.
        if !text.contains("secret") {
            let again = read(&folder(text.as_bytes()));
            assert_eq!(again.desired.len(), 1, "{text}: {:?}", again.findings);
            assert_eq!(again.desired[0].document, desired.document);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_manifest_is_read_rightly_or_refused_with_its_place(text in select(corpus()), edits in edits()) {
        holds(&edited(text.as_bytes(), &edits));
    }

    #[test]
    fn so_is_any_text(text in "[a-c:{}\\[\\],&*!|>?'\"#%@ \\n~<-]{0,40}") {
        holds(text.as_bytes());
    }
}

#[test]
fn a_mistake_on_a_line_with_a_concealed_key_is_told() {
    holds(b"persona_name: A\nlayers:\n  llm: eyJdel:\xd7tavus-gemma-4}\n");
}
