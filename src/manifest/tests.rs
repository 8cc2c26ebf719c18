//! Whole persona directories in a temporary folder: files in, documents and findings out.

mod attacks;
mod boundary;
mod compose;
mod mistakes;
mod overlays;
mod tags;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Loaded, Scope, load};
use crate::catalog::PERSONA;
use crate::lint::Levels;
use crate::model::{Finding, Ownership, SecretName};

/// A repository with a persona directory `personas`.
struct Site {
    folder: TempDir,
    variables: BTreeMap<String, Value>,
    reserved: BTreeSet<SecretName>,
    environments: BTreeSet<String>,
    levels: Levels,
}

impl Site {
    /// Files, by their paths below the repository.
    fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let site = Self {
            folder: tempfile::tempdir().expect("a folder"),
            variables: BTreeMap::from([
                ("face".to_owned(), json!("r1")),
                ("voice".to_owned(), json!({"speed": 1.50})),
            ]),
            reserved: SecretName::new("TAVUS_API_KEY").into_iter().collect(),
            environments: ["production", "staging"].map(str::to_owned).into(),
            levels: Levels::default(),
        };
        fs::create_dir_all(site.path("personas")).expect("a folder");
        fs::create_dir_all(site.path(".git")).expect("a folder");
        for (path, text) in files {
            site.write(path, text);
        }
        site
    }

    /// One manifest, `personas/a.yaml`.
    fn manifest(text: impl AsRef<[u8]>) -> Self {
        Self::new(&[("personas/a.yaml", text)])
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn load(&self) -> Loaded {
        self.load_from(&self.path("personas"))
    }

    fn load_from(&self, directory: &Path) -> Loaded {
        load(directory, &self.scope()).expect("a directory that can be read")
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            environment: "staging",
            environments: &self.environments,
            levels: &self.levels,
            variables: &self.variables,
            reserved: &self.reserved,
            catalog: &PERSONA,
        }
    }

    /// The findings, one line each: file, line, column, code and message.
    fn findings(&self) -> Vec<String> {
        let loaded = self.load();
        loaded.findings.iter().map(|f| self.shown(f)).collect()
    }

    /// Only the errors.
    fn errors(&self) -> Vec<String> {
        let loaded = self.load();
        let errors = loaded.findings.iter().filter(|finding| finding.is_error());
        errors.map(|finding| self.shown(finding)).collect()
    }

    fn shown(&self, finding: &Finding) -> String {
        let place = finding.place.as_ref().expect("a place");
        let root = format!("{}/", self.folder.path().display());
        format!("{place} {}: {}", finding.code, finding.message).replace(&root, "")
    }

    /// The document of the only manifest, which has no error.
    fn document(&self) -> Value {
        let loaded = self.load();
        let [desired] = loaded.desired.as_slice() else {
            panic!("not one manifest: {:#?}", loaded.findings);
        };
        desired.document.clone()
    }
}

fn keys(loaded: &Loaded) -> Vec<&str> {
    loaded.desired.iter().map(|d| d.key.as_str()).collect()
}

const NAMED: &str = "persona_name: A\nsystem_prompt: P\n";

#[test]
fn keys_are_paths_below_the_directory_and_sorted() {
    let manifest = |name: &str| format!("persona_name: {name}\nsystem_prompt: P\n");
    let site = Site::new(&[
        ("personas/support/agent-de.yaml", manifest("b")),
        ("personas/z.yml", manifest("c")),
        (
            "personas/a.json",
            "{\"persona_name\": \"d\", \"system_prompt\": \"P\"}".to_owned(),
        ),
        ("personas/personactl.yaml", "- settings".to_owned()),
        ("personas/support/personactl.yaml", manifest("e")),
        ("personas/_prompts/x.yaml", "[".to_owned()),
        ("personas/support/_x.yaml", "[".to_owned()),
        ("personas/.hidden/x.yaml", "[".to_owned()),
        ("personas/readme.md", "[".to_owned()),
    ]);
    let loaded = site.load();
    assert_eq!(
        keys(&loaded),
        ["a", "support/agent-de", "support/personactl", "z"]
    );
    assert_eq!(site.errors(), [""; 0]);
}

#[test]
fn an_empty_directory_has_no_manifests_and_a_missing_one_is_an_error() {
    let site = Site::new::<&str>(&[]);
    assert_eq!(keys(&site.load()), [""; 0]);
    site.write("file", "");
    let rows = [
        ("missing", "no such directory"),
        ("file", "not a directory"),
    ];
    for (path, expected) in rows {
        let scope = Scope {
            environment: "staging",
            environments: &BTreeSet::new(),
            levels: &Levels::default(),
            variables: &site.variables,
            reserved: &site.reserved,
            catalog: &PERSONA,
        };
        let error = load(&site.path(path), &scope).expect_err("no directory");
        assert!(error.to_string().contains(path), "{error}");
        assert!(error.kind.to_string().contains(expected), "{}", error.kind);
    }
}

#[test]
fn one_broken_manifest_does_not_hide_the_others() {
    let site = Site::new(&[
        ("personas/a.yaml", NAMED),
        ("personas/b.yaml", "persona_name: [\n"),
        ("personas/c.yaml", "- 1\n"),
        ("personas/d.yml", ""),
        ("personas/e.yaml", "# nothing\n"),
        ("personas/f.yaml", "a: 1\n---\nb: 2\n"),
        (
            "personas/g.yaml",
            "persona_name: B\nsystem_prompt: P\n...\n",
        ),
    ]);
    assert_eq!(keys(&site.load()), ["a", "g"]);
    assert_eq!(
        site.errors(),
        [
            "personas/b.yaml:2:1 syntax: did not find expected node content",
            "personas/c.yaml:1:1 no-map: a manifest is a map, this is a list",
            "personas/d.yml:1:1 empty: the file is empty",
            "personas/e.yaml:1:1 empty: the file is empty",
            "personas/f.yaml:2:1 second-document: a second document begins here",
        ]
    );
}

#[test]
fn two_files_with_one_key_are_both_refused() {
    let site = Site::new(&[("personas/a.yaml", NAMED), ("personas/a.yml", NAMED)]);
    assert_eq!(keys(&site.load()), [""; 0]);
    let codes: Vec<_> = site.errors().iter().map(|e| e[..15].to_owned()).collect();
    assert_eq!(codes, ["personas/a.yaml", "personas/a.yml:"]);
}

#[test]
fn the_block_is_read_and_taken_out() {
    let site = Site::manifest(
        "persona_name: A\nsystem_prompt: P\nx-personactl:\n  id: {production: p1, staging: p2}\n  \
         prevent_delete: true\n  ignore: [/context, /pal_name]\n  ownership: exclusive\n  \
         environments: [staging]\n",
    );
    let loaded = site.load();
    let [desired] = loaded.desired.as_slice() else {
        panic!("{:#?}", loaded.findings);
    };
    assert_eq!(desired.id.as_ref().map(|id| id.as_str()), Some("p2"));
    assert!(desired.prevent_delete);
    assert_eq!(desired.ownership, Ownership::Exclusive);
    let ignored: Vec<_> = desired.ignore.iter().map(|p| p.as_str()).collect();
    assert_eq!(ignored, ["/context", "/persona_name"]);
    assert_eq!(
        desired.document,
        json!({"persona_name": "A", "system_prompt": "P"})
    );
}

#[test]
fn a_manifest_for_another_environment_is_left_out_with_its_mistakes() {
    let block = "x-personactl: {environments: [production]}\n";
    let site = Site::manifest(format!("{NAMED}{block}"));
    assert_eq!(keys(&site.load()), [""; 0]);
    assert_eq!(site.errors(), [""; 0]);

    let site = Site::manifest(format!("{NAMED}context: [1]\n{block}"));
    let loaded = site.load();
    assert_eq!(site.errors(), [""; 0]);
    assert_eq!(loaded.elsewhere.len(), 1);
}

#[test]
fn the_pal_vocabulary_becomes_the_catalogues() {
    let site = Site::manifest("pal_name: A\nsystem_prompt: P\ndefault_face_id: [r1]\n");
    assert_eq!(
        site.errors(),
        ["personas/a.yaml:3:18 wrong-type: `/default_replica_id` takes text, this is a list"]
    );
    let site = Site::manifest("pal_name: A\nsystem_prompt: P\ndefault_face_id: r1\n");
    assert_eq!(
        site.document().to_string(),
        r#"{"persona_name":"A","system_prompt":"P","default_replica_id":"r1"}"#
    );
}

#[test]
fn order_and_spelling_of_numbers_survive() {
    let site = Site::manifest(
        "system_prompt: P\npersona_name: A\nlayers:\n  llm:\n    model: tavus-gpt-oss\n    \
         extra_body: {z: 1.50, a: 123456789012345678901234567890}\n",
    );
    assert_eq!(
        site.document().to_string(),
        r#"{"system_prompt":"P","persona_name":"A","layers":{"llm":{"model":"tavus-gpt-oss","extra_body":{"z":1.50,"a":123456789012345678901234567890}}}}"#
    );
}

#[test]
fn members_of_the_service_are_said_and_dropped() {
    let site = Site::manifest(format!(
        "{NAMED}pal_id: p1\nlayers: {{conferencing: {{email: a@b.c, username: ana}}}}\n"
    ));
    assert_eq!(
        site.findings(),
        [
            "personas/a.yaml:3:1 read-only: `/persona_id` is written by the service only; it is ignored",
            "personas/a.yaml:4:25 read-only: `/layers/conferencing/email` is written by the service \
             only; it is ignored",
        ]
    );
    assert_eq!(
        site.document(),
        json!({
            "persona_name": "A",
            "system_prompt": "P",
            "layers": {"conferencing": {"username": "ana"}}
        })
    );
}
