//! `watch`: plan at every save.

use std::path::PathBuf;

use super::super::args::{CONCURRENCY, Format, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::prepared::Prepared;
use super::super::reports::{Reports, Teller};
use super::super::signals;
use super::super::site::{DIRECTORY, Service, Site};
use super::apply::{Manner, execute};
use crate::api::Drafts;
use crate::manifest::Loaded;
use crate::plan::Deletes;
use crate::render::Form;
use crate::watch::Watcher;

/// Plan at every save of a file that a manifest uses
///
/// Mistakes are shown and the loop goes on.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl watch                        plans, and changes nothing
  personactl watch --apply -e sandbox     applies each plan
  personactl watch --only support/agent   one persona")]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Apply each plan, without asking; refused for protected environments
    #[arg(long)]
    apply: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let site = Site::open(context, &args.directory)?;
    refuse_protected(args, &site)?;
    // A directory that is not there cannot be watched until it is.
    drop(site.load()?);
    let mut watcher = Watcher::new(&args.directory)?;
    let mut rounds = Rounds::default();
    loop {
        match rounds.next(args, context, &mut watcher).await {
            Ok(News::None) => {}
            Ok(News::Planned) => context.mention(WATCHING),
            Ok(News::Ended(outcome)) => return Ok(outcome),
            // What goes wrong is shown, for the next save to mend.
            Err(error) => {
                context.fail(&error);
                context.mention(WATCHING);
            }
        }
        tokio::select! {
            changed = watcher.changed() => changed?,
            Ok(outcome) = signals::signal() => return Ok(outcome),
        }
    }
}

const WATCHING: &str = "Watching; Ctrl-C ends it.";

fn refuse_protected(args: &Args, site: &Site<'_>) -> Result<(), Error> {
    if !args.apply || !site.environment.protected {
        return Ok(());
    }
    let name = &site.environment.name;
    Err(Error::NotConfirmed(format!(
        "`{name}` is protected; watch does not apply to it"
    )))
}

/// What a round found.
enum News {
    /// The files say what they said before.
    None,
    Planned,
    /// The program was asked to end.
    Ended(Outcome),
}

/// What is kept from one round to the next.
#[derive(Default)]
struct Rounds {
    service: Option<(String, Service)>,
    last: Option<(String, Loaded)>,
}

impl Rounds {
    /// Reads everything again, and plans where anything is new.
    async fn next(
        &mut self,
        args: &Args,
        context: &Context,
        watcher: &mut Watcher,
    ) -> Result<News, Error> {
        let site = Site::open(context, &args.directory)?;
        refuse_protected(args, &site)?;
        let loaded = site.load()?;
        let label = format!("{} {}", site.environment.name, site.environment.api.label());
        watcher.cover(&loaded.files);
        let seen = self.last.replace((label.clone(), loaded));
        let (_, loaded) = self.last.as_ref().expect("it was just put there");
        if seen.is_some_and(|(other, seen)| other == label && seen.is_same(loaded)) {
            return Ok(News::None);
        }
        site.check(loaded, Deletes::Refuse)?;
        if self
            .service
            .as_ref()
            .is_none_or(|(other, _)| *other != label)
        {
            self.service = Some((label, site.connect(CONCURRENCY).await?));
        }
        let (_, service) = self.service.as_ref().expect("it was just put there");
        service.client.begin();
        let done = plan(args, &site, service, loaded).await;
        if !matches!(done, Ok(Outcome::Done)) {
            // The next save tries again, whatever it says.
            self.last = None;
        }
        done.map(|outcome| match outcome {
            Outcome::Interrupted | Outcome::Terminated => News::Ended(outcome),
            _ => News::Planned,
        })
    }
}

/// Plans, and applies where that was asked for.
async fn plan(
    args: &Args,
    site: &Site<'_>,
    service: &Service,
    loaded: &Loaded,
) -> Result<Outcome, Error> {
    let _lock = args.apply.then(|| site.lock()).transpose()?;
    let ledger = site.ledger(None)?;
    let policy = site.policy(loaded, &ledger, &args.selection, Deletes::Refuse)?;
    let preparing = async {
        let mut prepared = Prepared::build(site, loaded, service, ledger, &policy).await?;
        if args.apply {
            prepared.recheck(service).await?;
        }
        Ok::<_, Error>(prepared)
    };
    // Planning changes nothing, so it may be left at any time.
    let prepared = tokio::select! {
        prepared = preparing => prepared?,
        Ok(outcome) = signals::signal() => return Ok(outcome),
    };
    let reports = Reports::default();
    let teller = Teller::new(
        site.context,
        &site.directory,
        &reports,
        &args.selection,
        None,
    )?;
    teller.show(&prepared.plan, Form::Text)?;
    if args.apply {
        // What became of each step has been told; the loop goes on either way.
        let manner = Manner {
            drafts: Drafts::Keep,
            format: Format::Text,
            teller: &teller,
        };
        return execute(site, service, prepared, manner).await;
    }
    Ok(Outcome::Done)
}
