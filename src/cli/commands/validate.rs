//! `validate`: what is wrong with the manifests, without network, key or secret.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::super::context::Context;
use super::super::error::Error;
use super::super::ground;
use super::super::outcome::Outcome;
use super::super::site::{DIRECTORY, load};
use crate::lint::Verdict;
use crate::manifest::Loaded;
use crate::model::Severity;
use crate::render;
use crate::settings::{Process, SettingsError, SettingsErrorKind, Terms};

/// What stands for all environments of the settings.
const ALL: &str = "all";

/// What cannot be told without settings.
const BY_SETTINGS: [&str; 3] = ["unknown-variable", "unknown-environment", "orphan-overlay"];

/// Find mistakes, without network, key or secret
///
/// In manifests and settings, all of them at once, each with its place, what to do, and a code that `personactl explain` explains. Exits with 1 where there is
/// an error (with --strict also where there is a warning).
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl validate                     the default environment
  personactl validate -e all              every environment of the settings
  personactl validate --format github     annotations in a pull request
  personactl validate --format sarif > personactl.sarif

A finding can be allowed by a comment on its line, or on the one above:
  greeting: Say {{name}}      # personactl: allow(placeholder)")]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// The form of the findings
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One object
    Json,
    /// Workflow commands, which GitHub shows on the lines of a pull request
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let verdict = judge(&args.directory, context)?;
    if verdict.manifests == 0 && verdict.findings().next().is_none() {
        return Err(Error::NoManifest(args.directory.clone()));
    }
    match args.format {
        Form::Text => context.result(&render::verdict(&verdict))?,
        Form::Json => context.result(&render::verdict_json(&verdict))?,
        Form::Github => context.commands(&render::annotations(&verdict, &ground::folder()))?,
        Form::Sarif => context.result(&render::verdict_sarif(&verdict, &ground::folder()))?,
    }
    let is_bad = verdict.count(Severity::Error) > 0
        || context.strict && verdict.count(Severity::Warning) > 0;
    Ok(if is_bad {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

/// Looks at the manifests in one environment, or in all of them.
fn judge(directory: &Path, context: &Context) -> Result<Verdict, Error> {
    let process = &context.process;
    let mut verdict = Verdict::default();
    let all = match context.environment.as_deref() {
        Some(ALL) => described(directory, process),
        chosen => Terms::resolve(directory, chosen, process).map(|terms| vec![terms]),
    };
    let all = match all {
        Ok(all) => all,
        Err(SettingsError {
            kind: SettingsErrorKind::Mistakes(findings, sources),
            ..
        }) => {
            let loaded = without_settings(directory, context)?;
            verdict.manifests = loaded.manifests;
            let findings = findings.into_iter().chain(loaded.findings).collect();
            verdict.add("default", findings, loaded.sources);
            verdict.sources.extend(sources);
            return Ok(verdict);
        }
        Err(error) => return Err(error.into()),
    };
    for terms in all {
        let loaded = load(context, directory, &terms)?;
        verdict.manifests = loaded.manifests;
        verdict.add(&terms.environment, loaded.findings, loaded.sources);
    }
    Ok(verdict)
}

/// What all environments of the settings are read with; of the one that needs none, where there are none.
fn described(directory: &Path, process: &Process) -> Result<Vec<Terms>, SettingsError> {
    let terms = |name: &str| Terms::resolve(directory, Some(name), process);
    let default = terms("default")?;
    if default.described.is_empty() {
        return Ok(vec![default]);
    }
    default.described.iter().map(|name| terms(name)).collect()
}

/// The manifests as they are, while the settings have to be mended first.
fn without_settings(directory: &Path, context: &Context) -> Result<Loaded, Error> {
    let terms = Terms::default();
    let mut loaded = load(context, directory, &terms)?;
    let findings = &mut loaded.findings;
    findings.retain(|finding| !BY_SETTINGS.contains(&finding.code));
    Ok(loaded)
}
