//! Hostile text in every place from outside that gets shown: what reaches a terminal, a CI log or a
//! JSON reader holds nothing that moves a cursor, hides, or gives a runner a command.
#![cfg(unix)]
#![expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use personactl::model::Pointer;
use serde_json::{Value, json};

use crate::support::{Answer, Asked, Canned, Scripted, Site, has_terminal, on_terminal};

/// The Big List of Naughty Strings.
const NAUGHTY: &str = include_str!("../data/naughty-strings/blns.json");

/// What somebody would write who knows what reads the output.
const ATTACKS: [&str; 24] = [
    "::error::x",
    "  ::set-output name=x::y",
    "\u{a0}::warning::x",
    "\u{2003}::warning::x",
    "x\n::stop-commands::y",
    "x\r::error::y",
    "x\u{85}::error::y",
    "x\u{2028}::error::y",
    "##[error]x",
    "x ##[group]y",
    "x ##vso[task.complete result=Failed]",
    "##teamcity[buildStop]",
    "##\u{200b}[error]x",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[5mblinking",
    "\u{1b}[38;5;1mred",
    "\u{9b}31mred",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{7}",
    "\u{1b}]52;c;cm0gLXJmIH4=\u{1b}\\",
    "\u{9d}52;c;cm0gLXJmIH4=\u{9c}",
    "\u{1b}Ptmux;\u{1b}\u{1b}]0;x\u{7}\u{1b}\\",
    "a\u{202e}gnp.exe\u{2066}b",
    "a\u{8}\u{8}\u{8}b",
];

/// Settings with a string at each X.
const SETTINGS: [&str; 12] = [
    "default_environment: X\n",
    "default_environment: default\nenvironments: {X: {}}\n",
    "environments: {X: {}, Y: {}}\n",
    "default_environment: X\nenvironments: {X: {}}\n",
    "environments: {default: {api_url: X}}\n",
    "environments: {default: {api_url: \"https://x.example/\" }, X: {}}\n",
    "environments: {default: {api_key: !secret X}}\n",
    "environments: {default: {X: X}}\n",
    "environments: {default: {api: X}}\n",
    "environments: {default: {ledger: X}}\n",
    "environments: {default: {variables: {X: !x X}}}\n",
    "X: X\n",
];

/// The variables that the program reads.
const VARIABLES: [&str; 5] = [
    "PERSONACTL_ENVIRONMENT",
    "PERSONACTL_TRUSTED_HOSTS",
    "PERSONACTL_VAR_face",
    "TAVUS_API_KEY",
    "TAVUS_PUBLIC_API_BASE_URL",
];

/// Ranges of characters that nobody sees, or that change what is seen.
const HIDDEN: [(char, char); 22] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e007f}'),
    ('\u{e0100}', '\u{e0101}'),
    ('\u{e01ef}', '\u{e01f0}'),
    ('\u{e0fff}', '\u{e0fff}'),
];

/// What the program itself sends to a terminal beside text: its styles, and its progress bar.
const OURS: [&str; 15] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[4m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[35m",
    "\u{1b}[36m",
    "\u{1b}[91m",
    "\u{1b}[93m",
    "\u{1b}[94m",
    "\u{1b}[96m",
    "\u{1b}[2K",
    "\u{1b}[1A",
];

fn is_hidden(character: char) -> bool {
    let holds = |(first, last): &(char, char)| (*first..=*last).contains(&character);
    HIDDEN.iter().any(holds)
}

/// Every string, each once.
fn strings() -> Vec<String> {
    let naughty: Vec<String> = serde_json::from_str(NAUGHTY).expect("a list of strings");
    let hidden: Vec<_> = HIDDEN
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .collect();
    let hidden = hidden.chunks(6).map(|some| {
        let characters = some.iter().map(|character| format!("a{character}"));
        characters.collect::<String>()
    });
    let runs = [
        "\u{202e}".repeat(5_000),
        "e\u{301}".repeat(5_000),
        "[".repeat(5_000),
    ];
    let attacks = ATTACKS.map(str::to_owned);
    let all = attacks.into_iter().chain(naughty).chain(hidden).chain(runs);
    let mut known = BTreeSet::new();
    all.filter(|text| known.insert(text.clone())).collect()
}

/// All attacks in a few strings, for places where only one string goes.
fn compounds() -> Vec<String> {
    let hidden: String = HIDDEN.iter().map(|(first, _)| *first).collect();
    let compounds = [
        ATTACKS[..4].iter().rev().copied().collect(),
        format!("x\n{}", ATTACKS.join("\n")),
        format!("{} {hidden}", ATTACKS[8..].join(" ")),
    ];
    // Neither arguments nor variables nor names of files can hold it.
    compounds
        .map(|text| text.replace('\0', ""))
        .into_iter()
        .collect()
}

/// The string as a member may be called.
fn beginning(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The string as a file may be called.
fn file_name(text: &str) -> String {
    let safe = text.replace(['\0', '/'], "").replace(['\\'], "");
    let mut name: String = safe.chars().take(60).collect();
    if name.starts_with(['_', '.']) || name.is_empty() {
        name.insert(0, 'n');
    }
    name
}

/// The string in double quotes for YAML, in ASCII.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(quoted, "\\{character}"),
            ' '..='~' => write!(quoted, "{character}"),
            other => write!(quoted, "\\U{:08x}", u32::from(other)),
        }
        .expect("a string takes all");
    }
    quoted.push('"');
    quoted
}

/// What of the bytes must not go out.
fn leaks(said: &[u8]) -> Vec<String> {
    let Ok(said) = std::str::from_utf8(said) else {
        return vec!["bytes that are no UTF-8".to_owned()];
    };
    let plain = OURS
        .iter()
        .fold(said.to_owned(), |text, ours| text.replace(ours, ""));
    let mut leaks = Vec::new();
    for line in plain.split('\n') {
        let is_command = line.trim_start().starts_with("::")
            || ["##[", "##vso[", "##teamcity["]
                .iter()
                .any(|command| line.contains(command));
        let before = std::iter::once(' ').chain(line.chars());
        let mut pairs = before.zip(line.chars());
        let shows_hidden = pairs.any(|(before, character)| {
            let joins = matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
                && (before > '\u{a0}' || before.is_ascii_digit());
            is_hidden(character) && !joins
        });
        if is_command || shows_hidden {
            leaks.push(format!("{line:?}"));
        }
    }
    leaks
}

/// Runs the program in a site as a pipeline and as a terminal would, and collects what leaked.
struct Search {
    site: Site,
    leaks: RefCell<Vec<String>>,
    runs: Cell<usize>,
}

impl Search {
    fn new(mut site: Site) -> Self {
        site.set("GITHUB_ACTIONS", "true");
        site.set("TAVUS_API_KEY", "any");
        Self {
            site,
            leaks: RefCell::default(),
            runs: Cell::default(),
        }
    }

    /// Runs with these arguments at its most talkative: with colour and a log in JSON, and without in turn.
    fn run(&self, arguments: &[&str]) {
        let talkative = match self.runs.get().is_multiple_of(2) {
            true => ["-vvv", "--log-format", "json", "--color", "always"],
            false => ["-vvv", "--log-format", "text", "--color", "never"],
        };
        self.runs.set(self.runs.get() + 1);
        let arguments: Vec<_> = talkative.iter().chain(arguments).copied().collect();
        self.say(&arguments, self.site.command(arguments.iter().copied()));
    }

    /// Runs this command, and searches what it says; its standard output.
    fn say(&self, arguments: &[&str], mut command: Command) -> Output {
        let output = command.output().expect("the program runs");
        self.search(arguments, &output.stdout);
        self.search(arguments, &output.stderr);
        output
    }

    fn search(&self, when: &[&str], said: &[u8]) {
        let text = String::from_utf8_lossy(said);
        assert!(!text.contains("panicked at"), "{when:?}: {text}");
        let leaks = leaks(said);
        let leaks = leaks.into_iter().map(|leak| format!("{when:?}: {leak}"));
        self.leaks.borrow_mut().extend(leaks);
    }

    /// The JSON result of a run.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.say(arguments, self.site.command(arguments.iter().copied()));
        let failed = |error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_else(failed)
    }

    #[track_caller]
    fn end(self) {
        let leaks = self.leaks.into_inner();
        let shown: Vec<_> = leaks.iter().take(30).collect();
        assert!(leaks.is_empty(), "{} leaks: {shown:#?}", leaks.len());
    }
}

/// A site with a service that shows these personas, and refuses all else in the words of what it was sent.
fn site(live: Vec<Value>) -> (Site, Scripted) {
    let service = Scripted::new(move |asked, _| answer(&live, asked));
    let mut site = Site::empty();
    site.write("personas/personactl.yaml", "");
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    (site, service)
}

fn answer(live: &[Value], asked: &Asked) -> Answer {
    let ok = |body: Value| Some((200, body.to_string()));
    if asked.line == "GET /v2/personas" {
        return ok(json!({"data": live, "total_count": live.len()}));
    }
    if let Some(id) = asked.line.strip_prefix("GET /v2/personas/") {
        let found = live.iter().find(|persona| persona["persona_id"] == id);
        return found.map_or(Some((404, "{}".to_owned())), |found| ok(found.clone()));
    }
    let name = asked.body["persona_name"].as_str().map(str::to_owned);
    let words = name.unwrap_or_else(|| ATTACKS.join("\n"));
    Some((422, json!({"message": words}).to_string()))
}

/// A persona that declares a member for each string, and texts of many lines; and what is live instead.
fn persona() -> (String, Value) {
    let mut manifest = String::from("persona_name: Ana\nsystem_prompt: x\n");
    let mut live = json!({"persona_id": "p1", "persona_name": "Ana", "system_prompt": "x"});
    let mut declare = |name: &str, desired: &str, shown: &str| {
        // A long name needs its question mark.
        writeln!(manifest, "? {}\n: {}", quoted(name), quoted(desired))
            .expect("a string takes all");
        live[name] = json!(shown);
    };
    let strings = strings();
    for text in &strings {
        declare(&beginning(text), &format!("new {text}"), text);
    }
    for (number, texts) in strings.chunks(20).enumerate() {
        let (desired, shown) = (texts.join("\nnew "), texts.join("\n"));
        declare(&format!("long {number}"), &desired, &shown);
    }
    // A command that only the two parts of a changed line give together.
    let line = "All of this stays as it is, and is long enough not to stand on one line: ##";
    declare("parts", &format!("{line}[error]x"), line);
    for text in &strings {
        live[format!("unmanaged {}", beginning(text))] = json!(text);
    }
    (manifest, live)
}

#[test]
fn a_hostile_persona_is_shown_harmlessly() {
    let (manifest, live) = persona();
    let (site, _service) = site(vec![live]);
    site.write("personas/ana.yaml", manifest);
    let search = Search::new(site);
    search.run(&["plan", "--show-unmanaged", "--out", "plan.json"]);
    search.run(&["plan", "--format", "markdown"]);
    search.run(&["plan", "--format", "html"]);
    search.run(&["plan", "--format", "patch"]);
    search.run(&["apply", "plan.json"]);
    search.run(&["apply", "--yes"]);
    let plan = search.json(&["plan", "--format", "json"]);
    let fields = plan["steps"][0]["fields"].as_array().expect("fields");
    // A member with `passwd` in its name is taken for a secret.
    for text in strings().iter().filter(|text| !text.contains("passwd")) {
        let is_shown = |field: &Value| field["before"] == json!(text);
        assert!(fields.iter().any(is_shown), "{text:?} is not told");
    }
    search.end();
}

/// A manifest for each string, called so itself, for a persona of that name.
fn crowd(site: &Site) {
    for (number, text) in strings().iter().enumerate() {
        let name = quoted(&format!("{text}{number}"));
        let manifest = format!("persona_name: {name}\nsystem_prompt: x\n");
        site.write(
            &format!("personas/{}{number}.yaml", file_name(text)),
            manifest,
        );
    }
}

#[test]
fn hostile_names_of_files_and_personas_are_shown_harmlessly() {
    let (site, _service) = site(Vec::new());
    crowd(&site);
    let search = Search::new(site);
    search.run(&["plan", "--out", "plan.json"]);
    search.run(&["plan", "--format", "html"]);
    search.json(&["apply", "plan.json", "--format", "json"]);
    search.run(&["apply", "--yes"]);
    search.end();
}

/// Manifests with a string wherever a mistake quotes one.
fn mistakes(text: &str) -> [String; 4] {
    let (quoted, line) = (quoted(text), text.replace('\n', " "));
    [
        format!("persona_name: A\n{quoted}: 1\n{quoted}: 2\nsystem_prompt: [{quoted}]\n"),
        format!("persona_name: !file {quoted}\ncontext: !var {quoted}\nlayers: !secret {quoted}\n"),
        format!("persona_name: {line}\nsystem_prompt: {{\n"),
        format!("persona_name: A\nx-personactl: {{{quoted}: {quoted}}}\n"),
    ]
}

#[test]
fn hostile_mistakes_are_told_harmlessly() {
    let search = Search::new(Site::empty());
    // No more at a time than are shown.
    for texts in strings().chunks(12) {
        let all = texts.iter().flat_map(|text| mistakes(text));
        for (number, mistake) in all.enumerate() {
            search
                .site
                .write(&format!("personas/m{number}.yaml"), mistake);
        }
        search.run(&["plan", "--strict"]);
    }
    search.end();
}

#[test]
fn hostile_answers_are_told_harmlessly() {
    let search = Search::new(Site::with_manifest("persona_name: Ana\nsystem_prompt: x\n"));
    search.site.write("personas/personactl.yaml", "");
    let ask = |service: &Canned| {
        for form in ["text", "json"] {
            let mut command = search.site.command(["plan", "-vvv", "--log-format", form]);
            command.env("TAVUS_PUBLIC_API_BASE_URL", service.url());
            search.say(&["answer"], command);
        }
    };
    for text in compounds() {
        for status in ["400 X", "401 X", "200 OK"] {
            let message = json!({"message": text, "data": text}).to_string();
            ask(&Canned::http(status, "application/json", &message));
            ask(&Canned::http(status, "text/html", &text));
        }
        let id = json!({"data": [{"persona_id": text, "persona_name": text}], "total_count": 1});
        ask(&Canned::json(&id.to_string()));
        // Nothing else may stand in a header.
        let header: String = text
            .chars()
            .map(|c| if c.is_ascii_control() { ' ' } else { c })
            .collect();
        ask(&Canned::http("200 OK", &header, "no JSON"));
        ask(&Canned::answering(format!(
            "HTTP/1.1 302 {header}\r\nlocation: {header}\r\ncontent-length: 0\r\n\r\n"
        )));
    }
    ask(&Canned::json(
        r#"{"data": [{"persona_id": "p1", "persona_name": "\ud800"}]}"#,
    ));
    search.end();
}

/// Every place among the arguments with the text in it, or with what was made of it.
fn arguments<'a>(text: &'a str, flag: &'a str, state: &'a str) -> Vec<Vec<&'a str>> {
    vec![
        vec![text],
        vec![flag],
        vec!["plan", flag],
        vec!["plan", text],
        vec!["plan", "--only", text],
        vec!["plan", "--format", text],
        vec!["plan", "--timeout", text],
        vec!["plan", "-e", text],
        vec!["plan", "--out", text],
        vec!["plan", "--out", state],
        vec!["-C", text, "plan"],
        vec!["apply", text],
        vec!["apply", "--yes", text],
        vec!["apply", "--expect", text],
        vec!["apply", "--concurrency", text],
        vec!["watch", text],
        vec!["sandbox", "--listen", text],
        vec!["sandbox", "--fault", text],
        vec!["sandbox", "--normalise", text],
        vec!["sandbox", "--page-cap", text],
        vec!["sandbox", "--state", "personas/ana.yaml", text],
    ]
}

#[test]
fn hostile_arguments_and_settings_are_told_harmlessly() {
    let search = Search::new(Site::with_manifest("persona_name: Ana\nsystem_prompt: x\n"));
    for text in &compounds() {
        let text = text.as_str();
        let flag = format!("--{text}");
        let state = format!("state{}", file_name(text));
        arguments(text, &flag, &state)
            .iter()
            .for_each(|arguments| search.run(arguments));
        for name in VARIABLES {
            let mut command = search.site.command(["plan", "-vvv"]);
            command.env("PERSONACTL_ENVIRONMENT", "default");
            command.env(name, text);
            search.say(&[name], command);
        }
        for settings in SETTINGS {
            let settings = settings.replace('X', &quoted(text));
            search.site.write("personas/personactl.yaml", settings);
            search.run(&["plan"]);
        }
        search
            .site
            .write("personas/personactl.yaml", text.as_bytes());
        search.run(&["plan"]);
        search
            .site
            .write("personas/personactl.yaml", "default_environment: sandbox\n");
    }
    search.end();
}

/// A ledger in the first version of its format, which had no checks: it can say anything.
fn ledger(environment: &str, salt: &str, personas: &Value) -> String {
    json!({"format_version": 1, "environment": environment, "salt": salt, "personas": personas})
        .to_string()
}

fn entry(id: &str, name: &str) -> Value {
    let digest = "0".repeat(32);
    let path = Pointer::root().join(name);
    let fields = json!({path.as_str(): {"sent": digest, "seen": digest}});
    json!({"id": id, "name": name, "prevent_delete": false, "fields": fields})
}

const LEDGER: &str = "personas/_ledger/default.json";

#[test]
fn a_hostile_ledger_is_shown_harmlessly() {
    let strings = strings();
    let all = || strings.iter().enumerate();
    let live = all().map(|(n, text)| json!({"persona_id": format!("p{n}"), "persona_name": text}));
    let entries = all().map(|(n, text)| (text.clone(), entry(&format!("p{n}"), text)));
    let entries: serde_json::Map<_, _> = entries.collect();
    let (site, _service) = site(live.collect());
    site.write("personas/ana.yaml", "persona_name: Ana\nsystem_prompt: x\n");
    site.write(LEDGER, ledger("default", &"07".repeat(32), &json!(entries)));
    let search = Search::new(site);
    let pruned = ["plan", "--prune", "--allow-mass-delete"];
    search.run(&pruned);
    search.run(&["apply", "--yes", "--prune", "--allow-mass-delete"]);
    let plan = search.json(&[&pruned[..], &["--format", "json"]].concat());
    assert_eq!(
        plan["summary"]["delete"],
        strings.len(),
        "{}",
        plan["summary"]
    );
    search.end();
}

#[test]
fn what_is_wrong_with_a_hostile_ledger_or_plan_is_told_harmlessly() {
    let (site, _service) = site(Vec::new());
    site.write("personas/ana.yaml", "persona_name: Ana\nsystem_prompt: x\n");
    let search = Search::new(site);
    let salt = "07".repeat(32);
    for text in compounds() {
        let plan = |format: &str| json!({"format": format, "format_version": 1, "digest": text, text.clone(): text});
        for plan in [
            plan(&text).to_string(),
            plan("personactl-plan").to_string(),
            text.clone(),
        ] {
            search.site.write("plan.json", plan);
            search.run(&["apply", "plan.json"]);
        }
        let unchecked =
            json!({text.clone(): {"check": "0".repeat(32), "entry": entry("p1", &text)}});
        let newest = json!({"format_version": 2, "environment": "default", "salt": salt, "personas": unchecked});
        for damaged in [
            ledger(&text, &salt, &json!({})),
            ledger("default", &text, &json!({})),
            ledger(
                "default",
                &salt,
                &json!({text.clone(): {text.clone(): text}}),
            ),
            ledger("default", &salt, &json!({"a": entry(&text, &text)})),
            json!({"format_version": text}).to_string(),
            newest.to_string(),
            text.clone(),
        ] {
            search.site.write(LEDGER, damaged);
            search.run(&["plan"]);
        }
    }
    search.end();
}

/// Collects what a program says, also once it has ended.
fn listen(mut stream: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let said = heard.clone();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            said.lock()
                .expect("nobody panicked")
                .extend(&buffer[..count]);
        }
    });
    heard
}

fn wait_for(heard: &Mutex<Vec<u8>>, text: &str) {
    for _ in 0..600 {
        if String::from_utf8_lossy(&heard.lock().expect("nobody panicked")).contains(text) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!(
        "nobody says {text:?}: {}",
        String::from_utf8_lossy(&heard.lock().expect("nobody panicked"))
    );
}

#[test]
fn watch_and_sandbox_stay_harmless() {
    let (manifest, live) = persona();
    let (site, _service) = site(vec![live]);
    site.write("personas/ana.yaml", manifest);
    let search = Search::new(site);
    let sound = search.site.read("personas/ana.yaml");
    for form in ["text", "json"] {
        search.site.write("personas/ana.yaml", &sound);
        let arguments = ["watch", "--apply", "-vvv", "--format", form];
        let mut watching = search.site.start(arguments);
        let stdout = listen(watching.0.stdout.take().expect("it is piped"));
        let stderr = listen(watching.0.stderr.take().expect("it is piped"));
        let (told, first, mistake) = match form {
            "text" => (&stdout, "1 to ", "error"),
            _ => (&stdout, "\"planned\"", "\"mistakes\""),
        };
        wait_for(told, first);
        search.site.write("personas/ana.yaml", ATTACKS.join("\n"));
        let told = if form == "text" { &stderr } else { told };
        wait_for(told, mistake);
        drop(watching);
        for heard in [stdout, stderr] {
            search.search(&arguments, &heard.lock().expect("nobody panicked"));
        }
    }
    for text in compounds() {
        let state = format!("state{}", file_name(&text));
        let mut serving = search.site.start([
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--state",
            &state,
            "-vvv",
        ]);
        let stdout = listen(serving.0.stdout.take().expect("it is piped"));
        wait_for(&stdout, "listening");
        search.search(&["sandbox"], &stdout.lock().expect("nobody panicked"));
    }
    search.end();
}

#[test]
fn a_terminal_gets_nothing_hostile() {
    if !has_terminal() {
        eprintln!("SKIPPED: script is not there, or there are no pseudo-terminals");
        return;
    }
    let (manifest, live) = persona();
    let (site, _service) = site(vec![live]);
    site.write("personas/ana.yaml", manifest);
    crowd(&site);
    let search = Search::new(site);
    for arguments in [
        &["plan", "--show-unmanaged"][..],
        &["apply", "--yes"],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "html"],
        &["plan", "--format", "patch"],
        &["plan", "-vvv", "--only", "ana"],
        &["plan", "--only", "ana", "-vvv", "--log-format", "json"],
    ] {
        search.search(arguments, &on_terminal(&search.site, 80, arguments));
    }
    for text in compounds() {
        for arguments in [
            &[text.as_str()][..],
            &["plan", "--only", &text],
            &["plan", &text],
        ] {
            search.search(arguments, &on_terminal(&search.site, 80, arguments));
        }
    }
    search.end();
}

#[test]
fn what_leaks_is_found() {
    for text in ATTACKS
        .into_iter()
        .chain(["x\tb", "a\u{200d}b", "\u{feff}"])
    {
        assert!(!leaks(text.as_bytes()).is_empty(), "{text:?} is overlooked");
    }
    let hidden = HIDDEN.iter().flat_map(|(first, last)| *first..=*last);
    for character in hidden.filter(|character| *character != '\n') {
        let text = format!("a{character}b");
        assert!(!leaks(text.as_bytes()).is_empty(), "{text:?} is overlooked");
    }
    for text in [
        "plain ä 語 🙂\n",
        "\u{1b}[31m+\u{1b}[0m a::b",
        "👩\u{200d}👩 1\u{fe0f}",
    ] {
        assert_eq!(leaks(text.as_bytes()), Vec::<String>::new());
    }
}
