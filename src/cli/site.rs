//! A persona directory in one environment: what every command on it loads, connects to and
//! compares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use futures_util::future::{Either, select};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::task::spawn_blocking;
use url::Url;

use super::args::{CONCURRENCY, Selection, Winner};
use super::context::Context;
use super::embedded;
use super::error::Error;
use crate::api::{Client, Connection};
use crate::apply::Undo;
use crate::catalog::{PERSONA, Vocabulary, nearest};
use crate::ledger::{Files, Ledger, Lock};
use crate::manifest::{self, Loaded, Scope};
use crate::model::{Desired, Finding, Key, Live, Salt, SecretName, Severity};
use crate::plan::{Adoption, Aim, Deletes, OnConflict, Plan, Policy, Saved, Undoing};
use crate::render;
use crate::sandbox::Sandbox;
use crate::settings::{self, Api, Environment, Process, SettingsError, SettingsErrorKind, Terms};

/// Where personas are looked for unless told otherwise.
pub(super) const DIRECTORY: &str = "personas";

/// A persona directory in one environment.
#[derive(Debug)]
pub(super) struct Site<'c> {
    pub(super) context: &'c Context,
    pub(super) directory: PathBuf,
    pub(super) environment: Environment,
}

/// A service that can be spoken to; the embedded one lives as long as this does.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) client: Client,
    _embedded: Option<Sandbox>,
}

impl<'c> Site<'c> {
    pub(super) fn open(context: &'c Context, directory: &Path) -> Result<Self, Error> {
        Self::open_in(context, directory, context.environment.as_deref())
    }

    /// Opens the directory in the environment that was `chosen`, or in its default.
    pub(super) fn open_in(
        context: &'c Context,
        directory: &Path,
        chosen: Option<&str>,
    ) -> Result<Self, Error> {
        let environment = Environment::resolve(directory, chosen, &context.process);
        Ok(Self {
            context,
            directory: directory.to_owned(),
            environment: understood(context, environment)?,
        })
    }

    /// Loads the manifests, mistakes and all.
    pub(super) fn load(&self) -> Result<Loaded, Error> {
        self.load_from(&self.directory)
    }

    /// Loads the manifests on threads of their own, while `other` goes on.
    pub(super) async fn load_beside(
        &self,
        other: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Loaded, Error> {
        let (directory, terms) = (self.directory.clone(), self.environment.terms.clone());
        let loading = spawn_blocking(move || manifest::load(&directory, &scope(&terms)));
        let loaded = match select(loading, other).await {
            Either::Left((loaded, _)) => loaded,
            Either::Right(((), loading)) => loading.await,
        };
        let loaded = loaded.expect("loading does not panic")?;
        conceal(self.context, &loaded);
        Ok(loaded)
    }

    /// Loads the manifests of another directory, as if they were here.
    pub(super) fn load_from(&self, directory: &Path) -> Result<Loaded, Error> {
        load(self.context, directory, &self.environment.terms)
    }

    /// Shows what is wrong with the manifests; what is only advice is left to `validate`.
    pub(super) fn tell(&self, loaded: &Loaded) -> Vec<Finding> {
        tell(self.context, loaded)
    }

    /// The manifest with this key. Where there is none, what is wrong with the manifests is shown.
    pub(super) fn desired<'l>(&self, loaded: &'l Loaded, key: &Key) -> Result<&'l Desired, Error> {
        if let Some(desired) = loaded.desired.iter().find(|desired| desired.key == *key) {
            return Ok(desired);
        }
        if loaded.elsewhere.contains(key) {
            let environment = &self.environment.name;
            return Err(Error::Usage(format!(
                "`{key}` is not meant for `{environment}`"
            )));
        }
        let known = loaded.desired.iter().map(|desired| desired.key.as_str());
        let near = nearest(key.as_str(), known).map(str::to_owned);
        self.tell(loaded);
        Err(Error::NoSuchKey(key.to_string(), near))
    }

    /// Shows what is wrong with the manifests; an error where that stops the run.
    pub(super) fn check(&self, loaded: &Loaded, deletes: Deletes) -> Result<(), Error> {
        check(self.context, &self.directory, loaded, deletes)
    }

    /// Reads the ledger; where there is none yet, an empty one with this salt, or else a fresh one.
    pub(super) fn ledger(&self, salt: Option<Salt>) -> Result<Ledger, Error> {
        let Environment { name, .. } = &self.environment;
        let files = Files {
            ledger: self.environment.ledger.clone(),
            journal: self.environment.journal.clone(),
        };
        let salt = salt.map_or_else(fresh_salt, Ok)?;
        Ok(Ledger::read(&files, name, salt)?)
    }

    pub(super) fn policy(
        &self,
        loaded: &Loaded,
        ledger: &Ledger,
        selection: &Selection,
        deletes: Deletes,
    ) -> Result<Policy, Error> {
        Ok(Policy {
            on_conflict: match selection.on_conflict {
                Winner::Block => OnConflict::Block,
                Winner::Repo => OnConflict::Repository,
            },
            adoption: if selection.no_adopt {
                Adoption::Refuse
            } else {
                Adoption::ByName
            },
            deletes,
            dialect: self.environment.terms.dialect,
            only: chosen(selection, loaded, ledger.records().keys())?,
            aim: Aim::Apply,
        })
    }

    /// The plan with what it takes to execute it later.
    pub(super) fn saved(&self, plan: &Plan, ledger: &Ledger) -> Saved {
        Saved {
            plan: plan.clone(),
            directory: self.directory.display().to_string(),
            salt: ledger.salt().clone(),
        }
    }

    /// Saves how to take back what the plan does, before it is done.
    pub(super) fn undo(
        &self,
        plan: &Plan,
        live: &[Live],
        ledger: &Ledger,
    ) -> Result<Option<Undo>, Error> {
        let stamp = Timestamp::now()
            .strftime("%Y-%m-%dT%H-%M-%S.%3fZ")
            .to_string();
        let folder = &self.environment.undo;
        let saved = self.saved(plan, ledger);
        let undoing = Undoing {
            catalog: &PERSONA,
            salt: ledger.salt().clone(),
            dialect: self.environment.terms.dialect,
        };
        Undo::begin(undoing, folder, &stamp, saved, live, ledger.records())
            .map_err(|(path, source)| Error::Undo { path, source })
    }

    /// Keeps other applies away from the ledger for as long as the lock is held.
    pub(super) fn lock(&self) -> Result<Lock, Error> {
        let Environment { ledger, lock, .. } = &self.environment;
        let now = Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC");
        let holder = format!("process {} since {now}", std::process::id());
        Ok(Lock::take(ledger, lock, &holder)?)
    }

    /// Makes ready to speak to the service, with so many requests at a time; the embedded one is started.
    pub(super) async fn connect(&self, concurrency: u8) -> Result<Service, Error> {
        match &self.environment.api {
            Api::Sandbox { state, seed } => {
                let (embedded, address) = embedded::join(state, seed).await?;
                let base =
                    Url::parse(&format!("http://{address}/v2")).expect("an address makes a URL");
                let client = self.client(
                    base,
                    SecretString::from("sandbox"),
                    Vocabulary::Personas,
                    concurrency,
                )?;
                Ok(Service {
                    client,
                    _embedded: embedded,
                })
            }
            Api::Service {
                url,
                key,
                vocabulary,
            } => {
                let key = self.key(key, &self.context.process)?;
                self.context.conceal(&key);
                Ok(Service {
                    client: self.client(url.clone(), key, *vocabulary, concurrency)?,
                    _embedded: None,
                })
            }
        }
    }

    /// Asks the service for all that is live there, and reads the ledger, so that both can be done beside something else.
    pub(super) async fn look(&self) -> Result<(Service, Vec<Live>, Ledger), Error> {
        let service = self.connect(CONCURRENCY).await?;
        let ledger = self.ledger(None)?;
        let listed = service.client.reader().list().await?;
        Ok((service, listed, ledger))
    }

    fn client(
        &self,
        base: Url,
        key: SecretString,
        vocabulary: Vocabulary,
        concurrency: u8,
    ) -> Result<Client, Error> {
        let connection = Connection {
            catalog: &PERSONA,
            base,
            key,
            vocabulary,
            concurrency: usize::from(concurrency),
            timeout: self.context.timeout,
        };
        Client::new(connection).map_err(Error::Tls)
    }

    fn key(&self, name: &SecretName, process: &Process) -> Result<SecretString, Error> {
        crate::settings::key(name, process).map_err(|kind| {
            let environment = Some(self.environment.name.clone());
            Error::Settings(SettingsError {
                environment,
                file: self.environment.file.clone(),
                kind,
            })
        })
    }
}

/// Loads the manifests of a directory, mistakes and all. What stands in clear where a secret belongs is not said from then on.
pub(super) fn load(context: &Context, directory: &Path, terms: &Terms) -> Result<Loaded, Error> {
    let loaded = manifest::load(directory, &scope(terms))?;
    conceal(context, &loaded);
    Ok(loaded)
}

fn conceal(context: &Context, loaded: &Loaded) {
    loaded
        .secrets
        .iter()
        .for_each(|secret| context.conceal(secret));
}

/// Shows what is wrong with the manifests; what is only advice is left to `validate`.
fn tell(context: &Context, loaded: &Loaded) -> Vec<Finding> {
    let mut findings = loaded.findings.clone();
    findings.retain(|finding| finding.severity != Severity::Advice);
    if !findings.is_empty() {
        let shown = render::findings(&findings, |place| loaded.sources.line(place));
        context.say(&shown);
    }
    findings
}

/// Shows what is wrong with the manifests; an error where that stops the run. That there is none at all is a mistake,
/// unless everything may be deleted.
pub(super) fn check(
    context: &Context,
    directory: &Path,
    loaded: &Loaded,
    deletes: Deletes,
) -> Result<(), Error> {
    let findings = tell(context, loaded);
    let stops = |finding: &&Finding| finding.is_error() || context.strict;
    match findings.iter().filter(stops).count() {
        0 => {}
        1 => return Err(Error::Findings("1 mistake".to_owned())),
        count => return Err(Error::Findings(format!("{count} mistakes"))),
    }
    let is_empty = loaded.desired.is_empty() && loaded.elsewhere.is_empty();
    match deletes {
        Deletes::Refuse | Deletes::Few if is_empty => Err(Error::NoManifest(directory.to_owned())),
        _ => Ok(()),
    }
}

/// The keys that were chosen, each of which is that of a manifest, or of one that was there `once`.
pub(super) fn chosen<'k>(
    selection: &Selection,
    loaded: &'k Loaded,
    once: impl Iterator<Item = &'k Key> + Clone,
) -> Result<BTreeSet<Key>, Error> {
    let desired = loaded.desired.iter().map(|desired| &desired.key);
    let known = desired.chain(&loaded.elsewhere).chain(&loaded.broken);
    let known = known.chain(once);
    let known = known.map(Key::as_str);
    for key in &selection.only {
        if !known.clone().any(|known| known == key) {
            let near = nearest(key, known).map(str::to_owned);
            return Err(Error::NoSuchKey(key.clone(), near));
        }
    }
    Ok(selection.only.iter().map(Key::new).collect())
}

/// What manifests are loaded for.
pub(super) const fn scope(terms: &Terms) -> Scope<'_> {
    let Terms {
        environment,
        environments,
        described: _,
        variables,
        reserved,
        levels,
        dialect: _,
    } = terms;
    Scope {
        environment: environment.as_str(),
        environments,
        variables,
        reserved,
        levels,
        catalog: &PERSONA,
    }
}

/// The names of the variables that manifests may use, in any environment.
pub(super) fn variables(context: &Context, directory: &Path) -> Result<BTreeSet<String>, Error> {
    understood(context, settings::variables(directory))
}

/// Shows what is wrong with the settings, if that is what keeps a result from being there.
pub(super) fn understood<T>(
    context: &Context,
    result: Result<T, SettingsError>,
) -> Result<T, Error> {
    if let Err(SettingsError {
        kind: SettingsErrorKind::Mistakes(findings, sources),
        ..
    }) = &result
    {
        context.say(&render::findings(findings, |place| sources.line(place)));
    }
    Ok(result?)
}

fn fresh_salt() -> Result<Salt, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(Salt::new(bytes))
}
