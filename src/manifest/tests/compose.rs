//! One text: its value, its places, what is wrong with it.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

use super::super::document;
use crate::model::{Place, Pointer};
use crate::yaml::Source;
use crate::yaml::compose;
use crate::yaml::{Data, Member, Node};

fn source(file: &str, text: &[u8]) -> Source {
    let (source, flaw) = Source::decode(Arc::from(file), text);
    assert_eq!(flaw, None);
    source
}

/// The value of a text without mistakes, and its places.
fn read(file: &str, text: &str) -> (Value, crate::model::Places) {
    let composed = compose(&source(file, text.as_bytes()));
    let root = composed.root.expect("a document");
    assert_eq!(composed.findings, []);
    let place = root.place.clone();
    let root = vec![Member {
        name: "root".to_owned(),
        place: place.clone(),
        value: root,
    }];
    let mut document = document::build(root, place, &[]);
    (document.value["root"].take(), document.places)
}

fn value(text: &str) -> Value {
    read("a.yaml", text).0
}

/// Line, column and code of each finding.
fn flaws(text: &str) -> Vec<(usize, usize, &'static str)> {
    let composed = compose(&source("a.yaml", text.as_bytes()));
    let at = |place: &Option<Place>| place.as_ref().map_or((0, 0), |p| (p.line, p.column));
    let findings = composed.findings.iter();
    findings
        .map(|finding| (at(&finding.place).0, at(&finding.place).1, finding.code))
        .collect()
}

#[test]
fn values_are_those_of_the_core_schema() {
    let rows = [
        (
            "a: no\nb: 12:30\nc: 1_000\nd: on",
            json!({"a": "no", "b": "12:30", "c": "1_000", "d": "on"}),
        ),
        (
            "a: ~\nb:\nc: 'null'\nd: true",
            json!({"a": null, "b": null, "c": "null", "d": true}),
        ),
        (
            "1: x\ntrue: y\n~: z\n'q': w",
            json!({"1": "x", "true": "y", "~": "z", "q": "w"}),
        ),
        (
            "a: !!str 1\nb: !!int '2'\nc: ! 3\nd: !!seq [1]\ne: !!map {}",
            json!({"a": "1", "b": 2, "c": "3", "d": [1], "e": {}}),
        ),
        (
            "a: |\n  x\n  y\nb: >-\n  x\n  y",
            json!({"a": "x\ny\n", "b": "x y"}),
        ),
        ("[a: 1, b]", json!([{"a": 1}, "b"])),
        ("%YAML 1.2\n---\na: 1\n...\n", json!({"a": 1})),
        ("\u{feff}a: 1\r\nb: 2\r\n", json!({"a": 1, "b": 2})),
    ];
    for (text, expected) in rows {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn anchors_and_merge_keys_are_written_out() {
    let rows = [
        ("a: &x [1]\nb: *x", json!({"a": [1], "b": [1]})),
        ("&k a: 1\nb: *k", json!({"a": 1, "b": "a"})),
        ("a: &x b\n*x : 1", json!({"a": "b", "b": 1})),
        (
            "base: &x {a: 1, b: 2}\nm: {b: 3, <<: *x}",
            json!({"base": {"a": 1, "b": 2}, "m": {"b": 3, "a": 1}}),
        ),
        (
            "m:\n  <<: [{a: 1}, {a: 2, b: 2}]\n  c: 3",
            json!({"m": {"a": 1, "b": 2, "c": 3}}),
        ),
        (
            "x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nz: {<<: *y}",
            json!({"x": {"a": 1}, "y": {"a": 1, "b": 2}, "z": {"a": 1, "b": 2}}),
        ),
        ("'<<': 1", json!({"<<": 1})),
        ("<<: {b: 1, a: 2}\na: 1", json!({"b": 1, "a": 1})),
    ];
    for (text, expected) in rows {
        assert_eq!(value(text).to_string(), expected.to_string(), "{text}");
    }
}

#[test]
fn mistakes_have_a_code_a_line_and_a_column() {
    type Row<'r> = (&'r str, &'r [(usize, usize, &'r str)]);
    let rows: &[Row<'_>] = &[
        (
            "a: 1\nb: {c: 1, c: 2}\na: 3",
            &[(2, 11, "duplicate-key"), (3, 1, "duplicate-key")],
        ),
        ("a: .inf\nb: [-.NaN]", &[(1, 4, "scalar"), (2, 5, "scalar")]),
        (
            "a: !!int x\nb: !!bool yes",
            &[(1, 4, "scalar"), (2, 4, "scalar")],
        ),
        (
            "a: !incldue x\nb: !!python/object {}",
            &[(1, 4, "unknown-tag"), (2, 4, "unknown-tag")],
        ),
        (
            "a: !!set {}\nb: !!binary x",
            &[(1, 4, "unknown-tag"), (2, 4, "scalar")],
        ),
        (
            "[a, b]: 1\n? {c: 1}\n: 2\nd: 3",
            &[(1, 1, "key"), (2, 3, "key")],
        ),
        ("x: &x [1]\n*x : 2", &[(2, 1, "key")]),
        (
            "a: {<<: 1}\nb: {<<: [{}, 2]}\n<<: !include x",
            &[(1, 5, "merge"), (2, 5, "merge"), (3, 1, "merge")],
        ),
        ("<<: {}\n<<: {}", &[(2, 1, "duplicate-key")]),
        ("a: &a [*a]", &[(1, 8, "recursive-alias")]),
        ("a: &a {b: {c: *a}}", &[(1, 15, "recursive-alias")]),
        ("a: *nothing", &[(1, 4, "syntax")]),
        ("a:\n\tb: 1", &[(2, 1, "tab")]),
        ("a:\n  b: 1\n\tc: 2", &[(3, 1, "tab")]),
        ("a: b: c", &[(1, 5, "syntax")]),
        ("a: 'x", &[(1, 4, "syntax")]),
        ("a: x\0y", &[(1, 5, "control-character")]),
        ("a: 1\r\nü: \"\u{1b}[31m\"", &[(2, 5, "control-character")]),
        ("", &[(1, 1, "empty")]),
        ("# only a comment", &[(1, 1, "empty")]),
        ("a: 1\n--- \nb: 2", &[(2, 1, "second-document")]),
        ("a: 1\n---\n", &[(2, 1, "second-document")]),
        ("a: \u{feff}b", &[(1, 4, "syntax")]),
    ];
    for (text, expected) in rows {
        assert_eq!(flaws(text), *expected, "{text:?}");
    }
}

#[test]
fn hints_say_the_way_out() {
    let rows = [
        ("a: 1\na: 2", "line 1"),
        (
            "a: !fiel x",
            "did you mean `!file`? the tags are !file, !include, !concat, !var, !secret",
        ),
        ("a:\n\tb: 1", "spaces"),
        ("a: b: c", "quoted"),
    ];
    for (text, expected) in rows {
        let composed = compose(&source("a.yaml", text.as_bytes()));
        let hint = composed.findings[0].hint.clone().expect("a hint");
        assert!(hint.contains(expected), "{hint}");
    }
}

/// Text, pointer, then line, column and width of the value, and the column of its name.
#[test]
fn every_value_knows_its_place() {
    let crlf = "\u{feff}ä: x\r\nü: {a: [1, zwei]}\r\nb: \"x\r\n  y\"\r\n";
    let rows = [
        (crlf, "/ä", (1, 4, 1), 1),
        (crlf, "/ü", (2, 4, 1), 1),
        (crlf, "/ü/a/1", (2, 12, 4), 12),
        (crlf, "/b", (3, 4, 2), 1),
        ("a:\n  b: !!str x\n", "/a/b", (2, 6, 7), 3),
        ("a: &x\n  - 1\nb: *x\n", "/b/0", (2, 5, 1), 5),
        ("a: &x {k: 1}\nb:\n  <<: *x\n", "/b/k", (1, 11, 1), 8),
        ("a: |\n  text\n  more\n", "/a", (2, 3, 4), 1),
        ("a:\nb: 1\n", "/a", (1, 2, 1), 1),
    ];
    for (text, pointer, (line, column, width), name) in rows {
        let places = read("a.yaml", text).1;
        let pointer = Pointer::parse(&format!("/root{pointer}")).expect("a pointer");
        let place = places.value(&pointer);
        assert_eq!(
            (place.line, place.column, place.width),
            (line, column, width),
            "{pointer} in {text:?}"
        );
        assert_eq!(
            places.name(&pointer).column,
            name,
            "name of {pointer} in {text:?}"
        );
    }
}

#[test]
fn json_habits_are_understood() {
    let rows = [
        (
            "{\n\t\"a\":\t1,\n\t\"b\": [\n\t]\n}",
            json!({"a": 1, "b": []}),
        ),
        (
            r#"{"a": "\ud83d\ude00\/\u0000\t"}"#,
            json!({"a": "😀/\0\t"}),
        ),
        (
            r#"{"a":{"b":1},"c":[true,null]}"#,
            json!({"a": {"b": 1}, "c": [true, null]}),
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(read("a.json", text).0, expected, "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |n| Some(Value::Number(Number::from_f64(n)?))),
        any::<String>().prop_map(Value::from),
        "[ -~\t\n\"\\\\:#{}\\[\\]]{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_composed_to_what_it_says(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty {
            serde_json::to_string_pretty(&value)
        } else {
            serde_json::to_string(&value)
        }
        .expect("JSON");
        let parsed: Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(read("a.json", &text).0, parsed);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~\t\n\r]{0,80}") {
        let _ = compose(&source("a.yaml", text.as_bytes()));
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(parts in prop::collection::vec(
        prop::sample::select(vec!["a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "&x ", "*x", "<<", "!file ", "!!int ", "|", ">", "? ", "'", "\"", "#", "---", "...", "\u{feff}", "\t", "ü"]), 0..40)) {
        let _ = compose(&source("a.yaml", parts.concat().as_bytes()));
    }
}

#[test]
fn tags_of_ours_keep_their_operand_as_text() {
    let composed = compose(&source("a.yaml", b"a: !var 1\nb: !file true"));
    let Some(Node {
        data: Data::Map(members),
        ..
    }) = composed.root
    else {
        panic!("no map");
    };
    let operands = members.iter().map(|member| match &member.value.data {
        Data::Tagged(_, operand) => operand.text(),
        _ => None,
    });
    assert_eq!(operands.collect::<Vec<_>>(), [Some("1"), Some("true")]);
}
