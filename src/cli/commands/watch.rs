//! `watch`: plan at every save.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::super::args::{Format, Looking, Selection, duration};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::reports::{Reports, Teller};
use super::super::signals::Signals;
use super::super::site::DIRECTORY;
use super::super::watching::{self, Audience, Every, Options, Screen, View};

/// Plan at every save of a file that a manifest uses
///
/// Manifests with mistakes are shown and left alone, the others go on. What cannot be done now is tried again.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl watch                        plans, and changes nothing
  personactl watch --apply -e sandbox     applies each plan
  personactl watch --only support/agent   one persona
  personactl watch --poll 30s             shows what others change, too
  personactl watch --serve 127.0.0.1:8080
  personactl watch --format json          one line for each event")]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Apply each plan, without asking; refused for protected environments
    #[arg(long)]
    apply: bool,
    /// Look at all live personas so often, and show what others have changed
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    poll: Option<Duration>,
    #[command(flatten)]
    looking: Looking,
    /// Show the plan in a browser, too, for as long as the loop goes on; on
    /// this machine only
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    serve: Option<SocketAddr>,
    /// The form of what is told [default: a view with keys on
    /// a terminal, else json]
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,
}

/// An address with a port, which may be that of `localhost`.
fn address(text: &str) -> Result<SocketAddr, String> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    text.parse()
        .map_err(|_| "say an address and a port, such as 127.0.0.1:8080".to_owned())
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    if args.apply {
        args.selection.leaves_conflicts("watch --apply")?;
    }
    let signals = Signals::listen().map_err(Error::Signals)?;
    let reports = Reports::default();
    let teller = Teller::new(context, &args.directory, &reports, &args.selection, None)?;
    let is_terminal = io::stdout().is_terminal();
    let view = match args.format {
        Some(form) => View::lines(form, &teller),
        None if !is_terminal => View::lines(Format::Json, &teller),
        None => Screen::start(context).map_or(View::Text(&teller), View::Screen),
    };
    let options = Options {
        directory: &args.directory,
        selection: &args.selection,
        applies: args.apply,
        reverts: false,
        allowed: None,
        talk: None,
        waits: false,
        every: args.poll.map(|time| Every { time, spread: 0.0 }),
        monitor: None,
        manner: args.looking.manner(),
    };
    let mut audience = Audience::new(&teller, view);
    if let Some(address) = args.serve {
        audience.serve(address).await?;
    }
    watching::run(&options, context, &mut audience, signals).await
}
