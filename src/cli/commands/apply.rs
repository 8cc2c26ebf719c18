//! `apply`: do what the plan says, and that alone.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::PathBuf;

use super::super::args::{CONCURRENCY, Format, Pruning, Selection};
use super::super::consent::{self, Consent};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::plan_file::PlanFile;
use super::super::prepared::Prepared;
use super::super::progress::Progress;
use super::super::reports::{Reports, Teller};
use super::super::signals::{self, Signals};
use super::super::site::{Service, Site};
use crate::api::Drafts;
use crate::apply::{self, Form, Session, Status, Stop};
use crate::catalog::PERSONA;
use crate::ledger::LedgerError;
use crate::model::{Digest, Live};
use crate::plan::{Deletes, Plan, Step};
use crate::render;

/// Show the plan, ask, and do exactly that
///
/// A saved plan is done as it was saved, and nobody is asked. Each persona is read again first: where it is no longer what the plan was built on, nothing is
/// sent. One persona's failure does not stop the others.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl apply                        asks before anything is sent
  personactl apply --yes                  does not ask, for scripts
  personactl apply -e production --yes production      where it is protected
  personactl apply plan.json              what `plan --out` saved
  personactl apply --expect 33cba76dae8e0e5c9e8f3a9a4a5a8ddb
  personactl apply --prune                deletes what lost its manifest

Each apply saves how to take it back; that is a plan like any other:
  personactl apply personas/.personactl/undo/TIME-ENVIRONMENT.json")]
pub(in crate::cli) struct Args {
    /// The persona directory, or a plan that `plan --out` saved [default: personas]
    #[arg(value_name = "DIR or PLAN")]
    target: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    pruning: Pruning,
    /// The form of the result
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    #[command(flatten)]
    reports: Reports,
    /// Do not ask; a protected environment wants its name here
    #[arg(short, long, value_name = "ENVIRONMENT", num_args = 0..=1)]
    yes: Option<Option<String>>,
    /// Apply this plan and no other: the id that was reviewed; there is nothing to ask then
    #[arg(long, value_name = "PLAN_ID")]
    expect: Option<String>,
    /// Lose unpublished edits in the dashboard where they are in the way of a change
    #[arg(long)]
    discard_drafts: bool,
    /// How many personas are worked on at a time
    #[arg(long, value_name = "N", default_value_t = CONCURRENCY, value_parser = clap::value_parser!(u8).range(1..=32))]
    concurrency: u8,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let is_reviewed = args.expect.is_some();
    let (target, consent) = consent::given(
        args.yes.as_ref(),
        is_reviewed,
        args.target.as_deref(),
        context,
    );
    if !target.exists() {
        return Err(Error::NoTarget(target));
    }
    if !target.is_dir() {
        let file = PlanFile::read(&target)?;
        return args.resume(file, &consent, context).await;
    }
    let site = Site::open(context, &target)?;
    let mut teller = Teller::new(context, &target, &args.reports, &args.selection, None)?;
    let loaded = site.load()?;
    let deletes = args.pruning.deletes();
    teller.judged(&loaded, site.check(&loaded, deletes), render::Form::Text)?;
    let service = site.connect(args.concurrency).await?;
    let _lock = site.lock()?;
    let ledger = site.ledger(None)?;
    let policy = site.policy(&loaded, &ledger, &args.selection, deletes)?;
    let mut prepared = Prepared::build(&site, &loaded, &service, ledger, &policy).await?;

    args.show(&prepared.plan, &teller)?;
    args.expects(&prepared.plan.id())?;
    consent.fits(&site)?;
    if prepared.plan.sends() {
        if args.format == Format::Json && consent.asks(context) {
            teller.mention(&prepared.plan);
        }
        consent.obtain(&site).await?;
        prepared.recheck(&service).await?;
    }
    execute(&site, &service, prepared, args.manner(&teller)).await
}

/// How a plan is executed and told.
#[derive(Clone, Copy)]
pub(super) struct Manner<'m> {
    pub(super) drafts: Drafts,
    pub(super) format: Format,
    pub(super) teller: &'m Teller<'m>,
}

impl Args {
    const fn manner<'m>(&self, teller: &'m Teller<'m>) -> Manner<'m> {
        Manner {
            teller,
            drafts: match self.discard_drafts {
                true => Drafts::Discard,
                false => Drafts::Keep,
            },
            format: self.format,
        }
    }

    /// Executes a plan that was saved: that it was is all the consent there has to be.
    async fn resume(
        &self,
        file: PlanFile,
        consent: &Consent,
        context: &Context,
    ) -> Result<Outcome, Error> {
        if self.selection.decides() || self.pruning.deletes() != Deletes::Refuse {
            return Err(Error::Usage(
                "a saved plan has decided already what is done: give such options to `plan --out`"
                    .to_owned(),
            ));
        }
        let site = file.site(context)?;
        let teller = Teller::new(
            context,
            &site.directory,
            &self.reports,
            &self.selection,
            Some(&file.path),
        )?;
        consent.fits(&site)?;
        self.expects(&file.saved.plan.id())?;
        let service = site.connect(self.concurrency).await?;
        let _lock = site.lock()?;
        let ledger = site.ledger(Some(file.saved.salt.clone()))?;
        file.fits(&ledger)?;
        let prepared = Prepared::resume(&site, file.saved, &service, ledger).await?;

        self.show(&prepared.plan, &teller)?;
        execute(&site, &service, prepared, self.manner(&teller)).await
    }

    fn show(&self, plan: &Plan, teller: &Teller<'_>) -> Result<(), Error> {
        match self.format {
            Format::Text => teller.show(plan, render::Form::Text),
            Format::Json => Ok(()),
        }
    }

    /// Whether this is the plan that was reviewed.
    fn expects(&self, id: &Digest) -> Result<(), Error> {
        match &self.expect {
            Some(expected) if *expected != id.to_string() => Err(Error::Unexpected {
                expected: expected.clone(),
                found: id.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// Executes a plan and tells what became of it.
pub(super) async fn execute(
    site: &Site<'_>,
    service: &Service,
    prepared: Prepared,
    manner: Manner<'_>,
) -> Result<Outcome, Error> {
    let Manner {
        drafts,
        format,
        teller,
    } = manner;
    let progress = Progress::new(teller, &prepared.plan, format);
    let told = Told {
        mention: &|text| progress.mention(text),
        step: &|step, outcome| progress.step(step, outcome),
    };
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let done = perform(site, service, prepared, drafts, told, &mut signals).await;
    progress.end();
    let Done {
        plan,
        outcomes,
        signal,
        recorded,
        undo,
        ..
    } = done?;
    mention_undo(site.context, undo);
    let told = progress.result(&plan, &outcomes);
    let ended = match told.and(teller.report(&plan, Some(&outcomes))) {
        Ok(()) => outcome(&outcomes),
        Err(error) => untold(site.context, &plan, &error),
    };
    // What was done is in the journal; the next apply takes it from there.
    match recorded {
        Ok(()) => Ok(signal.unwrap_or(ended)),
        Err(error) => {
            site.context.fail(&error.into());
            Ok(Outcome::Partial)
        }
    }
}

/// Who is told how an apply gets on.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Told<'t> {
    /// Takes what is said beside the result.
    pub(in crate::cli) mention: &'t dyn Fn(&str),
    /// Takes what became of each step.
    pub(in crate::cli) step: &'t dyn Fn(&Step, &apply::Outcome),
}

/// What an apply has come to.
pub(in crate::cli) struct Done {
    pub(in crate::cli) plan: Plan,
    /// What was live before.
    pub(in crate::cli) live: Vec<Live>,
    pub(in crate::cli) outcomes: Vec<apply::Outcome>,
    /// How the run is to end, where it was asked to meanwhile.
    pub(in crate::cli) signal: Option<Outcome>,
    /// Whether the ledger could be written. What was done is in the journal in any case.
    pub(in crate::cli) recorded: Result<(), LedgerError>,
    /// The file that takes it back, if there is anything to take back.
    pub(in crate::cli) undo: io::Result<Option<PathBuf>>,
}

/// Does what a plan says.
pub(in crate::cli) async fn perform(
    site: &Site<'_>,
    service: &Service,
    prepared: Prepared,
    drafts: Drafts,
    told: Told<'_>,
    signals: &mut Signals,
) -> Result<Done, Error> {
    let Prepared {
        plan,
        ledger,
        live,
        secrets,
        fingerprints,
        outdated,
    } = prepared;
    let undo = site.undo(&plan, &live, &ledger)?;
    let ledger = RefCell::new(ledger);
    let stop = Stop::default();
    let session = Session {
        stop: &stop,
        catalog: &PERSONA,
        writer: service.client.writer(),
        secrets: &secrets,
        fingerprints: &fingerprints,
        live: &live,
        ledger: &ledger,
        outdated: &outdated,
        drafts,
        form: &Cell::new(Form::default()),
    };
    let work = apply::execute(&plan, session, |step, outcome| (told.step)(step, outcome));
    let (outcomes, signal) =
        signals::heeding(&stop, signals, |text| (told.mention)(text), work).await;
    let undo = undo.map_or(Ok(None), |undo| {
        undo.finish(&plan, outcomes.as_deref().unwrap_or_default())
    });
    match outcomes {
        Ok(outcomes) => Ok(Done {
            recorded: ledger.into_inner().end(),
            plan,
            live,
            outcomes,
            signal,
            undo,
        }),
        Err(error) => {
            mention_undo(site.context, undo);
            Err(error.into())
        }
    }
}

/// Says how to take back what was done.
fn mention_undo(context: &Context, undo: io::Result<Option<PathBuf>>) {
    match undo {
        Ok(Some(path)) => {
            context.mention(&format!(
                "`personactl apply {}` undoes this.",
                path.display()
            ));
        }
        Ok(None) => {}
        Err(error) => context.say(&format!(
            "The undo file could not be brought up to date: {error}"
        )),
    }
}

/// How a run ended whose result cannot be written: what was done is done, whether or not it is told.
fn untold(context: &Context, plan: &Plan, error: &Error) -> Outcome {
    context.fail(error);
    match plan.sends() {
        true => Outcome::Partial,
        false => Outcome::Failed,
    }
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
