//! Plans in files: written for a later run, read back, and refused where they are not for this one.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::Error;
use super::prepared::Prepared;
use super::site::Site;
use crate::durable;
use crate::ledger::Ledger;
use crate::plan::{Saved, SavedError};

/// A plan that was read from a file.
pub(super) struct PlanFile {
    pub(super) path: PathBuf,
    pub(super) saved: Saved,
}

/// Writes the plan to a file, for `apply` to execute. Only a plan is ever overwritten.
pub(super) fn write(path: &Path, site: &Site<'_>, prepared: &Prepared) -> Result<(), Error> {
    let failed = |source| Error::PlanFile {
        path: path.to_owned(),
        source,
    };
    if !may_replace(path).map_err(failed)? {
        return Err(Error::NotReplaced(path.to_owned()));
    }
    let saved = site.saved(&prepared.plan, &prepared.ledger);
    let text = saved.to_text().map_err(|error| failed(error.into()))?;
    durable::write(path, text.as_bytes()).map_err(failed)
}

fn may_replace(path: &Path) -> std::io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => {
            let text = fs::read_to_string(path).unwrap_or_else(|_| "no text".to_owned());
            let is_plan = !matches!(Saved::parse(&text), Err(SavedError::Foreign(_)));
            Ok(is_plan || text.is_empty())
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
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
        let chosen = chosen.or_else(|| context.process.get("PERSONACTL_ENVIRONMENT"));
        if let Some(chosen) = chosen.filter(|chosen| **chosen != plan.environment) {
            return Err(self.is_for(
                format!("the environment `{}`", plan.environment),
                format!("for `{chosen}`"),
            ));
        }
        let directory = Path::new(directory);
        if !directory.is_dir() {
            let directory = format!("the persona directory `{}`", directory.display());
            let here = "where there is none; run it where the plan was made".to_owned();
            return Err(self.is_for(directory, here));
        }
        let site = Site::open_in(context, directory, Some(&plan.environment))?;
        let address = site.environment.api.label();
        if address != plan.api_url {
            return Err(self.is_for(plan.api_url.clone(), format!("for {address}")));
        }
        Ok(site)
    }

    /// Whether the plan was made with this ledger.
    pub(super) fn fits(&self, ledger: &Ledger) -> Result<(), Error> {
        match ledger.salt() == &self.saved.salt {
            true => Ok(()),
            false => Err(self.is_for("another ledger".to_owned(), "for this one".to_owned())),
        }
    }

    fn is_for(&self, plan: String, run: String) -> Error {
        Error::OtherPlan {
            path: self.path.clone(),
            plan,
            run,
        }
    }
}
