//! `man`: the manual, a page for each command.

use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;

use super::super::args;
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use crate::catalog::nearest;

/// Print a page of the manual, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl man plan > plan.1            to be read with `man ./plan.1`
  personactl man --out share/man/man1     all pages, for packages")]
pub(in crate::cli) struct Args {
    /// The command whose page it is; without it, that of the program
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Option<String>,
    /// Write all pages into this directory: personactl.1, personactl-plan.1 and so on
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    match &args.out {
        Some(folder) => write(folder).map_err(|source| Error::Manual {
            path: folder.clone(),
            source,
        })?,
        None => context.result(&page(args.command.as_deref())?)?,
    }
    Ok(Outcome::Done)
}

/// The program as the manual describes it: each command with the options that all of them have.
fn program() -> clap::Command {
    let mut program = args::Args::command().disable_help_subcommand(true);
    program.build();
    program
}

fn page(command: Option<&str>) -> Result<String, Error> {
    let program = program();
    let described = match command {
        Some(name) => program
            .find_subcommand(name)
            .ok_or_else(|| unknown(name, &program))?,
        None => &program,
    };
    text(&manual(described)).map_err(Error::Output)
}

fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let program = program();
    for described in iter::once(&program).chain(program.get_subcommands()) {
        let manual = manual(described);
        fs::write(folder.join(manual.get_filename()), text(&manual)?)?;
    }
    Ok(())
}

fn manual(command: &clap::Command) -> Man {
    let version = env!("CARGO_PKG_VERSION");
    Man::new(command.clone()).source(format!("personactl {version}"))
}

/// The page. Its examples keep their lines, which would be filled otherwise.
fn text(manual: &Man) -> io::Result<String> {
    let mut page = Vec::new();
    manual.render(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    Ok(page.replacen(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n", 1))
}

fn unknown(name: &str, program: &clap::Command) -> Error {
    let names = program.get_subcommands().map(clap::Command::get_name);
    let near =
        nearest(name, names).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Error::Usage(format!("there is no command `{name}`{near}"))
}
