//! From the process's arguments to its exit code.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Args, Command};
use super::commands;
use super::context::Context;
use super::error::Error;
use super::outcome::Outcome;
use super::watching;
use crate::render::on_one_line;
use crate::settings::Process;

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    std::panic::set_hook(Box::new(own_up));
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return told(&error).into(),
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

/// Tells what is wrong with the arguments, which it quotes; or the help or version that they ask for.
fn told(error: &clap::Error) -> Outcome {
    // If nobody reads it, that is no failure.
    if !error.use_stderr() {
        let _ = error.print();
        return Outcome::Done;
    }
    for line in error.render().to_string().lines() {
        let _ = writeln!(io::stderr(), "{}", on_one_line(line));
    }
    Outcome::Usage
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
            Command::Init(args) => commands::init::run(args, context),
            Command::Validate(args) => commands::validate::run(args, context),
            Command::Explain(args) => commands::explain::run(args, context),
            Command::Plan(args) => commands::plan::run(args, context).await,
            Command::Apply(args) => commands::apply::run(args, context).await,
            Command::Import(args) => commands::import::run(args, context).await,
            Command::Status(args) => commands::status::run(args, context).await,
            Command::Show(args) => commands::show::run(args, context).await,
            Command::Pull(args) => commands::pull::run(args, context).await,
            Command::Watch(args) => commands::watch::run(args, context).await,
            Command::Reconcile(args) => commands::reconcile::run(args, context).await,
            Command::Talk(args) => commands::talk::run(args, context).await,
            Command::Sandbox(args) => commands::sandbox::run(args, context).await,
            Command::Schema(args) => commands::schema::run(args, context),
            Command::Completions(args) => commands::completions::run(args, context),
            Command::Man(args) => commands::man::run(args, context),
        }
    })
}

/// Says that the program is broken, and where. What it broke on may be a secret, so that is left out.
fn own_up(panic: &PanicHookInfo<'_>) {
    watching::give_back();
    let place = panic.location().map(ToString::to_string);
    // Where standard error is gone, there is nobody left to tell.
    let _ = writeln!(
        io::stderr(),
        "error: a mistake in personactl {}, at {}\nhint: please report it; what an apply has done is in its \
         journal, and the next one goes on from there",
        env!("PERSONACTL_VERSION"),
        place.unwrap_or_default()
    );
}
