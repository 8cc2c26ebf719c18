//! `schema`: what manifests and settings may say, for editors; and what plans say, for programs.

use std::path::PathBuf;

use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::site::{DIRECTORY, variables};
use crate::catalog::PERSONA;
use crate::manifest::BLOCK;
use crate::schema;
use crate::settings::SETTINGS;

/// Print the JSON Schema of a manifest, for editors
///
/// For completion, hover and checks. Write it beside the manifests, `personactl schema >
/// personas/_schema.json`, and begin each with `# yaml-language-server: $schema=./_schema.json`. It
/// knows the variables of the settings: write it again when one is added.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl schema > personas/_schema.json
  personactl schema --settings > personas/_settings.json
  personactl schema --plan > plan.schema.json")]
pub(in crate::cli) struct Args {
    /// The persona directory whose variables `!var` may name
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// The schema of the settings file instead
    #[arg(long)]
    settings: bool,
    /// The schema of what `plan` and `apply` print as JSON instead
    #[arg(long, conflicts_with = "settings")]
    plan: bool,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    if args.plan {
        context.result(schema::PLAN)?;
        return Ok(Outcome::Done);
    }
    let schema = match args.settings {
        true => schema::settings(&SETTINGS),
        false => schema::manifest(&PERSONA, &BLOCK, &variables(context, &args.directory)?),
    };
    context.result(&format!("{schema:#}"))?;
    Ok(Outcome::Done)
}
