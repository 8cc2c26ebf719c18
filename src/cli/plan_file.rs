//! Plans in files: written for a later run, read back, and refused where they are not for this one.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::Error;
use super::prepared::Prepared;
use super::site::Site;
use crate::durable;
use crate::ledger::Ledger;
use crate::manifest;
use crate::plan::Saved;
use crate::settings;

/// A plan that was read from a file.
pub(super) struct PlanFile {
    pub(super) path: PathBuf,
    pub(super) saved: Saved,
}

/// Writes the plan to a file, for `apply` to execute. Only a plan is ever overwritten, and none is put where
/// it would be taken for a manifest.
pub(super) fn write(path: &Path, site: &Site<'_>, prepared: &Prepared) -> Result<(), Error> {
    let failed = |source| Error::PlanFile {
        path: path.to_owned(),
        source,
    };
    if site.directory.to_str().is_none() {
        return Err(failed(io::Error::other(
            "the name of the persona directory is not UTF-8",
        )));
    }
    if manifest::is_manifest(&site.directory, path) {
        return Err(Error::AmongManifests(path.to_owned()));
    }
    let target = replaceable(path).map_err(failed)?;
    let target = target.ok_or_else(|| Error::NotReplaced(path.to_owned()))?;
    let saved = site.saved(&prepared.plan, &prepared.ledger);
    let text = saved.to_text().map_err(|error| failed(error.into()))?;
    durable::write(&target, text.as_bytes()).map_err(failed)
}

/// The file that is to be written, which a link may lead to; `None` where something else is there.
fn replaceable(path: &Path) -> io::Result<Option<PathBuf>> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some(path.to_owned())),
        found => found?,
    };
    let Ok(target) = path.canonicalize() else {
        return Ok(None);
    };
    if !found.is_symlink() && !found.is_file() || !target.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&target).unwrap_or_else(|_| "no text".to_owned());
    let is_plan = text.is_empty() || Saved::is_plan(&text);
    Ok(is_plan.then_some(target))
}

impl PlanFile {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::PlanFile {
            path: path.to_owned(),
            source,
        })?;
        let saved = Saved::parse(&text).map_err(|source| Error::NoPlan {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            saved,
        })
    }

    /// The persona directory and the environment that the plan is for.
    pub(super) fn site<'c>(&self, context: &'c Context) -> Result<Site<'c>, Error> {
        let Saved {
            plan, directory, ..
        } = &self.saved;
        let chosen = context.environment.as_deref();
        let chosen = chosen.or_else(|| context.process.get(settings::ENVIRONMENT));
        if let Some(chosen) = chosen.filter(|chosen| **chosen != plan.environment) {
            return Err(self.other("environment", &plan.environment, chosen));
        }
        let path = Path::new(directory);
        if !path.is_dir() {
            return Err(self.other("persona directory", directory, "none that is here"));
        }
        let site = Site::open_in(context, path, Some(&plan.environment))?;
        let address = site.environment.api.label();
        let reviewed = plan.against.address().unwrap_or_default();
        if address != reviewed {
            return Err(self.other("address", reviewed, address));
        }
        let mut reserved = plan.secrets();
        reserved.retain(|name| site.environment.terms.reserved.contains(name));
        match reserved.into_iter().next() {
            Some(name) => Err(Error::KeyInPlan {
                path: self.path.clone(),
                name,
            }),
            None => Ok(site),
        }
    }

    /// Whether the plan was made with this ledger.
    pub(super) fn fits(&self, ledger: &Ledger) -> Result<(), Error> {
        match ledger.salt() == &self.saved.salt {
            true => Ok(()),
            false => Err(self.other("ledger", "another one", "the one that is here")),
        }
    }

    fn other(&self, what: &'static str, plan: &str, run: &str) -> Error {
        Error::OtherPlan {
            path: self.path.clone(),
            what,
            plan: plan.to_owned(),
            run: run.to_owned(),
        }
    }
}
