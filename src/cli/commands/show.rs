//! `show`: one persona, as its manifest has it in an environment, as it is live, or as the ledger knows it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::args::CONCURRENCY;
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::site::{DIRECTORY, Site, scope};
use crate::catalog::PERSONA;
use crate::manifest::{Loaded, Origin, Revision};
use crate::model::{Desired, Key, Pointer};
use crate::plan;
use crate::render::{self, Line};

/// Show one persona as its manifest has it, as it is live, or as applied
///
/// With tags and overlay resolved for the environment. As JSON, with secrets by name. With --sources, where each value comes from; with --live, what the service answers; with --ledger,
/// what was applied last.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl show life-coach -e production
  personactl show life-coach -e production --sources
  personactl show support/agent-de --live")]
pub(in crate::cli) struct Args {
    /// The manifest
    #[arg(value_name = "KEY")]
    key: String,
    /// The persona directory
    #[arg(long = "in", value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// Show where each value comes from
    #[arg(long, conflicts_with_all = ["live", "ledger"])]
    sources: bool,
    /// Show what the service answers
    #[arg(long, conflicts_with = "ledger")]
    live: bool,
    /// Show what was applied last: the id, and digests of each field
    #[arg(long)]
    ledger: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let site = Site::open(context, &args.directory)?;
    let loaded = site.load()?;
    let key = Key::new(args.key.as_str());
    let text = if args.ledger {
        recorded(&site, &key)?
    } else if args.live {
        live(&site, &loaded, &key).await?
    } else {
        let desired = site.desired(&loaded, &key)?;
        match args.sources {
            true => sources(&site, desired, &args.directory)?,
            false => render::document(&PERSONA, &desired.document),
        }
    };
    context.result(&text)?;
    Ok(Outcome::Done)
}

fn recorded(site: &Site<'_>, key: &Key) -> Result<String, Error> {
    let ledger = site.ledger(None)?;
    match ledger.records().get(key) {
        Some(record) => Ok(render::record(record)),
        None => Err(Error::NotApplied(key.to_string())),
    }
}

async fn live(site: &Site<'_>, loaded: &Loaded, key: &Key) -> Result<String, Error> {
    let service = site.connect(CONCURRENCY).await?;
    let ledger = site.ledger(None)?;
    site.desired(loaded, key)?;
    let known = plan::known_ids(&loaded.desired, ledger.records());
    let live = service.client.reader().fetch(&known).await?;
    let described = plan::described(&PERSONA, &loaded.desired, &live, ledger.records());
    let mut theirs = described.iter().filter(|(_, owner)| **owner == key);
    let not_live = || Error::NotLive(key.to_string());
    let (id, _) = theirs.next().ok_or_else(not_live)?;
    let whole = service.client.reader().find(id).await?;
    let whole = whole.ok_or_else(not_live)?;
    Ok(render::document(&PERSONA, &whole.document))
}

/// Where each value comes from, a line each.
fn sources(site: &Site<'_>, desired: &Desired, directory: &Path) -> Result<String, Error> {
    let revision = Revision::of(directory, scope(&site.environment.terms))?;
    let lines = places(desired).into_iter().map(|pointer| {
        let trace = revision.trace(&desired.key, &pointer);
        let (place, how) = match trace {
            Some(trace) => (trace.place.to_string(), how(site, &trace.origin)),
            None => (desired.places.value(&pointer).to_string(), String::new()),
        };
        Line(vec![pointer.to_string(), place, how])
    });
    Ok(render::table(&lines.collect::<Vec<_>>()))
}

/// The fields of a manifest, lists element by element.
fn places(desired: &Desired) -> BTreeSet<Pointer> {
    let mut places = BTreeSet::new();
    for (pointer, value) in PERSONA.declared(&desired.document) {
        match value {
            Value::Array(elements) if !elements.is_empty() => {
                places.extend((0..elements.len()).map(|index| pointer.join(&index.to_string())));
            }
            _ => {
                places.insert(pointer);
            }
        }
    }
    places
}

fn how(site: &Site<'_>, origin: &Origin) -> String {
    match origin {
        Origin::Written => String::new(),
        Origin::File(_) => "!file".to_owned(),
        Origin::Concat => "!concat".to_owned(),
        Origin::Secret => "!secret".to_owned(),
        Origin::Variable(name) => {
            let variable = format!("PERSONACTL_VAR_{name}");
            let terms = &site.environment.terms;
            let from = match &site.environment.file {
                _ if site.context.process.get(&variable).is_some() => variable,
                Some(file) if terms.variables.contains_key(name) => {
                    file.strip_prefix(".").unwrap_or(file).display().to_string()
                }
                _ => "its default".to_owned(),
            };
            format!("!var {name}, from {from}")
        }
    }
}
