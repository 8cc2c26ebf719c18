//! What an import is made of: who has no manifest, and drafts that were tried out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::error::Error;
use super::prepared::{Prepared, secrets};
use super::site::Site;
use crate::catalog::PERSONA;
use crate::durable;
use crate::import::{self, Draft, Existing, File, Import, Newcomer, Taken, Trial, Tried};
use crate::manifest::Loaded;
use crate::model::{Fingerprints, Live, PersonaId, Records, secret};
use crate::plan::{self, Against, Inputs, Policy};
use crate::settings::Api;

/// The live personas that no manifest describes, nor one for another environment.
pub(super) fn strangers(loaded: &Loaded, prepared: &Prepared) -> BTreeSet<PersonaId> {
    let records = prepared.ledger.records();
    let described = plan::described(&PERSONA, &loaded.desired, &prepared.live, records);
    let is_elsewhere = |live: &Live| {
        let mut bound = records.iter().filter(|(_, record)| record.id == live.id);
        bound.any(|(key, _)| loaded.elsewhere.contains(key))
    };
    let strangers = prepared
        .live
        .iter()
        .filter(|live| !described.contains_key(&live.id) && !is_elsewhere(live));
    strangers.map(|live| live.id.clone()).collect()
}

/// What drafts are made with.
pub(super) struct Desk<'d> {
    pub(super) site: &'d Site<'d>,
    pub(super) loaded: &'d Loaded,
    pub(super) prepared: &'d Prepared,
    pub(super) policy: &'d Policy,
}

impl<'d> Desk<'d> {
    /// Gives keys to these personas.
    pub(super) fn newcomers(&self, strangers: &BTreeSet<PersonaId>) -> Vec<Newcomer<'d>> {
        let Self {
            site,
            loaded,
            prepared,
            policy: _,
        } = *self;
        let mut taken = Taken::default();
        let recorded = prepared.ledger.records().iter();
        let bound = recorded.filter(|(_, record)| !strangers.contains(&record.id));
        let keys = loaded.desired.iter().map(|desired| &desired.key);
        let keys = keys
            .chain(&loaded.elsewhere)
            .chain(bound.map(|(key, _)| key));
        keys.for_each(|key| taken.add(key.as_str()));
        // What is called like a manifest would be in its way, and an overlay would be merged over it.
        let overlays = entries(&site.directory.join("_overlays"));
        let folders = overlays.iter().chain([&site.directory]);
        let files = folders.flat_map(|folder| entries(folder));
        for path in files.filter(|path| path.extension().is_some()) {
            taken.add(&path.file_stem().unwrap_or_default().to_string_lossy());
        }
        let meant = |live: &&Live| strangers.contains(&live.id);
        let meant = prepared.live.iter().filter(meant).collect();
        import::newcomers(&PERSONA, meant, &prepared.live, &loaded.desired, taken)
    }

    /// Drafts the manifests, tries them out and leaves out what would not be left alone by the next plan; with what the
    /// ledger is to hold.
    pub(super) fn draft(&self, chosen: &[&Newcomer<'_>]) -> Result<(Import, Records), Error> {
        let mut import = Import::default();
        let mut variables = self.variables();
        for newcomer in chosen {
            match import::draft(&PERSONA, newcomer, &mut variables) {
                Ok(draft) => import.drafts.push(draft),
                Err(reason) => import.refuse(&newcomer.who, reason),
            }
        }
        let existing = existing(&self.site.directory);
        let environment = &self.site.environment.name;
        loop {
            import.files = import::files(&PERSONA, &import.drafts, environment, &existing);
            let read = self.read_back(&import.files, &existing)?;
            let Tried { records, refused } = self.trial(&import.drafts, &read);
            if refused.is_empty() {
                return Ok((import, records));
            }
            for (key, reason) in refused {
                import.withdraw(&key, reason);
            }
        }
    }

    /// The variables that are in use.
    fn variables(&self) -> Taken {
        let mut taken = Taken::default();
        let documents = self.loaded.desired.iter().map(|desired| &desired.document);
        let names: BTreeSet<_> = documents.flat_map(secret::names).collect();
        let names = names.iter().chain(&self.site.environment.terms.reserved);
        names.for_each(|name| taken.add(name.as_str()));
        taken
    }

    /// What the files say once they are written, as far as they say anything.
    fn read_back(&self, files: &[File], existing: &Existing) -> Result<Loaded, Error> {
        let folder = tempfile::tempdir().map_err(Error::Trial)?;
        for file in files.iter().chain(existing.files()) {
            let path = folder.path().join(&file.path);
            let made = fs::create_dir_all(durable::folder_of(&path));
            made.and_then(|()| fs::write(&path, &file.text))
                .map_err(Error::Trial)?;
        }
        let mut read = self.site.load_from(folder.path())?;
        let prefix = format!("{}/", folder.path().display());
        for finding in &mut read.findings {
            finding.message = finding.message.replace(&prefix, "");
        }
        Ok(read)
    }

    fn trial(&self, drafts: &[Draft], read: &Loaded) -> Tried {
        let Self {
            site,
            loaded,
            prepared,
            policy,
        } = self;
        let environment = &site.environment;
        let (known, next) = self.fingerprints(drafts);
        let inputs = Inputs {
            catalog: &PERSONA,
            environment: &environment.name,
            against: &Against::Service(environment.api.label().to_owned()),
            desired: &loaded.desired,
            elsewhere: &loaded.elsewhere,
            broken: &loaded.broken,
            live: &prepared.live,
            records: prepared.ledger.records(),
            secrets: &next,
            policy,
        };
        let trial = Trial {
            inputs,
            known: &known,
        };
        trial.run(drafts, &read.desired, &read.findings)
    }

    /// What is known of the secrets where their values were answered, and what the next plan knows of them. Whether a
    /// variable that is set holds what is live cannot be told, unless it is the sandbox's stand-in.
    fn fingerprints(&self, drafts: &[Draft]) -> (Fingerprints, Fingerprints) {
        let salt = self.prepared.ledger.salt().clone();
        let names = drafts.iter().flat_map(|draft| &draft.secrets);
        if let Api::Sandbox { .. } = self.site.environment.api {
            let secrets = secrets(self.site, names.map(|(name, _)| name.clone()));
            let next = secrets.fingerprints(salt);
            return (next.clone(), next);
        }
        let next = Fingerprints::new(salt);
        let mut known = next.clone();
        for draft in drafts {
            let is_meant = |live: &&Live| live.id == draft.who.id;
            let live = self.prepared.live.iter().find(is_meant);
            for (name, value) in live.into_iter().flat_map(|live| draft.answered(live)) {
                self.site.context.conceal(&SecretString::from(value));
                known.insert(name.clone(), value);
            }
        }
        (known, next)
    }
}

/// The files that others may be put beside.
fn existing(directory: &Path) -> Existing {
    let mut existing = Existing::default();
    for folder in import::FOLDERS {
        for path in entries(&directory.join(folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_file = path.symlink_metadata().is_ok_and(|it| it.is_file());
            let text = is_file.then(|| fs::read_to_string(&path).ok()).flatten();
            existing.add(File {
                path: format!("{folder}/{name}"),
                text: text.unwrap_or_default(),
                owner: None,
            });
        }
    }
    existing
}

/// What is in a folder; nothing where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}
