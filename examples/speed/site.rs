//! A persona directory, a service for it, and the program run there.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::AS_PROGRAM;
use crate::corpus::manifest;

/// A folder with a persona directory in it, and a sandbox in a process of its own as its service.
pub(crate) struct Site {
    folder: TempDir,
    service: Child,
    url: String,
}

impl Site {
    pub(crate) fn with(personas: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = folder.path().join("personas");
        std::fs::create_dir(&directory).expect("a folder");
        for number in 0..personas {
            let path = directory.join(format!("persona-{number}.yaml"));
            std::fs::write(path, manifest(number)).expect("it is written");
        }
        let (service, url) = serve(folder.path());
        Self {
            folder,
            service,
            url,
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// How long the program takes with these arguments.
    pub(crate) fn time(&self, arguments: &[&str]) -> Duration {
        let begun = Instant::now();
        let output = program(self.folder.path())
            .args(arguments)
            .env("TAVUS_PUBLIC_API_BASE_URL", &self.url)
            .env("TAVUS_API_KEY", "any")
            .output()
            .expect("it runs");
        let taken = begun.elapsed();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        taken
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

fn program(folder: &Path) -> Command {
    let mut program = Command::new(env::current_exe().expect("this runs"));
    program
        .env_clear()
        .env(AS_PROGRAM, "yes")
        .current_dir(folder)
        .stdin(Stdio::null());
    program
}

fn serve(folder: &Path) -> (Child, String) {
    let mut service = program(folder)
        .args(["sandbox", "--listen", "127.0.0.1:0", "service"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let stdout = service.stdout.take().expect("it is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says where it listens");
    let url = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    let url = url.expect("an address").trim_end_matches(',').to_owned();
    (service, url)
}
