//! `status`: every persona at a glance.

use std::path::PathBuf;

use super::super::args::{CONCURRENCY, Format};
use super::super::context::Context;
use super::super::error::Error;
use super::super::git;
use super::super::outcome::Outcome;
use super::super::prepared::Prepared;
use super::super::site::{DIRECTORY, Site};
use crate::catalog::PERSONA;
use crate::manifest::Loaded;
use crate::model::{Finding, Key, Live, Record};
use crate::plan::{self, Aim, Policy};
use crate::render::{self, Status};

/// Show every persona at a glance
///
/// Its key, name and id, whether it is as its manifest says, and when it was applied last.
/// The first thing to run in a repository that one does not know. Nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl status
  personactl status -e production --format json
  personactl status --detailed-exitcode    exits with 2 where something differs")]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// The form of the table
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    /// Exit with 2 where something differs
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let site = Site::open(context, &args.directory)?;
    let loaded = site.load()?;
    let mistakes = site.tell(&loaded).iter().any(Finding::is_error);
    let service = site.connect(CONCURRENCY).await?;
    let ledger = site.ledger(None)?;
    let policy = Policy {
        aim: Aim::Show,
        ..Policy::default()
    };
    let prepared = Prepared::build(&site, &loaded, &service, ledger, &policy).await?;

    let all = statuses(&site, &loaded, &prepared);
    context.result(&match args.format {
        Format::Text => render::statuses(&all, &site.environment.name),
        Format::Json => render::statuses_json(&all, &site.environment.name),
    })?;
    let differs = !prepared.plan.is_empty();
    Ok(match args.detailed_exitcode {
        _ if mistakes => Outcome::Failed,
        true if differs => Outcome::Differs,
        _ => Outcome::Done,
    })
}

/// A line for each manifest and each entry of the ledger, then those that are only live.
fn statuses(site: &Site<'_>, loaded: &Loaded, prepared: &Prepared) -> Vec<Status> {
    let times = git::written(&site.environment.ledger);
    let time = |key: &Key| {
        let line = format!("{}:", serde_json::json!(key.as_str()));
        times
            .iter()
            .find(|(text, _)| text.starts_with(&line))
            .map(|(_, time)| time.clone())
    };
    let steps = prepared.plan.steps.iter();
    let mut all: Vec<Status> = steps
        .map(|step| Status::of(step, time(&step.key)))
        .collect();
    all.extend(
        loaded
            .elsewhere
            .iter()
            .map(|key| Status::elsewhere(key, time(key))),
    );
    all.sort_by(|one, other| one.key.cmp(&other.key));
    let described = plan::described(
        &PERSONA,
        &loaded.desired,
        &prepared.live,
        prepared.ledger.records(),
    );
    let known = |live: &&Live| {
        let in_ledger = |record: &Record| record.id == live.id;
        described.contains_key(&live.id) || prepared.ledger.records().values().any(in_ledger)
    };
    let strangers = prepared.live.iter().filter(|live| !known(live));
    all.extend(strangers.map(|live| Status::unmanaged(&PERSONA, live)));
    all
}
