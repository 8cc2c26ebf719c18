//! The forms of a plan: several from one run, each harmless for where it goes.

use std::fs;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::support::{Served, Site};

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\ncontext: old\n";

/// What somebody would write who wants out of a comment on a pull request.
const ESCAPES: [&str; 14] = [
    "```\n@evil-team ![x](https://evil.example/x.png)\n```",
    "``````\n<img src=https://evil.example/x>",
    "~~~\nevil\n~~~",
    "</details></summary><img src=https://evil.example/x onerror=evil>",
    "<!-- evil",
    "--> evil <!-- personactl: sandbox in personas -->",
    "` @evil-team ` evil",
    "[evil](https://evil.example) www.evil.example evil@evil.example",
    "| evil | `evil | \\| evil",
    "\\` evil",
    "<script>evil</script>",
    "# evil\n\n- evil\n\n    evil",
    "&lt;evil&gt; &#64;evil",
    "`",
];

/// An applied site with something to tell: `ana` was edited since.
fn edited() -> Site {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "context: old", "context: new");
    site
}

#[test]
fn one_run_writes_several_reports_and_the_plan() {
    let site = edited();
    site.run([
        "plan",
        "--out",
        "plan.json",
        "--report",
        "markdown=out/plan.md",
        "--report",
        "json=out/report.json",
        "--report",
        "text=out/plan.txt",
    ])
    .success()
    .says("~ update ana");
    assert!(site.read("out/plan.md").starts_with("<!-- personactl: "));
    assert!(site.read("out/plan.txt").contains("~ update ana"));
    let report: Value = serde_json::from_str(&site.read("out/report.json")).expect("JSON");
    assert_eq!(report["steps"][0]["key"], "ana");
    site.run(["apply", "plan.json"]).success();
}

#[test]
fn a_report_is_never_put_where_it_does_harm() {
    let site = edited();
    site.write(
        "personas/ben.yaml",
        "persona_name: Ben\nsystem_prompt: !file ../ben.md\n",
    );
    site.write("ben.md", "Be brief.\n");
    site.write(".git/config", "");
    let refused = [
        ("text=", 64, "say FORM=FILE"),
        ("pdf=x", 64, "there is no form `pdf`"),
        ("text=personas", 1, "cannot write the report `personas`"),
        ("text=personas/ana.yaml/x", 1, "cannot write the report"),
    ];
    for (report, code, said) in refused {
        let plan = ["plan", "--report", report];
        site.run(plan).code(code).says(said);
    }
    for ours in [
        "personas/x.yaml",
        "personas/ana.yaml",
        "personas/personactl.yaml",
        "personas/_ledger/sandbox.json",
        "personas/_prompts/x.md",
        "personas/.personactl/sandbox.journal",
        ".git/config",
        "./personas/../ben.md",
    ] {
        let report = format!("text={ours}");
        let plan = ["plan", "--report", &report];
        site.run(plan)
            .code(1)
            .says("is read or kept by personactl or by git");
    }
    for twice in ["x", "./x"] {
        let json = format!("json={twice}");
        let plan = ["plan", "--report", "text=x", "--report", &json];
        site.run(plan).code(64).says("is named twice");
        let plan = ["plan", "--out", twice, "--report", "text=x"];
        site.run(plan).code(64).says("is named twice");
    }
    assert!(!site.path("x").exists());
    assert_eq!(site.read("ben.md"), "Be brief.\n");
}

#[cfg(unix)]
#[test]
fn one_report_that_cannot_be_written_keeps_no_other_from_it_and_streams_take_several() {
    let site = edited();
    let reports = ["--report", "text=/dev/full", "--report", "json=report.json"];
    let run = site.run(["apply", "--yes"].into_iter().chain(reports));
    run.code(3).says("cannot write the report `/dev/full`");
    assert!(site.read("report.json").contains("\"applied\": 1"));
    let reports = [
        "--report",
        "patch=/dev/stdout",
        "--report",
        "text=/dev/stdout",
    ];
    let run = site
        .run(["plan", "-q"].into_iter().chain(reports))
        .success();
    assert_eq!(run.stdout.matches("No changes").count(), 2, "{run:#?}");
    assert!(run.stdout.contains("{}"), "{run:#?}");
}

#[test]
fn the_summary_of_a_step_is_added_to() {
    let mut site = edited();
    site.run(["plan", "--step-summary"])
        .code(64)
        .says("GITHUB_STEP_SUMMARY is not set");
    site.write("summary.md", "before\n");
    site.set(
        "GITHUB_STEP_SUMMARY",
        site.path("summary.md").display().to_string(),
    );
    site.run(["plan", "--step-summary"]).success();
    site.run(["apply", "--yes", "--step-summary"]).success();
    let summary = site.read("summary.md");
    assert!(summary.starts_with("before\n"), "{summary}");
    assert!(summary.contains(": 1 to update."), "{summary}");
    assert!(summary.contains(": 1 applied."), "{summary}");
}

#[test]
fn what_was_applied_is_reported_with_how_it_ended() {
    let served = Served::with(&[]);
    let mut site = Site::with_manifest(ANA);
    site.write("personas/personactl.yaml", "");
    site.write(
        "personas/ben.yaml",
        "persona_name: Ben\nsystem_prompt: Be brief.\n",
    );
    site.set("TAVUS_API_KEY", "any");
    site.set("TAVUS_PUBLIC_API_BASE_URL", served.url());
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "old", "new");
    site.edit("personas/ben.yaml", "brief", "very brief");
    let plan = site.run(["plan", "--format", "json"]).success().json();
    let ana = plan["steps"][0]["persona_id"].as_str().expect("an id");
    served.fault(&[&format!("PATCH /v2/personas/{ana} status=422")]);
    let reports = [
        "--report",
        "json=report.json",
        "--report",
        "markdown=report.md",
    ];
    let arguments = ["apply", "--yes", "--concurrency", "1"];
    site.run(arguments.into_iter().chain(reports)).code(3);
    let report: Value = serde_json::from_str(&site.read("report.json")).expect("JSON");
    assert_eq!(report["summary"]["applied"], 1);
    assert_eq!(report["summary"]["refused"], 1);
    let markdown = site.read("report.md");
    assert!(markdown.contains(": 1 applied, 1 refused."), "{markdown}");
    assert!(markdown.contains("! refused ana: "), "{markdown}");
}

#[test]
fn a_secret_is_not_torn_apart_by_a_word_that_changed_in_it() {
    const CONTEXT: &str = "the code of the day is 4711-abcd-0815-efgh, and it stays so for long";
    let mut site = Site::with_manifest(&format!(
        "persona_name: Ana\nsystem_prompt: Be kind.\ncontext: {CONTEXT}\n\
         layers: {{llm: {{model: m, base_url: \"https://x.example\", api_key: !secret KEY}}}}\n"
    ));
    let leaked = CONTEXT.replace("0815", "9999");
    let live = json!({"persona_name": "Ana", "system_prompt": "Be kind.", "context": leaked});
    let served = Served::holding(&[live], &[]);
    site.write("personas/personactl.yaml", "");
    site.set("KEY", "4711-abcd-9999-efgh");
    site.set("TAVUS_API_KEY", "any");
    site.set("TAVUS_PUBLIC_API_BASE_URL", served.url());
    for form in ["text", "markdown", "html", "json", "github", "patch"] {
        for color in ["always", "never"] {
            let plan = ["plan", "--format", form, "--color", color];
            site.run(plan).success().says("ana").hides("9999");
        }
    }
    site.run(["plan"]).success().says("********");
}

#[cfg(unix)]
#[test]
fn a_secret_that_is_the_name_of_a_member_is_not_said() {
    use crate::support::{has_terminal, on_terminal};

    let secret =
        "4711-abcd/0815~efgh-and-so-on-for-so-long-that-no-line-of-a-terminal-holds-it-whole";
    let mut site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: Be kind.\nx-personactl: {ownership: exclusive}\n\
         layers: {llm: {model: m, base_url: \"https://x.example\", api_key: !secret KEY}}\n",
    );
    let live = json!({"persona_name": "Ana", "system_prompt": "Be kind.", secret: "x", "layers": {"tts": {secret: "y"}}});
    let served = Served::holding(&[live], &[]);
    site.write("personas/personactl.yaml", "");
    site.set("KEY", secret);
    site.set("TAVUS_API_KEY", "any");
    site.set("TAVUS_PUBLIC_API_BASE_URL", served.url());
    for form in ["text", "markdown", "html", "json", "patch", "github"] {
        let plan = site.run(["plan", "--format", form]).success();
        plan.says("********").hides("0815").hides("efgh-and");
    }
    if has_terminal() {
        let shown = on_terminal(&site, 60, &["plan"]);
        let shown = String::from_utf8_lossy(&shown).into_owned();
        assert!(
            !shown.contains("0815") && !shown.contains("so-long"),
            "{shown}"
        );
    }
}

/// Long pointers, long words, letters of double width, and a change of each kind.
#[cfg(unix)]
#[test]
fn no_line_is_wider_than_the_terminal() {
    use unicode_width::UnicodeWidthStr;

    use crate::support::{has_terminal, on_terminal};

    if !has_terminal() {
        return;
    }
    let prompt = "毎日、とても親切にしてください。".repeat(12);
    let word = "a".repeat(150);
    let manifest = format!(
        "persona_name: アナ\nsystem_prompt: \"Say {prompt} or {word} kindly, and then say it again to them.\"\n\
         layers: {{conversational_flow: {{replica_interruptibility: high}}, llm: {{extra_body: {{\"{word}\": 1}}}}}}\n"
    );
    let site = Site::with_manifest(&manifest);
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "kindly", "very kindly");
    site.edit("personas/ana.yaml", "high", "low");
    site.edit("personas/ana.yaml", ": 1}", ": 2}");
    site.write("personas/ben.yaml", manifest.replace("アナ", "ベン"));
    for columns in [60, 80, 120] {
        let shown = on_terminal(&site, columns, &["plan"]);
        let shown = String::from_utf8(shown).expect("the program speaks UTF-8");
        let plain = anstream::adapter::strip_str(&shown).to_string();
        assert!(plain.contains("~ update ana"), "{plain}");
        let widest = plain.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= Some(usize::from(columns)), "{widest:?}\n{plain}");
    }
}

#[test]
fn many_personas_that_change_alike_are_told_once() {
    let site = Site::empty();
    site.write("personas/_prompts/all.md", "Be kind to all.\n");
    for number in 0..120 {
        let manifest = format!("persona_name: P{number}\nsystem_prompt: !file _prompts/all.md\n");
        site.write(&format!("personas/p{number:03}.yaml"), manifest);
    }
    site.run(["apply", "--yes"]).success();
    site.edit("personas/_prompts/all.md", "kind", "very kind");
    site.edit("personas/p007.yaml", "P7", "Q7");
    let plan = site.run(["plan"]).success();
    let shown = plan.stdout;
    assert!(
        shown.contains("~ update 119 personas in the same way"),
        "{shown}"
    );
    assert!(shown.contains("    p000  personas/p000.yaml\n"), "{shown}");
    assert!(shown.contains("    p119  personas/p119.yaml\n"), "{shown}");
    assert_eq!(shown.matches("very").count(), 2, "{shown}");
    assert!(shown.contains("~ update p007"), "{shown}");
    assert!(
        shown.contains("~ /system_prompt  change  line 2"),
        "{shown}"
    );
}

#[test]
fn what_somebody_said_live_is_shown_however_many_steps_there_are() {
    let site = Site::empty();
    let manifest = |number: usize, context: &str| {
        let manifest =
            format!("persona_name: P{number}\nsystem_prompt: Be kind.\ncontext: {context}\n");
        site.write(&format!("personas/p{number:03}.yaml"), manifest);
    };
    let context = |number: usize| format!("Number {number} {}", "stays as it is, ".repeat(8));
    (0..60).for_each(|number| manifest(number, &context(number)));
    site.run(["apply", "--yes"]).success();
    (0..60).for_each(|number| manifest(number, &format!("{} edited", context(number))));
    manifest(7, &context(7));
    site.in_dashboard("P7", |live| {
        live["context"] = json!(format!("{} precious", context(7)))
    });
    let plan = site.run(["plan"]).success().stdout;
    assert!(
        plan.contains("~ /context  change  line 3  +1 word"),
        "{plan}"
    );
    assert!(!plan.contains("{+"), "{plan}");
    assert!(
        plan.contains("~ /context  drift  line 3") && plan.contains("precious"),
        "{plan}"
    );
}

#[test]
fn how_each_step_has_ended_stands_in_the_report_of_an_apply() {
    let site = Site::with_manifest(ANA);
    site.write(
        "personas/ben.yaml",
        "persona_name: Ben\nsystem_prompt: Be brief.\n",
    );
    let reports = [
        "--report",
        "text=report.txt",
        "--report",
        "markdown=report.md",
    ];
    site.run(["apply", "--yes"].into_iter().chain(reports))
        .success();
    let text = site.read("report.txt");
    assert!(
        text.starts_with("Applied to `sandbox`: 2 applied.\n"),
        "{text}"
    );
    assert!(
        text.contains("+ create ana  \"Ana\"  ✓ applied\n"),
        "{text}"
    );
    let markdown = site.read("report.md");
    assert!(
        markdown.contains("| `+\u{a0}create` ✓ applied | `ben` | `Ben` |"),
        "{markdown}"
    );
    assert!(
        markdown.contains("# personas/ana.yaml: \"Ana\" (p"),
        "{markdown}"
    );
}

#[test]
fn hundreds_of_steps_take_a_line_each_and_a_comment_stays_within_its_limit() {
    let site = Site::empty();
    for number in 0..500 {
        let prompt = format!("Say {number} kindly, again and again. ").repeat(40);
        let manifest = format!("persona_name: P{number}\nsystem_prompt: {prompt}\n");
        site.write(&format!("personas/p{number:03}.yaml"), manifest);
    }
    let plan = site.run(["plan", "--report", "markdown=plan.md"]).success();
    let lines: Vec<&str> = plan.stdout.lines().collect();
    assert!(lines[0].contains("500 to create"), "{}", lines[0]);
    assert_eq!(lines[2], "+ create p000  \"P0\"");
    assert!(lines.len() < 510, "{}", lines.len());
    let last = lines.last().expect("a line");
    assert!(last.starts_with("500 to create. Plan id "), "{last}");
    let markdown = site.read("plan.md");
    assert!(markdown.encode_utf16().count() < 65_536);
    assert!(markdown.contains("> Left out, as this would be too long: "));
    assert!(markdown.contains("Plan id `"), "{markdown}");
}

/// What of a comment is not in code: all that a reader of the page could take for ours, or that GitHub makes something of.
fn outside_of_code(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_GFM;
    let mut outside = String::new();
    let mut is_block = false;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_block = true,
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                panic!("a link to {dest_url}\n{markdown}")
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) if !is_block => {
                outside.push_str(&text);
            }
            _ => {}
        }
    }
    outside
}

/// The HTML that is ours, without the keys in it.
fn without_ours(outside: &str) -> String {
    let mut rest = outside.to_owned();
    while let Some((before, behind)) = rest.split_once("<code>") {
        let (key, after) = behind.split_once("</code>").expect("it ends");
        assert!(!key.contains(['<', '>', '"']), "{key}");
        rest = format!("{before}{after}");
    }
    rest
}

#[test]
fn nothing_gets_out_of_its_code_in_a_comment() {
    for escape in ESCAPES {
        let site = Site::empty();
        let file_name = escape.replace(['/', '\n'], "").replace("..", "");
        let text = |field: &str| json!(format!("{field} {escape}"));
        let manifest = json!({
            "persona_name": text("A"),
            "system_prompt": text("first line\n"),
            "context": text(""),
        });
        let key = format!("k{file_name}");
        site.write(&format!("personas/{key}.json"), manifest.to_string());
        let created = site.run(["plan", "--format", "markdown"]).success().stdout;
        site.run(["apply", "--yes"]).success();
        let edited = manifest.to_string().replace("first line", "other line");
        site.write(&format!("personas/{key}.json"), edited.replace("A ", "B "));
        let changed = site.run(["plan", "--format", "markdown"]).success().stdout;
        for markdown in [created, changed] {
            let outside = outside_of_code(&markdown);
            assert!(
                !without_ours(&outside).contains("evil"),
                "{escape}\n{markdown}"
            );
            assert_eq!(outside.matches("</details>").count(), 1, "{markdown}");
            assert!(markdown.starts_with("<!-- personactl: sandbox in personas -->\n"));
            assert_eq!(markdown.matches("\n| `").count(), 1, "{markdown}");
        }
    }
}

#[test]
fn no_line_of_a_comment_has_to_be_pushed_aside() {
    let line = |word: &str| format!("Say {} {word} to all who call.", "very ".repeat(60));
    let manifest = |word: &str| format!("persona_name: Ana\nsystem_prompt: |\n  {}\n", line(word));
    let site = Site::with_manifest(&manifest("kindly"));
    site.run(["apply", "--yes"]).success();
    site.write("personas/ana.yaml", manifest(&"gently ".repeat(40)));
    let markdown = site.run(["plan", "--format", "markdown"]).success().stdout;
    let added: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with("+ "))
        .collect();
    assert!(added.len() > 2, "{markdown}");
    assert!(added.iter().all(|line| line.len() < 110), "{markdown}");
}

#[test]
fn the_marker_names_the_directory_and_cannot_be_ended() {
    let site = edited();
    fs::rename(site.path("personas"), site.path("a --> b")).expect("it moves");
    let plan = site
        .run(["plan", "a --> b", "--format", "markdown"])
        .success();
    let first = plan.stdout.lines().next().expect("a line");
    assert_eq!(first, "<!-- personactl: sandbox in a%20%2d%2d%3e%20b -->");
    site.write(".git/HEAD", "");
    let here = site.path("a --> b");
    for (folder, name) in [
        ("a --> b", "."),
        ("a --> b", "../a --> b/"),
        (".", here.to_str().expect("a name")),
    ] {
        let plan = site
            .run(["-C", folder, "plan", name, "--format", "markdown"])
            .success();
        assert_eq!(plan.stdout.lines().next(), Some(first), "{name}");
    }
}

#[test]
fn changes_and_findings_are_annotated_on_their_lines() {
    let site = edited();
    let plan = site.run(["plan", "--format", "github"]).success();
    assert_eq!(
        plan.stdout,
        "::notice file=personas/ana.yaml,line=3,endLine=3,col=1,endColumn=8,title=ana%3A change::/context \"old\" → \"new\"\n"
    );
    site.in_dashboard("Ana", |live| live["context"] = json!("theirs"));
    let plan = site.run(["plan", "--format", "github"]).success();
    assert!(
        plan.stdout.contains("title=ana%3A conflict::/context"),
        "{plan:#?}"
    );
    assert!(plan.stdout.starts_with("::error "), "{plan:#?}");

    site.edit("personas/ana.yaml", "context", "contxt");
    let plan = site.run(["plan", "--strict", "--format", "github"]).code(1);
    assert!(plan.stdout.contains("line=3,"), "{plan:#?}");
    assert!(plan.stdout.contains("did you mean `context`"), "{plan:#?}");
}

#[test]
fn patches_go_by_key() {
    let site = Site::with_manifest(ANA);
    site.write(
        "personas/ben.yaml",
        "persona_name: Ben\nsystem_prompt: Be brief.\n",
    );
    site.run(["apply", "--yes", "--only", "ana"]).success();
    site.edit("personas/ana.yaml", "context: old", "context: new");
    let patches = site.run(["plan", "--format", "patch"]).success().json();
    let expected = json!({"ana": [
        {"op": "test", "path": "/context", "value": "old"},
        {"op": "replace", "path": "/context", "value": "new"},
    ]});
    assert_eq!(patches, expected);
}

/// Names that stand in an object, and those that the schema knows there.
fn unknown(schema: &Value, root: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => root.pointer(&name[1..]).expect("it is defined"),
        None => schema,
    };
    if let Some(elements) = value.as_array() {
        for element in elements {
            unknown(&schema["items"], root, element, &format!("{at}[]"), found);
        }
    }
    let Some(members) = value.as_object() else {
        return;
    };
    let fits = |branch: &&Value| {
        let names = branch["required"].as_array();
        names.is_some_and(|names| {
            names
                .iter()
                .all(|name| members.contains_key(name.as_str().unwrap_or_default()))
        })
    };
    let branch = schema["oneOf"]
        .as_array()
        .and_then(|all| all.iter().find(fits));
    let Some(known) = branch.unwrap_or(schema)["properties"].as_object() else {
        return;
    };
    for (name, value) in members {
        match known.get(name) {
            Some(schema) => unknown(schema, root, value, &format!("{at}.{name}"), found),
            None => found.push(format!("{at}.{name}")),
        }
    }
}

#[test]
fn what_is_printed_as_json_fits_the_schema_that_is_published() {
    let mut site = Site::copy_of("personas");
    site.set("OPENAI_API_KEY", "sk-1234567890");
    let schema = site.run(["schema", "--plan"]).success().json();
    jsonschema::draft202012::meta::validate(&schema).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let planned = site
        .run(["plan", "--show-unmanaged", "--format", "json"])
        .success()
        .json();
    let applied = site.run(["apply", "--yes", "--format", "json"]).json();
    let nothing = site.run(["plan", "--format", "json"]).success().json();
    fs::remove_file(site.path("personas/stage/echo.yaml")).expect("it is there");
    let pruned = site
        .run(["plan", "--prune", "--format", "json"])
        .success()
        .json();
    for report in [planned, applied, nothing, pruned] {
        let errors: Vec<_> = validator
            .iter_errors(&report)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
        let mut found = Vec::new();
        unknown(&schema, &schema, &report, "", &mut found);
        assert!(found.is_empty(), "the schema does not know {found:?}");
    }
}
