//! Inputs that take other readers down: each ends soon, with an error.

use std::time::{Duration, Instant};

use super::Site;

/// How long each may take; a debug build beside other tests gets some slack.
const SOON: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

fn refused(name: &str, files: &[(&str, String)], code: &str) {
    let site = Site::new(files);
    let start = Instant::now();
    let loaded = site.load();
    let took = start.elapsed();
    let codes: Vec<_> = loaded.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&code), "{name}: {codes:?}");
    assert!(loaded.desired.is_empty(), "{name}");
    assert!(took < SOON, "{name} took {took:?}");
}

#[test]
fn deep_nests_are_refused() {
    let nests = ["[", "{", "- ", "{a: ", "? ", "- ? ", "[a, ", "[? "];
    for nest in nests {
        let text = nest.repeat(200_000 / nest.len());
        refused(nest, &[("personas/a.yaml", text)], "too-deep");
    }
    let block: String = (0..600).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    refused("block", &[("personas/a.yaml", block)], "too-deep");
    let closed = format!("{}{}", "[".repeat(65), "]".repeat(65));
    refused(
        "closed",
        &[("personas/a.yaml", format!("a: {closed}"))],
        "too-deep",
    );
}

#[test]
fn expansions_are_refused() {
    let laughs: String = (1..10)
        .map(|i| {
            format!(
                "a{i}: &a{i} [{}]\n",
                vec![format!("*a{}", i - 1); 10].join(", ")
            )
        })
        .collect();
    let quadratic = format!(
        "a: &a [{}]\nb: [{}]",
        "x,".repeat(20_000),
        "*a,".repeat(20_000)
    );
    let long = format!(
        "a: &a \"{}\"\nb: [{}]",
        "x".repeat(500_000),
        "*a,".repeat(50_000)
    );
    let merges: String = (1..20)
        .map(|i| {
            format!(
                "a{i}: &a{i} {{<<: [*a{0}, *a{0}, *a{0}], k{i}: 1}}\n",
                i - 1
            )
        })
        .collect();
    let deep: String = (1..70)
        .map(|i| format!("a{i}: &a{i} [*a{}]\n", i - 1))
        .collect();
    let rows = [
        (
            "billion laughs",
            format!("a0: &a0 lol\n{laughs}"),
            "too-large",
        ),
        ("quadratic", quadratic, "too-large"),
        ("long text", long, "too-large"),
        (
            "wide merges",
            format!("a0: &a0 {{z: {}}}\n{merges}", "x".repeat(300_000)),
            "too-large",
        ),
        ("deep aliases", format!("a0: &a0 1\n{deep}"), "too-deep"),
        (
            "nested anchors",
            format!(
                "a: {}[{}]{}",
                "&x [".repeat(60),
                "1,".repeat(50_000),
                "]".repeat(60)
            ),
            "too-large",
        ),
    ];
    for (name, text, code) in rows {
        refused(name, &[("personas/a.yaml", text)], code);
    }
}

#[test]
fn large_inputs_are_refused() {
    let rows = [
        ("file", format!("a: {}", "x".repeat(1_000_000)), "too-large"),
        ("key", format!("{{\"{}\": 1}}", "k".repeat(900_000)), "key"),
        (
            "nodes",
            format!("a: [{}]", "1,".repeat(120_000)),
            "too-large",
        ),
        ("number", format!("a: 1{}", "0".repeat(900_000)), "scalar"),
        (
            "anchors",
            (0..60_000).map(|i| format!("- &a{i} 1\n")).collect(),
            "too-large",
        ),
    ];
    for (name, text, code) in rows {
        refused(name, &[("personas/a.yaml", text)], code);
    }
    let keys = "k".repeat(1000);
    let nest = format!(
        "{}[{}]{}",
        format!("{{{keys}: ").repeat(60),
        "1,".repeat(40_000),
        "}".repeat(60)
    );
    let start = Instant::now();
    let loaded = Site::manifest(nest).load();
    assert!(start.elapsed() < SOON);
    assert!(loaded.desired.is_empty());
}

#[test]
fn includes_cannot_multiply() {
    let list = |tag: &str| format!("[{}]", format!("{tag}, ").repeat(1000));
    refused(
        "includes",
        &[
            (
                "personas/a.yaml",
                format!("a: {}", list("!include _b.yaml")),
            ),
            ("personas/_b.yaml", list("!include _c.yaml")),
            ("personas/_c.yaml", list("1")),
        ],
        "too-large",
    );
    refused(
        "texts",
        &[
            ("personas/a.yaml", format!("a: {}", list("!file _t.md"))),
            ("personas/_t.md", "x".repeat(900_000)),
        ],
        "too-large",
    );
    let chain = (0..100).map(|i| {
        (
            format!("personas/_{i}.yaml"),
            format!("[!include _{}.yaml]", i + 1),
        )
    });
    let chain: Vec<_> = chain.collect();
    let mut files: Vec<_> = chain
        .iter()
        .map(|(path, text)| (path.as_str(), text.clone()))
        .collect();
    files.push(("personas/a.yaml", "a: !include _0.yaml".to_owned()));
    refused("chain", &files, "too-deep");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let rows: [(&[u8], &str); 3] = [
        (b"a: 1\nb: \xFFx\n", "2:4 encoding: byte 0xFF is not UTF-8"),
        (b"\xFF\xFEa\0:\0", "1:1 encoding: byte 0xFF is not UTF-8"),
        (
            b"a: 1\nb\0: 2",
            "2:2 control-character: control character U+0000",
        ),
    ];
    for (bytes, expected) in rows {
        let errors = Site::manifest(bytes).errors();
        assert_eq!(errors, [format!("personas/a.yaml:{expected}")]);
    }
}
