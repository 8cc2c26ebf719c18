//! `plan`: what would change, and why.

use std::mem;
use std::path::PathBuf;
use std::pin::pin;

use futures_util::future::maybe_done;

use super::super::args::{Pruning, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::former::Former;
use super::super::outcome::Outcome;
use super::super::plan_file;
use super::super::prepared::{Prepared, referred};
use super::super::reports::{Reports, Teller};
use super::super::signals;
use super::super::site::{DIRECTORY, Site, check, chosen, load, understood};
use crate::plan::{Action, Aim, Deletes, Obstacle, Plan, Policy, Step};
use crate::render::Form;
use crate::settings::{Api, Terms};
use crate::yaml::Sources;

/// Show what would change, field by field and with the reason
///
/// Nothing is changed: neither the account nor the ledger.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl plan                         against the default environment
  personactl plan -e production           against another one
  personactl plan --only support/agent    one persona
  personactl plan --out plan.json         to be reviewed, then applied
  personactl plan --report markdown=plan.md --report html=plan.html
  personactl plan --against origin/main   what differs from main, without a key
  personactl plan --against main...       what was done since main was left
  personactl plan --format json --detailed-exitcode")]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    pruning: Pruning,
    /// Compare with the manifests at a git revision, without network, key or
    /// secrets; `REF...` is where REF was left
    #[arg(
        long,
        value_name = "REF",
        conflicts_with_all = ["out", "no_adopt", "on_conflict"],
    )]
    against: Option<String>,
    /// The form of the plan
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,
    #[command(flatten)]
    reports: Reports,
    /// Save the plan, for `apply FILE` to do exactly that
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 2 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    if let Some(revision) = &args.against {
        return compare(args, revision, context).await;
    }
    let site = Site::open(context, &args.directory)?;
    let mut teller = args.teller(context)?;
    let mut looking = pin!(maybe_done(site.look()));
    let mut loaded = match site.environment.api {
        Api::Service { .. } => site.load_beside(looking.as_mut()).await?,
        // The embedded one begins with what it finds on disk, and that is left alone where there are mistakes.
        Api::Sandbox { .. } => site.load()?,
    };
    let deletes = args.pruning.deletes();
    teller.judged(&loaded, site.check(&loaded, deletes), args.format)?;
    // What the service has said meanwhile may repeat one.
    let secrets = referred(&site, &loaded);
    // Nobody is shown a line any more.
    loaded.sources = Sources::default();
    looking.as_mut().await;
    let (service, listed, ledger) = looking.take_output().expect("it has just ended")?;
    let policy = Policy {
        aim: Aim::Show,
        ..site.policy(&loaded, &ledger, &args.selection, deletes)?
    };
    let mut prepared =
        Prepared::build_with(secrets, listed, &site, &loaded, &service, ledger, &policy).await?;

    if let Some(path) = &args.out {
        plan_file::write(path, &site, &prepared)?;
    }
    teller.show(&prepared.plan, args.format)?;
    teller.report(&prepared.plan, None)?;
    if let Some(path) = &args.out {
        let path = path.display();
        context.mention(&format!(
            "Saved; `personactl apply {path}` does exactly this."
        ));
    }
    let outcome = args.outcome(&prepared.plan);
    drop((
        mem::take(&mut prepared.secrets),
        mem::take(&mut loaded.secrets),
    ));
    // All but the secrets ends with the process, which takes less time than freeing value by value.
    mem::forget((loaded, prepared));
    Ok(outcome)
}

/// Plans against what a revision of the repository says: no service is spoken to, and no ledger read.
async fn compare(args: &Args, revision: &str, context: &Context) -> Result<Outcome, Error> {
    let environment = context.environment.as_deref();
    let terms = Terms::resolve(&args.directory, environment, &context.process);
    let terms = understood(context, terms)?;
    let mut teller = args.teller(context)?;
    let loaded = load(context, &args.directory, &terms)?;
    let deletes = args.pruning.deletes();
    // That no manifest is left is for the reviewer to see.
    let checked = check(context, &args.directory, &loaded, Deletes::Any);
    teller.judged(&loaded, checked, args.format)?;
    let former = Former::read(context, &args.directory, &terms, revision);
    let former = match signals::leaving(former).await {
        Ok(former) => former?,
        Err(outcome) => return Ok(outcome),
    };
    let policy = Policy {
        deletes,
        dialect: terms.dialect,
        only: chosen(&args.selection, &loaded, former.keys())?,
        ..Policy::default()
    };
    let plan = former.compare(&terms.environment, &loaded, &policy);
    teller.show(&plan, args.format)?;
    teller.report(&plan, None)?;
    Ok(args.outcome(&plan))
}

impl Args {
    fn teller<'t>(&'t self, context: &'t Context) -> Result<Teller<'t>, Error> {
        let out = self.out.as_deref();
        Teller::new(
            context,
            &self.directory,
            &self.reports,
            &self.selection,
            out,
        )
    }

    fn outcome(&self, plan: &Plan) -> Outcome {
        // A conflict is for the two sides to settle; any other obstacle is a mistake to mend.
        let is_mistake = |step: &Step| match step.action {
            Action::Blocked(obstacle) => obstacle != Obstacle::Conflict,
            _ => false,
        };
        match plan.is_empty() {
            _ if plan.steps.iter().any(is_mistake) => Outcome::Failed,
            false if self.detailed_exitcode => Outcome::Differs,
            _ => Outcome::Done,
        }
    }
}
