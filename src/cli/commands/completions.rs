//! `completions`: what a shell needs to complete what is typed.

use clap::CommandFactory;
use clap_complete::Shell;

use super::super::args;
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;

/// Print a script that lets a shell complete commands and options
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl completions bash > /etc/bash_completion.d/personactl
  personactl completions zsh > ~/.zfunc/_personactl
  personactl completions fish > ~/.config/fish/completions/personactl.fish

For zsh, ~/.zfunc stands for a directory that is in fpath.")]
pub(in crate::cli) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let mut program = args::Args::command();
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, name, &mut script);
    context.result(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
