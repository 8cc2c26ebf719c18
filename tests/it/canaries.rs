//! Canaries: a unique text in every place where a secret can stand, a service that repeats them
//! wherever it can, and a search for them in all that the program says and writes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::{Value, json};

use crate::support::{Answer, Asked, Canned, Running, Scripted, Site};

/// Where a secret stands, and the mark of the canary there: first the API key, then those that a
/// manifest refers to, with where they belong, then those that nobody has asked for.
const KEY: (&str, &str) = ("TAVUS_API_KEY", "key");
const REFERRED: [(&str, &str, &str); 5] = [
    ("LLM_KEY", "llm", "/layers/llm/api_key"),
    ("TTS_KEY", "tts", "/layers/tts/api_key"),
    ("AUTH", "aut", "/layers/llm/headers/Authorization"),
    ("CUSTOM", "cus", "/layers/llm/headers/X-Custom-Credential"),
    ("QUERY", "qry", "/layers/llm/default_query/code"),
];
const NEVER_READ: [(&str, &str); 4] = [
    ("STAGING_KEY", "stg"),
    ("AWS_SECRET_ACCESS_KEY", "aws"),
    ("GITHUB_TOKEN", "ght"),
    ("face", "fac"),
];
/// What LLM_KEY is changed to.
const ROTATED: &str = "new";

const ANA: &str = "\
persona_name: Ana
system_prompt: x
default_replica_id: !var {name: face, default: r1}
context: first
layers:
  llm:
    model: m
    base_url: https://llm.example
    api_key: !secret LLM_KEY
    headers: {Authorization: !secret AUTH, X-Custom-Credential: !secret CUSTOM}
    default_query: {code: !secret QUERY}
  tts:
    tts_engine: elevenlabs
    api_key: !secret TTS_KEY
";

/// A canary: both ends of it tell whose it is, and between them stands what encodings spell otherwise.
fn canary(mark: &str) -> String {
    let [head, tail] = ends(mark);
    format!("{head}\"/+\\{tail}")
}

fn ends(mark: &str) -> [String; 2] {
    [format!("cnry{mark}7f3a"), format!("9b2c{mark}8d1e40")]
}

fn marks() -> impl Iterator<Item = &'static str> {
    let referred = REFERRED.map(|(_, mark, _)| mark);
    let others = NEVER_READ.map(|(_, mark)| mark);
    [KEY.1, ROTATED].into_iter().chain(referred).chain(others)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str, is_kept: impl Fn(u8) -> bool) -> String {
    let spell = |byte: u8| match is_kept(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(spell).collect()
}

fn base64(bytes: &[u8], last: [char; 2]) -> String {
    let plain = ('A'..='Z').chain('a'..='z').chain('0'..='9');
    let alphabet: Vec<char> = plain.chain(last).collect();
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    let value = |bits: &[bool]| {
        (0..6).fold(0, |value, bit| {
            value * 2 + usize::from(bits.get(bit) == Some(&true))
        })
    };
    bits.chunks(6).map(|bits| alphabet[value(bits)]).collect()
}

/// The text as it may stand in a longer one, by the name of the form.
fn forms(text: &str) -> Vec<(String, String)> {
    let keeps = |byte: u8| byte.is_ascii_alphanumeric();
    let mut forms = vec![
        ("plain".to_owned(), text.to_owned()),
        (
            "JSON".to_owned(),
            Value::from(text).to_string().trim_matches('"').to_owned(),
        ),
        ("percent".to_owned(), percent(text, keeps)),
        ("percent of all".to_owned(), percent(text, |_| false)),
        ("hex".to_owned(), hex(text.as_bytes())),
        ("HEX".to_owned(), hex(text.as_bytes()).to_uppercase()),
    ];
    for (name, last) in [("base64", ['+', '/']), ("base64url", ['-', '_'])] {
        for before in 0..3 {
            let mut bytes = vec![0; before];
            bytes.extend(text.bytes());
            let whole = base64(&bytes, last);
            // Characters that hold bits of what stands beside it are left out.
            let end = whole.len() - usize::from(bytes.len() % 3 > 0);
            let start = [0, 2, 3][before];
            forms.push((
                format!("{name} after {before}"),
                whole[start..end].to_owned(),
            ));
        }
    }
    forms
}

/// What is looked for, by what it is.
static NEEDLES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut needles = Vec::new();
    for mark in marks() {
        let parts = ends(mark).into_iter().chain([canary(mark)]);
        let forms = parts.flat_map(|part| forms(&part));
        needles.extend(forms.map(|(form, needle)| (needle, format!("{mark} as {form}"))));
    }
    let mut known = BTreeSet::new();
    needles.retain(|(needle, _)| known.insert(needle.clone()));
    needles
});

/// The canaries in `text`, and the form that they were found in.
fn found(text: &str) -> Vec<String> {
    let needles = NEEDLES.iter();
    let found = needles.filter(|(needle, _)| text.contains(needle.as_str()));
    found.map(|(_, what)| what.clone()).collect()
}

/// The canaries in all files below a folder, their names included.
fn found_below(folder: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("an entry"));
    let texts = entries.map(|entry| {
        let content = match entry.file_type().is_file() {
            true => fs::read(entry.path()).expect("a file"),
            false => Vec::new(),
        };
        let path = entry.path().display().to_string();
        let text = format!("{path}\n{}", String::from_utf8_lossy(&content));
        (path, text)
    });
    texts
        .flat_map(|(path, text)| {
            found(&text)
                .into_iter()
                .map(move |found| format!("{path}: {found}"))
        })
        .collect()
}

/// What the service does with the next requests.
#[derive(Clone, Default)]
enum Mood {
    #[default]
    Well,
    /// Refuses writes with these words.
    Refusing(String),
    /// Refuses lists with these words.
    Closed(String),
    /// Takes writes, and answers nothing but these words after that.
    Deaf(String),
    /// Answers another context each time.
    Moving,
    /// Sends the program this signal in the middle of a write.
    #[cfg(unix)]
    Signalling(&'static str),
}

#[derive(Default)]
struct State {
    mood: Mood,
    persona: Value,
    process: u32,
    reads: usize,
    was_written: bool,
}

/// A service that keeps secrets and shows them in plain.
fn answer(state: &Mutex<State>, asked: &Asked) -> Answer {
    let ok = |body: &Value| Some((200, body.to_string()));
    let no = |status, words: &str| Some((status, json!({"message": words}).to_string()));
    let is_write = !asked.line.starts_with("GET ");
    let mood = state.lock().expect("nobody panicked").mood.clone();
    match &mood {
        Mood::Refusing(words) if is_write => return no(422, words),
        Mood::Closed(words) if asked.line == "GET /v2/personas" => return no(400, words),
        #[cfg(unix)]
        Mood::Signalling(signal) if is_write => {
            let process = || state.lock().expect("nobody panicked").process;
            let process = std::iter::repeat_with(process)
                .find(|id| *id != 0)
                .expect("it comes");
            send(process, signal);
        }
        _ => {}
    }
    let mut state = state.lock().expect("nobody panicked");
    state.reads += 1;
    state.was_written |= is_write;
    if let Mood::Deaf(words) = &mood
        && state.was_written
        && asked.line == "GET /v2/personas/p1"
    {
        return no(403, words);
    }
    match asked.line.split(' ').next() {
        Some("POST") => {
            state.persona = asked.body.clone();
            state.persona["persona_id"] = json!("p1");
            ok(&state.persona)
        }
        Some("PATCH") => {
            let patch: json_patch::Patch =
                serde_json::from_value(asked.body.clone()).expect("a patch");
            json_patch::patch(&mut state.persona, &patch).expect("it fits");
            ok(&state.persona)
        }
        Some("DELETE") => {
            state.persona = Value::Null;
            Some((204, String::new()))
        }
        _ if asked.line == "GET /v2/personas" => {
            let personas: Vec<_> = [&state.persona]
                .into_iter()
                .filter(|live| !live.is_null())
                .collect();
            ok(&json!({"data": personas, "total_count": personas.len()}))
        }
        _ if state.persona.is_null() => no(404, "Invalid persona_id"),
        _ => {
            if matches!(mood, Mood::Moving) {
                state.persona["context"] = json!(format!("moved {}", state.reads));
            }
            ok(&state.persona)
        }
    }
}

#[cfg(unix)]
fn send(process: u32, signal: &str) {
    let status = std::process::Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(status.expect("kill runs").success());
}

/// A site with a canary in every variable.
fn planted(url: String) -> Site {
    let mut site = Site::with_manifest(ANA);
    site.write(
        "personas/personactl.yaml",
        "environments: {default: {}, staging: {api_key: !secret STAGING_KEY}}\n",
    );
    site.set("TAVUS_PUBLIC_API_BASE_URL", url);
    for (name, mark) in [KEY].into_iter().chain(NEVER_READ) {
        site.set(name, canary(mark));
    }
    for (name, mark, _) in REFERRED {
        let before = if name == "AUTH" { "Bearer " } else { "" };
        site.set(name, format!("{before}{}", canary(mark)));
    }
    site
}

/// The site, its service, and what was found so far.
struct Story {
    site: Site,
    service: Scripted,
    state: Arc<Mutex<State>>,
    runs: Cell<usize>,
    leaks: RefCell<Vec<String>>,
}

impl Story {
    fn new() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let service = Scripted::new({
            let state = state.clone();
            move |asked, _| answer(&state, asked)
        });
        Self {
            site: planted(service.url()),
            service,
            state,
            runs: Cell::default(),
            leaks: RefCell::default(),
        }
    }

    fn mood(&self, mood: Mood) {
        let mut state = self.state.lock().expect("nobody panicked");
        (state.mood, state.was_written, state.process) = (mood, false, 0);
    }

    /// Runs the program at its most talkative, and searches. Logs are text and JSON in turn.
    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> String {
        let form = if self.runs.get().is_multiple_of(2) {
            "text"
        } else {
            "json"
        };
        self.runs.set(self.runs.get() + 1);
        let talkative = ["-vv", "--log-format", form];
        let output = self.site.run(arguments.iter().copied().chain(talkative));
        let output = output.code(code).hides("panicked");
        let said = format!("{}\n{}", output.stdout, output.stderr);
        self.search(&arguments.join(" "), &said);
        said
    }

    fn search(&self, when: &str, said: &str) {
        let said = found(said)
            .into_iter()
            .map(|found| format!("said: {found}"));
        let leaks = said.chain(found_below(&self.site.path("")));
        let leaks = leaks.map(|leak| format!("{when}: {leak}"));
        self.leaks.borrow_mut().extend(leaks);
    }

    /// Runs an apply that the service sends a signal to.
    #[cfg(unix)]
    fn signalled(&self, signal: &'static str) {
        self.mood(Mood::Signalling(signal));
        let mut running = self.site.start(["apply", "--yes", "-vv"]);
        self.state.lock().expect("nobody panicked").process = running.0.id();
        let said = last_words(&mut running);
        self.search(signal, &said);
        self.mood(Mood::Well);
    }

    fn edit(&self, from: &str, to: &str) {
        self.site.edit("personas/ana.yaml", from, to);
    }

    fn undo_file(&self) -> String {
        let folder = self.site.path("personas/.personactl/undo");
        let names = fs::read_dir(folder)
            .expect("undo files")
            .map(|entry| entry.expect("an entry").file_name());
        let names = names.map(|name| name.to_str().expect("text").to_owned());
        let last = names.filter(|name| name.ends_with(".json")).max();
        format!("personas/.personactl/undo/{}", last.expect("an undo file"))
    }

    #[track_caller]
    fn is_silent(&self) {
        let leaks = self.leaks.borrow();
        assert!(leaks.is_empty(), "{} leaks: {leaks:#?}", leaks.len());
    }
}

#[cfg(unix)]
fn last_words(running: &mut Running) -> String {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let child = &mut running.0;
    child
        .stdout
        .take()
        .expect("it is piped")
        .read_to_string(&mut stdout)
        .expect("text");
    child
        .stderr
        .take()
        .expect("it is piped")
        .read_to_string(&mut stderr)
        .expect("text");
    child.wait().expect("it ends");
    format!("{stdout}\n{stderr}")
}

/// All forms of one canary that fit into what is shown of a refusal.
fn repeated(mark: &str) -> String {
    let canary = canary(mark);
    let forms = forms(&canary);
    let chosen = [
        "plain",
        "JSON",
        "percent",
        "hex",
        "base64 after 0",
        "base64url after 1",
    ];
    let chosen = forms
        .iter()
        .filter(|(name, _)| chosen.contains(&name.as_str()));
    chosen
        .map(|(_, form)| form.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_search_finds_a_canary_in_every_form_and_file() {
    for mark in marks() {
        for (form, text) in forms(&canary(mark)) {
            let found = found(&format!("beside it{text}stands more"));
            assert!(
                found.iter().any(|found| found.starts_with(mark)),
                "{mark} as {form}"
            );
        }
        for end in ends(mark) {
            assert!(!found(&format!("cut {end}")).is_empty(), "{end}");
        }
    }
    assert!(found("nothing of the kind: cnry, key, llm, 9b2c").is_empty());
    let site = Site::empty();
    site.write(
        "personas/.personactl/deep/file",
        [b"\xff\0".as_slice(), canary("tts").as_bytes()].concat(),
    );
    site.write(&format!("personas/{}", ends("llm")[0]), "");
    let found = found_below(&site.path(""));
    assert!(
        found
            .iter()
            .any(|found| found.contains("deep/file: tts as plain")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|found| found.contains("llm as plain")),
        "{found:#?}"
    );
}

#[test]
fn no_secret_is_said_or_written_from_the_first_plan_to_the_last_undo() {
    let mut story = Story::new();
    story.run(&["plan"], 0);
    story.run(&["plan", "--format", "json"], 0);
    story.run(&["plan", "--out", "plan.json"], 0);
    for form in ["markdown", "html", "patch", "github"] {
        story.run(&["plan", "--format", form], 0);
        story.run(&["plan", "--report", &format!("{form}=report")], 0);
    }
    for mark in marks() {
        story.mood(Mood::Refusing(repeated(mark)));
        if !NEVER_READ.iter().any(|(_, never)| *never == mark) && mark != ROTATED {
            story.run(&["apply", "plan.json"], 3);
            story.run(&["apply", "--yes", "--format", "json"], 3);
        }
    }
    story.mood(Mood::Well);
    story.run(&["apply", "plan.json"], 0);
    story.run(&["plan", "--show-unmanaged"], 0);

    story.site.set("LLM_KEY", canary(ROTATED));
    story.edit("context: first", "context: second");
    story.run(&["plan", "--format", "json"], 0);
    story.mood(Mood::Refusing(repeated(ROTATED)));
    story.run(&["apply", "--yes"], 3);
    story.mood(Mood::Deaf(repeated("tts")));
    story.run(&["apply", "--yes", "--format", "json"], 3);
    story.mood(Mood::Well);
    story.edit("context: second", "context: third");
    story.mood(Mood::Moving);
    story.run(&["apply", "--yes"], 3);
    story.mood(Mood::Well);
    #[cfg(unix)]
    for (signal, prompt) in [("-KILL", "x"), ("-INT", "xx")] {
        story.edit(
            &format!("system_prompt: {prompt}\n"),
            &format!("system_prompt: {prompt}x\n"),
        );
        story.signalled(signal);
    }
    story.run(&["apply", "--yes", "--on-conflict", "repo"], 0);
    story.edit("context: third", "context: fifth");
    story.run(&["apply", "--yes"], 0);
    let undo = story.undo_file();
    story.run(&["apply", &undo], 0);

    let manifest = story.site.read("personas/ana.yaml");
    fs::remove_file(story.site.path("personas/ana.yaml")).expect("it is there");
    story.run(&["apply", "--yes", "--prune", "--allow-mass-delete"], 0);
    let undo = story.undo_file();
    story.run(&["apply", &undo], 0);
    story.site.write("personas/ana.yaml", manifest);
    story.run(&["apply", "--yes", "--on-conflict", "repo"], 0);
    story.is_silent();
    carried_where_they_belong(&story.service);
}

/// The API key is in its header and nowhere else, and each secret at its own place in a body.
fn carried_where_they_belong(service: &Scripted) {
    let mut carried = Vec::new();
    for asked in service.asked() {
        let (key, others): (Vec<_>, Vec<_>) = asked
            .head
            .lines()
            .partition(|line| line.starts_with("x-api-key: "));
        assert_eq!(key, [format!("x-api-key: {}", canary(KEY.1))]);
        assert_eq!(found(&others.join("\n")), Vec::<String>::new());
        match &asked.body {
            Value::Array(operations) => {
                for operation in operations {
                    let path = operation["path"].as_str().expect("a path");
                    let mut held = Vec::new();
                    collect(path, &operation["value"], &mut held);
                    assert!(
                        held.is_empty() || operation["op"] != "test",
                        "{path} is asserted"
                    );
                    carried.extend(held);
                }
            }
            body => collect("", body, &mut carried),
        }
    }
    carried.sort();
    carried.dedup();
    let mut expected: Vec<_> = REFERRED
        .iter()
        .map(|(name, mark, path)| {
            let before = if *name == "AUTH" { "Bearer " } else { "" };
            ((*path).to_owned(), format!("{before}{}", canary(mark)))
        })
        .chain([("/layers/llm/api_key".to_owned(), canary(ROTATED))])
        .collect();
    expected.sort();
    assert_eq!(carried, expected);
}

/// The texts with a canary in them, and where they stand.
fn collect(at: &str, value: &Value, held: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            assert_eq!(found(name), Vec::<String>::new());
            collect(&format!("{at}/{name}"), member, held);
        }),
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| collect(&format!("{at}/-"), element, held)),
        Value::String(text) if !found(text).is_empty() => held.push((at.to_owned(), text.clone())),
        _ => {}
    }
}

#[test]
fn what_a_service_repeats_of_any_secret_in_any_form_is_not_shown() {
    let story = Story::new();
    story.run(&["apply", "--yes"], 0);
    for mark in [KEY.1].into_iter().chain(REFERRED.map(|(_, mark, _)| mark)) {
        story.mood(Mood::Closed(repeated(mark)));
        for command in [&["plan"][..], &["status"], &["apply", "--yes"]] {
            let said = story.run(command, 1);
            assert!(said.contains("********"), "{said}");
        }
        // What is too long to be shown is cut, and the cut may go through a secret.
        for length in [275, 285, 292] {
            story.mood(Mood::Closed(format!(
                "{}{}",
                ".".repeat(length),
                canary(mark)
            )));
            let said = story.run(&["plan"], 1);
            assert!(!said.contains(&format!("cnry{mark}")), "{said}");
        }
    }
    story.is_silent();
}

#[test]
fn what_a_service_puts_where_anyone_can_read_it_is_not_shown_either() {
    let story = Story::new();
    story.run(&["apply", "--yes"], 0);
    story.state.lock().expect("nobody panicked").persona["context"] =
        json!(format!("{} {}", canary("llm"), canary("key")));
    for format in ["text", "json"] {
        let said = story.run(&["plan", "--format", format], 0);
        assert!(said.contains("********"), "{said}");
    }
    story.is_silent();
}

#[test]
fn broken_answers_that_hold_the_key_do_not_show_it() {
    let key = canary(KEY.1);
    let json = |text: &str| Value::from(text).to_string();
    let head = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\nlocation:";
    let answers = [
        Canned::answering(format!("{head} https://evil.example/?key={key}\r\n\r\n")),
        Canned::answering(format!(
            "{head} https://evil.example/{}\r\n\r\n",
            percent(&key, |b| b.is_ascii_alphanumeric())
        )),
        Canned::http("200 OK", &format!("text/{key}"), "no"),
        Canned::http("200 OK", "application/json", &key),
        Canned::http(
            "401 No",
            "application/json",
            &format!("{{\"error\": {{\"key\": {}}}}}", json(&key)),
        ),
        Canned::http("400 No", "text/html", &format!("<p>{key}</p>")),
        Canned::json(&format!(
            "{{\"data\": [{{\"persona_id\": {}}}]}}",
            json(&key)
        )),
        Canned::json(&format!("{{\"data\": {}}}", json(&key))),
        Canned::answering(format!(
            "HTTP/1.1 200 {key}\r\ncontent-length: 99\r\n\r\n{key}"
        )),
        Canned::answering(format!("{key}\r\n\r\n")),
    ];
    let mut leaks = Vec::new();
    for (row, service) in answers.iter().enumerate() {
        let site = planted(service.url());
        let output = site.run(["plan", "-vv", "--log-format", "json", "--timeout", "1s"]);
        assert_ne!(output.code, 0, "{row}");
        let said = format!("{}\n{}", output.stdout, output.stderr);
        let found = found(&said).into_iter().chain(found_below(&site.path("")));
        leaks.extend(found.map(|leak| format!("answer {row}: {leak}")));
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn a_plain_secret_in_a_manifest_is_not_repeated() {
    let site = planted("http://127.0.0.1:9/v2".to_owned());
    let plain = canary("llm").replace(['"', '\\'], "");
    for text in [
        ANA.replace("!secret LLM_KEY", &plain),
        ANA.replace("!secret AUTH", &plain),
        ANA.replace("!secret LLM_KEY", &format!("!secret {plain}")),
        ANA.replace(
            "    api_key: !secret LLM_KEY",
            &format!("    api_key: {plain}\n   bad: ["),
        ),
    ] {
        site.write("personas/ana.yaml", &text);
        let output = site.run(["plan", "-vv"]).code(1);
        assert_eq!(
            found(&format!("{}{}", output.stdout, output.stderr)),
            Vec::<String>::new()
        );
    }
}

#[cfg(unix)]
#[test]
fn settings_that_are_a_link_to_something_else_do_not_show_it() {
    use std::os::unix::fs::symlink;

    let site = planted("http://127.0.0.1:9/v2".to_owned());
    let settings = site.path("personas/personactl.yaml");
    let outside = site.path("outside");
    fs::write(&outside, format!("{}: [\n", canary("llm"))).expect("it is written");
    for target in [
        Path::new("/proc/self/environ"),
        Path::new("/dev/zero"),
        &outside,
    ] {
        fs::remove_file(&settings).expect("it is there");
        symlink(target, &settings).expect("a link");
        let output = site.run(["plan", "-vv"]).code(1).says("personactl.yaml");
        let said = format!("{}{}", output.stdout, output.stderr);
        assert_eq!(found(&said), Vec::<String>::new());
        assert!(!said.contains("TAVUS"), "{said}");
    }
}

#[test]
fn a_watch_says_nothing_of_them() {
    let story = Story::new();
    for (form, planned) in [("text", "1 to create"), ("json", "\"create\":1")] {
        let mut running = story.site.start(["watch", "-vv", "--format", form]);
        let mut stdout = BufReader::new(running.0.stdout.take().expect("it is piped"));
        let mut said = String::new();
        while !said.contains(planned) {
            let read = stdout.read_line(&mut said).expect("text");
            assert!(read > 0, "{said}");
        }
        running.0.kill().expect("it runs");
        stdout.read_to_string(&mut said).expect("text");
        let mut stderr = running.0.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut said).expect("text");
        story.search("watch", &said);
    }
    story.is_silent();
}

#[test]
fn the_sandbox_reads_no_secret_and_keeps_none() {
    let site = planted("http://127.0.0.1:9/v2".to_owned());
    for arguments in [["apply", "--yes", "-vv"], ["plan", "--out", "plan.json"]] {
        let output = site
            .run(arguments.into_iter().chain(["-e", "sandbox"]))
            .success();
        assert_eq!(
            found(&format!("{}{}", output.stdout, output.stderr)),
            Vec::<String>::new()
        );
    }
    assert_eq!(found_below(&site.path("")), Vec::<String>::new());

    // One that is spoken to over a port is sent them, and keeps digests of what has a credential's name.
    let service = crate::support::Served::with(&[]);
    let site = planted(service.url().to_owned());
    let output = site.run(["apply", "--yes", "-vv"]).success();
    assert_eq!(
        found(&format!("{}{}", output.stdout, output.stderr)),
        Vec::<String>::new()
    );
    assert_eq!(found_below(&site.path("")), Vec::<String>::new());
    let live = json!(service.live()).to_string();
    let is_told = |found: &String| !found.starts_with("qry");
    assert!(!found(&live).iter().any(is_told), "{live}");
}

/// Files hold live documents and digests: nobody else on the machine is to read them.
#[cfg(unix)]
#[test]
fn what_is_written_can_be_read_by_its_owner_only_and_is_hidden_from_git() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    let story = Story::new();
    story.run(&["plan", "--out", "plan.json"], 0);
    story.run(&["apply", "plan.json"], 0);
    story.edit("context: first", "context: second");
    story.signalled("-KILL");
    let site = &story.site;
    let private = "personas/.personactl";
    let files = [
        "plan.json".to_owned(),
        "personas/_ledger/default.json".to_owned(),
        format!("{private}/default.journal"),
        format!("{private}/default.lock"),
        story.undo_file(),
    ];
    for file in &files {
        assert_eq!(mode(&site.path(file)), 0o600, "{file}");
    }
    site.run(["apply", "--yes", "-e", "sandbox"])
        .success()
        .hides("panicked");
    let state = site.path(&format!("{private}/sandbox"));
    for entry in walkdir::WalkDir::new(state) {
        let entry = entry.expect("an entry");
        let holds_nothing = entry.file_name() == "lock";
        if entry.file_type().is_file() && !holds_nothing {
            assert_eq!(mode(entry.path()), 0o600, "{}", entry.path().display());
        }
    }
    for folder in ["", "/undo", "/sandbox"] {
        assert_eq!(
            site.read(&format!("{private}{folder}/.gitignore")),
            "*\n",
            "{folder}"
        );
    }
}
