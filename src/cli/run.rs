//! From the process's arguments to its exit code.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::Parser;
use futures_util::future::LocalBoxFuture;

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
    if asks_for_version() {
        // If nobody reads it, that is no failure.
        let _ = writeln!(io::stdout(), "personactl {}", env!("PERSONACTL_VERSION"));
        return Outcome::Done.into();
    }
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

/// Whether `--version` is all that was typed. Describing all commands first, as the parser does, would take longer than the
/// whole rest of the start.
fn asks_for_version() -> bool {
    std::env::args_os().skip(1).eq(["--version"])
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
    let work: LocalBoxFuture<'_, Result<Outcome, Error>> = match &args.command {
        // What waits for nothing needs no runtime.
        Command::Init(args) => return commands::init::run(args, context),
        Command::Validate(args) => return commands::validate::run(args, context),
        Command::Explain(args) => return commands::explain::run(args, context),
        Command::Schema(args) => return commands::schema::run(args, context),
        Command::Completions(args) => return commands::completions::run(args, context),
        Command::Man(args) => return commands::man::run(args, context),
        Command::Plan(args) => Box::pin(commands::plan::run(args, context)),
        Command::Apply(args) => Box::pin(commands::apply::run(args, context)),
        Command::Import(args) => Box::pin(commands::import::run(args, context)),
        Command::Status(args) => Box::pin(commands::status::run(args, context)),
        Command::Show(args) => Box::pin(commands::show::run(args, context)),
        Command::Pull(args) => Box::pin(commands::pull::run(args, context)),
        Command::Watch(args) => Box::pin(commands::watch::run(args, context)),
        Command::Reconcile(args) => Box::pin(commands::reconcile::run(args, context)),
        Command::Talk(args) => Box::pin(commands::talk::run(args, context)),
        Command::Sandbox(args) => Box::pin(commands::sandbox::run(args, context)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let outcome = runtime.block_on(work);
    // What still runs nobody waits for: a name that is being looked up may take as long as the system likes.
    runtime.shutdown_background();
    outcome
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
