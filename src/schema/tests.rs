//! The schemas against what the program itself says of the same files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Value, json};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::catalog::{Access, Field, Kind, PERSONA, Requirement, Secrecy};
use crate::lint::Levels;
use crate::manifest::{self, BLOCK, Scope};
use crate::model::{Finding, SecretName, Severity};
use crate::settings::{self, SETTINGS};
use crate::yaml::{Data, Node, Source, compose};

/// The only environment, and the only variable that it has.
const NAME: &str = "x";
const VARIABLE: &str = "face";

fn manifest_schema() -> Value {
    super::manifest(&PERSONA, &BLOCK, &BTreeSet::from([VARIABLE.to_owned()]))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).expect("a schema")
}

/// What an editor makes of a file: it knows the names of our tags, and takes what they stand at.
fn seen(text: &str) -> Value {
    let (source, _) = Source::decode(Arc::from("a.yaml"), text.as_bytes());
    let composed = compose(&source);
    assert_eq!(composed.findings, [], "{text}");
    value(&composed.root.expect("a document"))
}

fn value(node: &Node) -> Value {
    match &node.data {
        Data::Tagged(_, operand) => value(operand),
        Data::List(elements) => elements.iter().map(value).collect(),
        Data::Map(members) => {
            let members = members.iter();
            members
                .map(|member| (member.name.clone(), value(&member.value)))
                .collect()
        }
        Data::Null => Value::Null,
        Data::Flag(flag) => Value::Bool(*flag),
        Data::Number(number) => Value::Number(number.clone()),
        Data::Text(text) => Value::from(text.as_str()),
        Data::Secret(_) => unreachable!("nothing is resolved"),
    }
}

/// Where an editor underlines something, as JSON Pointers.
fn underlined(validator: &Validator, text: &str) -> Vec<String> {
    let seen = seen(text);
    let errors = validator.iter_errors(&seen);
    errors
        .map(|error| error.instance_path().to_string())
        .collect()
}

#[test]
fn both_are_schemas_and_the_same_each_time() {
    for schema in [manifest_schema as fn() -> Value, || {
        super::settings(&SETTINGS)
    }] {
        jsonschema::draft202012::meta::validate(&schema()).expect("a schema");
        assert_eq!(schema().to_string(), schema().to_string());
    }
}

#[test]
fn what_the_repository_holds_fits_its_schema() {
    let mut checked = 0;
    for folder in ["personas", "examples"] {
        for file in WalkDir::new(folder) {
            let path = file.expect("a file").into_path();
            let directory = Path::new(folder);
            let is_settings = path.ends_with("personactl.yaml");
            let is_yaml = path.extension().is_some_and(|ending| ending == "yaml");
            // That runs the program, and is none of its personas.
            let is_cluster = path.starts_with("examples/kubernetes");
            let is_manifest = is_yaml && !is_cluster && manifest::is_manifest(directory, &path);
            if !(is_settings || is_manifest) {
                continue;
            }
            let schema = match is_settings {
                true => super::settings(&SETTINGS),
                false => {
                    let variables = settings::variables(directory).expect("settings");
                    super::manifest(&PERSONA, &BLOCK, &variables)
                }
            };
            let text = fs::read_to_string(&path).expect("a text");
            let mistakes = underlined(&validator(&schema), &text);
            assert_eq!(mistakes, [""; 0], "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 9, "{checked}");
}

#[test]
fn planted_mistakes_are_underlined_where_they_stand() {
    let named = "persona_name: A\nsystem_prompt: P\n";
    let rows: [(&str, &[&str]); 24] = [
        ("persona_nam: A\npersona_name: A\nsystem_prompt: P", &[""]),
        ("greeting: hi", &["", ""]),
        ("persona_name: A\nsystem_prompt: ''", &["/system_prompt"]),
        ("persona_name: A\npal_name: A\nsystem_prompt: P", &[""]),
        ("{named}pipeline_mode: 5", &["/pipeline_mode"]),
        ("{named}languages: english", &["/languages"]),
        ("{named}dynamic_greeting: yes", &["/dynamic_greeting"]),
        ("{named}owner_id: 5", &["/owner_id"]),
        ("{named}layers: {lmm: {}}", &["/layers"]),
        ("{named}layers: {llm: {modell: x}}", &["/layers"]),
        (
            "{named}layers: {llm: {base_url: 'https://x'}}",
            &["/layers"],
        ),
        ("{named}layers: {tts: {api_key: sk-1}}", &["/layers"]),
        (
            "{named}layers: {llm: {headers: {Cookie: a b}}}",
            &["/layers"],
        ),
        (
            "{named}layers: {llm: {tools: [{function: {}}]}}",
            &["/layers"],
        ),
        (
            "{named}layers: {tts: {voice_settings: {stability: high}}}",
            &["/layers"],
        ),
        (
            "{named}layers: {conversational_flow: {turn_taking_patience: hgih}}",
            &["/layers"],
        ),
        (
            "{named}layers: {conversational_flow: {sleep_phrase: x}}",
            &["/layers"],
        ),
        (
            "{named}layers: {mcp: {connectors: [{url: u, headers: {Authorization: a b}}]}}",
            &["/layers"],
        ),
        (
            "{named}x-personactl: {prevent_deleet: true}",
            &["/x-personactl"],
        ),
        ("{named}x-personactl: {id: a/b}", &["/x-personactl"]),
        (
            "{named}x-personactl: {ignore: [context]}",
            &["/x-personactl"],
        ),
        ("{named}x-personactl: {ownership: all}", &["/x-personactl"]),
        (
            "{named}x-personactl: {environments: staging}",
            &["/x-personactl"],
        ),
        ("[]", &[""]),
    ];
    let validator = validator(&manifest_schema());
    for (text, places) in rows {
        let text = text.replace("{named}", named);
        assert_eq!(underlined(&validator, &text), places, "{text}");
    }
}

#[test]
fn mistakes_in_settings_are_underlined_where_they_stand() {
    let rows: [(&str, &[&str]); 8] = [
        ("default_enviroment: x", &[""]),
        (
            "environments: {x: {api_kee: !secret A}}",
            &["/environments/x"],
        ),
        (
            "environments: {x: {api_key: sk-1}}",
            &["/environments/x/api_key"],
        ),
        (
            "environments: {x: {vocabulary: pal}}",
            &["/environments/x/vocabulary"],
        ),
        (
            "environments: {x: {protected: yes}}",
            &["/environments/x/protected"],
        ),
        ("environments: {x: sandbox}", &["/environments/x"]),
        ("environments: [x]", &["/environments"]),
        ("[]", &[""]),
    ];
    let validator = validator(&super::settings(&SETTINGS));
    for (text, places) in rows {
        assert_eq!(underlined(&validator, text), places, "{text}");
    }
}

/// Any field takes what its tags look like, wherever a tag may stand.
#[test]
fn tags_fit_wherever_a_value_may_stand() {
    let validator = validator(&manifest_schema());
    let tags = [
        "!include ../_parts/some.yaml",
        "!include some.json#/a/b",
        "!var face",
        "!var {name: other, default: [any]}",
    ];
    for (way, field) in fields() {
        if field.access == Access::ReadOnly {
            continue;
        }
        for tag in tags {
            let mistakes = underlined(&validator, &planted(&way, tag));
            assert!(
                mistakes.is_empty() || is_bound(field),
                "{way:?} {tag}: {mistakes:?}"
            );
        }
    }
    let texts = "persona_name: !file a.md\nsystem_prompt: !concat [a, !file b.md, !var {name: c, default: d}]";
    assert_eq!(underlined(&validator, texts), [""; 0]);
}

/// Hover and completion live on these.
#[test]
fn every_field_is_described_and_every_example_fits() {
    let validator = validator(&manifest_schema());
    let mut examples = 0;
    for (way, field) in fields() {
        assert!(
            field.about.ends_with(['.', '…']),
            "{}: {}",
            field.name,
            field.about
        );
        let is_shown = field.access == Access::Writable && field.deprecated.is_none();
        let is_free = matches!(
            field.kind,
            Kind::Texts(_) | Kind::Map | Kind::Tools | Kind::Ids
        );
        let Some(example) = field.example() else {
            assert!(!(is_shown && is_free), "{way:?} has no example");
            continue;
        };
        examples += 1;
        let text = planted(&way, &example.to_string());
        let mistakes = underlined(&validator, &text);
        assert!(
            mistakes.is_empty() || is_bound(field),
            "{text}: {mistakes:?}"
        );
    }
    assert!(examples > 40, "{examples}");
}

/// Whether a rule binds the field to what stands beside it.
fn is_bound(field: &Field) -> bool {
    !matches!(field.required, Requirement::Optional)
}

/// What stands at each field in turn: right values, wrong ones, and what is in between.
const VALUES: [&str; 22] = [
    "~",
    "''",
    "true",
    "'true'",
    "0.5",
    "7",
    "'7'",
    "a b",
    "off",
    "low",
    "exclusive",
    "sandbox",
    "[]",
    "[a b]",
    "[1]",
    "[~]",
    "[/a]",
    "[{function: {name: f}}]",
    "[{function: {name: ''}}]",
    "{}",
    "{unknown-member: 1}",
    "{a: {Authorization: a b}}",
];

/// The schema and the program judge alike: what is an error or a warning of the one is a mistake to
/// the other.
#[test]
fn the_schema_and_the_program_never_disagree_about_manifests() {
    let validator = validator(&manifest_schema());
    let site = TempDir::new().expect("a folder");
    for (way, field) in fields() {
        for value in values(field) {
            let text = planted(&way, &value);
            let mistakes = underlined(&validator, &text);
            let findings = judged(site.path(), &text);
            assert_eq!(
                mistakes.is_empty(),
                findings.is_empty(),
                "{text}\n{mistakes:?}\n{findings:#?}"
            );
        }
    }
}

#[test]
fn the_schema_and_the_program_never_disagree_about_settings() {
    let validator = validator(&super::settings(&SETTINGS));
    let site = TempDir::new().expect("a folder");
    let mut fields = Vec::new();
    walk(&[], SETTINGS.known_members(), &mut fields);
    for (way, field) in fields {
        for value in values(field) {
            let text = nested(&way, &value);
            fs::write(site.path().join("personactl.yaml"), &text).expect("it is written");
            let mistakes = underlined(&validator, &text);
            let is_read = settings::variables(site.path()).is_ok();
            // Which environments there are, and what is an address, an editor does not know.
            let is_open = matches!(field.kind, Kind::Text) && field.secrecy == Secrecy::Open;
            let is_alike = mistakes.is_empty() == is_read || is_open && !is_read;
            assert!(is_alike, "{text}\n{mistakes:?}");
        }
    }
}

/// All of those of which an editor can know as much as we do, and what the table says of the field.
fn values(field: &Field) -> Vec<String> {
    let words = match field.kind {
        Kind::Word(words) => words.known,
        _ => &[],
    };
    let fixed = VALUES.iter().chain(words).map(|value| (*value).to_owned());
    let example = field.example().map(|example| example.to_string());
    let secret = (field.secrecy == Secrecy::Secret).then(|| "!secret KEY".to_owned());
    let all = fixed.chain(example).chain(secret);
    all.filter(|value| !is_beyond_editors(field, value))
        .collect()
}

/// A manifest with a value at some place, and no more than has to be there.
fn planted(way: &[&str], value: &str) -> String {
    let mut text = nested(way, value);
    for names in [["persona_name", "pal_name"], ["system_prompt", ""]] {
        if !names.contains(&way[0]) {
            text.push_str(&format!("{}: A\n", names[0]));
        }
    }
    text
}

/// Whether an editor cannot know better: a list of texts may be a `!concat`, and a word the name of a
/// secret.
fn is_beyond_editors(field: &Field, value: &str) -> bool {
    let is_name = value != "true" && SecretName::new(value.trim_matches(['\'', '"'])).is_some();
    match (field.kind, field.secrecy) {
        (_, Secrecy::Secret) => is_name,
        (Kind::Text, _) => ["[]", "[a b]", "[/a]"].contains(&value),
        _ => false,
    }
}

fn nested(way: &[&str], value: &str) -> String {
    let (first, rest) = way.split_first().expect("a name");
    let inner = rest.iter().rev().fold(value.to_owned(), |inner, name| {
        format!("{{{name}: {inner}}}")
    });
    format!("{first}: {inner}\n")
}

/// What is wrong with a manifest by the program's own account.
fn judged(folder: &Path, text: &str) -> Vec<Finding> {
    fs::write(folder.join("a.yaml"), text).expect("it is written");
    let scope = Scope {
        environment: NAME,
        environments: &BTreeSet::new(),
        levels: &Levels::default(),
        variables: &BTreeMap::from([(VARIABLE.to_owned(), json!("r1"))]),
        reserved: &BTreeSet::new(),
        catalog: &PERSONA,
    };
    let mut findings = manifest::load(folder, &scope).expect("a folder").findings;
    // Which environments there are is for the settings to say, and what a text reveals is no matter of shape.
    let apart = ["unknown-environment", "likely-secret"];
    findings
        .retain(|finding| finding.severity != Severity::Advice && !apart.contains(&finding.code));
    findings
}

type Way = Vec<&'static str>;

/// Every field of a manifest, by each of its names, with the way that leads to it.
fn fields() -> Vec<(Way, &'static Field)> {
    let mut fields = Vec::new();
    walk(&[], PERSONA.fields, &mut fields);
    walk(&[], std::slice::from_ref(&BLOCK), &mut fields);
    fields
}

fn walk(way: &[&'static str], known: &'static [Field], found: &mut Vec<(Way, &'static Field)>) {
    for field in known {
        for name in std::iter::once(&field.name).chain(field.aliases) {
            let way = [way, &[*name]].concat();
            walk(&way, field.known_members(), found);
            if let Kind::Each(each) = field.kind {
                let below = [&way[..], &[NAME]].concat();
                walk(&below, each.known_members(), found);
                found.push((below, each));
            }
            found.push((way, field));
        }
    }
}
