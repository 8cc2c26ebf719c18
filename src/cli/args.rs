//! What can be typed. The doc comments are the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use super::commands;
use super::error::Error;
use crate::model::Key;
use crate::plan::Deletes;
use crate::watch::Manner;

/// Keeps the personas of your video agents in git.
///
/// The personas are YAML files in a directory (default: personas). `plan` shows what would change
/// in the account, field by field and with the reason; `apply` does it; `watch` plans at every
/// save.
#[derive(Debug, Parser)]
#[command(name = "personactl", version, long_version = env!("PERSONACTL_VERSION"))]
#[command(after_help = FIRST_STEPS, after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten, next_help_heading = "Options of every command")]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

const FIRST_STEPS: &str = "\
Start with `personactl init`. Each command has examples under --help.";

const EXAMPLES: &str = "\
Examples:
  personactl init                         a directory to start from
  personactl validate                     mistakes, without key or network
  personactl plan                         what would change
  personactl apply                        shows it, asks, and does it
  personactl plan --help                  more on a command

Exit codes:
  0    done, nothing (more) to do
  1    failed, nothing was changed
  2    there is something to do (plan, status: --detailed-exitcode)
  3    applied in part: some steps failed, were stale, blocked or refused
  4    not authorised
  64   wrong usage
  130  interrupted (143: terminated)";

/// The commands, in the order in which a newcomer needs them.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(commands::init::Args),
    Import(commands::import::Args),
    Validate(commands::validate::Args),
    Explain(commands::explain::Args),
    Plan(commands::plan::Args),
    Apply(commands::apply::Args),
    Status(commands::status::Args),
    Show(commands::show::Args),
    Pull(commands::pull::Args),
    Watch(commands::watch::Args),
    Reconcile(commands::reconcile::Args),
    Talk(commands::talk::Args),
    Schema(commands::schema::Args),
    Sandbox(commands::sandbox::Args),
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
pub(super) fn duration(text: &str) -> Result<Duration, String> {
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
    /// One manifest, and nothing else out of the ordinary.
    pub(super) fn only(key: &Key) -> Self {
        Self {
            only: vec![key.to_string()],
            on_conflict: Winner::Block,
            no_adopt: false,
            show_unmanaged: false,
        }
    }

    /// Refuses to overwrite what others have edited where nobody sees it before: `what` does not.
    pub(super) fn leaves_conflicts(&self, what: &str) -> Result<(), Error> {
        match self.on_conflict {
            Winner::Block => Ok(()),
            Winner::Repo => Err(Error::Usage(format!(
                "{what} leaves conflicts alone: settle them with `apply --on-conflict repo`"
            ))),
        }
    }

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

/// How a loop comes to know of changes to files.
#[derive(Debug, clap::Args)]
pub(super) struct Looking {
    /// Look at the files so often rather than have the system tell, for
    /// network drives
    #[arg(long, value_name = "DURATION", value_parser = duration, num_args = 0..=1, default_missing_value = "1s")]
    poll_files: Option<Duration>,
}

impl Looking {
    pub(super) fn manner(&self) -> Manner {
        self.poll_files.map_or(Manner::Events, Manner::Polling)
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// As wide as a terminal is at least.
    const WIDTH: usize = 80;

    /// The program and its commands.
    fn described() -> Vec<clap::Command> {
        let mut program = Args::command().disable_help_subcommand(true);
        program.build();
        let commands = program.get_subcommands().cloned().collect();
        [vec![program], commands].concat()
    }

    /// What stands below the options. It is written with line breaks of its own.
    fn epilogue(command: &clap::Command) -> String {
        let long = command.get_after_long_help();
        let text = long.or(command.get_after_help());
        text.map(ToString::to_string).unwrap_or_default()
    }

    fn examples(command: &clap::Command) -> Vec<String> {
        let text = epilogue(command);
        let (_, block) = text.split_once("Examples:\n").unwrap_or_default();
        let block = block.split("\n\n").next().unwrap_or_default();
        block.lines().map(str::to_owned).collect()
    }

    /// What is typed in an example, without a pipe and without what is said of it: words, or several of them in quotes.
    fn typed(line: &str) -> Vec<String> {
        let line = line.trim_start();
        let ends = ["  ", " > ", " | "].map(|end| line.find(end));
        let end = ends.into_iter().flatten().min();
        let parts = line[..end.unwrap_or(line.len())].split('\'');
        let words = parts.enumerate().flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        words.map(str::to_owned).collect()
    }

    #[test]
    fn each_command_has_examples_that_can_be_typed() {
        for command in described() {
            let examples = examples(&command);
            assert!(!examples.is_empty(), "{command} has none");
            for line in examples {
                let words = typed(&line);
                assert_eq!(words[0], "personactl", "{line}");
                if command.get_name() != "personactl" {
                    assert!(words.contains(&command.get_name().to_owned()), "{line}");
                }
                match Args::try_parse_from(words) {
                    Err(error) if error.use_stderr() => panic!("{line}\n{error}"),
                    Ok(_) | Err(_) => {}
                }
            }
        }
    }

    #[test]
    fn the_help_fits_a_terminal() {
        for command in described() {
            let mut narrow = command.clone().term_width(WIDTH);
            let wrapped = [narrow.render_help(), narrow.render_long_help()];
            let texts = wrapped.map(|text| text.to_string());
            let own = epilogue(&command);
            for line in texts.iter().chain([&own]).flat_map(|text| text.lines()) {
                assert!(line.chars().count() <= WIDTH, "{command}: {line}");
            }
        }
    }

    #[test]
    fn the_short_help_is_short() {
        for mut command in described() {
            let lines = |text: clap::builder::StyledStr| text.to_string().lines().count();
            let short = lines(command.render_help());
            assert!(short < lines(command.render_long_help()), "{command}");
        }
    }

    #[test]
    fn what_an_example_types_ends_before_what_is_said_of_it() {
        let rows: [(&str, &[&str]); 3] = [
            ("  a b   says it", &["a", "b"]),
            ("  a 'b c' > d", &["a", "b c"]),
            ("  a --b=c | d", &["a", "--b=c"]),
        ];
        for (line, words) in rows {
            assert_eq!(typed(line), words);
        }
    }

    #[test]
    fn the_example_for_kubernetes_can_be_typed() {
        let text = include_str!("../../examples/kubernetes/deployment.yaml");
        let (_, arguments) = text.split_once("image: personactl\n").expect("a container");
        let (_, arguments) = arguments.split_once("args:\n").expect("arguments");
        let lines = arguments.lines().map(str::trim_start);
        let words = lines.map_while(|line| match line.strip_prefix('#') {
            Some(_) => Some(None),
            None => line.strip_prefix("- ").map(Some),
        });
        let typed = std::iter::once("personactl").chain(words.flatten());
        let args = Args::try_parse_from(typed).expect("it is right");
        assert!(matches!(args.command, Command::Reconcile(_)));
    }
}
