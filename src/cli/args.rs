//! What can be typed. The doc comments are the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use super::commands;
use crate::plan::Deletes;

/// Keeps the personas of your video agents in git.
///
/// The personas are YAML files in a directory (default: personas). `plan` shows what would change
/// in the account, field by field and with the reason; `apply` does it; `watch` plans at every
/// save.
#[derive(Debug, Parser)]
#[command(name = "personactl", version, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(flatten, next_help_heading = "Options of every command")]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done, nothing (more) to do
  1    failed, nothing was changed
  2    there is something to do (plan --detailed-exitcode)
  3    applied in part: some steps failed, were stale, blocked or refused
  4    not authorised
  64   wrong usage
  130  interrupted (143: terminated)

Try it: personactl plan -e sandbox, which needs no key.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(commands::init::Args),
    Validate(commands::validate::Args),
    Explain(commands::explain::Args),
    Plan(commands::plan::Args),
    Apply(commands::apply::Args),
    Watch(commands::watch::Args),
    Sandbox(commands::sandbox::Args),
    Schema(commands::schema::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct Global {
    /// The environment of the settings to work on; `sandbox` always exists
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(super) environment: Option<String>,
    /// Run as if started in this directory
    #[arg(short = 'C', long = "directory", global = true, value_name = "PATH")]
    pub(super) working_directory: Option<PathBuf>,
    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Say no more than the result
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Log what happens
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// The form of the log
    #[arg(long, global = true, value_name = "FORM", default_value = "text")]
    pub(super) log_format: LogFormat,
    /// How long the service may keep this run waiting in all, such as 90s or 10m
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// Treat warnings as errors
    #[arg(long, global = true)]
    pub(super) strict: bool,
}

/// How many personas are worked on at a time, unless told otherwise.
pub(super) const CONCURRENCY: u8 = 4;

/// A time such as `90s`, `10m` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    let duration = Duration::try_from(span).map_err(|_| "it is less than nothing".to_owned())?;
    match duration.is_zero() {
        true => Err("it is nothing".to_owned()),
        false => Ok(duration),
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// The form of the result on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

/// What decides which personas are planned, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// Only these manifests
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(super) only: Vec<String>,
    /// Who wins where a field was edited both here and live
    #[arg(long, value_name = "WHO", default_value = "block")]
    pub(super) on_conflict: Winner,
    /// Do not bind live personas by their name
    #[arg(long)]
    pub(super) no_adopt: bool,
    /// List what only the live side has
    #[arg(long)]
    pub(super) show_unmanaged: bool,
}

impl Selection {
    /// Whether any of it changes what a plan does.
    pub(super) fn decides(&self) -> bool {
        let Self {
            only,
            on_conflict,
            no_adopt,
            show_unmanaged: _,
        } = self;
        !only.is_empty() || *on_conflict != Winner::Block || *no_adopt
    }
}

/// What decides whether personas without a manifest are deleted.
#[derive(Debug, clap::Args)]
pub(super) struct Pruning {
    /// Delete personas that were applied once and have no manifest any more
    #[arg(long)]
    prune: bool,
    /// Let --prune delete more than a third of what the ledger knows, or all of it
    #[arg(long, requires = "prune")]
    allow_mass_delete: bool,
}

impl Pruning {
    pub(super) const fn deletes(&self) -> Deletes {
        match (self.prune, self.allow_mass_delete) {
            (false, _) => Deletes::Refuse,
            (true, false) => Deletes::Few,
            (true, true) => Deletes::Any,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Winner {
    /// Nobody: the persona is blocked
    Block,
    /// The repository
    Repo,
}
