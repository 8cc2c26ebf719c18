//! `pull`: live edits flow back into the files, and nothing else in these changes.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{self, Site};

const ANA: &str = "\
# Ana, as everybody knows her.
persona_name: Ana   # the name
system_prompt: !file _prompts/ana.md

greeting: 'Hello'   # single quotes, kept
layers:
    llm:            # four spaces
        model: tavus-gpt-oss
        tools:
        # the weather first
        - !include _tools/weather.yaml
        - {type: function, function: {name: end, description: \"Ends it\"}}   # inline
        extra_body: {temperature: 0.2,  top_p: 0.9}
    # what is seen
    perception:
        visual_awareness_queries:
            - Is it dark?   # one

            - Is it loud?   # two
context: >-
    Folded over
    two lines.
";

fn site() -> Site {
    let mut site = Site::with_manifest(ANA);
    // Git is looked for by its name.
    site.set("PATH", std::env::var("PATH").expect("a path"));
    site.write(
        "personas/_prompts/ana.md",
        "# Role\n\nYou are Ana.\n\nBe kind.\n",
    );
    site.write(
        "personas/_tools/weather.yaml",
        "# shared one day\ntype: function\nfunction:\n  name: weather\n  description: Tells the weather.\n",
    );
    apply(&site);
    site
}

fn apply(site: &Site) {
    let _ = site.run(["apply", "--yes"]).success();
}

/// The lines that a pull takes away and adds, and the run.
fn pulled(site: &Site, path: &str, arguments: &[&str]) -> (Vec<String>, Vec<String>) {
    let before = site.read(path);
    let output = site.run(["pull", "--yes"].iter().chain(arguments).copied());
    assert!([0, 3].contains(&output.code), "{output:#?}");
    let after = site.read(path);
    let less = |one: &str, other: &str| {
        let has = |line: &&str| !other.lines().any(|other| other == *line);
        one.lines().filter(has).map(str::to_owned).collect()
    };
    (less(&before, &after), less(&after, &before))
}

fn is_empty(site: &Site) {
    let output = site.run(["plan"]).success();
    assert!(output.stdout.starts_with("No changes"), "{output:#?}");
}

#[test]
fn each_edit_changes_its_own_line_and_the_plan_is_empty() {
    let site = site();
    type Edit = fn(&mut Value);
    let rows: [(Edit, &str, &[&str], &[&str]); 9] = [
        (
            |live| live["greeting"] = json!("It's me"),
            "ana.yaml",
            &["greeting: 'Hello'   # single quotes, kept"],
            &["greeting: 'It''s me'   # single quotes, kept"],
        ),
        (
            |live| live["layers"]["llm"]["extra_body"]["temperature"] = json!(0.7),
            "ana.yaml",
            &["        extra_body: {temperature: 0.2,  top_p: 0.9}"],
            &["        extra_body: {temperature: 0.7,  top_p: 0.9}"],
        ),
        (
            |live| {
                live["layers"]["llm"]["tools"][1]["function"]["description"] = json!("Stops: it")
            },
            "ana.yaml",
            &[
                "        - {type: function, function: {name: end, description: \"Ends it\"}}   # inline",
            ],
            &[
                "        - {type: function, function: {name: end, description: \"Stops: it\"}}   # inline",
            ],
        ),
        (
            |live| {
                live["layers"]["llm"]["tools"][0]["function"]["description"] = json!("Forecasts.")
            },
            "_tools/weather.yaml",
            &["  description: Tells the weather."],
            &["  description: Forecasts."],
        ),
        (
            |live| {
                live["layers"]["perception"]["visual_awareness_queries"][1] =
                    json!("Is it loud there?")
            },
            "ana.yaml",
            &["            - Is it loud?   # two"],
            &["            - Is it loud there?   # two"],
        ),
        (
            |live| {
                let queries = &mut live["layers"]["perception"]["visual_awareness_queries"];
                queries
                    .as_array_mut()
                    .expect("a list")
                    .insert(1, json!("no"));
            },
            "ana.yaml",
            &[],
            &["            - \"no\""],
        ),
        (
            |live| live["system_prompt"] = json!("# Role\n\nYou are Ana.\n\nBe very kind."),
            "_prompts/ana.md",
            &["Be kind."],
            &["Be very kind."],
        ),
        (
            |live| live["persona_name"] = json!("Ana 2"),
            "ana.yaml",
            &["persona_name: Ana   # the name"],
            &["persona_name: Ana 2   # the name"],
        ),
        (
            |live| live["context"] = json!(null),
            "ana.yaml",
            &["context: >-", "    Folded over", "    two lines."],
            &[],
        ),
    ];
    let mut name = "Ana";
    for (edit, path, removed, added) in rows {
        site.in_dashboard(name, edit);
        let (gone, new) = pulled(&site, &format!("personas/{path}"), &["--allow-dirty"]);
        assert_eq!((gone, new), (owned(removed), owned(added)));
        is_empty(&site);
        if added.first().is_some_and(|line| line.contains("Ana 2")) {
            name = "Ana 2";
        }
    }
    // What was pulled is what both sides go on from: an edit of the file is a change now, and no conflict.
    site.edit("personas/ana.yaml", "It''s me", "Hi");
    let plan = site.run(["plan"]).success().stdout;
    assert!(plan.contains("/greeting  change"), "{plan}");
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_conflict_is_settled_by_what_is_live() {
    let site = site();
    site.in_dashboard("Ana", |live| live["greeting"] = json!("Live"));
    site.edit("personas/ana.yaml", "'Hello'", "'Here'");
    let plan = site.run(["plan"]).success().stdout;
    assert!(plan.contains("conflict"), "{plan}");
    let (_, new) = pulled(&site, "personas/ana.yaml", &["--allow-dirty"]);
    assert_eq!(new, ["greeting: 'Live'   # single quotes, kept"]);
    is_empty(&site);
}

#[test]
fn the_file_that_set_the_value_is_the_one_that_changes() {
    let site = site();
    site.write(
        "personas/_overlays/sandbox/ana.yaml",
        "greeting: Over   # the overlay\n",
    );
    apply(&site);
    site.in_dashboard("Ana", |live| live["greeting"] = json!("Live"));
    let (_, new) = pulled(
        &site,
        "personas/_overlays/sandbox/ana.yaml",
        &["--allow-dirty"],
    );
    assert_eq!(new, ["greeting: Live   # the overlay"]);
    assert_eq!(site.read("personas/ana.yaml"), ANA);
    is_empty(&site);
}

#[test]
fn what_comes_from_elsewhere_is_told_with_its_place_and_the_rest_is_done() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: !concat [Be kind., Be brief.]\ndefault_replica_id: !var {name: face, default: r1}\n\
         greeting: Hello\nlayers: {llm: {tools: &t [{type: function, function: {name: a}}]}, perception: {visual_tools: *t}}\n",
    );
    apply(&site);
    let before = site.read("personas/ana.yaml");
    site.in_dashboard("Ana", |live| {
        live["system_prompt"] = json!("Be rude.");
        live["default_replica_id"] = json!("r2");
        live["greeting"] = json!("Hi");
        live["layers"]["llm"]["tools"][0]["function"]["name"] = json!("b");
    });
    let output = site.run(["pull", "--yes", "--allow-dirty"]).code(3);
    for expected in [
        "/system_prompt: it is joined from parts by `!concat`",
        "(personas/ana.yaml:2:16)",
        "/default_replica_id: it comes from the variable `face`",
        "/layers/llm/tools: ",
        "1 of 4 fields",
    ] {
        assert!(output.stderr.contains(expected), "{expected}\n{output:#?}");
    }
    assert_eq!(
        site.read("personas/ana.yaml"),
        before.replace("Hello", "Hi")
    );
}

#[test]
fn a_shared_file_is_only_changed_for_all_who_share_it() {
    let site = site();
    site.write(
        "personas/bob.yaml",
        ANA.replace("persona_name: Ana", "persona_name: Bob"),
    );
    apply(&site);
    let edit = |live: &mut Value| live["system_prompt"] = json!("You are anybody.");
    site.in_dashboard("Ana", edit);
    let output = site.run(["pull", "--yes", "--allow-dirty"]).code(1);
    assert!(
        output.stderr.contains("the file is shared with `bob`"),
        "{output:#?}"
    );
    assert!(site.read("personas/_prompts/ana.md").starts_with("# Role"));
    site.in_dashboard("Bob", edit);
    let _ = site.run(["pull", "--yes", "--allow-dirty"]).success();
    assert_eq!(site.read("personas/_prompts/ana.md"), "You are anybody.\n");
    is_empty(&site);
}

#[test]
fn nothing_is_written_without_consent_nor_over_what_is_not_committed() {
    let site = site();
    site.in_dashboard("Ana", |live| live["greeting"] = json!("Live"));
    let git = |arguments: &[&str]| {
        let git = support::git(site.path("."), arguments.iter().copied()).output();
        let output = git.expect("git runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    git(&["init", "-q"]);
    let output = site.run(["pull", "--yes"]).code(1);
    assert!(
        output
            .stderr
            .contains("personas/ana.yaml` has changes that are not committed"),
        "{output:#?}"
    );
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "all"]);
    let output = site.run(["pull"]).code(1);
    assert!(output.stderr.contains("say --yes"), "{output:#?}");
    assert!(output.stdout.contains("+ greeting: 'Live'"), "{output:#?}");
    assert_eq!(git(&["status", "--porcelain"]), "");
    let _ = site.run(["pull", "--yes"]).success();
    assert_eq!(git(&["diff", "--numstat"]), "1\t1\tpersonas/ana.yaml\n");
    let output = site.run(["pull", "--yes"]).success();
    assert!(output.stderr.contains("nothing to pull"), "{output:#?}");
}

#[test]
fn no_program_is_run_that_the_repository_names() {
    let site = site();
    site.in_dashboard("Ana", |live| live["greeting"] = json!("Live"));
    let canary = site.path("canary");
    let program = format!("echo run >>{} &&", canary.display());
    let git = |arguments: &[&str]| {
        let git = support::git(site.path("."), arguments.iter().copied()).output();
        assert!(git.as_ref().expect("git runs").status.success(), "{git:?}");
    };
    site.write(".gitattributes", "*.json diff=x\n");
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["add", "-f", "personas/.personactl/sandbox/ledger.json"]);
    git(&["commit", "-q", "-m", "all"]);
    git(&["config", "core.fsmonitor", &format!("{program} false")]);
    git(&["config", "diff.x.textconv", &format!("{program} cat")]);
    for arguments in [&["status"][..], &["pull", "--yes"]] {
        let _ = site.run(arguments.iter().copied()).success();
        assert!(!canary.exists(), "{arguments:?}");
    }
    git(&["status"]);
    git(&["blame", "personas/.personactl/sandbox/ledger.json"]);
    let run = std::fs::read_to_string(canary).expect("others run both");
    assert!(run.lines().count() > 1, "{run}");
}

#[test]
fn one_scalar_in_five_hundred_lines_is_one_line() {
    let mut text = String::from("persona_name: Ana\r\nsystem_prompt: |\r\n");
    for line in 0..400 {
        write!(
            text,
            "  Line {line} of the prompt: \"quoted\", # and not a comment.\r\n"
        )
        .expect("a string");
    }
    text.push_str("layers:\r\n  perception:\r\n    visual_awareness_queries:\r\n");
    for line in 0..100 {
        write!(text, "      - Is it {line}?   # comment {line}\r\n\r\n").expect("a string");
    }
    let site = Site::with_manifest(&text);
    apply(&site);
    site.in_dashboard("Ana", |live| {
        live["layers"]["perception"]["visual_awareness_queries"][50] = json!("Is it fifty?");
    });
    let _ = site.run(["pull", "--yes", "--allow-dirty"]).success();
    let expected = text.replace("Is it 50?", "Is it fifty?");
    assert_eq!(site.read("personas/ana.yaml"), expected);
    is_empty(&site);
    // A block of text changes by its own line.
    site.in_dashboard("Ana", |live| {
        let prompt = live["system_prompt"]
            .as_str()
            .expect("text")
            .replace("Line 200 of", "Line CC of");
        live["system_prompt"] = json!(prompt);
    });
    let _ = site.run(["pull", "--yes", "--allow-dirty"]).success();
    assert_eq!(
        site.read("personas/ana.yaml"),
        expected.replace("Line 200 of", "Line CC of")
    );
    is_empty(&site);
}

#[test]
fn what_a_secret_is_live_is_never_written() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: P\nlayers: {tts: {tts_engine: elevenlabs, api_key: !secret KEY}}\n",
    );
    apply(&site);
    site.in_dashboard("Ana", |live| live["layers"]["tts"]["api_key"] = json!(null));
    let output = site.run(["pull", "--yes", "--allow-dirty"]);
    assert!(
        site.read("personas/ana.yaml").contains("!secret KEY"),
        "{output:#?}"
    );
}

#[test]
fn a_persona_that_is_gone_takes_nothing_from_its_manifest() {
    let site = site();
    for entry in
        std::fs::read_dir(site.path("personas/.personactl/sandbox/personas")).expect("a state")
    {
        let path = entry.expect("an entry").path();
        if std::fs::read_to_string(&path)
            .expect("a file")
            .contains("\"Ana\"")
        {
            std::fs::remove_file(path).expect("it goes");
        }
    }
    let plan = site.run(["plan"]).success().stdout;
    assert!(plan.contains("to recreate"), "{plan}");
    let output = site.run(["pull", "--yes", "--allow-dirty"]).success();
    assert!(output.stderr.contains("nothing to pull"), "{output:#?}");
    assert_eq!(site.read("personas/ana.yaml"), ANA);
}

#[test]
fn a_field_that_was_pulled_is_settled_even_where_others_are_left() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: !concat [Be kind., Be brief.]\ngreeting: Hello\n",
    );
    apply(&site);
    site.in_dashboard("Ana", |live| {
        live["system_prompt"] = json!("Be rude.");
        live["greeting"] = json!("Hi");
    });
    let _ = site.run(["pull", "--yes", "--allow-dirty"]).code(3);
    site.edit("personas/ana.yaml", "Hi", "Good day");
    let plan = site.run(["plan"]).success().stdout;
    assert!(plan.contains("/greeting       change"), "{plan}");
    assert!(plan.contains("/system_prompt  drift"), "{plan}");
}

#[test]
fn comments_of_elements_that_stay_are_kept() {
    let text = "persona_name: Ana\nsystem_prompt: P\ndocument_tags:\n  - one     # first\n  - two     # second\n  # between\n  \
                - three   # third\n  - four    # fourth\n";
    let site = Site::with_manifest(text);
    apply(&site);
    site.in_dashboard("Ana", |live| {
        live["document_tags"] = json!(["zero", "one", "2", "three", "five"])
    });
    let _ = site.run(["pull", "--yes", "--allow-dirty"]).success();
    let expected = text
        .replace("  - one ", "  - zero\n  - one ")
        .replace("- two ", "- \"2\" ")
        .replace("- four ", "- five ");
    assert_eq!(site.read("personas/ana.yaml"), expected);
    is_empty(&site);
}

#[test]
fn what_may_be_a_credential_is_not_written() {
    let site = site();
    site.in_dashboard("Ana", |live| {
        live["greeting"] = json!("sk-proj-1234567890abcdef")
    });
    let output = site.run(["pull", "--yes", "--allow-dirty"]).code(1);
    assert!(
        output.stderr.contains("it may hold a credential"),
        "{output:#?}"
    );
    assert!(!output.stdout.contains("sk-proj-1234"), "{output:#?}");
    assert_eq!(site.read("personas/ana.yaml"), ANA);
}

#[test]
fn where_git_cannot_tell_nothing_is_written() {
    let mut site = site();
    site.in_dashboard("Ana", |live| live["greeting"] = json!("Live"));
    std::fs::create_dir(site.path(".git")).expect("a folder");
    let output = site.run(["pull", "--yes"]).code(1);
    assert!(output.stderr.contains("git cannot tell"), "{output:#?}");
    site.set("PATH", "/nowhere");
    let _ = site.run(["pull", "--yes"]).code(1);
    assert_eq!(site.read("personas/ana.yaml"), ANA);
}

#[test]
fn other_environments_that_change_with_it_are_told() {
    let site = site();
    site.write(
        "personas/personactl.yaml",
        "default_environment: sandbox\nenvironments:\n  sandbox: {api: sandbox}\n  production: {}\n",
    );
    site.in_dashboard("Ana", |live| live["greeting"] = json!("Live"));
    let output = site.run(["pull", "--yes", "--allow-dirty"]).success();
    assert!(
        output
            .stderr
            .contains("This changes ana for `production` too."),
        "{output:#?}"
    );
}

#[test]
fn a_file_that_could_not_be_read_again_is_not_written() {
    let site = site();
    site.in_dashboard("Ana", |live| {
        live["system_prompt"] = json!("x".repeat(1_200_000))
    });
    let output = site.run(["pull", "--yes", "--allow-dirty"]).code(1);
    assert!(
        output.stderr.contains("larger than 1 MB"),
        "{}",
        output.stderr
    );
    site.in_dashboard("Ana", |live| live["system_prompt"] = json!(""));
    let output = site.run(["pull", "--yes", "--allow-dirty"]).code(1);
    assert!(
        output
            .stderr
            .contains("that would be a mistake: `/system_prompt` is missing"),
        "{output:#?}"
    );
}
