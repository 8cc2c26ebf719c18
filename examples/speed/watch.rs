//! How long it takes from a save to its plan, and what `watch` costs in the long run: a process of its own, with its
//! service in another one, and files that are saved as editors save them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::corpus::manifest;
use crate::editors::Editor;
use crate::median;
use crate::site::Site;

/// How many saves are timed; after how many its memory is looked at.
const TIMED: usize = 2_000;
const FEW: usize = 100;
const MANY: usize = 5_000;
/// A plan that takes so long does not come any more.
const PATIENCE: Duration = Duration::from_secs(5);
/// Until what a file system says of times tells all files apart that were written before.
const SETTLED: Duration = Duration::from_millis(200);
/// Until it has let go of the connections that it kept for more requests.
const CALM: Duration = Duration::from_secs(30);
/// How long it is left alone then, to see what it does.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(personas: usize, _: usize) -> String {
    let site = Site::with(personas);
    fs::create_dir(site.folder().join(".git")).expect("a folder");
    site.time(&["env"], &["apply", "--yes", "-q"]);
    let mut watching = Watching::start(&site);
    thread::sleep(SETTLED);
    for nth in 0..FEW {
        watching.save(&site, nth, personas);
    }
    let few = watching.memory();
    for nth in FEW..TIMED {
        watching.save(&site, nth, personas);
    }
    let mut timed = watching.times.clone();
    timed.sort_by(f64::total_cmp);
    for nth in TIMED..MANY {
        watching.save(&site, nth, personas);
    }
    let many = watching.memory();
    let wakes = watching.idle();
    let last = &timed[timed.len() * 99 / 100];
    format!(
        "| watch of {personas}, save to plan | |\n|---|--:|\n| median of {TIMED} saves, ms | {:.1} |\n| the slowest in a hundred, ms | {last:.1} |\n\
         | missed of {MANY} | {} |\n| more than one for a save | {} |\n| memory after {FEW} saves, MB | {few:.1} |\n\
         | after {MANY} saves, times that | {:.3} |\n| wake-ups in {} s of idleness | {wakes} |",
        median(timed.clone()),
        watching.missed,
        watching.doubled,
        many / few,
        IDLE.as_secs(),
    )
}

/// `watch` at work, and what was seen of it.
struct Watching {
    child: Child,
    lines: Receiver<(Instant, String)>,
    /// Milliseconds from each save to its plan.
    times: Vec<f64>,
    missed: usize,
    doubled: usize,
}

impl Watching {
    /// Starts it, and waits for its first plan.
    fn start(site: &Site) -> Self {
        let mut child = site
            .command(&["watch", "--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let lines = read(child.stdout.take().expect("it is piped"));
        let is_first = |line: &str| line.contains(r#""event":"planned""#);
        let mut told = lines.iter().map(|(_, line)| line);
        assert!(told.any(|line| is_first(&line)), "it has ended");
        Self {
            child,
            lines,
            times: Vec::new(),
            missed: 0,
            doubled: 0,
        }
    }

    /// Saves a manifest with what no other save says, and waits for the plan that says it.
    fn save(&mut self, site: &Site, nth: usize, personas: usize) {
        // Each persona is saved by each editor in time.
        let number = nth * 7 % personas;
        let editor = Editor::ALL[(nth + nth / personas) % Editor::ALL.len()];
        let mark = format!("It is save {nth}.");
        let text = manifest(number).replace(
            "The person has called",
            &format!("{mark} The person has called"),
        );
        let path = site.personas().join(format!("persona-{number}.yaml"));
        editor
            .save(site.folder(), &path, &text)
            .expect("it is saved");
        let saved = Instant::now();
        while let Ok((told, line)) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(&mark) {
                let taken = told.saturating_duration_since(saved);
                self.times.push(1_000.0 * taken.as_secs_f64());
                return;
            }
            self.doubled += 1;
        }
        self.missed += 1;
    }

    /// What of the memory is its own, in megabytes.
    fn memory(&self) -> f64 {
        let kilobytes = figure(&format!("/proc/{}/status", self.child.id()), "VmRSS:");
        kilobytes / 1_000.0
    }

    /// How often it wakes while nothing happens. What it tells meanwhile, nobody has asked for.
    fn idle(&mut self) -> f64 {
        thread::sleep(CALM);
        let before = self.wakes();
        thread::sleep(IDLE);
        let after = self.wakes();
        self.doubled += self.lines.try_iter().count();
        after - before
    }

    fn wakes(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("Linux tells");
        let paths = tasks.map(|task| task.expect("a task").path().join("status"));
        paths
            .map(|path| figure(&path.display().to_string(), "voluntary_ctxt_switches:"))
            .sum()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines, each with the moment when it was there.
fn read(stdout: ChildStdout) -> Receiver<(Instant, String)> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send((Instant::now(), line)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What a file of the system says under this name.
fn figure(path: &str, name: &str) -> f64 {
    let text = fs::read_to_string(path).expect("Linux tells");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.and_then(|word| word.parse().ok()).expect("a figure")
}
