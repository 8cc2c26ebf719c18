//! `watch`: a plan at each save, and no end to it.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::support::Site;

/// Longer than any machine needs; only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

#[track_caller]
fn wait_for(lines: &Receiver<String>, text: &str) {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(text) => return,
            Ok(line) => seen.push(line),
            Err(error) => panic!("{error} while waiting for {text:?}: {seen:#?}"),
        }
    }
}

#[test]
fn every_save_is_planned_and_a_mistake_does_not_end_it() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: !file _prompt.md\n");
    site.write("personas/_prompt.md", "Be kind.\n");
    site.run(["apply", "--yes"]).success();

    let mut running = site.start(["watch"]);
    let stdout = lines(running.0.stdout.take().expect("it is piped"));
    let stderr = lines(running.0.stderr.take().expect("it is piped"));
    wait_for(&stdout, "No changes");
    wait_for(&stderr, "Watching");

    site.write("personas/_prompt.md", "Be kinder.\n");
    wait_for(&stdout, "1 to update");
    wait_for(&stderr, "Watching");
    site.write("personas/ana.yaml", "persona_name: [\n");
    wait_for(&stderr, "personas/ana.yaml:");
    wait_for(&stderr, "Watching");
    site.write(
        "personas/ana.yaml",
        "persona_name: Ana\nsystem_prompt: Be kind.\n",
    );
    wait_for(&stdout, "No changes");
    wait_for(&stderr, "Watching");
    site.write(
        "personas/new/ben.yaml",
        "persona_name: Ben\nsystem_prompt: x\n",
    );
    wait_for(&stdout, "1 to create");
}

#[test]
fn with_apply_every_save_is_applied() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: Be kind.\n");
    let mut running = site.start(["watch", "--apply"]);
    let stdout = lines(running.0.stdout.take().expect("it is piped"));
    let stderr = lines(running.0.stderr.take().expect("it is piped"));
    wait_for(&stdout, "applied create ana");
    wait_for(&stderr, "Watching");
    site.edit("personas/ana.yaml", "Be kind.", "Be kinder.");
    wait_for(&stdout, "applied update ana");

    // Another run finds the sandbox that is already running.
    site.run(["plan"]).success().says("No changes");
}
