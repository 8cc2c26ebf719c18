//! What happens to the service meanwhile, and what it is asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{manifest, site_at, watching, write};
use crate::support::{Scripted, Served, Site, Watching, keys};

/// A site whose manifests say which personas they mean.
fn pinned(url: &str) -> Site {
    let site = site_at(url);
    for name in ["ana", "ben", "mark"] {
        pin(&site, name, "x");
    }
    site
}

fn pin(site: &Site, name: &str, prompt: &str) {
    let text = format!("{}x-personactl: {{id: {name}}}\n", manifest(name, prompt));
    super::put(site, &format!("personas/{name}.yaml"), &text);
}

#[test]
fn one_save_is_one_request() {
    let live = |name: &str| json!({"persona_id": name, "persona_name": name, "system_prompt": "x"});
    let service = Scripted::new(move |asked, _| {
        let answer = match asked.line.rsplit('/').next() {
            Some("personas") => {
                let all = ["ana", "ben", "mark"].map(live);
                json!({"data": all, "total_count": 3})
            }
            name => live(name.expect("a part")),
        };
        Some((200, answer.to_string()))
    });
    let site = pinned(&service.url());
    let mut watching = watching(&site, &[]);
    let before = service.asked().len();
    pin(&site, "ana", "y");
    watching.plans("save", &["ana"]);
    pin(&site, "ben", "y");
    watching.plans("save", &["ben"]);
    let asked: Vec<String> = service.asked()[before..]
        .iter()
        .map(|asked| asked.line.clone())
        .collect();
    assert_eq!(asked, ["GET /v2/personas/ana", "GET /v2/personas/ben"]);
}

#[test]
fn what_others_change_is_shown_once() {
    let has_changed = Arc::new(AtomicBool::new(false));
    let (looks, looked) = channel();
    let looks = Mutex::new(looks);
    let service = Scripted::new({
        let has_changed = Arc::clone(&has_changed);
        move |asked, _| {
            let prompt = match has_changed.load(Ordering::SeqCst) {
                true => "theirs",
                false => "x",
            };
            let live = |name: &str| {
                let prompt = if name == "ana" { prompt } else { "x" };
                json!({"persona_id": name, "persona_name": name, "system_prompt": prompt})
            };
            let answer = match asked.line.rsplit('/').next() {
                Some("personas") => {
                    // The test may have ended.
                    let _ = looks.lock().expect("nobody panicked").send(());
                    {
                        let all = ["ana", "ben", "mark"].map(live);
                        json!({"data": all, "total_count": 3})
                    }
                }
                name => live(name.expect("a part")),
            };
            Some((200, answer.to_string()))
        }
    });
    let site = pinned(&service.url());
    site.run(["apply", "--yes"]).success();
    let mut watching = watching(&site, &["--poll", "20ms"]);
    has_changed.store(true, Ordering::SeqCst);
    watching.plans_saying("interval", &["ana"], "theirs");
    // What it has seen since it has looked at several times.
    looked.try_iter().for_each(drop);
    for _ in 0..3 {
        looked.recv().expect("it looks");
    }
    pin(&site, "ben", "y");
    watching.plans("save", &["ben"]);
    has_changed.store(false, Ordering::SeqCst);
    watching.plans("interval", &["ben"]);
}

#[test]
fn what_could_not_be_planned_while_the_service_was_away_is_planned_when_it_is_back() {
    let mut service = Served::with(&[]);
    let site = site_at(service.url());
    site.run(["apply", "--yes"]).success();
    let mut watching = watching(&site, &[]);
    service.restart(|| {
        for name in ["ana", "ben"] {
            write(&site, name, "y");
            let told = watching.next("failed");
            assert!(told["again_ms"].as_f64() >= Some(1_000.0), "{told:#}");
        }
    });
    // It may have been tried once more before it was back.
    let mut told = watching.any();
    while told["event"] == "failed" {
        told = watching.any();
    }
    assert_eq!(told["cause"], "retry", "{told:#}");
    assert_eq!(keys(&told), ["ana", "ben"], "{told:#}");
    watching.is_silent(&site);
}

#[test]
fn it_ends_when_it_is_asked_to() {
    let (looks, looked) = channel();
    let (_never, answers) = channel::<()>();
    let service = Scripted::new(move |_, _| {
        looks.send(()).expect("the test waits");
        let _ = answers.recv();
        None
    });
    let waiting = site_at(&service.url());
    let idle = super::site();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        assert_eq!(watching(&idle, &[]).end(signal), Some(code));
    }
    // While it waits for the service, too.
    let waiting = Watching::start(&waiting, &["watch"]);
    looked.recv().expect("it looks");
    assert_eq!(waiting.end("TERM"), Some(143));
}
