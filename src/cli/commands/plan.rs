//! `plan`: what would change, and why.

use std::path::PathBuf;

use super::super::args::{CONCURRENCY, Pruning, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::plan_file;
use super::super::prepared::Prepared;
use super::super::reports::{Reports, Teller};
use super::super::site::{DIRECTORY, Site};
use crate::plan::{Action, Obstacle, Plan, Step};
use crate::render::Form;

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
  personactl plan --report markdown=plan.md --report github=lines.txt
  personactl plan --format json --detailed-exitcode")]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    pruning: Pruning,
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
    let site = Site::open(context, &args.directory)?;
    let mut teller = Teller::new(&site, &args.reports, &args.selection)?;
    let loaded = site.load()?;
    let deletes = args.pruning.deletes();
    teller.take(&loaded);
    if let Err(error) = site.check(&loaded, deletes) {
        teller.findings(args.format)?;
        return Err(error);
    }
    let service = site.connect(CONCURRENCY).await?;
    let ledger = site.ledger(None)?;
    let policy = site.policy(&loaded, &ledger, &args.selection, deletes)?;
    let prepared = Prepared::build(&site, &loaded, &service, ledger, &policy).await?;

    if let Some(path) = &args.out {
        plan_file::write(path, &site, &prepared)?;
    }
    teller.report(&prepared.plan, None)?;
    teller.show(&prepared.plan, args.format)?;
    if let Some(path) = &args.out {
        let path = path.display();
        context.mention(&format!(
            "Saved; `personactl apply {path}` does exactly this."
        ));
    }
    Ok(args.outcome(&prepared.plan))
}

impl Args {
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
