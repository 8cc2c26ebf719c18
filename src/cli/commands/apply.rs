//! `apply`: do what the plan says, and that alone.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::super::args::{Format, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::site::{DIRECTORY, Prepared, Service, Site};
use super::plan::show;
use crate::apply::{self, Session, Status};
use crate::catalog::PERSONA;
use crate::plan::Plan;
use crate::render;

/// Show the plan, ask, and do exactly that
///
/// Each persona is read again first: where it is no longer what the plan was built on, nothing is
/// sent. One persona's failure does not stop the others.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The persona directory [default: personas]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    /// The form of the result
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    /// Do not ask; a protected environment wants its name here
    #[arg(short, long, value_name = "ENVIRONMENT", num_args = 0..=1)]
    yes: Option<Option<String>>,
    /// How many personas are worked on at a time
    #[arg(long, value_name = "N", default_value_t = CONCURRENCY, value_parser = clap::value_parser!(u8).range(1..=32))]
    concurrency: u8,
}

/// How many personas are worked on at a time unless told otherwise.
pub(super) const CONCURRENCY: u8 = 4;

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let (directory, consent) = args.settle(context)?;
    let site = Site::open(context, &directory)?;
    let loaded = site.load()?;
    site.check(&loaded)?;
    let policy = site.policy(&loaded, &args.selection)?;
    let service = site.connect().await?;
    let prepared = site.prepare(&loaded, &service, &policy).await?;

    if args.format == Format::Text {
        context.result(&show(&prepared.plan, Format::Text, &args.selection))?;
    }
    consent.agrees_with(&site)?;
    if prepared.plan.sends() {
        consent.obtain(&site, &prepared.plan, args.format).await?;
    }
    execute(&site, &service, prepared, args.concurrency, args.format).await
}

impl Args {
    /// What follows `--yes` is the environment's name; or it is the directory of someone who wrote
    /// that last, if it is one and no environment is called so.
    fn settle(&self, context: &Context) -> Result<(PathBuf, Consent), Error> {
        let directory = self
            .directory
            .clone()
            .unwrap_or_else(|| PathBuf::from(DIRECTORY));
        let consent = match &self.yes {
            None => Consent::Ask,
            Some(None) => Consent::Given(None),
            Some(Some(word)) => Consent::Given(Some(word.clone())),
        };
        if let (None, Consent::Given(Some(word))) = (&self.directory, &consent) {
            let named =
                Site::open(context, &directory).is_ok_and(|site| site.environment.name == *word);
            if !named && Path::new(word).is_dir() {
                return Ok((PathBuf::from(word), Consent::Given(None)));
            }
        }
        Ok((directory, consent))
    }
}

/// Whether the user agrees to what will be sent.
enum Consent {
    Ask,
    /// Given in advance, for the environment of this name.
    Given(Option<String>),
}

impl Consent {
    fn agrees_with(&self, site: &Site<'_>) -> Result<(), Error> {
        let environment = &site.environment.name;
        match self {
            Self::Given(Some(name)) if name != environment => Err(Error::Usage(format!(
                "--yes names `{name}`, but the environment is `{environment}`"
            ))),
            Self::Given(_) | Self::Ask => Ok(()),
        }
    }

    async fn obtain(&self, site: &Site<'_>, plan: &Plan, format: Format) -> Result<(), Error> {
        let environment = &site.environment;
        match self {
            Self::Given(None) if environment.protected => Err(Error::NotConfirmed(format!(
                "`{0}` is protected; say --yes {0}",
                environment.name
            ))),
            Self::Given(_) => Ok(()),
            Self::Ask if !site.context.can_ask() => Err(Error::NotConfirmed(
                "there is no terminal to ask on; say --yes".to_owned(),
            )),
            Self::Ask => ask(site, plan, format).await,
        }
    }
}

async fn ask(site: &Site<'_>, plan: &Plan, format: Format) -> Result<(), Error> {
    if format == Format::Json {
        site.context.say(&render::plan(plan, false));
    }
    let environment = &site.environment;
    let wanted = if environment.protected {
        environment.name.as_str()
    } else {
        "yes"
    };
    let question = format!(
        "Apply this to `{}`? Only `{wanted}` is taken as consent:",
        environment.name
    );
    if site.context.ask(&question).await? == wanted {
        return Ok(());
    }
    Err(Error::NotConfirmed("it was not agreed to".to_owned()))
}

/// Executes a plan and tells what became of it.
pub(super) async fn execute(
    site: &Site<'_>,
    service: &Service,
    prepared: Prepared,
    concurrency: u8,
    format: Format,
) -> Result<Outcome, Error> {
    let Prepared {
        plan,
        mut ledger,
        secrets,
        fingerprints,
    } = prepared;
    let session = Session {
        catalog: &PERSONA,
        writer: service.client.writer(),
        secrets: &secrets,
        fingerprints: &fingerprints,
        concurrency: usize::from(concurrency),
        takes_guards: &Cell::new(true),
    };
    let bar = progress(site.context, &plan);
    let outcomes = apply::execute(&plan, session, &mut ledger, |step, outcome| {
        let told = render::outcome(step, outcome);
        if format == Format::Text && !told.is_empty() {
            // What was done is done, whether or not it can still be told.
            let _ = bar.suspend(|| site.context.result(&told));
        }
        bar.inc(1);
    })
    .await?;
    bar.finish_and_clear();

    match format {
        Format::Json => site.context.result(&render::applied(&plan, &outcomes))?,
        Format::Text if plan.sends() => site.context.result(&render::outcomes(&outcomes))?,
        Format::Text => {}
    }
    Ok(outcome(&outcomes))
}

/// How the run ended. A key that was never accepted is told from steps that failed.
fn outcome(outcomes: &[apply::Outcome]) -> Outcome {
    let any = |is_so: fn(&apply::Outcome) -> bool| outcomes.iter().any(is_so);
    let is_applied = any(|outcome| outcome.status == Status::Applied);
    if outcomes.iter().all(|outcome| outcome.status.is_done()) {
        Outcome::Done
    } else if !is_applied && any(|outcome| outcome.is_unauthorized) {
        Outcome::Unauthorized
    } else {
        Outcome::Partial
    }
}

fn progress(context: &Context, plan: &Plan) -> ProgressBar {
    if !context.draws() || !plan.sends() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}")
        .expect("the template is valid");
    ProgressBar::new(plan.steps.len() as u64).with_style(style)
}
