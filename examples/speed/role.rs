//! What a process of this example is: the program itself, which is built into it, or what it is measured against.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::{floor, limiter, memory, still};

/// Says which role a process has.
const ROLE: &str = "SPEED_ROLE";

/// What a process is that another one has started.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// `personactl`
    Program,
    /// What no plan can do without
    Floor,
    /// A service that answers from memory
    Still,
    /// A service that takes so many requests in a second, before another one
    Limiter,
}

impl Role {
    /// The role of this process; none where nobody has given it one.
    pub(crate) fn given() -> Option<Self> {
        Self::from_str(&env::var(ROLE).ok()?, false).ok()
    }

    /// A process in this role, in a folder and with nothing else from outside.
    pub(crate) fn command(self, folder: &Path) -> Command {
        self.under(&[], folder)
    }

    /// The same one, under another program.
    pub(crate) fn under(self, wrapper: &[&str], folder: &Path) -> Command {
        let this = this();
        let mut words = wrapper.iter().map(PathBuf::from).chain([this]);
        let mut command = alone(&words.next().expect("this at least"), folder);
        let role = self.to_possible_value().expect("no role is hidden");
        command.args(words).env(ROLE, role.get_name());
        command
    }

    pub(crate) fn play(self) -> ExitCode {
        match self {
            Self::Program => {
                let code = personactl::cli::run();
                memory::tell_peak();
                code
            }
            Self::Floor => floor::touch(),
            Self::Still => still::serve(),
            Self::Limiter => limiter::serve(),
        }
    }
}

/// The file that this process was started from.
pub(crate) fn this() -> PathBuf {
    env::current_exe().expect("this runs")
}

/// A program in a folder, with nothing else from outside.
pub(crate) fn alone(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// How long a process takes from its start to its end, which is a good one.
pub(crate) fn time(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let output = command.output().expect("it runs");
    let taken = begun.elapsed();
    assert!(output.status.success(), "{command:?}: {output:?}");
    taken
}
