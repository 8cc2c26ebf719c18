//! How long it takes from a save to its plan, and what `watch` costs in the long run: a process of its own, with its
//! service in another one, and files that are saved as editors save them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::editors::Editor;
use crate::memory::figure;
use crate::service::Service;
use crate::site::Site;
use crate::table::{Row, median};
use crate::{Args, corpus};

/// After how many saves its memory is looked at for the first time.
const FEW: usize = 100;
/// A plan that takes so long does not come any more.
const PATIENCE: Duration = Duration::from_secs(5);
/// Until what a file system says of times tells all files apart that were written before.
const SETTLED: Duration = Duration::from_millis(200);
/// Until it has let go of the connections that it kept for more requests.
const CALM: Duration = Duration::from_secs(30);
/// How long it is left alone then, to see what it does.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(args: &Args) -> Vec<Row> {
    let Args {
        personas, saves, ..
    } = *args;
    let site = Site::with(personas);
    fs::create_dir(site.folder().join(".git")).expect("a folder");
    let sandbox = site.applied();
    let mut watching = Watching::start(&site, &sandbox);
    thread::sleep(SETTLED);
    let few = FEW.min(saves);
    (0..few).for_each(|nth| watching.save(&site, nth, personas));
    let before = watching.memory();
    (few..saves).for_each(|nth| watching.save(&site, nth, personas));
    let after = watching.memory();
    let wakes = watching.idle();
    let mut times = watching.times.clone();
    times.sort_by(f64::total_cmp);
    vec![
        Row::ms(
            format!("watch of {personas}, save to plan"),
            median(times.clone()),
        ),
        Row::ms("the slowest in a hundred", times[times.len() * 99 / 100]),
        Row::new(
            format!("plans missed, or one too many, of {saves}"),
            format!("{}, {}", watching.missed, watching.doubled),
        ),
        Row::new(
            format!("memory after {few} saves, MB"),
            format!("{before:.1}"),
        ),
        Row::ratio(format!("after {saves} saves, times that"), after / before),
        Row::new(
            format!("wake-ups in {} s of idleness", IDLE.as_secs()),
            wakes.to_string(),
        ),
    ]
}

/// `watch` at work, and what was seen of it.
struct Watching {
    child: Child,
    lines: Receiver<(Instant, String)>,
    /// Seconds from each save to its plan.
    times: Vec<f64>,
    missed: usize,
    doubled: usize,
}

impl Watching {
    /// Starts it, and waits for its first plan.
    fn start(site: &Site, sandbox: &Service) -> Self {
        let mut child = site
            .command(sandbox, &["watch", "--format", "json"])
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
        let text = corpus::remarked(number, &mark);
        let path = site.personas().join(format!("persona-{number}.yaml"));
        editor
            .save(site.folder(), &path, &text)
            .expect("it is saved");
        let saved = Instant::now();
        while let Ok((told, line)) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(&mark) {
                let taken = told.saturating_duration_since(saved);
                self.times.push(taken.as_secs_f64());
                return;
            }
            self.doubled += 1;
        }
        self.missed += 1;
    }

    /// What of the memory is its own, in megabytes.
    fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        figure(path.as_ref(), "VmRSS:") / 1_000.0
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
            .map(|path| figure(&path, "voluntary_ctxt_switches:"))
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
