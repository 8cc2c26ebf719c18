//! What each tag stands for, and how it fails.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{NAMED, Site};
use crate::model::Pointer;

/// A site whose manifest ends in `layers.llm.extra_body: {x: …}`.
fn with(x: &str, files: &[(&str, &str)]) -> Site {
    let site = Site::manifest(format!(
        "{NAMED}layers: {{llm: {{extra_body: {{x: {x}}}}}}}\n"
    ));
    for (path, text) in files {
        site.write(path, text);
    }
    site
}

fn x(site: &Site) -> Value {
    site.document()["layers"]["llm"]["extra_body"]["x"].clone()
}

#[test]
fn tags_stand_for_values() {
    let tools = "weather: {a: [1, 2.75]}\nall: [!include _more.yaml#/b]\n";
    let files = [
        ("personas/_p.md", "eins\nzwei\r\n"),
        ("personas/_q.md", "drei\n\n"),
        ("personas/_empty.md", "\n"),
        ("personas/_bom.md", "\u{feff}x"),
        ("personas/_t.yaml", tools),
        ("personas/_more.yaml", "b: !file sub/_r.md\nc: !var face\n"),
        ("personas/sub/_r.md", "vier"),
        ("personas/_j.json", "{\"a/b\": [\"\\u00e4\"]}"),
        ("personas/_null.yaml", "~"),
        ("shared/s.md", "außen"),
    ];
    let rows = [
        ("!file _p.md", json!("eins\nzwei")),
        ("!file ./_q.md", json!("drei\n")),
        ("!file _empty.md", json!("")),
        ("!file _bom.md", json!("x")),
        ("!file ../shared/s.md", json!("außen")),
        ("!include _t.yaml#/weather/a/1", json!(2.75)),
        (
            "!include _t.yaml",
            json!({"weather": {"a": [1, 2.75]}, "all": ["vier"]}),
        ),
        ("!include _t.yaml#/all/0", json!("vier")),
        ("!include _more.yaml#/c", json!("r1")),
        ("!include _j.json#/a~1b/0", json!("ä")),
        ("!include _null.yaml", json!(null)),
        ("!include a.yaml#/persona_name", json!("A")),
        (
            "!concat [eins, !file _p.md, !include _more.yaml#/b]",
            json!("eins\n\neins\nzwei\n\nvier"),
        ),
        ("!concat []", json!("")),
        ("!var face", json!("r1")),
        ("!var voice", json!({"speed": 1.50})),
        ("!var {name: face, default: 1}", json!("r1")),
        (
            "!var {name: none, default: [!file _p.md]}",
            json!(["eins\nzwei"]),
        ),
        ("!var {name: none, default: null}", json!(null)),
    ];
    for (tag, expected) in rows {
        assert_eq!(x(&with(tag, &files)), expected, "{tag}");
    }
}

#[test]
fn a_tag_that_fails_says_why() {
    let files = [
        ("personas/_tools.yaml", "weather: 1\n"),
        ("personas/_bad.yaml", "a: [1\nb: 2\n"),
        ("personas/_twice.yaml", "a: 1\na: 2\n"),
        ("personas/_latin.md", "x"),
    ];
    let rows = [
        ("!file _tool.yaml", "missing-file: no file `_tool.yaml`"),
        ("!file [a]", "tag: `!file` takes a text"),
        ("!include {}", "tag: `!include` takes a text"),
        (
            "!include _tools.yaml#weather",
            "tag: `weather` is no JSON Pointer",
        ),
        (
            "!include _tools.yaml#/wether",
            "missing-value: nothing at `/wether` in `personas/_tools.yaml`",
        ),
        (
            "!include _tools.yaml#/weather/0",
            "missing-value: nothing at `/weather/0` in `personas/_tools.yaml`",
        ),
        ("!concat x", "tag: `!concat` takes a list, not text"),
        (
            "!concat [a, 1]",
            "tag: `!concat` joins texts, this is a number",
        ),
        (
            "!concat [a, !secret X]",
            "tag: `!concat` joins texts, this is a secret",
        ),
        (
            "!var fase",
            "unknown-variable: the environment `staging` has no variable `fase`",
        ),
        ("!var {default: 1}", "tag: `!var` takes a `name`"),
        (
            "!var {name: face, defualt: 1}",
            "tag: `!var` knows no `defualt`",
        ),
        (
            "!secret not-a-name",
            "secret-name: `!secret` takes the name of an environment variable",
        ),
        (
            "!secret TAVUS_API_KEY",
            "reserved-secret: `TAVUS_API_KEY` is our own key: no manifest may send it",
        ),
        ("{$secret: X}", "reserved-member: `$secret` is reserved"),
    ];
    for (tag, expected) in rows {
        let errors = with(tag, &files).errors();
        assert_eq!(errors.len(), 1, "{tag}: {errors:?}");
        let (place, message) = errors[0].split_once(' ').expect("a place");
        assert!(place.starts_with("personas/a.yaml:3:"), "{tag}: {place}");
        assert_eq!(message, expected, "{tag}");
    }
}

#[test]
fn hints_name_what_is_near() {
    let files = [("personas/_tools.yaml", "weather: 1\n")];
    let rows = [
        ("!file _tool.yaml", "did you mean `_tools.yaml`?"),
        ("!var fase", "did you mean `face`?"),
    ];
    for (tag, expected) in rows {
        let loaded = with(tag, &files).load();
        let hints: Vec<_> = loaded
            .findings
            .iter()
            .flat_map(|f| f.hint.as_deref())
            .collect();
        assert_eq!(hints, [expected]);
    }
}

#[test]
fn mistakes_in_an_included_file_stand_in_that_file() {
    let files = [
        ("personas/_broken.yaml", "a: {b: 1\n"),
        ("personas/_twice.yaml", "a: 1\nb: [!file none.md]\na: 2\n"),
        ("personas/_empty.yaml", ""),
    ];
    let rows: [(&str, &[&str]); 3] = [
        (
            "!include _broken.yaml",
            &["personas/_broken.yaml:2:1 syntax"],
        ),
        (
            "[!include _twice.yaml, !include _twice.yaml]",
            &[
                "personas/_twice.yaml:2:5 missing-file",
                "personas/_twice.yaml:3:1 duplicate-key",
            ],
        ),
        ("!include _empty.yaml", &["personas/_empty.yaml:1:1 empty"]),
    ];
    for (tag, expected) in rows {
        let errors = with(tag, &files).errors();
        let found: Vec<_> = errors
            .iter()
            .map(|e| e.rsplit_once(": ").map_or(&**e, |(head, _)| head))
            .collect();
        assert_eq!(found, expected, "{tag}");
    }
}

#[test]
fn secrets_are_references() {
    let site = Site::manifest(format!(
        "{NAMED}layers: {{tts: {{api_key: !secret ELEVENLABS_API_KEY}}}}\n"
    ));
    assert_eq!(
        site.document()["layers"]["tts"]["api_key"],
        json!({"$secret": "ELEVENLABS_API_KEY"})
    );
}

#[test]
fn a_variable_cannot_smuggle_a_reference_in() {
    let mut site = Site::manifest(format!("{NAMED}layers: {{tts: {{api_key: !var key}}}}\n"));
    site.variables
        .insert("key".to_owned(), json!({"$secret": "TAVUS_API_KEY"}));
    let errors = site.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("reserved-member"), "{errors:?}");
}

#[test]
fn a_circle_of_includes_is_shown_whole() {
    let files = [
        ("personas/_a.yaml", "[!include sub/_b.yaml]"),
        ("personas/sub/_b.yaml", "x: !include ../_c.yaml#/y"),
        ("personas/_c.yaml", "y: !include _a.yaml"),
        (
            "personas/_self.yaml",
            "a: !include _self.yaml#/b\nb: 1\nc: !include _self.yaml#/c\n",
        ),
    ];
    let rows = [
        (
            "!include _a.yaml",
            "personas/_c.yaml:1:4 include-cycle: the includes go in a circle: personas/_a.yaml -> \
             personas/sub/_b.yaml -> personas/_c.yaml#/y -> personas/_a.yaml",
        ),
        (
            "!include a.yaml",
            "personas/a.yaml:3:32 include-cycle: the includes go in a circle: personas/a.yaml -> personas/a.yaml",
        ),
        (
            "!include _self.yaml#/c",
            "personas/_self.yaml:3:4 include-cycle: the includes go in a circle: personas/_self.yaml#/c -> \
             personas/_self.yaml#/c",
        ),
    ];
    for (tag, expected) in rows {
        assert_eq!(with(tag, &files).errors(), [expected], "{tag}");
    }
    assert_eq!(x(&with("!include _self.yaml#/a", &files)), json!(1));
}

#[test]
fn places_lead_into_the_file_that_set_the_value() {
    let site = with(
        "!include sub/_t.yaml",
        &[
            (
                "personas/sub/_t.yaml",
                "# tools\nlist:\n  - !file ../_p.md\n",
            ),
            ("personas/_p.md", "prompt\n"),
        ],
    );
    let loaded = site.load();
    let places = &loaded.desired[0].places;
    let at = |pointer: &str| {
        let pointer = Pointer::parse(pointer).expect("a pointer");
        let shown = |place: &crate::model::Place| {
            let root = format!("{}/", site.folder.path().display());
            place.to_string().replace(&root, "")
        };
        (
            shown(&places.name(&pointer)),
            shown(&places.value(&pointer)),
        )
    };
    let own = |place: &str| place.to_owned();
    assert_eq!(
        at("/layers/llm/extra_body/x"),
        (own("personas/a.yaml:3:29"), own("personas/sub/_t.yaml:2:1"))
    );
    assert_eq!(
        at("/layers/llm/extra_body/x/list"),
        (
            own("personas/sub/_t.yaml:2:1"),
            own("personas/sub/_t.yaml:3:3")
        )
    );
    assert_eq!(
        at("/layers/llm/extra_body/x/list/0").1,
        "personas/_p.md:1:1"
    );

    let read: Vec<_> = loaded
        .files
        .iter()
        .map(|file| {
            file.strip_prefix(site.folder.path())
                .expect("below")
                .to_owned()
        })
        .collect();
    assert_eq!(
        read,
        ["personas/_p.md", "personas/a.yaml", "personas/sub/_t.yaml"].map(PathBuf::from)
    );
    let prompt =
        places.value(&Pointer::parse("/layers/llm/extra_body/x/list/0").expect("a pointer"));
    assert_eq!(loaded.sources.line(&prompt), Some("prompt"));
}
