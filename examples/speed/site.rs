//! A persona directory in a folder of its own, and the program run there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::corpus;
use crate::role::{Role, time};
use crate::service::Service;
use crate::still;

/// The name of the persona directory.
pub(crate) const DIRECTORY: &str = "personas";
/// Names the service that the program speaks to.
pub(crate) const URL: &str = "TAVUS_PUBLIC_API_BASE_URL";

/// A folder with a persona directory in it.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    pub(crate) fn with(personas: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        corpus::write(&folder.path().join(DIRECTORY), personas);
        Self { folder }
    }

    /// The folder that the persona directory lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The persona directory.
    pub(crate) fn personas(&self) -> PathBuf {
        self.folder().join(DIRECTORY)
    }

    /// Saves a manifest.
    pub(crate) fn save(&self, number: usize, text: &str) {
        let path = self.personas().join(format!("persona-{number}.yaml"));
        fs::write(path, text).expect("it is written");
    }

    /// A sandbox as the service of this place.
    pub(crate) fn sandbox(&self) -> Service {
        let mut command = Role::Program.command(self.folder());
        Service::start(command.args(["sandbox", "--listen", "127.0.0.1:0", "service"]))
    }

    /// Applies all there is to a sandbox.
    pub(crate) fn applied(&self) -> Service {
        let sandbox = self.sandbox();
        self.time(&sandbox, &["apply", "--yes", "-q"]);
        sandbox
    }

    /// Applies all there is, and keeps what the service answers from then on in a folder.
    pub(crate) fn kept(&self, personas: usize) -> PathBuf {
        let pages = self.folder().join("pages");
        still::keep(&self.applied(), personas, &pages);
        pages
    }

    /// The program, ready to run here with these arguments.
    pub(crate) fn command(&self, service: &Service, arguments: &[&str]) -> Command {
        self.under(&[], service, arguments)
    }

    /// The same, under another program.
    pub(crate) fn under(&self, wrapper: &[&str], service: &Service, arguments: &[&str]) -> Command {
        let mut command = Role::Program.under(wrapper, self.folder());
        command
            .args(arguments)
            .env(URL, &service.url)
            .env("TAVUS_API_KEY", "any");
        command
    }

    /// How long the program takes with these arguments.
    pub(crate) fn time(&self, service: &Service, arguments: &[&str]) -> Duration {
        time(&mut self.command(service, arguments))
    }

    /// How long it takes without any service.
    pub(crate) fn alone(&self, arguments: &[&str]) -> Duration {
        time(Role::Program.command(self.folder()).args(arguments))
    }

    /// How long the floor takes here.
    pub(crate) fn floor(&self, service: &Service) -> Duration {
        time(Role::Floor.command(self.folder()).env(URL, &service.url))
    }
}
