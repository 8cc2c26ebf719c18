//! `reconcile`: keep an account as the files say, without anybody there.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::super::args::{Format, Looking, Selection, duration};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::reports::{Reports, Teller};
use super::super::signals::Signals;
use super::super::site::DIRECTORY;
use super::super::watching::{self, Audience, Every, Monitor, Options, View};
use crate::probes;

/// By how much an interval may be longer or shorter.
const SPREAD: f64 = 0.1;

/// Plan and apply at an interval and whenever files change, for a container
///
/// What others have changed is changed back. Nothing is deleted, conflicts are left alone, and nobody is asked. Each event is a
/// line on standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl reconcile -e staging
  personactl reconcile -e production --yes production --interval 5m
  personactl reconcile /git/current/personas --listen 0.0.0.0:9090

With --listen, /livez, /readyz and /metrics are answered there.")]
pub(in crate::cli) struct Args {
    /// The persona directory; it need not be there yet
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// How often all personas are compared, more or less
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    interval: Duration,
    /// The protected environment that may be applied to
    #[arg(short, long, value_name = "ENVIRONMENT")]
    yes: Option<String>,
    /// Where probes and metrics are answered
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    looking: Looking,
    /// The form of what is told
    #[arg(long, value_name = "FORM", default_value = "json")]
    format: Format,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    args.selection.leaves_conflicts("reconcile")?;
    let signals = Signals::listen().map_err(Error::Signals)?;
    let reports = Reports::default();
    let teller = Teller::new(context, &args.directory, &reports, &args.selection, None)?;
    let view = View::lines(args.format, &teller);
    let monitor = Monitor::new(args.interval);
    let _probes = match args.listen {
        Some(address) => {
            let (health, metrics) = (Arc::clone(&monitor.health), Arc::clone(&monitor.metrics));
            let probes = probes::start(address, health, metrics).await?;
            context.mention(&format!(
                "Probes and metrics at http://{}",
                probes.address()
            ));
            Some(probes)
        }
        None => None,
    };
    let options = Options {
        directory: &args.directory,
        selection: &args.selection,
        applies: true,
        reverts: true,
        allowed: args.yes.as_deref(),
        talk: None,
        waits: true,
        every: Some(Every {
            time: args.interval,
            spread: SPREAD,
        }),
        monitor: Some(&monitor),
        manner: args.looking.manner(),
    };
    let mut audience = Audience::new(&teller, view);
    watching::run(&options, context, &mut audience, signals).await
}
