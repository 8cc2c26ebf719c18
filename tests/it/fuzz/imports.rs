//! Personas as no dashboard would make them: whatever is in them, what is imported is in sync, and says no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use personactl::catalog::{Access, Field, PERSONA};
use personactl::import::{Draft, Existing, Taken, Trial, draft, files, newcomers};
use personactl::lint::Levels;
use personactl::manifest::{Loaded, Scope, load};
use personactl::model::{Fingerprints, Live, PersonaId, Pointer, Records, Salt};
use personactl::plan::{Against, Inputs, Policy, put};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::config;

/// What no file may say.
const CANARY: &str = "canary-4711";

fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "~",
        "no",
        "1e3",
        "0x1F",
        "12:30",
        "true",
        "<<",
        "a: b",
        "- a",
        "# a",
        "a\r\nb",
        "a\r",
        "\u{feff}a",
        "a\nb\n\n",
        "  a\n b",
        "$secret",
        "x-personactl",
        "api_key",
        "********",
        "sk-canary-4711",
    ];
    prop_oneof![
        select(odd.to_vec()).prop_map(str::to_owned),
        any::<String>(),
        "[a-z \\n]{0,900}"
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let members = vec((text(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Everything that a persona is known to hold, and some places that nobody knows of.
fn places() -> Vec<Pointer> {
    let mut places = Vec::new();
    collect(&Pointer::root(), PERSONA.fields, &mut places);
    places
}

fn collect(at: &Pointer, fields: &'static [Field], places: &mut Vec<Pointer>) {
    places.push(at.join("new"));
    places.push(at.join("a/b~c"));
    let writable = fields
        .iter()
        .filter(|field| field.access == Access::Writable);
    for field in writable {
        let place = at.join(field.name);
        collect(&place, field.known_members(), places);
        places.push(place);
    }
}

prop_compose! {
    fn persona()(name in text(), prompt in text(), fields in vec((select(places()), value()), 0..12)) -> Value {
        let mut document = json!({"persona_name": name, "system_prompt": format!("x {prompt}"), "layers": {
            "llm": {"model": "m", "base_url": "https://llm.example", "api_key": CANARY,
                "headers": {"Authorization": CANARY, "X-Note": format!("Bearer {CANARY}")}},
            "tts": {"api_key": "********"}}});
        for (place, value) in fields {
            put(&mut document, &place, Some(value));
        }
        document
    }
}

fn read(drafts: &[Draft]) -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    for file in files(&PERSONA, drafts, "test", &Existing::default()) {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        assert!(!file.text.contains(CANARY), "{}", file.text);
        fs::write(path, file.text).expect("a file");
    }
    let scope = Scope {
        environments: &BTreeSet::new(),
        levels: &Levels::default(),
        environment: "test",
        variables: &BTreeMap::new(),
        reserved: &BTreeSet::new(),
        catalog: &PERSONA,
    };
    load(folder.path(), &scope).expect("a folder")
}

proptest! {
    // Each of them is a whole directory.
    #![proptest_config(Config { cases: config().cases.div_ceil(4), ..config() })]

    #[test]
    fn what_is_imported_is_in_sync_and_says_no_secret(personas in vec(persona(), 1..4)) {
        let live: Vec<Live> = (0..).zip(personas).map(|(number, document): (u8, Value)| {
            let id = PersonaId::new(format!("p{number}")).expect("an id");
            Live { id, document }
        }).collect();
        let new = newcomers(&PERSONA, live.iter().collect(), &live, &[], Taken::default());
        let mut variables = Taken::default();
        let mut drafts = Vec::new();
        for new in &new {
            match draft(&PERSONA, new, &mut variables) {
                Ok(draft) => drafts.push(draft),
                Err(reason) => prop_assert!(
                    reason.contains("`/system_prompt`") || reason.contains("reserved"), "{reason}"
                ),
            }
        }
        let loaded = read(&drafts);
        let secrets = Fingerprints::new(Salt::new([7; 32]));
        let inputs = Inputs {
            catalog: &PERSONA,
            environment: "test",
            against: &Against::default(),
            desired: &[],
            elsewhere: &BTreeSet::new(),
            broken: &BTreeSet::new(),
            live: &live,
            records: &Records::new(),
            secrets: &secrets,
            policy: &Policy::default(),
        };
        let trial = Trial { inputs, known: &secrets };
        let tried = trial.run(&drafts, &loaded.desired, &loaded.findings);
        prop_assert!(tried.refused.is_empty(), "{:?}\n{:#?}", tried.refused, drafts);
        prop_assert_eq!(tried.records.len(), drafts.len());
    }
}
