//! Importing accounts that nobody kept in order: the next plan is empty, whatever is in them and however the service
//! answers it, nothing that was there is touched, and no secret is written.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{Output, Scripted, Served, Site};
use serde_json::{Value, json};
use walkdir::WalkDir;

/// What stands in texts that YAML, JSON Pointers, editors and terminals have their trouble with.
const TEXTS: [&str; 36] = [
    "plain",
    "no",
    "on",
    "~",
    "null",
    "true",
    "12:30",
    "1_000",
    "0x1F",
    "1e3",
    "007",
    " leading",
    "trailing \t",
    "\ttab",
    "line\nbreak",
    "line\n\n\nbreaks\n\n",
    "\nfirst",
    "windows\r\nlines\r\n",
    "old mac\rlines",
    "nul \0 bell \u{7} escape \u{1b}[31m",
    "next\u{85}line\u{2028}separator",
    "\u{feff}mark",
    "- dash",
    "# comment",
    "a: b",
    "a #b",
    "!secret HOME",
    "&anchor *alias",
    "{{ braces }} %percent @at `tick`",
    "\"double\" and 'single' \\ back",
    "---\n...\n",
    "| pipe\n> fold\n  deep\n",
    "שלום עולם \u{202e}reversed",
    "👩‍💻🏳️‍🌈 家族",
    "e\u{301} é ﬁ",
    "****bold**** text",
];

fn tool(name: &str, about: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "description": about,
        "parameters": {"type": "object", "properties": {"token": {"type": "string"}}, "required": []}}})
}

/// An account of fifty odd personas.
fn account() -> Vec<Value> {
    let mut personas = Vec::new();
    let mut add = |name: &str, more: Value| {
        let number = personas.len();
        let mut persona = json!({
            "persona_id": format!("p{number:04}"),
            "persona_name": name,
            "system_prompt": format!("You are number {number}."),
            "created_at": format!("2026-01-{:02}T00:00:00Z", 28 - number % 28),
        });
        let members = persona.as_object_mut().expect("a map");
        members.extend(more.as_object().expect("a map").clone());
        personas.push(persona);
    };
    for (number, text) in TEXTS.into_iter().enumerate() {
        let more = json!({"system_prompt": text, "context": text.repeat(1 + number % 3 * 200), "greeting": text,
            "persona_description": text, "odd": {text: text}, "document_tags": [text, text],
            "layers": {"llm": {"extra_body": {text: [text]}}}});
        add(&format!("Text {number}"), more);
    }
    let long = "Sentence after sentence about nothing in particular.\n".repeat(620);
    add("Long", json!({"system_prompt": long}));
    add(
        "Longer",
        json!({"system_prompt": long.replace('\n', "\r\n"), "context": long.replace('\n', " ")}),
    );
    for name in [
        "Ana",
        "Ana",
        "ANA ",
        "Ana-2",
        "🦄",
        "عائشة",
        "..",
        "con",
        "personactl",
        "",
        " \t ",
        "_x",
        "a/b~c.d",
    ] {
        add(name, json!({}));
    }
    add(&"name ".repeat(60), json!({}));
    let pointers = json!({"a/b": 1, "m~n": {"c.d": 2}, "": 3, "<<": {"x": 1}, "0": [1]});
    add(
        "Pointers",
        json!({"odd": pointers, "layers": {"llm": {"extra_body": pointers}, "new/layer": {"~0": "/"}}}),
    );
    add(
        "Numbers",
        json!({"odd": [1.0, 1e2, -0.0, 123_456_789_012_345_678_u64, "1", "1.0"], "layers": {
        "tts": {"voice_settings": {"speed": "1.0", "stability": 0.50}, "tts_emotion_control": "true"},
        "knowledge_base": {"rag_n_chunks": "3"}}}),
    );
    add(
        "Empty",
        json!({"context": null, "languages": [], "layers": {"llm": {}, "tts": {"api_key": null}, "new": {}}}),
    );
    let shared = [
        tool("find order", "Finds."),
        tool("find_order", "Finds it."),
    ];
    add(
        "Tools",
        json!({"layers": {"llm": {"tools": shared}, "perception": {"visual_tools": [shared[0]]}}}),
    );
    add(
        "Same Tools",
        json!({"layers": {"llm": {"tools": [shared[1], shared[0]]}}}),
    );
    add(
        "Nearly",
        json!({"layers": {"llm": {"tools": [tool("find order", "Finds. ")]}}}),
    );
    add(
        "Secrets",
        json!({"layers": {
        "llm": {"model": "m", "base_url": "https://llm.example", "api_key": "sk-canary-4711",
            "headers": {"Authorization": "Bearer canary-4712", "X-Team": "voice"}},
        "tts": {"tts_engine": "elevenlabs", "api_key": "canary-4713"},
        "mcp": {"connectors": [{"url": "https://mcp.example", "headers": {"X-Api-Key": "canary-4714"}}]}}}),
    );
    personas
}

/// A directory for a service at an address.
fn directory(url: &str) -> Site {
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", url);
    site.set("TAVUS_API_KEY", "key-canary");
    site
}

/// The files of a site but for our own and the ledger, with what they say.
fn files(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let root = site.path("");
    let found = WalkDir::new(&root)
        .into_iter()
        .map(|entry| entry.expect("it is there"));
    let files = found.filter(|entry| entry.file_type().is_file());
    let named = files.map(|entry| {
        let path = entry
            .path()
            .strip_prefix(&root)
            .expect("below")
            .display()
            .to_string();
        (path, fs::read(entry.path()).expect("a file"))
    });
    named
        .filter(|(path, _)| !path.contains(".personactl/") && !path.contains("_ledger/"))
        .collect()
}

/// Imports all, after which nothing is left to do and nothing that was there has changed.
#[track_caller]
fn import(site: &Site) -> Output {
    let before = files(site);
    let dry = site.run(["import", "--all", "--dry-run"]);
    assert_eq!(files(site), before);
    let done = site.run(["import", "--all"]);
    assert_eq!((dry.code, &dry.stdout), (done.code, &done.stdout));
    let after = files(site);
    for (path, content) in &before {
        assert_eq!(after.get(path), Some(content), "{path}");
    }
    for (path, content) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("canary"), "{path}: {text}");
        assert!(path.chars().all(|c| c.is_ascii_graphic()), "{path}");
    }
    settled(site);
    done.hides("canary")
}

/// Nothing is left to do.
#[track_caller]
fn settled(site: &Site) {
    let plan = site.run(["plan", "--detailed-exitcode"]);
    plan.success().says("No changes").hides("canary");
}

#[test]
fn a_foreign_account_is_in_sync_at_once() {
    let personas = account();
    assert!(personas.len() > 50);
    let service = Served::holding(&personas, &[]);
    let site = directory(service.url());
    import(&site)
        .success()
        .says(&format!("{} personas in", personas.len()));
    site.run(["import", "--all"])
        .success()
        .says("Nothing to import");
    site.run(["apply", "--yes"]).success();
    settled(&site);

    let ana = ["ana.yaml", "ana-2.yaml", "ana-3.yaml", "ana-4.yaml"];
    for file in ana
        .iter()
        .chain(&["unicorn.yaml", "persona-con.yaml", "_prompts/long.md"])
    {
        assert!(site.path(&format!("personas/{file}")).exists(), "{file}");
    }
}

#[test]
fn a_foreign_account_is_in_sync_however_the_service_answers_it() {
    let rows: [&[&str]; 4] = [
        &[
            "--mask",
            "ending",
            "--get-shape",
            "envelope",
            "--page-cap",
            "7",
        ],
        &["--mask", "null"],
        &["--mask", "omitted"],
        &["--normalise", "retype"],
    ];
    std::thread::scope(|scope| {
        for options in rows {
            scope.spawn(move || {
                let personas = account();
                let service = Served::holding(&personas, options);
                let site = directory(service.url());
                import(&site)
                    .success()
                    .says(&format!("{} personas in", personas.len()));
                site.run(["apply", "--yes"]).success();
                settled(&site);
            });
        }
    });
}

#[test]
fn what_a_service_has_made_of_its_own_personas_is_in_sync_at_once() {
    for words in ["trim,rewrite", "reorder,fill", "trim,fill,retype"] {
        let service = Served::with(&["--normalise", words, "--mask", "ending"]);
        let mut owner = Site::copy_of("personas");
        owner.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
        let secrets = [
            "OPENAI_API_KEY",
            "LAB_GATEWAY_AUTHORIZATION",
            "ELEVENLABS_API_KEY",
        ];
        for variable in secrets.iter().chain(&["TAVUS_API_KEY"]) {
            owner.set(variable, "canary");
        }
        owner.run(["apply", "--yes"]).success();
        import(&directory(service.url())).success();
    }
}

#[test]
fn what_is_not_answered_cannot_be_imported() {
    let service = Served::holding(&account(), &["--normalise", "hide"]);
    let site = directory(service.url());
    let before = files(&site);
    site.run(["import", "--all"])
        .code(1)
        .says("! left out ana")
        .says("`/system_prompt` is missing");
    assert_eq!(files(&site), before);
}

/// A service that answers these documents as they are.
fn answering(personas: Vec<Value>) -> Scripted {
    Scripted::new(move |asked, _| {
        let id = asked.line.strip_prefix("GET /v2/personas");
        let id = id.expect("nothing is written").trim_start_matches('/');
        let answer = match personas.iter().find(|persona| persona["persona_id"] == id) {
            Some(persona) => persona.clone(),
            None => json!({"data": personas, "total_count": personas.len()}),
        };
        Some((200, answer.to_string()))
    })
}

#[test]
fn a_secret_that_is_answered_is_written_nowhere_and_known_all_the_same() {
    let service = answering(account());
    let mut site = directory(&service.url());
    import(&site).success();
    let secrets = [
        ("SECRETS_LLM_API_KEY", "sk-canary-4711"),
        ("SECRETS_LLM_HEADERS_AUTHORIZATION", "Bearer canary-4712"),
        ("SECRETS_TTS_API_KEY", "canary-4713"),
        ("SECRETS_MCP_CONNECTORS_0_HEADERS_X_API_KEY", "canary-4714"),
    ];
    for (name, value) in secrets {
        site.set(name, value);
    }
    settled(&site);
    site.set("SECRETS_TTS_API_KEY", "canary-another");
    let plan = site.run(["plan", "--detailed-exitcode"]);
    plan.code(2).says("/layers/tts/api_key").hides("canary");
}

#[test]
fn a_secret_that_is_masked_is_only_sent_once_that_was_shown() {
    let service = Served::holding(&account(), &[]);
    let mut site = directory(service.url());
    let said = import(&site).success();
    said.says("SECRETS_TTS_API_KEY is to be set: /layers/tts/api_key");
    site.set("SECRETS_TTS_API_KEY", "canary");
    let plan = site.run(["plan", "--detailed-exitcode"]);
    plan.code(2)
        .says("~ update secrets")
        .says("/layers/tts/api_key");
    site.run(["apply", "--yes"]).success().says("1 applied");
    settled(&site);
}

#[test]
fn the_embedded_sandbox_is_in_sync_with_its_stand_ins() {
    let site = Site::empty();
    site.write(
        "personas/_sandbox/personas.json",
        json!(account()).to_string(),
    );
    import(&site).success();
}

#[test]
fn only_what_was_chosen_is_imported() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    let listed = site.run(["import"]).code(64).says("--only with their keys");
    assert!(
        listed.stderr.contains("unicorn  \"🦄\" (p0042)"),
        "{}",
        listed.stderr
    );
    site.run(["import", "p9999"]).code(64).says("`p9999`");
    site.run(["import", "--only", "unicorn-2"])
        .code(64)
        .says("`unicorn-2`");
    assert!(!site.path("personas/_ledger").exists());

    site.run(["import", "p0042"])
        .success()
        .says("1 persona in 1 file.");
    site.run(["import", "--only", "ana-4", "tools"])
        .success()
        .says("2 personas in");
    settled(&site);
    site.run(["import", "p0042", "p0053"])
        .success()
        .says("`p0042` has a manifest");
    assert_eq!(
        site.read("personas/unicorn.yaml"),
        "persona_name: 🦄\nsystem_prompt: You are number 42.\n"
    );
    import(&site).success();
}

#[test]
fn what_was_there_before_goes_on_as_it_was() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    site.write(
        "personas/Ana.yaml",
        "persona_name: Somebody else\nsystem_prompt: x\n",
    );
    site.write(
        "personas/team/tools.yaml",
        "persona_name: Tools\nsystem_prompt: You are number 55.\n",
    );
    site.write("personas/_prompts/long.md", "mine");
    site.write(
        "personas/_overlays/default/pointers.yaml",
        "context: mine\n",
    );
    site.write("personas/unicorn.yaml/mine.txt", "a folder");
    site.write("personas/nearly/mine.txt", "a folder");
    site.run(["apply", "--yes"]).success();
    import(&site).success();
    for file in [
        "ana-2.yaml",
        "_prompts/long-2.md",
        "pointers-2.yaml",
        "unicorn-2.yaml",
        "nearly.yaml",
    ] {
        assert!(site.path(&format!("personas/{file}")).exists(), "{file}");
    }
    for file in ["tools.yaml", "tools-2.yaml", "somebody-else.yaml"] {
        assert!(!site.path(&format!("personas/{file}")).exists(), "{file}");
    }
}

#[test]
fn an_import_that_was_cut_off_is_gone_on_with() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    import(&site).success();
    let whole = files(&site);
    // Some manifests were not written yet, and nothing is bound.
    for file in [
        "_ledger/default.json",
        "long.yaml",
        "tools.yaml",
        "ana-2.yaml",
    ] {
        fs::remove_file(site.path(&format!("personas/{file}"))).expect("it is there");
    }
    site.run(["import", "--all"])
        .success()
        .says("3 personas in 3 files");
    site.run(["apply", "--yes"]).success().hides("created");
    settled(&site);
    assert_eq!(files(&site), whole);
    assert_eq!(service.live().len(), account().len());
}

#[test]
fn a_directory_that_is_not_there_is_made() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    let to = ["--in", "new/place"];
    let dry = ["import", "--all", "--dry-run"];
    site.run(dry.into_iter().chain(to)).success();
    assert!(!site.path("new").exists());
    site.run(["import", "--all"].into_iter().chain(to))
        .success();
    site.run(["plan", "new/place", "--detailed-exitcode"])
        .success();
}

#[test]
fn namesakes_are_nobodys_trouble_in_other_environments() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    import(&site).success();
    site.run(["plan", "-e", "sandbox"])
        .success()
        .says("57 to create");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    fs::create_dir_all(site.path("personas/.git")).expect("a repository");
    fs::create_dir_all(site.path("outside")).expect("a folder");
    let link = site.path("personas/_prompts");
    std::os::unix::fs::symlink(site.path("outside"), link).expect("a link");
    let before = files(&site);
    let output = site.run(["import", "--all"]).code(1);
    let output = output.says("`personas/_prompts/");
    output.says("would lead out of the repository; nothing was written\n");
    assert_eq!(files(&site), before);
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_a_link_out_of_the_repository_is_not_written_to() {
    let (site, elsewhere) = (Site::bare(), directory("http://127.0.0.1:1"));
    fs::create_dir(site.path(".git")).expect("a repository");
    let link = site.path("personas");
    std::os::unix::fs::symlink(elsewhere.path("personas"), link).expect("a link");
    let before = files(&elsewhere);
    site.run(["import", "--all"])
        .code(1)
        .says("`personas` would lead out of the repository; nothing was written\n");
    assert_eq!(files(&elsewhere), before);
}

#[test]
fn what_the_list_leaves_out_is_read_one_by_one() {
    let whole = json!({"persona_id": "p1", "persona_name": "Ana", "system_prompt": "x", "greeting": "Hello"});
    let listed = json!({"persona_id": "p1", "persona_name": "Ana", "system_prompt": "x"});
    let service = Scripted::new(move |asked, _| {
        let answer = match asked.line.as_str() {
            "GET /v2/personas" => json!({"data": [listed], "total_count": 1}),
            _ => whole.clone(),
        };
        Some((200, answer.to_string()))
    });
    let site = directory(&service.url());
    import(&site).success();
    assert!(site.read("personas/ana.yaml").contains("greeting: Hello\n"));
}

#[test]
fn programs_are_told_what_is_written_and_what_is_to_be_set() {
    let service = Served::holding(&account(), &[]);
    let site = directory(service.url());
    let told = |only: &str| {
        let arguments = ["import", "--only", only, "--format", "json"];
        site.run(arguments).success().json()
    };
    let secrets = told("secrets")["personas"][0]["secrets"].clone();
    assert_eq!(
        secrets[2],
        json!({"name": "SECRETS_TTS_API_KEY", "path": "/layers/tts/api_key"})
    );
    let tools = told("tools");
    assert_eq!(
        tools["personas"][0]["files"],
        json!(["personas/tools.yaml"])
    );
    assert_eq!(tools["shared"], json!(["personas/_tools/find-order.yaml"]));
    assert_eq!(
        told("tools"),
        json!({"format_version": "1", "personas": [], "shared": [], "left_out": []})
    );
}
