//! What the repository said at another revision: read as any persona directory is, from a copy that goes away again.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::context::Context;
use super::error::Error;
use super::site::load;
use crate::bounds::Bounds;
use crate::catalog::PERSONA;
use crate::git::{Extent, Layout, Repository};
use crate::manifest::{Loaded, normalised};
use crate::model::{Desired, Finding, Key, Ownership, Place, Places, Severity, causes};
use crate::plan::{Against, Comparison, Plan, Policy};
use crate::render::{self, on_one_line};
use crate::settings::{self, SettingsError, SettingsErrorKind, Terms};
use crate::yaml::Sources;

/// The manifests at another revision.
pub(super) struct Former {
    /// What the revision is called, and the commit that this means.
    name: String,
    commit: String,
    /// What is to be known of it beside its manifests.
    remarks: Vec<String>,
    /// The folder at the top of the work tree.
    top: PathBuf,
    desired: Vec<Desired>,
    broken: BTreeSet<Key>,
    /// Those that were meant for other environments.
    aside: BTreeSet<Key>,
}

impl Former {
    /// Reads the manifests at a revision, in the environment of these `terms` as it was there. Where there was none,
    /// or no persona directory, nothing was.
    pub(super) async fn read(
        context: &Context,
        directory: &Path,
        terms: &Terms,
        name: &str,
    ) -> Result<Self, Error> {
        let real = directory.canonicalize().map_err(Error::Here)?;
        let repository = Repository::around(&real)?;
        let commit = repository.commit(name).await?;
        let mut layout = Layout::of(&repository, &commit).await?;
        let mut found = None;
        for way in ways(directory, &real, repository.top())? {
            layout.bring(&way, Extent::Documents).await?;
            found = found.or_else(|| layout.folder(&way));
        }
        let mut copy = Copy {
            context,
            // Git knows no files of `REF...`.
            name: if name.contains("...") { &commit } else { name },
            layout,
        };
        let (loaded, remark) = match copy.terms(found, terms) {
            Ok((terms, former)) => (
                copy.load(&former, &terms).await?,
                redirected(&former, directory, &terms.environment)?,
            ),
            Err(missing) => {
                let remark = format!("At that revision, {missing}: everything is new.");
                (Loaded::default(), Some(remark))
            }
        };
        copy.tell(&loaded.findings, &loaded.sources);
        Ok(Self {
            name: name.to_owned(),
            commit,
            remarks: Vec::from_iter(remark),
            top: repository.top().to_owned(),
            desired: loaded.desired,
            broken: loaded.broken,
            aside: loaded.elsewhere,
        })
    }

    /// The keys of all its manifests.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> + Clone {
        let desired = self.desired.iter().map(|desired| &desired.key);
        desired.chain(&self.broken)
    }

    /// The plan for what manifests say by now, had these just been applied.
    pub(super) fn compare(mut self, environment: &str, loaded: &Loaded, policy: &Policy) -> Plan {
        let (foreign, desired) = self.split(&loaded.desired);
        self.desired.retain(|former| !foreign.contains(&former.key));
        self.remarks.extend(left_out(foreign.len()));
        self.desired.extend(self.lost(loaded));
        let against = Against::Revision {
            name: self.name,
            commit: self.commit,
            remarks: self.remarks,
        };
        let comparison = Comparison {
            catalog: &PERSONA,
            environment,
            against: &against,
            former: &self.desired,
            broken: &self.broken,
            aside: &self.aside,
            desired: &desired,
            elsewhere: &loaded.elsewhere,
            policy,
        };
        comparison.plan()
    }

    /// The keys of those manifests that submodules hold, and the other manifests. No revision holds the former, so
    /// that it would seem as if they were new.
    fn split(&self, desired: &[Desired]) -> (BTreeSet<Key>, Vec<Desired>) {
        let is_foreign = |manifest: &&Desired| {
            let real = Path::new(&*manifest.file).canonicalize();
            real.is_ok_and(|real| Bounds::around(&real).top() != self.top)
        };
        let (foreign, own): (Vec<_>, Vec<_>) = desired.iter().partition(is_foreign);
        let foreign = foreign.into_iter().map(|manifest| manifest.key.clone());
        (foreign.collect(), own.into_iter().cloned().collect())
    }

    /// Stand-ins for those that could not be read and are gone by now: all that is known of them is that they were there.
    fn lost(&self, loaded: &Loaded) -> Vec<Desired> {
        let is_there = |key: &Key| loaded.desired.iter().any(|desired| desired.key == *key);
        let lost = self.broken.iter().filter(|key| !is_there(key));
        lost.map(|key| Desired {
            key: key.clone(),
            file: Arc::from(""),
            document: Value::Object(Map::new()),
            places: Places::new(Place::start_of(Path::new(""))),
            id: None,
            ownership: Ownership::default(),
            ignore: Vec::new(),
            prevent_delete: false,
        })
        .collect()
    }
}

/// That personas are applied elsewhere by now, or otherwise, whatever their manifests say.
fn redirected(
    former: &Path,
    now: &Path,
    environment: &str,
) -> Result<Option<String>, SettingsError> {
    let members = settings::differing(former, now, environment)?.join(", ");
    Ok((!members.is_empty()).then(|| format!("The settings differ: {members}.")))
}

/// That manifests are not compared.
fn left_out(count: usize) -> Option<String> {
    let said = match count {
        0 => return None,
        1 => "1 manifest in a submodule was left out".to_owned(),
        count => format!("{count} manifests in submodules were left out"),
    };
    Some(format!(
        "{said}: no revision of this repository holds what they say."
    ))
}

/// The ways from the top of the repository to the persona directory: as it was typed, for a link may have led elsewhere, and
/// as it really is, for there may have been no link.
fn ways(directory: &Path, real: &Path, top: &Path) -> Result<Vec<PathBuf>, Error> {
    let here = env::current_dir().and_then(|here| here.canonicalize());
    let typed = normalised(&here.map_err(Error::Here)?.join(directory));
    let typed = Some(typed).filter(|typed| typed.canonicalize().is_ok_and(|found| found == real));
    let paths = typed.into_iter().chain([real.to_owned()]);
    let ways = paths.filter_map(|path| path.strip_prefix(top).map(Path::to_owned).ok());
    Ok(ways.collect())
}

/// A copy of the repository at a revision, as far as it was asked for.
struct Copy<'c> {
    context: &'c Context,
    /// What the revision is called.
    name: &'c str,
    layout: Layout,
}

impl Copy<'_> {
    /// The persona directory and what its manifests are read with, or else why there is nothing.
    fn terms(&self, directory: Option<PathBuf>, now: &Terms) -> Result<(Terms, PathBuf), String> {
        let directory = directory.ok_or_else(|| "there was no persona directory".to_owned())?;
        let environment = &now.environment;
        let terms = Terms::resolve(&directory, Some(environment), &self.context.process);
        let terms = terms.map_err(|SettingsError { kind, .. }| match kind {
            SettingsErrorKind::Unknown(_) => {
                format!("the settings had no environment `{environment}`")
            }
            SettingsErrorKind::Mistakes(findings, sources) => {
                self.tell(&findings, &sources);
                "the settings had mistakes".to_owned()
            }
            kind => {
                self.context.say(&on_one_line(&causes(&kind)));
                "the settings could not be read".to_owned()
            }
        })?;
        Ok((terms, directory))
    }

    /// Loads its manifests, and brings what they ask for until that is all there.
    async fn load(&mut self, directory: &Path, terms: &Terms) -> Result<Loaded, Error> {
        loop {
            let loaded = load(self.context, directory, terms)?;
            let top = self.layout.top().to_owned();
            let mut is_new = false;
            for way in loaded
                .missing
                .iter()
                .filter_map(|path| path.strip_prefix(&top).ok())
            {
                is_new |= self.layout.bring(way, Extent::Itself).await?;
            }
            if !is_new {
                return Ok(loaded);
            }
        }
    }

    /// Shows what was wrong, which stops nothing any more: what is wrong by now is told as ever.
    fn tell(&self, findings: &[Finding], sources: &Sources) {
        let findings = findings.iter().filter(|finding| finding.is_error());
        let findings: Vec<Finding> = findings.map(|finding| self.called(finding)).collect();
        if findings.is_empty() {
            return;
        }
        let shown = render::findings(&findings, |place| sources.line(&self.copied(place)));
        self.context.say(&shown);
    }

    /// A finding with what git calls the files of a revision: `main:personas/ana.yaml`.
    fn called(&self, finding: &Finding) -> Finding {
        let place = |place: &Place| Place {
            file: Arc::from(self.named(&place.file)),
            ..place.clone()
        };
        Finding {
            severity: Severity::Warning,
            message: self.named(&finding.message),
            place: finding.place.as_ref().map(place),
            member: finding.member.as_ref().map(place),
            hint: finding.hint.as_deref().map(|hint| self.named(hint)),
            ..finding.clone()
        }
    }

    fn named(&self, text: &str) -> String {
        text.replace(&self.prefix(), &format!("{}:", self.name))
    }

    /// Where that is in the copy.
    fn copied(&self, place: &Place) -> Place {
        let below = place.file.strip_prefix(&format!("{}:", self.name));
        let file = below.map(|below| self.prefix() + below);
        Place {
            file: file.map_or_else(|| place.file.clone(), Arc::from),
            ..place.clone()
        }
    }

    fn prefix(&self) -> String {
        format!("{}/", self.layout.top().display())
    }
}
