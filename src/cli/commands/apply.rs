//! `apply`: do what the plan says, and that alone.

use std::cell::Cell;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use super::super::args::{Format, Pruning, Selection};
use super::super::consent;
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::signals;
use super::super::site::{Prepared, Service, Site};
use super::plan::show;
use crate::apply::{self, Form, Session, Status};
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
    #[command(flatten)]
    pruning: Pruning,
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
    let (directory, consent) =
        consent::given(args.yes.as_ref(), args.directory.as_deref(), context);
    let site = Site::open(context, &directory)?;
    let loaded = site.load()?;
    let deletes = args.pruning.deletes();
    site.check(&loaded, deletes)?;
    let service = site.connect().await?;
    let _lock = site.lock()?;
    let ledger = site.ledger()?;
    let policy = site.policy(&loaded, &ledger, &args.selection, deletes)?;
    let prepared = site.prepare(&loaded, &service, ledger, &policy).await?;

    if args.format == Format::Text {
        context.result(&show(&prepared.plan, Format::Text, &args.selection))?;
    }
    consent.fits(&site)?;
    if prepared.plan.sends() {
        consent.obtain(&site, &prepared.plan, args.format).await?;
    }
    execute(&site, &service, prepared, args.concurrency, args.format).await
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
    let stop = Cell::new(false);
    let session = Session {
        stop: &stop,
        catalog: &PERSONA,
        writer: service.client.writer(),
        secrets: &secrets,
        fingerprints: &fingerprints,
        concurrency: usize::from(concurrency),
        form: &Cell::new(Form::default()),
    };
    let bar = progress(site.context, &plan);
    let work = apply::execute(&plan, session, &mut ledger, |step, outcome| {
        let told = render::outcome(step, outcome);
        if format == Format::Text && !told.is_empty() {
            // What was done is done, whether or not it can still be told.
            let _ = bar.suspend(|| site.context.result(&told));
        }
        bar.inc(1);
    });
    let mention = |text: &str| bar.suspend(|| site.context.mention(text));
    let (outcomes, signal) = signals::heeding(&stop, mention, work).await;
    let outcomes = outcomes?;
    bar.finish_and_clear();

    match format {
        Format::Json => site.context.result(&render::applied(&plan, &outcomes))?,
        Format::Text if plan.sends() => site.context.result(&render::outcomes(&outcomes))?,
        Format::Text => {}
    }
    Ok(signal.unwrap_or_else(|| outcome(&outcomes)))
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
