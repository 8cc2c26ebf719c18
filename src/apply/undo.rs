//! How to take back what an apply does, saved before it is done.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::outcome::{After, Outcome};
use crate::durable;
use crate::model::{Key, Live, Record, Records};
use crate::plan::{Notes, Plan, Saved, Step, Undoing};

/// How many files are kept for each environment.
const KEPT: usize = 20;

/// A saved plan that takes another one back.
#[derive(Debug)]
pub struct Undo {
    path: PathBuf,
    undoing: Undoing,
    /// The personas as they were, and what the ledger held of them.
    before: BTreeMap<Key, (Live, Option<Record>)>,
    saved: Saved,
}

impl Undo {
    /// Saves how the plan is taken back if all of it is done as expected; `None` where it changes no live
    /// persona. `stamp` names the time, so that names sort by it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn begin(
        undoing: Undoing,
        folder: &Path,
        stamp: &str,
        saved: Saved,
        live: &[Live],
        records: &Records,
    ) -> Result<Option<Self>, (PathBuf, io::Error)> {
        let environment = saved.plan.environment.clone();
        let mut undo = Self {
            path: folder.join(format!("{stamp}-{environment}.json")),
            undoing,
            before: before(&saved.plan, live, records),
            saved,
        };
        let expected = undo.inverses(&undo.saved.plan, |_| &After::Unseen);
        if expected.is_empty() {
            return Ok(None);
        }
        let written = durable::private_folder(folder)
            .and_then(|()| undo.write(expected))
            .and_then(|()| forget(folder, &environment, stamp));
        match written {
            Ok(()) => Ok(Some(undo)),
            Err(error) => Err((undo.path, error)),
        }
    }

    /// Corrects the file by what was really done, and by what the service made of it. Returns where it
    /// lies, if there is anything to take back.
    ///
    /// # Errors
    /// Where the file cannot be written; the one from the beginning is then still there.
    pub fn finish(mut self, plan: &Plan, outcomes: &[Outcome]) -> io::Result<Option<PathBuf>> {
        let outcomes: BTreeMap<&Key, &Outcome> = plan
            .steps
            .iter()
            .map(|step| &step.key)
            .zip(outcomes)
            .collect();
        let done = self.inverses(plan, |step| {
            let outcome = outcomes.get(&step.key);
            outcome.map_or(&After::Untouched, |outcome| &outcome.after)
        });
        if done.is_empty() {
            return fs::remove_file(&self.path).map(|()| None);
        }
        self.write(done)?;
        Ok(Some(self.path))
    }

    /// The inverses of the steps that were done, by what each has left behind.
    fn inverses<'l>(&self, plan: &Plan, after: impl Fn(&Step) -> &'l After) -> Vec<Step> {
        let inverse = |step: &Step| {
            let after = match after(step) {
                After::Untouched => return None,
                After::Unseen | After::Deleted => None,
                After::Seen(live) => Some(&live.document),
            };
            let (before, record) = self.before.get(&step.key)?;
            self.undoing.inverse(step, before, after, record.as_ref())
        };
        plan.steps.iter().filter_map(inverse).collect()
    }

    fn write(&mut self, steps: Vec<Step>) -> io::Result<()> {
        self.saved.plan.steps = steps;
        self.saved.plan.notes = Notes::default();
        durable::write(&self.path, self.saved.to_text()?.as_bytes())
    }
}

/// The live personas that the plan changes, as they are, and what the ledger holds of them.
fn before(plan: &Plan, live: &[Live], records: &Records) -> BTreeMap<Key, (Live, Option<Record>)> {
    let live: BTreeMap<_, _> = live.iter().map(|live| (&live.id, live)).collect();
    let before = plan.steps.iter().filter_map(|step| {
        let (id, _) = step.action.target()?;
        let bound = step.binding.as_ref();
        let record = bound.and_then(|bound| records.get(&bound.key)).cloned();
        Some((step.key.clone(), ((*live.get(id)?).clone(), record)))
    });
    before.collect()
}

/// Removes the environment's oldest files. `stamp` has the length of all stamps.
fn forget(folder: &Path, environment: &str, stamp: &str) -> io::Result<()> {
    let suffix = format!("-{environment}.json");
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.ends_with(&suffix) && name.len() == stamp.len() + suffix.len())
    };
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(is_ours);
    files.sort_unstable();
    for old in files.iter().rev().skip(KEPT) {
        match fs::remove_file(old) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
