//! `plan`: what would change, and why.

use std::path::PathBuf;

use super::super::args::{Format, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::site::{DIRECTORY, Site};
use crate::plan::{Action, Plan};
use crate::render;

/// Show what would change in the account, field by field and with the reason
///
/// Nothing is written: neither to the account nor to the ledger.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// The form of the plan
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    /// Exit with 2 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let site = Site::open(context, &args.directory)?;
    let loaded = site.load()?;
    site.check(&loaded)?;
    let policy = site.policy(&loaded, &args.selection)?;
    let service = site.connect().await?;
    let plan = site.prepare(&loaded, &service, &policy).await?.plan;

    context.result(&show(&plan, args.format, &args.selection))?;
    Ok(args.outcome(&plan))
}

impl Args {
    fn outcome(&self, plan: &Plan) -> Outcome {
        // Nobody can tell which persona is meant: that is a mistake to mend, not a step to take.
        let is_unclear =
            |action: &Action, fields: usize| matches!(action, Action::Blocked) && fields == 0;
        if plan
            .steps
            .iter()
            .any(|step| is_unclear(&step.action, step.fields.len()))
        {
            return Outcome::Failed;
        }
        if self.detailed_exitcode && !plan.is_empty() {
            Outcome::Differs
        } else {
            Outcome::Done
        }
    }
}

/// The plan in a form.
pub(super) fn show(plan: &Plan, format: Format, selection: &Selection) -> String {
    match format {
        Format::Text => render::plan(plan, selection.show_unmanaged),
        Format::Json => render::planned(plan),
    }
}
