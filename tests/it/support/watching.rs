//! A loop at work: all that it tells, event by event.

use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::editors::Editor;
use super::site::{Running, Site};

/// Longer than any machine needs; only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// A persona that is there to be saved where something has to be told.
const MARK: &str = "mark";

/// A loop that tells its events in JSON. It ends with the test.
pub(crate) struct Watching {
    running: Running,
    told: Receiver<String>,
    said: Receiver<String>,
    marks: usize,
}

impl Watching {
    /// Starts `watch`, or `reconcile`, with these arguments, and waits until it has begun.
    #[track_caller]
    pub(crate) fn start(site: &Site, arguments: &[&str]) -> Self {
        let mut watching = Self::begin(site, arguments);
        watching.next("watching");
        watching
    }

    /// The same, without waiting.
    pub(crate) fn begin(site: &Site, arguments: &[&str]) -> Self {
        let mut running = site.start(arguments.iter().copied());
        let told = lines(running.0.stdout.take().expect("it is piped"));
        let said = lines(running.0.stderr.take().expect("it is piped"));
        Self {
            running,
            told,
            said,
            marks: 0,
        }
    }

    /// The very next event.
    #[track_caller]
    pub(crate) fn any(&mut self) -> Value {
        let line = self.told.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            let said: Vec<String> = self.said.try_iter().collect();
            panic!("{error} while waiting for an event: {said:#?}")
        });
        serde_json::from_str(&line).expect("each line is JSON")
    }

    /// The very next event, which has to be this one.
    #[track_caller]
    pub(crate) fn next(&mut self, event: &str) -> Value {
        let told = self.any();
        assert_eq!(told["event"], event, "{told:#}");
        told
    }

    /// The very next event: a plan for this cause, by which something is to be done with these personas and no others.
    #[track_caller]
    pub(crate) fn plans(&mut self, cause: &str, expected: &[&str]) -> Value {
        let told = self.next("planned");
        assert_eq!(told["cause"], cause, "{told:#}");
        assert_eq!(keys(&told), expected, "{told:#}");
        told
    }

    /// The same, and the plan says this.
    #[track_caller]
    pub(crate) fn plans_saying(&mut self, cause: &str, expected: &[&str], text: &str) {
        let told = self.plans(cause, expected);
        assert!(told["plan"].to_string().contains(text), "{text}: {told:#}");
    }

    /// The next line beside the events that holds this.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) -> String {
        loop {
            let line = self.said.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("{error} while waiting for {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Nothing else has been told: the next event is about a file that is saved only now. It may be broken.
    #[track_caller]
    pub(crate) fn is_silent(&mut self, site: &Site) {
        self.marks += 1;
        let text = format!("mark {}", self.marks);
        let path = site.path(&format!("personas/{MARK}.yaml"));
        let manifest = format!("persona_name: Mark\nsystem_prompt: {text}\n");
        let saved = Editor::Sed.save(&site.path("."), &path, &manifest);
        saved.expect("it is saved");
        self.plans_saying("save", &[MARK], &text);
    }

    /// Asks it to end; the code that it ends with.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.running.0.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.expect("kill runs").success());
        self.code()
    }

    /// The code that it ends with by itself.
    pub(crate) fn code(&mut self) -> Option<i32> {
        self.running.0.wait().expect("it ends").code()
    }
}

/// The personas with which something is to be done by the plan of an event.
pub(crate) fn keys(told: &Value) -> Vec<&str> {
    let steps = told["plan"]["steps"].as_array().expect("a plan");
    let keys = steps.iter().map(|step| step["key"].as_str());
    keys.map(|key| key.expect("a key")).collect()
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Whoever has heard enough still lets it speak.
            let _ = sender.send(line);
        }
    });
    receiver
}
