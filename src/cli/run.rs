//! From the process's arguments to its exit code.

use std::process::ExitCode;

use clap::Parser;

use super::args::{Args, Command};
use super::commands;
use super::context::Context;
use super::error::Error;
use super::outcome::Outcome;
use crate::settings::Process;

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version come this way too; if nobody reads them, that is no failure.
            let _ = error.print();
            let asked_for = !error.use_stderr();
            return if asked_for {
                Outcome::Done
            } else {
                Outcome::Usage
            }
            .into();
        }
    };
    let context = Context::new(&args.global, Process::capture());
    match carry_out(&args, &context) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            context.fail(&error);
            error.outcome().into()
        }
    }
}

fn carry_out(args: &Args, context: &Context) -> Result<Outcome, Error> {
    if let Some(directory) = &args.global.working_directory {
        std::env::set_current_dir(directory).map_err(|source| Error::Directory {
            path: directory.clone(),
            source,
        })?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(async {
        match &args.command {
            Command::Plan(args) => commands::plan::run(args, context).await,
            Command::Apply(args) => commands::apply::run(args, context).await,
            Command::Watch(args) => commands::watch::run(args, context).await,
            Command::Sandbox(args) => commands::sandbox::run(args, context).await,
        }
    })
}
