//! The program, run as often as it is wanted, and killed where that is wanted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::site::Site;

/// How often it is looked whether a program has ended.
const GLANCE: Duration = Duration::from_millis(4);

/// Those that run, by the key that they ask with.
#[derive(Default)]
pub(crate) struct Programs(Mutex<BTreeMap<String, Child>>);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) client: String,
    /// `None` where it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Programs {
    /// Runs the program until it ends, or has to, by a signal if need be.
    pub(crate) fn run(
        &self,
        site: &Site,
        client: &str,
        arguments: &[&str],
        longest: Duration,
    ) -> Ended {
        let (stdout, stderr) = (format!("{client}.stdout"), format!("{client}.stderr"));
        let file = |name: &str| Stdio::from(File::create(site.path(name)).expect("a file"));
        let mut command = site.command(arguments.iter().copied());
        command.env("TAVUS_API_KEY", client);
        command.stdout(file(&stdout)).stderr(file(&stderr));
        let begun = Instant::now();
        self.start(client, &mut command);
        let code = self.wait(client, begun + longest);
        let said =
            |name: &str| fs::read_to_string(site.path(name)).expect("the program speaks UTF-8");
        Ended {
            client: client.to_owned(),
            code,
            stdout: said(&stdout),
            stderr: said(&stderr),
            took: begun.elapsed(),
        }
    }

    /// Ends a program as no program can help.
    pub(crate) fn kill(&self, client: &str) {
        if let Some(child) = self.running().get_mut(client) {
            // It may have ended just now.
            let _ = child.kill();
        }
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Child>> {
        self.0.lock().expect("nobody panicked")
    }

    fn start(&self, client: &str, command: &mut Command) {
        // Nobody may ask for it before it is in here.
        let mut running = self.running();
        let child = command.spawn().expect("the program starts");
        running.insert(client.to_owned(), child);
    }

    fn wait(&self, client: &str, latest: Instant) -> Option<i32> {
        loop {
            thread::sleep(GLANCE);
            let mut running = self.running();
            let child = running.get_mut(client).expect("it was started");
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                running.remove(client);
                return status.code();
            }
            drop(running);
            if Instant::now() > latest {
                self.kill(client);
            }
        }
    }
}
