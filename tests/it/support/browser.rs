//! A real browser without a window, driven as the WebDriver standard says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What a browser under test must not do on its own, and what it needs to run as root.
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];
/// Longer than any machine needs; only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a driver is started until one can listen.
const ATTEMPTS: usize = 20;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// The name by which the standard refers to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whether a page may run its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    Run,
    Off,
}

/// A browser with a profile of its own. It ends with the test.
pub(crate) struct Browser {
    driver: Driver,
    address: String,
    session: String,
    _profile: TempDir,
}

struct Driver {
    child: Child,
    /// What it says: it would end where nobody could hear it.
    said: BufReader<ChildStdout>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Whether there is a browser, and what drives it.
    pub(crate) fn is_there() -> bool {
        let runs = |name: &str| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        };
        ["chromium", "google-chrome"].iter().any(|name| runs(name)) && runs("chromedriver")
    }

    pub(crate) fn new(scripts: Scripts) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let (driver, address) = Driver::start();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([&*folder]).collect();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }}});
        let told = ask(&address, "POST", "/session", &wanted);
        let session = told["sessionId"].as_str().expect("a session").to_owned();
        let browser = Self {
            driver,
            address,
            session,
            _profile: profile,
        };
        if scripts == Scripts::Off {
            // A setting of the profile may reach the page only after its script has run.
            browser.command(
                "Emulation.setScriptExecutionDisabled",
                &json!({"value": true}),
            );
        }
        browser
    }

    /// Goes to a page, and waits until it is loaded and to be seen: what is clicked on before is
    /// lost.
    pub(crate) fn open(&self, url: &str) {
        self.post("url", &json!({"url": url}));
        self.until("performance.getEntriesByType('paint').length > 0");
    }

    /// What a function body returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until this is so in the page. It is asked for from here, as a page without scripts
    /// cannot tell.
    #[track_caller]
    pub(crate) fn until(&self, condition: &str) {
        let script = format!("return Boolean({condition})");
        let start = Instant::now();
        while self.run(&script) != true {
            assert!(start.elapsed() < PATIENCE, "never so: {condition}");
            thread::sleep(PAUSE);
        }
    }

    /// Clicks on what a selector finds first.
    pub(crate) fn click(&self, selector: &str) {
        let id = self.find(selector);
        self.post(&format!("element/{id}/click"), &json!({}));
    }

    /// Types on the keyboard, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let key = |kind: &str, key: char| json!({"type": kind, "value": key});
        let strokes = keys
            .chars()
            .flat_map(|c| [key("keyDown", c), key("keyUp", c)]);
        let strokes: Vec<Value> = strokes.collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("actions", &json!({"actions": [keyboard]}));
    }

    /// Makes the page this wide and high.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.command(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// Shows the page as it is printed, or to somebody who prefers this scheme.
    pub(crate) fn show_for(&self, media: &str, scheme: &str) {
        let scheme = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command(
            "Emulation.setEmulatedMedia",
            &json!({"media": media, "features": scheme}),
        );
    }

    /// All that the page has complained of since this was asked last.
    pub(crate) fn complaints(&self) -> Value {
        self.post("se/log", &json!({"type": "browser"}))
    }

    fn command(&self, command: &str, parameters: &Value) {
        self.post(
            "goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        );
    }

    fn find(&self, selector: &str) -> String {
        let found = self.post(
            "element",
            &json!({"using": "css selector", "value": selector}),
        );
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    fn post(&self, what: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{what}", self.session);
        ask(&self.address, "POST", &path, body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session; without it, the browser would stay.
        let path = format!("/session/{}", self.session);
        if self
            .driver
            .child
            .try_wait()
            .is_ok_and(|ended| ended.is_none())
        {
            let _ = exchange(&self.address, "DELETE", &path, "");
        }
    }
}

impl Driver {
    /// A driver, and the address on which it listens. It takes a port that is free for one family of addresses and ends where
    /// that is taken for the other: then another one is tried.
    fn start() -> (Self, String) {
        let mut attempts = (0..ATTEMPTS).filter_map(|_| Self::attempt());
        attempts.next().expect("a driver says where it listens")
    }

    fn attempt() -> Option<(Self, String)> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the driver starts");
        let said = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut driver = Self { child, said };
        let mut lines = driver.said.by_ref().lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        })?;
        drop(lines);
        Some((driver, format!("127.0.0.1:{port}")))
    }
}

/// What the driver answers; that it refuses fails the test.
#[track_caller]
fn ask(address: &str, method: &str, path: &str, body: &Value) -> Value {
    let (status, told) = exchange(address, method, path, &body.to_string());
    assert!(status.starts_with("HTTP/1.1 200"), "{path}: {told:#}");
    told["value"].clone()
}

/// The first line of the answer, and its body. The driver keeps the connection open.
fn exchange(address: &str, method: &str, path: &str, body: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .expect("it listens");
    let mut reader = BufReader::new(stream);
    let mut head = reader.by_ref().lines().map_while(Result::ok);
    let status = head.next().expect("it answers");
    let head = head.take_while(|line| !line.is_empty());
    let lengths = head.filter_map(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-length:")?.trim().parse().ok()
    });
    let length: Option<usize> = lengths.last();
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).expect("a body");
    (status, serde_json::from_slice(&body).expect("JSON"))
}
