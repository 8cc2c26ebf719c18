//! One turn of the loop: look, plan what is due, apply it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::audience::Audience;
use super::due::Due;
use super::event::{Cause, Event};
use super::picture::Picture;
use super::{Options, Talk, Turn};
use crate::api::Drafts;
use crate::apply::{self, Status};
use crate::cli::args::CONCURRENCY;
use crate::cli::commands::apply::{Told, perform};
use crate::cli::commands::talk;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::outcome::Outcome;
use crate::cli::prepared::Prepared;
use crate::cli::signals::Signals;
use crate::cli::site::{Service, Site, scope};
use crate::ledger::{Ledger, Lock};
use crate::manifest::{self, Workspace};
use crate::model::{Desired, Finding, Key, Live, Severity};
use crate::plan::{Action, Aim, Deletes, Plan, Policy};
use crate::settings::{Environment, SettingsError, SettingsErrorKind};
use crate::stamp::Stamp;
use crate::watch::Watcher;

/// How often is asked whether another apply has ended, and how long is waited in between.
const PATIENCE: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);

/// The stamps of the ledger and its journal.
type Stamps = [Option<Stamp>; 2];

/// Of so many personas each is fetched by itself: of more, the list takes fewer requests.
const FEW: usize = 16;

/// What is kept from one turn to the next.
pub(super) struct Desk<'d> {
    options: &'d Options<'d>,
    context: &'d Context,
    /// What the settings said last.
    settings: Option<Environment>,
    service: Option<Service>,
    workspace: Workspace,
    /// The ledger as it was read last, with the stamps of its files.
    ledger: Option<(Stamps, Ledger)>,
    /// What was live when all of it was fetched last, with what was fetched since.
    live: Option<Vec<Live>>,
    /// What is to be planned.
    due: Due,
    /// What is to be applied, where that is done at all.
    owed: Due,
    picture: Picture,
    /// What was wrong with the manifests.
    mistakes: Vec<Finding>,
    /// Whether a conversation is to be begun.
    talks: bool,
}

/// What one turn is about.
struct Work<'w> {
    site: &'w Site<'w>,
    cause: Cause,
    began: Instant,
    applies: bool,
}

impl<'d> Desk<'d> {
    pub(super) fn new(options: &'d Options<'d>, context: &'d Context) -> Self {
        Self {
            options,
            context,
            settings: None,
            service: None,
            workspace: Workspace::default(),
            ledger: None,
            live: None,
            due: Due::All,
            owed: Due::All,
            picture: Picture::default(),
            mistakes: Vec::new(),
            talks: options.talk.is_some(),
        }
    }

    /// What all plans together say.
    pub(super) const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Looks at all that may have changed, and plans what is due.
    pub(super) async fn turn(
        &mut self,
        cause: Cause,
        watcher: &mut Watcher,
        audience: &mut Audience<'_>,
        signals: &mut Signals,
    ) -> Result<Turn, Error> {
        if let Some(monitor) = self.options.monitor {
            monitor.beat();
        }
        tokio::select! {
            biased;
            outcome = signals.next() => return Ok(Turn::Ended(outcome)),
            () = watcher.settle() => {}
        }
        let began = Instant::now();
        watcher.renew();
        // Without the directory there are no settings, and without these nobody knows which account is meant.
        manifest::is_there(self.options.directory)?;
        let site = Site {
            context: self.context,
            directory: self.options.directory.to_owned(),
            environment: self.environment(audience)?,
        };
        self.settle(&site, audience)?;
        let changed = self.look(&site, watcher, audience)?;
        // What could not be done before is tried again when it is time to.
        if cause == Cause::Save && changed.is_empty() && !self.due.is_empty() {
            return Ok(Turn::Idle);
        }
        self.owe(cause, changed);
        let work = Work {
            site: &site,
            cause,
            began,
            applies: self.applies(cause, &site)?,
        };
        if self.due.is_empty() {
            return Ok(Turn::Nothing);
        }
        let planned = tokio::select! {
            biased;
            outcome = signals.next() => return Ok(Turn::Ended(outcome)),
            () = audience.quit() => return Ok(Turn::Ended(Outcome::Done)),
            planned = self.plan(&work) => planned,
        };
        match planned.inspect_err(|error| self.hang_up(error))? {
            Some(planned) => self.conclude(&work, planned, audience, signals).await,
            None => Ok(Turn::Partial),
        }
    }

    /// Takes note of what is to be planned, and of what is to be applied: what somebody else has changed is only shown, unless it is to be
    /// changed back.
    fn owe(&mut self, cause: Cause, changed: BTreeSet<Key>) {
        let changed = Due::Some(changed);
        self.due.add(&changed);
        self.owed.add(&changed);
        match cause {
            Cause::Start | Cause::Apply => {
                self.due = Due::All;
                self.owed = Due::All;
            }
            Cause::Interval => {
                self.due = Due::All;
                if self.options.reverts {
                    self.owed = Due::All;
                }
            }
            Cause::Asked => self.due = Due::All,
            Cause::Save | Cause::Retry => {}
        }
    }

    /// Whether what is owed is applied in this turn.
    fn applies(&self, cause: Cause, site: &Site<'_>) -> Result<bool, Error> {
        if cause == Cause::Apply {
            self.refuse_protected(site)?;
            return Ok(true);
        }
        Ok(self.options.applies && !self.owed.is_empty())
    }

    /// Lets go of a service that has not answered: another process may have taken its place.
    fn hang_up(&mut self, error: &Error) {
        if matches!(error, Error::Api(_)) {
            self.service = None;
        }
    }

    /// What the settings say. Their mistakes are shown as those of manifests are.
    fn environment(&mut self, audience: &mut Audience<'_>) -> Result<Environment, Error> {
        let chosen = self.context.environment.as_deref();
        let directory = self.options.directory;
        let environment = Environment::resolve(directory, chosen, &self.context.process);
        let environment = environment.and_then(|environment| self.remain(environment));
        environment.map_err(|error| {
            if let SettingsErrorKind::Mistakes(findings, sources) = &error.kind
                && *findings != self.mistakes
            {
                // That it cannot be told either is told by the error itself.
                let _ = audience.tell(&Event::Mistakes { findings, sources });
                self.mistakes = findings.clone();
            }
            error.into()
        })
    }

    /// Refuses to go on without the settings that there were: what is left means another account, and whoever saves
    /// them anew may have taken them away for a moment only.
    fn remain(&self, environment: Environment) -> Result<Environment, SettingsError> {
        let former = self.settings.as_ref().and_then(|known| known.file.clone());
        match former {
            Some(file) if environment.file.is_none() => Err(SettingsError {
                environment: None,
                file: Some(file),
                kind: SettingsErrorKind::Io(ErrorKind::NotFound.into()),
            }),
            _ => Ok(environment),
        }
    }

    /// Begins anew where the settings say something else.
    fn settle(&mut self, site: &Site<'_>, audience: &mut Audience<'_>) -> Result<(), Error> {
        if self.options.applies {
            self.refuse_protected(site)?;
        }
        if self.settings.as_ref() == Some(&site.environment) {
            return Ok(());
        }
        self.stay(site)?;
        self.settings = Some(site.environment.clone());
        self.service = None;
        self.workspace = Workspace::default();
        self.ledger = None;
        self.live = None;
        self.due = Due::All;
        self.owed = Due::All;
        self.picture = Picture::default();
        audience.tell(&Event::Watching {
            directory: self.options.directory,
            environment: &site.environment.name,
            address: site.environment.api.label(),
            applies: self.options.applies,
        })
    }

    /// Refuses to apply to another account than the one that the loop was begun for.
    fn stay(&self, site: &Site<'_>) -> Result<(), Error> {
        let Some(former) = self.settings.as_ref().filter(|_| self.options.applies) else {
            return Ok(());
        };
        let now = &site.environment;
        if former.name == now.name && former.api == now.api {
            return Ok(());
        }
        Err(Error::NotConfirmed(format!(
            "the settings mean `{}` at {} now, and not `{}` at {} any more: begin again to apply there",
            now.name,
            now.api.label(),
            former.name,
            former.api.label()
        )))
    }

    /// Refuses to apply where somebody has to say a second word.
    fn refuse_protected(&self, site: &Site<'_>) -> Result<(), Error> {
        let Environment {
            name, protected, ..
        } = &site.environment;
        if !protected || self.options.allowed == Some(name) {
            return Ok(());
        }
        Err(Error::NotConfirmed(format!(
            "`{name}` is protected: `apply` and `reconcile` apply to it, with `--yes {name}`"
        )))
    }

    /// Reads what may have changed. Returns the manifests that have.
    fn look(
        &mut self,
        site: &Site<'_>,
        watcher: &mut Watcher,
        audience: &mut Audience<'_>,
    ) -> Result<BTreeSet<Key>, Error> {
        let scope = scope(&site.environment.terms);
        let refresh = |workspace: &mut Workspace| workspace.refresh(&site.directory, &scope);
        let broken = self.workspace.loaded().broken.clone();
        let news = refresh(&mut self.workspace).inspect_err(|_| {
            // What was deleted meanwhile is not told by whoever reads everything anew.
            self.due = Due::All;
        })?;
        let mut changed = news.keys;
        // What was written before a folder was watched is not told.
        if news.is_elsewhere && self.cover(site, watcher) {
            changed.extend(refresh(&mut self.workspace)?.keys);
        }
        let loaded = self.workspace.loaded();
        if loaded.broken != broken {
            // What somebody had to decide may have been about them.
            let steps = self.picture.0.steps.iter();
            let blocked = steps.filter(|step| matches!(step.action, Action::Blocked(_)));
            changed.extend(blocked.map(|step| step.key.clone()));
        }
        loaded
            .secrets
            .iter()
            .for_each(|secret| self.context.conceal(secret));
        self.tell_mistakes(&changed, audience)?;
        let desired: BTreeSet<Key> = self.keys().cloned().collect();
        let is_gone = |key: &Key| changed.contains(key) && !desired.contains(key);
        let steps = &mut self.picture.0.steps;
        steps.retain(|step| !is_gone(&step.key));
        if let Some(monitor) = self.options.monitor {
            monitor.held(self.held().len());
        }
        Ok(changed)
    }

    /// Watches wherever files are read, the settings among them. Returns whether anything is watched that was not.
    fn cover(&self, site: &Site<'_>, watcher: &mut Watcher) -> bool {
        let (mut folders, mut paths) = (self.workspace.folders(), self.workspace.paths());
        let settings = site.environment.file.as_ref();
        if let Some(file) = settings.and_then(|file| file.canonicalize().ok()) {
            folders.extend(file.parent().map(Path::to_owned));
            paths.insert(file);
        }
        watcher.cover(&folders, paths)
    }

    /// Tells what is wrong with the manifests where that is something else than before, or was written anew.
    fn tell_mistakes(
        &mut self,
        changed: &BTreeSet<Key>,
        audience: &mut Audience<'_>,
    ) -> Result<(), Error> {
        let loaded = self.workspace.loaded();
        let findings = loaded.findings.iter();
        let told = findings.filter(|finding| finding.severity != Severity::Advice);
        let told: Vec<Finding> = told.cloned().collect();
        let files = |findings: &[Finding]| -> BTreeSet<String> {
            let stopping = findings.iter().filter(|finding| self.stops(finding));
            let places = stopping.filter_map(|finding| finding.place.as_ref());
            places.map(|place| place.file.to_string()).collect()
        };
        let (before, now) = (files(&self.mistakes), files(&told));
        let mended: Vec<String> = before.difference(&now).cloned().collect();
        let is_new = told != self.mistakes || changed.iter().any(|key| loaded.broken.contains(key));
        if !mended.is_empty() {
            audience.tell(&Event::Mended(&mended))?;
        }
        if is_new && !(told.is_empty() && self.mistakes.is_empty()) {
            audience.tell(&Event::Mistakes {
                findings: &told,
                sources: &loaded.sources,
            })?;
        }
        self.mistakes = told;
        Ok(())
    }

    /// Whether a manifest with this finding is left alone.
    fn stops(&self, finding: &Finding) -> bool {
        let is_warning = finding.severity == Severity::Warning;
        finding.is_error() || self.context.strict && is_warning
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        let desired = self.workspace.loaded().desired.iter();
        desired.map(|desired| &desired.key)
    }

    /// The manifests that are left alone for what is wrong with them, or with a file that they use.
    fn held(&self) -> BTreeSet<Key> {
        let stopping = self.mistakes.iter().filter(|finding| self.stops(finding));
        let places = stopping.filter_map(|finding| finding.place.as_ref());
        let files: BTreeSet<&str> = places.map(|place| &*place.file).collect();
        let users = files
            .iter()
            .flat_map(|file| self.workspace.users(file.as_ref()));
        users
            .chain(&self.workspace.loaded().broken)
            .cloned()
            .collect()
    }

    /// Compares what is due; nothing where all of that is left alone.
    async fn plan(&mut self, work: &Work<'_>) -> Result<Option<Planned>, Error> {
        if self.service.is_none() {
            let mut service = work.site.connect(CONCURRENCY).await?;
            if let Some(monitor) = self.options.monitor {
                monitor.connected(&mut service);
            }
            self.service = Some(service);
        }
        let lock = match work.applies {
            true => Some(lock(work.site).await?),
            false => None,
        };
        let (mut stamps, ledger) = self.ledger(work)?;
        let Some(policy) = self.policy(work.site, &ledger)? else {
            self.due = Due::default();
            return Ok(None);
        };
        let policy = Policy {
            aim: match work.applies {
                true => Aim::Apply,
                false => Aim::Show,
            },
            ..policy
        };
        let service = self.service.as_ref().expect("it was just put there");
        service.client.begin();
        let loaded = self.workspace.loaded();
        let live = match self.is_enough(&ledger, &policy) {
            true => self.live.take(),
            false => None,
        };
        let mut prepared = match live {
            Some(live) => {
                Prepared::renew(work.site, loaded, service, ledger, &policy, live).await?
            }
            None => {
                // What an earlier apply did may only be known here.
                stamps = None;
                Prepared::build(work.site, loaded, service, ledger, &policy).await?
            }
        };
        if work.applies {
            prepared.recheck(service).await?;
        }
        Ok(Some(Planned {
            prepared,
            stamps,
            lock,
        }))
    }

    /// The ledger. It is read again where its files have changed, and for each apply.
    fn ledger(&mut self, work: &Work<'_>) -> Result<(Option<Stamps>, Ledger), Error> {
        let start = SystemTime::now();
        let Environment {
            ledger, journal, ..
        } = &work.site.environment;
        let stamps = [ledger, journal].map(|path| Stamp::of(path));
        match self.ledger.take() {
            Some((known, ledger)) if known == stamps && !work.applies => Ok((Some(stamps), ledger)),
            _ => {
                let mut found = stamps.iter().flatten();
                let is_settled = found.all(|stamp| stamp.is_settled(start));
                Ok((is_settled.then_some(stamps), work.site.ledger(None)?))
            }
        }
    }

    /// What is to be planned. An empty choice would be all there is: there is none where nothing is left.
    fn policy(&self, site: &Site<'_>, ledger: &Ledger) -> Result<Option<Policy>, Error> {
        let loaded = self.workspace.loaded();
        let policy = site.policy(loaded, ledger, self.options.selection, Deletes::Refuse)?;
        let held = self.held();
        if self.due == Due::All && held.is_empty() {
            return Ok(Some(policy));
        }
        let all = || self.keys().chain(ledger.records().keys());
        let due: BTreeSet<Key> = match &self.due {
            Due::All => all().cloned().collect(),
            Due::Some(due) => due.clone(),
        };
        let only = due.into_iter().filter(|key| {
            let is_wanted = policy.only.is_empty() || policy.only.contains(key);
            is_wanted && !held.contains(key)
        });
        let only: BTreeSet<Key> = only.collect();
        Ok((!only.is_empty()).then_some(Policy { only, ..policy }))
    }

    /// Whether what is known to be live is enough to plan these, once they are fetched: not where one of them may be anywhere.
    fn is_enough(&self, ledger: &Ledger, policy: &Policy) -> bool {
        let has_id =
            |desired: &Desired| desired.id.is_some() || ledger.records().contains_key(&desired.key);
        let mut desired = self.workspace.loaded().desired.iter();
        self.due != Due::All
            && policy.only.len() <= FEW
            && ledger.unheard().is_empty()
            && desired.all(|desired| !policy.only.contains(&desired.key) || has_id(desired))
    }

    /// Tells the plan, and applies what is owed of it.
    async fn conclude(
        &mut self,
        work: &Work<'_>,
        planned: Planned,
        audience: &mut Audience<'_>,
        signals: &mut Signals,
    ) -> Result<Turn, Error> {
        let Planned {
            mut prepared,
            stamps,
            lock,
        } = planned;
        let is_known = self.picture.says(&prepared.plan);
        let about = std::mem::take(&mut self.due);
        self.picture.take(&prepared.plan, &about);
        if let Some(monitor) = self.options.monitor {
            monitor.planned(&self.picture.0);
        }
        if work.cause != Cause::Interval || !is_known {
            audience.tell(&Event::Planned {
                cause: work.cause,
                plan: &prepared.plan,
                picture: &self.picture,
                took: work.began.elapsed(),
            })?;
        }
        if !work.applies {
            self.ledger = stamps.zip(Some(prepared.ledger));
            self.live = Some(prepared.live);
            return self.rest(work.site, audience, signals).await;
        }
        if work.cause == Cause::Apply && !is_known {
            self.owed = Due::default();
            self.live = Some(prepared.live);
            audience.tell(&Event::Notice(
                "That is not what was shown before: look at it, and press `a` again.",
            ))?;
            return Ok(Turn::Done);
        }
        let owed = std::mem::take(&mut self.owed);
        prepared.plan.steps.retain(|step| owed.has(&step.key));
        let outcome = self.apply(work, prepared, audience, signals).await;
        drop(lock);
        match outcome {
            Ok(Some(outcome)) => Ok(Turn::Ended(outcome)),
            Ok(None) => self.rest(work.site, audience, signals).await,
            Err(error) => {
                // Nothing of it may have been done.
                self.due.add(&owed);
                self.owed.add(&owed);
                Err(error)
            }
        }
    }

    /// Does what is left when a plan is told, and done as far as that is to be.
    async fn rest(
        &mut self,
        site: &Site<'_>,
        audience: &mut Audience<'_>,
        signals: &mut Signals,
    ) -> Result<Turn, Error> {
        tokio::select! {
            biased;
            outcome = signals.next() => return Ok(Turn::Ended(outcome)),
            told = self.talk(site, audience) => told?,
        }
        Ok(match self.due.is_empty() {
            false => Turn::Unfinished,
            true if self.held().is_empty() && !self.picture.waits() => Turn::Done,
            true => Turn::Partial,
        })
    }

    /// Does what a plan says. How the run is to end, where it was asked to meanwhile.
    async fn apply(
        &mut self,
        work: &Work<'_>,
        prepared: Prepared,
        audience: &mut Audience<'_>,
        signals: &mut Signals,
    ) -> Result<Option<Outcome>, Error> {
        let began = Instant::now();
        let sends = prepared.plan.sends();
        if sends {
            audience.tell(&Event::Applying(&prepared.plan))?;
        }
        let service = self.service.as_ref().expect("the plan was made with it");
        let done = {
            let audience = RefCell::new(&mut *audience);
            let tell = |event: &Event<'_>| {
                // What was done is done, whether or not it can still be told.
                let _ = audience.borrow_mut().tell(event);
            };
            let told = Told {
                mention: &|text| tell(&Event::Notice(text)),
                step: &|step, outcome| {
                    if let Some(monitor) = self.options.monitor {
                        monitor.stepped(step, outcome);
                    }
                    tell(&Event::Stepped(step, outcome));
                },
            };
            perform(work.site, service, prepared, Drafts::Keep, told, signals).await?
        };
        self.live = Some(done.live);
        let (plan, outcomes) = (done.plan, done.outcomes);
        self.picture.done(&plan, &outcomes);
        if let Some(monitor) = self.options.monitor {
            monitor.planned(&self.picture.0);
        }
        self.remember(&plan, &outcomes);
        let undo = done.undo.unwrap_or_else(|error| {
            let told = format!("The undo file could not be brought up to date: {error}");
            let _ = audience.tell(&Event::Notice(&told));
            None
        });
        if sends {
            audience.tell(&Event::Applied {
                plan: &plan,
                outcomes: &outcomes,
                picture: &self.picture,
                undo: undo.as_deref(),
                took: began.elapsed(),
            })?;
        }
        // What was done is in the journal, from where the next apply takes it.
        done.recorded?;
        Ok(done.signal)
    }

    /// Takes note of what is to be tried again, and whether a conversation is due.
    fn remember(&mut self, plan: &Plan, outcomes: &[apply::Outcome]) {
        let ended = || plan.steps.iter().zip(outcomes);
        let passing = ended().filter(|(_, outcome)| {
            matches!(
                outcome.status,
                Status::Stale | Status::Failed | Status::Skipped
            )
        });
        let again = Due::Some(passing.map(|(step, _)| step.key.clone()).collect());
        self.due.add(&again);
        self.owed.add(&again);
        self.talks |= self.options.talk.is_some_and(|talk| {
            ended()
                .any(|(step, outcome)| step.key == *talk.key && outcome.status == Status::Applied)
        });
    }

    /// Begins the conversation that is due. One that could not be begun is due no more: it may be there all the same.
    async fn talk(&mut self, site: &Site<'_>, audience: &mut Audience<'_>) -> Result<(), Error> {
        let Some(Talk {
            key,
            replica,
            opens,
        }) = self.options.talk.filter(|_| self.talks)
        else {
            return Ok(());
        };
        self.talks = false;
        let service = self.service.as_ref().expect("the plan was made with it");
        let loaded = self.workspace.loaded();
        match talk::converse(site, service, loaded, key, replica).await {
            Ok(conversation) => {
                let conversation = &conversation;
                audience.tell(&Event::Talk { key, conversation })?;
                if opens {
                    talk::show(self.context, conversation);
                }
                Ok(())
            }
            Err(error) => audience.tell(&Event::Failed {
                error: &error,
                again: None,
            }),
        }
    }
}

/// Keeps other applies away. One that is about to end is waited for.
async fn lock(site: &Site<'_>) -> Result<Lock, Error> {
    for _ in 0..PATIENCE {
        if let Ok(lock) = site.lock() {
            return Ok(lock);
        }
        tokio::time::sleep(PAUSE).await;
    }
    site.lock()
}

/// A plan of what was due.
struct Planned {
    prepared: Prepared,
    /// Those of the ledger's files, where it need not be read again while they are the same.
    stamps: Option<Stamps>,
    /// Nobody else applies meanwhile.
    lock: Option<Lock>,
}
