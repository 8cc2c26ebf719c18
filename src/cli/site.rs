//! A persona directory in one environment: what every command on it loads, connects to and
//! compares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use super::args::{Selection, Winner};
use super::context::Context;
use super::embedded;
use super::error::Error;
use crate::api::{ApiError, Client, Connection, Reader};
use crate::apply::Secrets;
use crate::catalog::{PERSONA, Vocabulary, nearest};
use crate::ledger::{Ledger, Lock};
use crate::manifest::{self, Loaded, Scope};
use crate::model::{
    Finding, Fingerprints, Key, Live, PersonaId, Salt, SecretName, Severity, secret,
};
use crate::plan::{self, Adoption, Base, Deletes, Inputs, OnConflict, Plan, Policy, Step};
use crate::render;
use crate::sandbox::Sandbox;
use crate::settings::{Api, Environment, Process, SettingsError, SettingsErrorKind};

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

/// A plan, and what it takes to apply it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) ledger: Ledger,
    pub(super) secrets: Secrets,
    pub(super) fingerprints: Fingerprints,
}

impl<'c> Site<'c> {
    pub(super) fn open(context: &'c Context, directory: &Path) -> Result<Self, Error> {
        let chosen = context.environment.as_deref();
        let environment = Environment::resolve(directory, chosen, &context.process);
        if let Err(SettingsError {
            kind: SettingsErrorKind::Mistakes(findings, sources),
            ..
        }) = &environment
        {
            context.say(&render::findings(findings, |place| sources.line(place)));
        }
        let environment = environment?;
        Ok(Self {
            context,
            directory: directory.to_owned(),
            environment,
        })
    }

    /// Loads the manifests, mistakes and all.
    pub(super) fn load(&self) -> Result<Loaded, Error> {
        let scope = Scope {
            environment: &self.environment.name,
            variables: &self.environment.variables,
            reserved: &self.environment.reserved,
            catalog: &PERSONA,
        };
        Ok(manifest::load(&self.directory, &scope)?)
    }

    /// Shows what is wrong with the manifests; an error where that stops the run. That there is none at
    /// all is a mistake, unless everything may be deleted.
    pub(super) fn check(&self, loaded: &Loaded, deletes: Deletes) -> Result<(), Error> {
        let mut findings = loaded.findings.clone();
        findings.retain(|finding| finding.severity != Severity::Advice);
        if !findings.is_empty() {
            let shown = render::findings(&findings, |place| loaded.sources.line(place));
            self.context.say(&shown);
        }
        let stops = |finding: &&Finding| finding.is_error() || self.context.strict;
        match findings.iter().filter(stops).count() {
            0 => {}
            1 => return Err(Error::Findings("1 mistake".to_owned())),
            count => return Err(Error::Findings(format!("{count} mistakes"))),
        }
        let is_empty = loaded.desired.is_empty() && loaded.elsewhere.is_empty();
        match deletes {
            Deletes::Refuse | Deletes::Few if is_empty => {
                Err(Error::NoManifest(self.directory.clone()))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn ledger(&self) -> Result<Ledger, Error> {
        let Environment { ledger, name, .. } = &self.environment;
        Ok(Ledger::read(ledger, name, fresh_salt()?)?)
    }

    pub(super) fn policy(
        &self,
        loaded: &Loaded,
        ledger: &Ledger,
        selection: &Selection,
        deletes: Deletes,
    ) -> Result<Policy, Error> {
        let desired = || loaded.desired.iter().map(|desired| &desired.key);
        let recorded = || ledger.records.keys();
        let known = || {
            desired()
                .chain(&loaded.elsewhere)
                .chain(recorded())
                .map(Key::as_str)
        };
        for key in &selection.only {
            if !known().any(|known| known == key) {
                return Err(Error::NoSuchKey(
                    key.clone(),
                    nearest(key, known()).map(str::to_owned),
                ));
            }
        }
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
            only: selection.only.iter().map(Key::new).collect(),
        })
    }

    /// Keeps other applies away from the ledger for as long as the lock is held.
    pub(super) fn lock(&self) -> Result<Lock, Error> {
        let Environment { ledger, lock, .. } = &self.environment;
        let now = Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC");
        let holder = format!("process {} since {now}", std::process::id());
        Ok(Lock::take(ledger, lock, &holder)?)
    }

    /// Compares what is desired, live and recorded.
    pub(super) async fn prepare(
        &self,
        loaded: &Loaded,
        service: &Service,
        ledger: Ledger,
        policy: &Policy,
    ) -> Result<Prepared, Error> {
        let secrets = self.secrets(loaded);
        let fingerprints = secrets.fingerprints(ledger.salt().clone());
        let known = plan::known_ids(&loaded.desired, &ledger.records);
        let mut live = service.client.reader().fetch(&known).await?;
        if plan::is_other_account(&live, &ledger.records) {
            return Err(Error::OtherAccount(self.environment.ledger.clone()));
        }
        let build = |live: &[Live]| {
            plan::build(&Inputs {
                catalog: &PERSONA,
                environment: &self.environment.name,
                api_url: self.environment.api.label(),
                desired: &loaded.desired,
                elsewhere: &loaded.elsewhere,
                live,
                records: &ledger.records,
                secrets: &fingerprints,
                policy,
            })
        };
        let mut plan = build(&live);
        if complete(service.client.reader(), &plan, &mut live).await? {
            plan = build(&live);
        }
        Ok(Prepared {
            plan,
            ledger,
            secrets,
            fingerprints,
        })
    }

    /// The values of the manifests' secrets that are set. The sandbox gets stand-ins: no real
    /// secret is ever sent to it.
    fn secrets(&self, loaded: &Loaded) -> Secrets {
        let names = loaded
            .desired
            .iter()
            .flat_map(|desired| secret::names(&desired.document));
        let value = |name: &SecretName| match self.environment.api {
            Api::Sandbox { .. } => Some(SecretString::from(format!("sandbox stand-in for {name}"))),
            Api::Service { .. } => self
                .context
                .process
                .get(name.as_str())
                // A line break at its end is what is left of the file that it was read from.
                .map(|value| SecretString::from(value.trim_end_matches(['\r', '\n']))),
        };
        Secrets(
            names
                .filter_map(|name| value(&name).map(|value| (name, value)))
                .collect(),
        )
    }

    /// Makes ready to speak to the service; the embedded one is started.
    pub(super) async fn connect(&self) -> Result<Service, Error> {
        match &self.environment.api {
            Api::Sandbox { state, seed } => {
                let (embedded, address) = embedded::join(state, seed).await?;
                let base =
                    Url::parse(&format!("http://{address}/v2")).expect("an address makes a URL");
                let client = client(base, SecretString::from("sandbox"), Vocabulary::Personas)?;
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
                Ok(Service {
                    client: client(url.clone(), key, *vocabulary)?,
                    _embedded: None,
                })
            }
        }
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

/// Reads those personas one by one that the plan would change, if the list says less of them than
/// that does: patches are made for the whole document. Whether it does is seen from the first.
/// Returns whether anything was learnt.
async fn complete(reader: Reader<'_>, plan: &Plan, live: &mut [Live]) -> Result<bool, ApiError> {
    let revised: BTreeSet<&PersonaId> = plan.steps.iter().filter_map(Step::revised).collect();
    let mut learnt = false;
    for live in live.iter_mut().filter(|live| revised.contains(&live.id)) {
        let Some(whole) = reader.find(&live.id).await? else {
            continue;
        };
        let salt = Salt::new([0; 32]);
        let says = |other: &Live| Base::of(&PERSONA, &other.document, &salt);
        if !learnt && says(live) == says(&whole) {
            return Ok(false);
        }
        learnt = true;
        *live = whole;
    }
    Ok(learnt)
}

fn client(base: Url, key: SecretString, vocabulary: Vocabulary) -> Result<Client, Error> {
    Client::new(Connection {
        catalog: &PERSONA,
        base,
        key,
        vocabulary,
    })
    .map_err(Error::Tls)
}

fn fresh_salt() -> Result<Salt, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(Salt::new(bytes))
}
