//! `watch`: plan at every save.

use std::path::PathBuf;

use super::super::args::{Format, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::site::{DIRECTORY, Service, Site};
use super::apply::execute;
use super::plan::show;
use crate::manifest::Loaded;
use crate::watch::Watcher;

/// Plan at every save of a file that a manifest uses
///
/// Mistakes are shown and the loop goes on.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Apply each plan, without asking; refused for protected environments
    #[arg(long)]
    apply: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let site = Site::open(context, &args.directory)?;
    if args.apply && site.environment.protected {
        let name = &site.environment.name;
        return Err(Error::NotConfirmed(format!(
            "`{name}` is protected; watch does not apply to it"
        )));
    }
    let mut watcher = Watcher::new(&args.directory)?;
    let service = site.connect().await?;
    let mut last = None;
    loop {
        match site.load() {
            Ok(loaded) if last.as_ref().is_some_and(|last| is_same(last, &loaded)) => {}
            Ok(loaded) => {
                round(args, &site, &service, &loaded).await;
                watcher.cover(&loaded.files)?;
                context.mention("Watching; Ctrl-C ends it.");
                last = Some(loaded);
            }
            Err(error) => {
                context.fail(&error);
                last = None;
            }
        }
        watcher.changed().await?;
    }
}

/// Plans, and applies where that was asked for; what goes wrong is shown, for the next save to
/// mend.
async fn round(args: &Args, site: &Site<'_>, service: &Service, loaded: &Loaded) {
    if let Err(error) = attempt(args, site, service, loaded).await {
        site.context.fail(&error);
    }
}

async fn attempt(
    args: &Args,
    site: &Site<'_>,
    service: &Service,
    loaded: &Loaded,
) -> Result<(), Error> {
    site.check(loaded)?;
    let policy = site.policy(loaded, &args.selection)?;
    let prepared = site.prepare(loaded, service, &policy).await?;
    site.context
        .result(&show(&prepared.plan, Format::Text, &args.selection))?;
    if args.apply {
        // What became of each step has been told; the loop goes on either way.
        let _ = execute(site, service, prepared, 4, Format::Text).await?;
    }
    Ok(())
}

/// Whether two loads read the very same text, so that there is nothing new to plan.
fn is_same(one: &Loaded, other: &Loaded) -> bool {
    one.files == other.files && one.sources == other.sources && one.findings == other.findings
}
