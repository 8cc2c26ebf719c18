//! Whether the user agrees to what will be sent.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::Error;
use super::site::{DIRECTORY, Site};
use crate::settings::Environment;

/// What was typed: `--yes` with or without a word, whether the plan was reviewed, and the directory or
/// plan. What follows `--yes` is the environment's name; or it is the directory or plan of someone who
/// wrote that last, if it is there and the environment is not called so.
pub(super) fn given(
    yes: Option<&Option<String>>,
    is_reviewed: bool,
    directory: Option<&Path>,
    context: &Context,
) -> (PathBuf, Consent) {
    let home = directory.unwrap_or(Path::new(DIRECTORY));
    let consent = match yes {
        None | Some(None) if is_reviewed => Consent::Reviewed,
        None => Consent::Ask,
        Some(word) => Consent::Given(word.clone()),
    };
    if let (None, Consent::Given(Some(word))) = (directory, &consent) {
        let chosen = context.environment.as_deref();
        let environment = Environment::resolve(home, chosen, &context.process);
        let is_name = environment.is_ok_and(|environment| environment.name == *word);
        if !is_name && Path::new(word).exists() {
            return (PathBuf::from(word), Consent::Given(None));
        }
    }
    (home.to_owned(), consent)
}

/// Whether the user agrees to what will be sent.
pub(super) enum Consent {
    Ask,
    /// Given in advance, for the environment of this name.
    Given(Option<String>),
    /// Given to this very plan.
    Reviewed,
}

impl Consent {
    /// Whether it is for this environment at all.
    pub(super) fn fits(&self, site: &Site<'_>) -> Result<(), Error> {
        let environment = &site.environment.name;
        match self {
            Self::Given(Some(name)) if name != environment => Err(Error::Usage(format!(
                "--yes names `{name}`, but the environment is `{environment}`"
            ))),
            Self::Given(_) | Self::Reviewed | Self::Ask => Ok(()),
        }
    }

    /// Whether somebody will be asked.
    pub(super) fn asks(&self, context: &Context) -> bool {
        matches!(self, Self::Ask) && context.can_ask()
    }

    /// Asks, unless the user has agreed in advance; an error where there is no consent.
    pub(super) async fn obtain(&self, site: &Site<'_>) -> Result<(), Error> {
        let environment = &site.environment;
        match self {
            Self::Given(None) if environment.protected => Err(Error::NotConfirmed(format!(
                "`{0}` is protected; say --yes {0}",
                environment.name
            ))),
            Self::Given(_) | Self::Reviewed => Ok(()),
            Self::Ask if !site.context.can_ask() => Err(Error::NotConfirmed(
                "there is no terminal to ask on; say --yes".to_owned(),
            )),
            Self::Ask => ask(site).await,
        }
    }
}

async fn ask(site: &Site<'_>) -> Result<(), Error> {
    let environment = &site.environment;
    let wanted = if environment.protected {
        environment.name.as_str()
    } else {
        "yes"
    };
    let question = format!(
        "Apply this to `{}`? Only `{wanted}` is taken as consent:",
        environment.name
    );
    if site.context.ask(&question).await? == wanted {
        return Ok(());
    }
    Err(Error::NotConfirmed("it was not agreed to".to_owned()))
}
