//! A plan with all that it takes to execute it: made anew, or read from a file.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use super::context::Context;
use super::error::Error;
use super::site::{Service, Site};
use crate::api::{ApiError, Reader};
use crate::apply::{self, Secrets};
use crate::catalog::PERSONA;
use crate::ledger::Ledger;
use crate::manifest::Loaded;
use crate::model::{Desired, Fingerprints, Key, Live, PersonaId, Salt, SecretName, secret};
use crate::plan::{self, Action, Against, Base, Inputs, Plan, Policy, Saved, Step};
use crate::settings::Api;

/// A plan, and what it takes to apply it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) ledger: Ledger,
    pub(super) live: Vec<Live>,
    pub(super) secrets: Secrets,
    pub(super) fingerprints: Fingerprints,
    /// Steps that must not be taken any more, and why.
    pub(super) outdated: BTreeMap<Key, String>,
}

impl Prepared {
    /// Compares what is desired, live and recorded.
    pub(super) async fn build(
        site: &Site<'_>,
        loaded: &Loaded,
        service: &Service,
        ledger: Ledger,
        policy: &Policy,
    ) -> Result<Self, Error> {
        // Whatever the service says may repeat one of them.
        let secrets = referred(site, loaded);
        let listed = service.client.reader().list().await?;
        Self::build_with(secrets, listed, site, loaded, service, ledger, policy).await
    }

    /// The same where the secrets that the manifests refer to are known, and it was `listed` what is live.
    pub(super) async fn build_with(
        secrets: Secrets,
        listed: Vec<Live>,
        site: &Site<'_>,
        loaded: &Loaded,
        service: &Service,
        mut ledger: Ledger,
        policy: &Policy,
    ) -> Result<Self, Error> {
        let fingerprints = secrets.fingerprints(ledger.salt().clone());
        let known = Known {
            site,
            service,
            desired: &loaded.desired,
            targets: BTreeSet::new(),
            fingerprints: &fingerprints,
        };
        let live = known.fetch(listed, &mut ledger).await?;
        let mut prepared = Self::unplanned(ledger, live, secrets, fingerprints);
        prepared.plan = prepared.planned(site, loaded, policy);
        let Self { plan, live, .. } = &mut prepared;
        if complete(service.client.reader(), &revised(plan), live).await? {
            prepared.plan = prepared.planned(site, loaded, policy);
        }
        Ok(prepared)
    }

    /// Compares the personas of a few manifests, and fetches no others: of those, it is known what was `live`. There must be nothing
    /// left to look for that an earlier apply may have done. All are fetched where one of them is not found: it may be
    /// any of the others by now.
    pub(super) async fn renew(
        site: &Site<'_>,
        loaded: &Loaded,
        service: &Service,
        ledger: Ledger,
        policy: &Policy,
        mut live: Vec<Live>,
    ) -> Result<Self, Error> {
        let few = || {
            let all = loaded.desired.iter();
            all.filter(|desired| policy.only.contains(&desired.key))
        };
        let documents = few().map(|desired| &desired.document);
        let secrets = secrets(site, documents.flat_map(secret::names));
        let fingerprints = secrets.fingerprints(ledger.salt().clone());
        let pinned = few().filter_map(|desired| desired.id.as_ref());
        let keys = policy.only.iter();
        let recorded = keys.filter_map(|key| ledger.records().get(key).map(|record| &record.id));
        let meant: BTreeSet<&PersonaId> = pinned.chain(recorded).collect();
        let found = service.client.reader().find_all(&meant).await?;
        if found.len() < meant.len() {
            return Self::build(site, loaded, service, ledger, policy).await;
        }
        live.retain(|live| !meant.contains(&live.id));
        live.extend(found);
        let mut prepared = Self::unplanned(ledger, live, secrets, fingerprints);
        prepared.plan = prepared.planned(site, loaded, policy);
        Ok(prepared)
    }

    /// All that it takes to make a plan.
    fn unplanned(
        ledger: Ledger,
        live: Vec<Live>,
        secrets: Secrets,
        fingerprints: Fingerprints,
    ) -> Self {
        Self {
            plan: Plan::default(),
            ledger,
            live,
            secrets,
            fingerprints,
            outdated: BTreeMap::new(),
        }
    }

    /// The plan for what manifests say, with what is live and recorded here.
    pub(super) fn planned(&self, site: &Site<'_>, loaded: &Loaded, policy: &Policy) -> Plan {
        plan::build(&Inputs {
            catalog: &PERSONA,
            environment: &site.environment.name,
            against: &Against::Service(site.environment.api.label().to_owned()),
            desired: &loaded.desired,
            elsewhere: &loaded.elsewhere,
            broken: &loaded.broken,
            live: &self.live,
            records: self.ledger.records(),
            secrets: &self.fingerprints,
            policy,
        })
    }

    /// Takes a plan that was made earlier, and looks for what has moved since.
    pub(super) async fn resume(
        site: &Site<'_>,
        mut saved: Saved,
        service: &Service,
        mut ledger: Ledger,
    ) -> Result<Self, Error> {
        let secrets = secrets(site, saved.plan.secrets());
        let fingerprints = secrets.fingerprints(ledger.salt().clone());
        let steps = saved.plan.steps.iter();
        let targets = steps.filter_map(|step| step.action.target());
        let known = Known {
            site,
            service,
            desired: &[],
            targets: targets.map(|(id, _)| id.clone()).collect(),
            fingerprints: &fingerprints,
        };
        let listed = service.client.reader().list().await?;
        let mut live = known.fetch(listed, &mut ledger).await?;
        saved.remember(ledger.records());
        let plan = saved.plan;
        complete(service.client.reader(), &revised(&plan), &mut live).await?;
        let outdated = plan::outdated(&PERSONA, &plan, &live, ledger.records());
        Ok(Self {
            plan,
            ledger,
            live,
            secrets,
            fingerprints,
            outdated,
        })
    }

    /// Looks again whether what is to be made is there: whoever was asked may have taken their time, and
    /// that one list left it out says too little to make it twice.
    pub(super) async fn recheck(&mut self, service: &Service) -> Result<(), Error> {
        let makes = |step: &Step| matches!(step.action, Action::Create(_) | Action::Recreate(_));
        if self.plan.steps.iter().any(makes) {
            let live = service.client.reader().fetch(&BTreeSet::new()).await?;
            self.outdated = plan::outdated(&PERSONA, &self.plan, &live, self.ledger.records());
        }
        Ok(())
    }
}

/// What personas are fetched with.
struct Known<'k> {
    site: &'k Site<'k>,
    service: &'k Service,
    desired: &'k [Desired],
    /// Personas that are meant, whether or not the ledger knows them.
    targets: BTreeSet<PersonaId>,
    fingerprints: &'k Fingerprints,
}

impl Known<'_> {
    /// Fetches what is live and was not `listed`, and takes over what an earlier apply did that was ended before it heard of
    /// it. The service may take a moment to show that.
    async fn fetch(&self, listed: Vec<Live>, ledger: &mut Ledger) -> Result<Vec<Live>, Error> {
        let live = self.complete(listed, ledger).await?;
        if self.recover(ledger, &live)? {
            return Ok(live);
        }
        let context = self.site.context;
        context.mention("Looking for what an earlier apply may have done.");
        self.wait(ledger, live).await
    }

    async fn wait(&self, ledger: &mut Ledger, mut live: Vec<Live>) -> Result<Vec<Live>, Error> {
        for wait in apply::SETTLING {
            tokio::time::sleep(wait).await;
            let listed = self.service.client.reader().list().await?;
            live = self.complete(listed, ledger).await?;
            if self.recover(ledger, &live)? {
                break;
            }
        }
        ledger.settle();
        Ok(live)
    }

    async fn complete(&self, listed: Vec<Live>, ledger: &Ledger) -> Result<Vec<Live>, Error> {
        let mut known = plan::known_ids(self.desired, ledger.records());
        known.extend(&self.targets);
        let live = self
            .service
            .client
            .reader()
            .complete(listed, &known)
            .await?;
        if plan::is_other_account(&live, ledger.records()) {
            return Err(Error::OtherAccount(self.site.environment.ledger.clone()));
        }
        Ok(live)
    }

    /// Takes over what is seen of that; whether nothing is left to look for.
    fn recover(&self, ledger: &mut Ledger, live: &[Live]) -> Result<bool, Error> {
        let secrets = self.fingerprints;
        let seen = plan::recovered(&PERSONA, secrets, ledger.unheard(), live, ledger.records());
        for (key, record) in seen {
            ledger.bind(key, record)?;
        }
        Ok(ledger.unheard().is_empty())
    }
}

/// The values of the secrets that the manifests refer to. From then on they are not said, whoever repeats them.
pub(super) fn referred(site: &Site<'_>, loaded: &Loaded) -> Secrets {
    let documents = loaded.desired.iter().map(|desired| &desired.document);
    secrets(site, documents.flat_map(secret::names))
}

/// The values of these secrets, as far as they are set. The sandbox gets stand-ins: no real secret is
/// ever sent to it.
pub(super) fn secrets(site: &Site<'_>, names: impl IntoIterator<Item = SecretName>) -> Secrets {
    let value = |name: &SecretName| match site.environment.api {
        Api::Sandbox { .. } => Some(SecretString::from(format!("sandbox stand-in for {name}"))),
        Api::Service { .. } => set(site.context, name),
    };
    // Our own keys are for the service alone.
    let reserved = &site.environment.terms.reserved;
    let names = names.into_iter().filter(|name| !reserved.contains(name));
    Secrets(
        names
            .filter_map(|name| value(&name).map(|value| (name, value)))
            .collect(),
    )
}

fn set(context: &Context, name: &SecretName) -> Option<SecretString> {
    let value = context.process.get(name.as_str())?;
    // A line break at its end is what is left of the file that it was read from.
    let secret = SecretString::from(value.trim_end_matches(['\r', '\n']));
    context.conceal(&secret);
    Some(secret)
}

/// The personas that the plan would change: patches are made for the whole document.
fn revised(plan: &Plan) -> BTreeSet<PersonaId> {
    let revised = plan.steps.iter().filter_map(Step::revised);
    revised.cloned().collect()
}

/// Reads these personas one by one, if the list says less of them than that does. Whether it does is seen from
/// the first. Returns whether anything was learnt.
pub(super) async fn complete(
    reader: Reader<'_>,
    meant: &BTreeSet<PersonaId>,
    live: &mut [Live],
) -> Result<bool, ApiError> {
    let mut learnt = false;
    for live in live.iter_mut().filter(|live| meant.contains(&live.id)) {
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
