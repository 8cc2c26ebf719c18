//! `pull`: live edits flow back into the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::super::args::{CONCURRENCY, Selection, Winner};
use super::super::context::Context;
use super::super::error::Error;
use super::super::git;
use super::super::outcome::Outcome;
use super::super::prepared::Prepared;
use super::super::site::{DIRECTORY, Site, scope};
use crate::catalog::PERSONA;
use crate::durable;
use crate::manifest::{Loaded, Revision};
use crate::model::{Applied, Desired, Finding, Key, Pointer, Record};
use crate::plan::{Deletes, Plan};
use crate::pull::{self, Left, Taken, Wish};
use crate::render;
use crate::settings::Terms;

/// Write live edits back into the manifests
///
/// Fields that somebody edited live since they were applied (drift), or that were edited on both sides (conflict), get their live
/// values in the file that set them: the manifest, its overlay, or the file that a tag brings in. Only the values that changed are
/// written; comments, order, quotes and layout stay. What a variable or several files give is told instead. Shows the changes and
/// asks first; afterwards there is nothing to plan for these fields.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl pull                      all live edits, after a look at them
  personactl pull -e staging           those of another environment
  personactl pull life-coach --yes     of one persona, without asking")]
pub(in crate::cli) struct Args {
    /// Only these manifests
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// The persona directory
    #[arg(long = "in", value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// Write without asking
    #[arg(short, long)]
    yes: bool,
    /// Write also to files with changes that are not committed
    #[arg(long)]
    allow_dirty: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let site = Site::open(context, &args.directory)?;
    let loaded = site.load()?;
    site.check(&loaded, Deletes::Refuse)?;
    let service = site.connect(CONCURRENCY).await?;
    let _lock = site.lock()?;
    let ledger = site.ledger(None)?;
    let policy = site.policy(&loaded, &ledger, &args.selection(), Deletes::Refuse)?;
    let mut prepared = Prepared::build(&site, &loaded, &service, ledger, &policy).await?;

    let wishes = pull::wishes(&PERSONA, &prepared.plan);
    if wishes.is_empty() {
        context.mention("Nothing was edited live: there is nothing to pull.");
        return Ok(Outcome::Done);
    }
    let mut revision = Revision::of(&args.directory, scope(&site.environment.terms))?;
    let taken = pull::take(&PERSONA, &loaded, &mut revision, &wishes)?;
    show(context, &revision, &taken)?;
    if !taken.taken.is_empty() {
        let pulled = revision.load()?;
        if pulled.findings.iter().any(Finding::is_error) {
            site.tell(&pulled);
            return Err(Error::NotWritten(
                "the files would have mistakes".to_owned(),
            ));
        }
        let after = prepared.planned(&site, &pulled, &policy);
        prove(&prepared.plan, &after, &taken)?;
        mention_others(&site, &revision)?;
        args.refuse_dirty(&revision)?;
        args.agree(context, revision.drafts().len()).await?;
        // Where the ledger cannot be written, the files had better stay as they are.
        prepared.ledger.begin()?;
        write(&revision)?;
        record(&mut prepared, &pulled, &after, &taken)?;
    }
    tell(context, &wishes, &taken);
    Ok(match taken.left.is_empty() {
        true => Outcome::Done,
        false if taken.taken.is_empty() => Outcome::Failed,
        false => Outcome::Partial,
    })
}

impl Args {
    /// A plan of these manifests, with what is blocked in it.
    fn selection(&self) -> Selection {
        Selection {
            only: self.keys.clone(),
            on_conflict: Winner::Block,
            no_adopt: false,
            show_unmanaged: false,
        }
    }

    /// What is not committed could not be brought back.
    fn refuse_dirty(&self, revision: &Revision<'_>) -> Result<(), Error> {
        if self.allow_dirty {
            return Ok(());
        }
        let mut dirty = Vec::new();
        for (real, draft) in revision.drafts() {
            match git::is_dirty(real) {
                Some(false) => {}
                Some(true) => dirty.push(draft.shown.clone()),
                None => return Err(Error::Undecided(draft.shown.clone())),
            }
        }
        match dirty.is_empty() {
            true => Ok(()),
            false => Err(Error::Dirty(dirty)),
        }
    }

    async fn agree(&self, context: &Context, files: usize) -> Result<(), Error> {
        if self.yes {
            return Ok(());
        }
        if !context.can_ask() {
            return Err(Error::NotWritten(
                "there is no terminal to ask on; say --yes".to_owned(),
            ));
        }
        let files = if files == 1 {
            "this file"
        } else {
            "these files"
        };
        let question = format!("Write {files}? Only `yes` is taken as consent:");
        match context.ask(&question).await?.as_str() {
            "yes" => Ok(()),
            _ => Err(Error::NotWritten("it was not agreed to".to_owned())),
        }
    }
}

/// What the files would hold instead, and what is left to do by hand.
fn show(context: &Context, revision: &Revision<'_>, taken: &Taken) -> Result<(), Error> {
    let drafts = revision.drafts().values();
    let shown: Vec<String> = drafts
        .map(|draft| render::draft(&draft.shown, &draft.old(), &draft.after))
        .collect();
    if !shown.is_empty() {
        context.result(&shown.join("\n\n"))?;
    }
    for left in &taken.left {
        let Left {
            key,
            path,
            place,
            reason,
        } = left;
        let place = place.as_ref().map(|place| format!(" ({place})"));
        let place = place.unwrap_or_default();
        context.say(&render::on_one_line(&format!(
            "left: {key} {path}: {reason}{place}"
        )));
    }
    Ok(())
}

/// Compares what the files would say with what is live: what was taken over must not differ any more, and nothing else may have
/// moved.
fn prove(before: &Plan, after: &Plan, taken: &Taken) -> Result<(), Error> {
    let differs = |plan: &Plan, key: &Key, path: &Pointer| {
        let steps = plan.steps.iter().filter(|step| step.key == *key);
        let mut fields = steps.flat_map(|step| &step.fields);
        fields.any(|field| field.path == *path)
    };
    let taken = taken.taken.iter().map(|(key, path)| (key, path));
    let still = taken.clone().find(|(key, path)| differs(after, key, path));
    let steps = after.steps.iter();
    let mut all = steps.flat_map(|step| step.fields.iter().map(|field| (&step.key, &field.path)));
    let new = all.find(|(key, path)| !differs(before, key, path));
    match still.or(new) {
        None => Ok(()),
        Some((key, path)) => Err(Error::NotWritten(format!(
            "`{path}` of `{key}` would differ from what is live"
        ))),
    }
}

/// Writes the files, unless somebody has edited one since it was read.
fn write(revision: &Revision<'_>) -> Result<(), Error> {
    for (real, draft) in revision.drafts() {
        let is_same = fs::read(real).is_ok_and(|now| now == *draft.before);
        if !is_same {
            let path = draft.shown.display();
            return Err(Error::NotWritten(format!("`{path}` was edited meanwhile")));
        }
    }
    let mut written = Vec::new();
    for (real, draft) in revision.drafts() {
        let path = draft.shown.clone();
        match durable::replace(real, &draft.bytes()) {
            Ok(()) => written.push(path),
            Err(source) => {
                return Err(Error::Write {
                    path,
                    written,
                    source,
                });
            }
        }
    }
    Ok(())
}

/// What is live and in the files by now is what both sides go on from.
fn record(
    prepared: &mut Prepared,
    pulled: &Loaded,
    after: &Plan,
    taken: &Taken,
) -> Result<(), Error> {
    let keys: BTreeSet<&Key> = taken.taken.iter().map(|(key, _)| key).collect();
    let records = keys.into_iter().filter_map(|key| {
        let noted = after.notes.record.get(key).cloned();
        let record = noted.or_else(|| in_part(prepared, pulled, key, taken))?;
        Some((key.clone(), record))
    });
    let records: Vec<(Key, Record)> = records.collect();
    for (key, record) in records {
        prepared.ledger.bind(key, record)?;
    }
    Ok(prepared.ledger.end()?)
}

/// The entry of a persona that differs in other fields still, with those that were taken over.
fn in_part(prepared: &Prepared, pulled: &Loaded, key: &Key, taken: &Taken) -> Option<Record> {
    let mut record = prepared.ledger.records().get(key)?.clone();
    let desired = pulled.desired.iter().find(|desired| desired.key == *key)?;
    let live = prepared.live.iter().find(|live| live.id == record.id)?;
    let (wanted, found) = (
        desired.compared(&desired.document),
        desired.compared(&live.document),
    );
    let digest = |path: &Pointer, document: &Value| {
        PERSONA.digest(path, path.get(document), &prepared.fingerprints)
    };
    for (_, path) in taken.taken.iter().filter(|(owner, _)| owner == key) {
        let both = (digest(path, &wanted), digest(path, &found));
        match both {
            (Some(sent), Some(seen)) if path.get(&wanted).is_some() => {
                record.fields.insert(path.clone(), Applied { sent, seen });
            }
            _ => {
                record.fields.remove(path);
            }
        }
    }
    Some(record)
}

/// Says whom the files change in other environments: there, that is an edit of the repository like any other.
fn mention_others(site: &Site<'_>, revision: &Revision<'_>) -> Result<(), Error> {
    let context = site.context;
    let described = site.environment.terms.described.iter();
    for other in described.filter(|name| **name != site.environment.name) {
        let terms = Terms::resolve(&site.directory, Some(other), &context.process)?;
        let mut there = Revision::of(&site.directory, scope(&terms))?;
        let before = there.load()?;
        there.restore(revision.checkpoint());
        let after = there.load()?;
        let differs = |desired: &&Desired| {
            !before
                .desired
                .iter()
                .any(|before| before.document == desired.document)
        };
        let changed = after.desired.iter().filter(differs);
        let changed: Vec<&str> = changed.map(|desired| desired.key.as_str()).collect();
        if !changed.is_empty() {
            context.say(&render::on_one_line(&format!(
                "This changes {} for `{other}` too.",
                changed.join(", ")
            )));
        }
    }
    Ok(())
}

fn tell(context: &Context, wishes: &[Wish], taken: &Taken) {
    let count = taken.taken.len();
    let all = wishes.len();
    context.mention(&format!(
        "{count} of {all} fields that were edited live are in the files now."
    ));
}
