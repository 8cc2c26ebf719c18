//! A persona directory, a service for it, and the program run there.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::AS_PROGRAM;
use crate::corpus::{SETTINGS, manifest};

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
        std::fs::write(directory.join("personactl.yaml"), SETTINGS).expect("it is written");
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

    /// The folder that the persona directory lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The persona directory.
    pub(crate) fn personas(&self) -> PathBuf {
        self.folder.path().join("personas")
    }

    /// The program, ready to run here with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(Command::new(this()), arguments)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        prepare(&mut command, self.folder.path());
        command
            .args(arguments)
            .env("TAVUS_PUBLIC_API_BASE_URL", &self.url)
            .env("TAVUS_API_KEY", "any");
        command
    }

    /// How long the program takes with these arguments, under another program.
    pub(crate) fn time(&self, wrapper: &[&str], arguments: &[&str]) -> Duration {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(this());
        let mut command = self.prepared(command, arguments);
        let begun = Instant::now();
        let output = command.output().expect("it runs");
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

fn this() -> PathBuf {
    env::current_exe().expect("this runs")
}

/// Makes this run as the program itself in a folder.
fn prepare(command: &mut Command, folder: &Path) {
    let path = env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env(AS_PROGRAM, "yes")
        .current_dir(folder)
        .stdin(Stdio::null());
}

fn serve(folder: &Path) -> (Child, String) {
    let mut service = Command::new(this());
    prepare(&mut service, folder);
    let mut service = service
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
