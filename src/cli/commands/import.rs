//! `import`: manifests for live personas that none describes.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::super::args::{CONCURRENCY, Format};
use super::super::context::Context;
use super::super::drafting::{self, Desk};
use super::super::error::Error;
use super::super::ground::Ground;
use super::super::outcome::Outcome;
use super::super::prepared::{Prepared, complete};
use super::super::site::{DIRECTORY, Site};
use crate::bounds::Bounds;
use crate::durable;
use crate::import::{File, Import, Newcomer, Who};
use crate::ledger::Ledger;
use crate::manifest::{LoadError, LoadErrorKind, Loaded};
use crate::model::{Key, Live, Records};
use crate::plan::{Action, Deletes, Obstacle, Plan, Policy, Step};
use crate::render;

/// Write manifests for live personas that none describes
///
/// They are bound as well, so that the next plan is empty. Names become keys, long prompts and tools
/// that several personas use go into files of their own, and secrets become `!secret` with a list of
/// what is to be set. What is there is never written over, and nothing is changed in the account. Say
/// which: ids, --only, or --all.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl import                      who could be imported
  personactl import --all --dry-run      what would be written
  personactl import --all
  personactl import p5317866 --in agents")]
pub(in crate::cli) struct Args {
    /// The live personas to import, by the service's ids
    #[arg(value_name = "ID", conflicts_with_all = ["only", "all"])]
    ids: Vec<String>,
    /// The same by the keys that they get; without any choice, import lists both
    #[arg(long, value_name = "KEY", num_args = 1.., conflicts_with = "all")]
    only: Vec<String>,
    /// All live personas that no manifest describes
    #[arg(long)]
    all: bool,
    /// The persona directory to write to
    #[arg(long = "in", value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// The form of the result
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let ground = Ground::of(&args.directory)?;
    if !ground.bounds.hold_new(&ground.directory) {
        return Err(Error::Outside(args.directory.clone()));
    }
    let site = Site::open(context, &args.directory)?;
    let loaded = load(&site)?;
    site.check(&loaded, Deletes::Any)?;
    let service = site.connect(CONCURRENCY).await?;
    let _lock = (!args.dry_run).then(|| site.lock()).transpose()?;
    let ledger = site.ledger(None)?;
    let policy = Policy {
        dialect: site.environment.terms.dialect,
        ..Policy::default()
    };
    let mut prepared = Prepared::build(&site, &loaded, &service, ledger, &policy).await?;
    tell_unclear(&prepared.plan, context);
    let strangers = drafting::strangers(&loaded, &prepared);
    complete(service.client.reader(), &strangers, &mut prepared.live).await?;
    let desk = Desk {
        site: &site,
        loaded: &loaded,
        prepared: &prepared,
        policy: &policy,
    };
    let newcomers = desk.newcomers(&strangers);
    let chosen = args.choose(&newcomers, &loaded, &prepared.live, context)?;
    if chosen.is_empty() && args.format == Format::Text {
        context.result("Nothing to import.")?;
        return Ok(Outcome::Done);
    }

    let (import, records) = desk.draft(&chosen)?;
    context.result(&args.show(&import, &site))?;
    if args.dry_run {
        context.mention("Nothing was written: this was a --dry-run.");
        return Ok(outcome(&import));
    }
    if !records.is_empty() {
        write(&site.directory, &import.files)?;
        bind(prepared.ledger, records)?;
    }
    if import.drafts.iter().any(|draft| !draft.secrets.is_empty()) {
        context.mention(SECRETS);
    }
    Ok(outcome(&import))
}

/// What is said where there are secrets to be set.
const SECRETS: &str = "Until a secret is set its field is not compared; once it is, what it holds is planned to be sent, \
    unless the service has answered the same.";

/// Loads the manifests; a directory that is not there yet has none.
fn load(site: &Site<'_>) -> Result<Loaded, Error> {
    match site.load() {
        Err(Error::Load(LoadError {
            kind: LoadErrorKind::Missing,
            ..
        })) => Ok(Loaded::default()),
        loaded => loaded,
    }
}

/// Tells of manifests that may mean one live persona or another: those are left alone.
fn tell_unclear(plan: &Plan, context: &Context) {
    let is_unclear = |step: &&Step| matches!(step.action, Action::Blocked(Obstacle::Identity));
    for step in plan.steps.iter().filter(is_unclear) {
        let reason = step.reason.as_deref().unwrap_or_default();
        context.mention(&format!("`{}` is not clear: {reason}.", step.key));
    }
}

impl Args {
    fn show(&self, import: &Import, site: &Site<'_>) -> String {
        match self.format {
            Format::Text => render::import(import, &site.directory),
            Format::Json => render::imported(import, &site.directory),
        }
    }

    /// The personas that the user means; those that have a manifest are told.
    fn choose<'n>(
        &self,
        newcomers: &'n [Newcomer<'n>],
        loaded: &Loaded,
        live: &[Live],
        context: &Context,
    ) -> Result<Vec<&'n Newcomer<'n>>, Error> {
        let is_open = self.ids.is_empty() && self.only.is_empty();
        if self.all || is_open && newcomers.is_empty() {
            return Ok(newcomers.iter().collect());
        }
        if is_open {
            context.say(&render::strangers(
                newcomers.iter().map(|newcomer| &newcomer.who),
            ));
            return Err(Error::Usage(
                "say which of these to import: their ids, --only with their keys, or --all"
                    .to_owned(),
            ));
        }
        let mut chosen: BTreeMap<&Key, &Newcomer<'_>> = BTreeMap::new();
        for word in self.ids.iter().chain(&self.only) {
            let is_meant = |who: &Who| match self.only.is_empty() {
                true => who.id.as_str() == word,
                false => who.key.as_str() == word,
            };
            let is_known = live.iter().any(|live| live.id.as_str() == word)
                || loaded
                    .desired
                    .iter()
                    .any(|desired| desired.key.as_str() == word);
            match newcomers.iter().find(|newcomer| is_meant(&newcomer.who)) {
                Some(newcomer) => drop(chosen.insert(&newcomer.who.key, newcomer)),
                None if is_known => context.mention(&format!("`{word}` has a manifest already.")),
                None => return Err(Error::NoStranger(word.clone())),
            }
        }
        Ok(chosen.into_values().collect())
    }
}

/// Writes the files, each of them whole, and none over another: what a crash leaves of them is found by the next import,
/// or by the next plan.
fn write(directory: &Path, files: &[File]) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| Error::Import { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let real = directory.canonicalize().map_err(failed(directory))?;
    let bounds = Bounds::around(&real);
    for file in files {
        let path = real.join(&file.path);
        let shown = directory.join(&file.path);
        if path.symlink_metadata().is_ok() {
            return Err(failed(&shown)(ErrorKind::AlreadyExists.into()));
        }
        if !bounds.hold_new(&path) {
            return Err(Error::Outside(shown));
        }
    }
    for file in files {
        let path = real.join(&file.path);
        let shown = directory.join(&file.path);
        durable::create(&path, file.text.as_bytes()).map_err(failed(&shown))?;
    }
    Ok(())
}

/// Binds the personas to their manifests.
fn bind(mut ledger: Ledger, records: Records) -> Result<(), Error> {
    ledger.begin()?;
    for (key, record) in records {
        ledger.bind(key, record)?;
    }
    Ok(ledger.end()?)
}

fn outcome(import: &Import) -> Outcome {
    match (import.drafts.is_empty(), import.refused.is_empty()) {
        (_, true) => Outcome::Done,
        (false, false) => Outcome::Partial,
        (true, false) => Outcome::Failed,
    }
}
