//! Wrong input: a clear message, the right exit code, and nothing changed.

use std::fmt::Write as _;

use crate::support::Site;

/// A file's name and text, and what has to be said about it.
const MISTAKES: [(&str, &str, &[&str]); 14] = [
    (
        "tab.yaml",
        "persona_name: A\nlayers:\n\tllm: {}\n",
        &["personas/tab.yaml:3:", "tab"],
    ),
    (
        "twice.yaml",
        "persona_name: A\ncontext: x\ncontext: y\n",
        &["personas/twice.yaml:3:1", "duplicate-key"],
    ),
    (
        "tag.yaml",
        "persona_name: !fil a.md\n",
        &["personas/tag.yaml:1:15", "!file"],
    ),
    (
        "type.yaml",
        "persona_name: A\nsystem_prompt: [a, b]\n",
        &["personas/type.yaml:2:", "/system_prompt"],
    ),
    (
        "word.yaml",
        "persona_nam: A\nsystem_prompt: x\n",
        &["personas/word.yaml:1:1", "did you mean `persona_name`"],
    ),
    (
        "gone.yaml",
        "persona_name: A\nsystem_prompt: !file no.md\n",
        &["personas/gone.yaml:2:", "no.md"],
    ),
    (
        "above.yaml",
        "persona_name: A\nsystem_prompt: !file ../../x.md\n",
        &["personas/above.yaml:2:", "../../x.md"],
    ),
    (
        "cycle.yaml",
        "persona_name: A\nlayers: !include _a.yaml\n",
        &["_a.yaml", "_b.yaml", "cycle"],
    ),
    (
        "second.yaml",
        "persona_name: A\n---\npersona_name: B\n",
        &["personas/second.yaml:2:", "document"],
    ),
    (
        "list.yaml",
        "- persona_name: A\n",
        &["personas/list.yaml:1:1"],
    ),
    (
        "plain.yaml",
        "persona_name: A\nsystem_prompt: x\nlayers: {llm: {base_url: u, api_key: sk-live-1}}\n",
        &["!secret"],
    ),
    (
        "key.yaml",
        "persona_name: A\nlayers: {llm: {base_url: u, api_key: !secret TAVUS_API_KEY}}\n",
        &["TAVUS_API_KEY"],
    ),
    (
        "open.yaml",
        "persona_name: A\nsystem_prompt: !secret WORD\n",
        &["personas/open.yaml:2:", "/system_prompt"],
    ),
    (
        "block.yaml",
        "persona_name: A\nx-personactl: {prevent_delet: true}\n",
        &["prevent_delete"],
    ),
];

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_nothing_is_changed() {
    let site = Site::with_manifest("persona_name: Good\nsystem_prompt: x\n");
    site.write("personas/_a.yaml", "llm: !include _b.yaml\n");
    site.write("personas/_b.yaml", "model: !include _a.yaml\n");
    for (file, text, _) in MISTAKES {
        site.write(&format!("personas/{file}"), text);
    }
    let mut output = site.run(["apply", "--yes"]).code(1);
    for text in MISTAKES.iter().flat_map(|(_, _, said)| *said) {
        output = output.says(text);
    }
    output.hides("sk-live-1").hides("panicked");
    assert!(!site.path("personas/.personactl").exists());
}

#[test]
fn bytes_that_are_no_yaml_are_told_and_harmless_ones_are_taken() {
    let site = Site::empty();
    site.write("personas/bad.yaml", b"persona_name: A\ncontext: \xff\n");
    site.run(["plan"]).code(1).says("personas/bad.yaml:2:10");

    let site = Site::empty();
    site.write(
        "personas/bom.yaml",
        "\u{feff}persona_name: A\r\nsystem_prompt: x\r\n",
    );
    site.run(["plan"]).success().says("1 to create");
}

#[test]
fn attacks_on_the_parser_end_with_a_message() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").expect("a string takes all");
    }
    let nest = |open: &str| open.repeat(200_000 / open.len());
    for attack in [bomb, nest("["), nest("- "), nest("{a: "), nest("? ")] {
        let site = Site::with_manifest(&attack);
        site.run(["plan"])
            .code(1)
            .says("personas/ana.yaml:")
            .hides("panicked");
    }
}

#[test]
fn directories_that_cannot_be_used_are_told() {
    let site = Site::empty();
    site.run(["plan"]).code(1).says("holds no manifest");
    site.run(["plan", "elsewhere", "-e", "sandbox"])
        .code(1)
        .says("`elsewhere`");
    site.write("file", "x");
    site.run(["plan", "file", "-e", "sandbox"])
        .code(1)
        .says("`file`");
    site.run(["-C", "nowhere", "plan"])
        .code(1)
        .says("`nowhere`");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_tree_is_refused_and_not_read() {
    let outside = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(outside.path(), "the outside text").expect("it is written");
    let site = Site::with_manifest("persona_name: A\nsystem_prompt: !file _prompt.md\n");
    std::os::unix::fs::symlink(outside.path(), site.path("personas/_prompt.md")).expect("a link");
    site.run(["plan"])
        .code(1)
        .says("personas/ana.yaml:2:")
        .hides("the outside text");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_tree_is_not_written_through() {
    let outside = tempfile::tempdir().expect("a folder");
    let dangling = outside.path().join("not there");
    for (link, target) in [
        (".personactl", outside.path()),
        (".personactl", &dangling),
        (".personactl/undo", outside.path()),
        (".personactl/sandbox", outside.path()),
        ("_sandbox", outside.path()),
    ] {
        let site = Site::with_manifest("persona_name: A\nsystem_prompt: x\n");
        let link = site.path("personas").join(link);
        std::fs::create_dir_all(link.parent().expect("a folder")).expect("a folder");
        std::os::unix::fs::symlink(target, &link).expect("a link");
        site.run(["apply", "--yes"])
            .code(1)
            .says("leads out of the repository by a link");
        let left = std::fs::read_dir(outside.path()).expect("a folder");
        assert_eq!(left.count(), 0, "{}", link.display());
    }
}

#[test]
fn wrong_usage_has_its_own_code() {
    let site = Site::empty();
    site.run(["plan", "--nonsense"]).code(64).says("--nonsense");
    site.run(["plan", "-e", "nowhere"]).code(64).says("nowhere");
    site.run([]).code(64).says("Usage");
}

#[test]
fn warnings_pass_unless_strict() {
    let site = Site::with_manifest("persona_name: A\nsystem_prompt: x\nbrand_new_member: 1\n");
    site.run(["plan"])
        .success()
        .says("brand_new_member")
        .says("1 to create");
    site.run(["plan", "--strict"])
        .code(1)
        .says("brand_new_member");
}
