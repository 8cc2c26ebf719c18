//! A persona directory that is loaded again and again: only what may have changed is read anew.
//!
//! That a file has changed is told by what the system says of it, and never by who reports it: so
//! nothing is missed, whatever was reported, and nothing is done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::discover::{LoadError, canonical, discover};
use super::files::{File, Files};
use super::load::{Draft, Loaded, Scope, drafts};
use super::overlay;
use super::stamp::Stamp;
use crate::model::{Desired, Finding, Key};
use crate::yaml::Sources;

/// A persona directory, and what was read of it last.
#[derive(Debug, Default)]
pub struct Workspace {
    loaded: Loaded,
    /// All manifests that could be read, by key; what the sound ones say is in `loaded`.
    drafts: Vec<Draft>,
    /// The stamps of all that a manifest depends on, where it need not be read again while they are the same.
    stamps: BTreeMap<Key, Vec<Option<Stamp>>>,
    has_overlays: bool,
}

/// The manifests that there are, as a refresh finds them.
#[derive(Default)]
struct Sorted {
    /// Those of which nothing has changed.
    kept: Vec<Draft>,
    /// Those that are to be read.
    stale: Vec<(Key, File)>,
}

impl Workspace {
    /// What the directory says.
    pub const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Reads what may have changed; all of it the first time. Returns the keys of the manifests that are not
    /// what they were, with those that have come or gone.
    ///
    /// # Errors
    /// Where the directory cannot be read. Everything is read anew then the next time.
    pub fn refresh(
        &mut self,
        directory: &Path,
        scope: &Scope<'_>,
    ) -> Result<BTreeSet<Key>, LoadError> {
        let start = SystemTime::now();
        let mut former = std::mem::take(self);
        let real = canonical(directory)?;
        let home = File::home(directory, &real);
        let mut files = Files::around(&real);
        let found = discover(directory, &real, &files)?;
        self.has_overlays = overlay::are_any(scope.environment, &home);
        let mut loaded = Loaded::of(&found.manifests, found.findings);

        let before: BTreeSet<Key> = keys(&former.loaded).cloned().collect();
        let is_same = self.has_overlays == former.has_overlays;
        let Sorted { kept, stale } = former.sort(found.manifests, is_same);
        for draft in &kept {
            self.stamps.extend(former.stamps.remove_entry(&draft.key));
            former.hand_over(draft, &mut files);
        }
        let read: Vec<Key> = stale.iter().map(|(key, _)| key.clone()).collect();
        let fresh = drafts(stale, &home, scope, &mut files, &mut loaded.findings);
        for draft in &fresh {
            let stamps = stamps(draft, start);
            self.stamps
                .extend(stamps.map(|stamps| (draft.key.clone(), stamps)));
        }
        let rewritten = fresh
            .iter()
            .filter(|draft| former.reads_otherwise(draft, &files.sources));
        let mut changed: BTreeSet<Key> = rewritten.map(|draft| draft.key.clone()).collect();

        self.drafts = kept.into_iter().chain(fresh).collect();
        self.drafts.sort_by(|a, b| a.key.cmp(&b.key));
        loaded.survey(&self.drafts, found.private, scope, &home, &mut files);
        loaded.finish(&mut self.drafts, scope, files);
        let now: BTreeSet<Key> = keys(&loaded).cloned().collect();
        changed.extend(before.symmetric_difference(&now).cloned());
        let differs = |key: &Key| desired(&former.loaded, key) != desired(&loaded, key);
        changed.extend(read.into_iter().filter(differs));
        changed.retain(|key| !loaded.elsewhere.contains(key) || before.contains(key));
        self.loaded = loaded;
        Ok(changed)
    }

    /// The manifests for which a file was read or looked for, as the user would type it.
    pub fn users(&self, file: &Path) -> impl Iterator<Item = &Key> {
        let uses = move |draft: &&Draft| draft.used.iter().any(|used| used.shown == file);
        self.drafts.iter().filter(uses).map(|draft| &draft.key)
    }

    /// Where the files lie that were read or looked for, from the root on; where a link leads as well as where it is.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let paths = self.drafts.iter().flat_map(|draft| &draft.used);
        let folders = paths.filter_map(|used| used.path.parent());
        let folders: BTreeSet<&Path> = folders.collect();
        folders.into_iter().map(Path::to_owned).collect()
    }

    /// The files that were read or looked for, in the same way.
    #[must_use]
    pub fn paths(&self) -> BTreeSet<PathBuf> {
        let paths = self.drafts.iter().flat_map(|draft| &draft.used);
        paths.map(|used| used.path.clone()).collect()
    }

    /// Tells the manifests of which nothing has changed, and gives them back what they said.
    fn sort(&mut self, manifests: Vec<(Key, File)>, is_same: bool) -> Sorted {
        let drafts = std::mem::take(&mut self.drafts).into_iter();
        let mut drafts: BTreeMap<Key, Draft> =
            drafts.map(|draft| (draft.key.clone(), draft)).collect();
        let mut sorted = Sorted::default();
        for (key, file) in manifests {
            let draft = drafts.remove(&key).filter(|_| is_same);
            match draft.filter(|draft| draft.file == file && self.is_current(draft)) {
                Some(draft) => sorted.kept.push(draft),
                None => sorted.stale.push((key, file)),
            }
        }
        let kept: BTreeSet<&Key> = sorted.kept.iter().map(|draft| &draft.key).collect();
        let said = std::mem::take(&mut self.loaded.desired).into_iter();
        let (said, gone) = said.partition(|desired: &Desired| kept.contains(&desired.key));
        self.loaded.desired = gone;
        let mut said: BTreeMap<Key, Desired> = said
            .into_iter()
            .map(|desired: Desired| (desired.key.clone(), desired))
            .collect();
        for draft in &mut sorted.kept {
            draft.desired = said.remove(&draft.key).or(draft.desired.take());
        }
        sorted
    }

    /// Whether nothing has changed that a manifest depends on.
    fn is_current(&self, draft: &Draft) -> bool {
        let Some(stamps) = self.stamps.get(&draft.key) else {
            return false;
        };
        let paths = draft.used.iter().map(|used| &used.path);
        let mut both = paths.zip(stamps);
        both.all(|(path, stamp)| Stamp::of(path) == *stamp)
    }

    /// Takes over what was read for a manifest.
    fn hand_over(&self, draft: &Draft, files: &mut Files) {
        for used in draft.used.iter().filter(|used| used.is_there) {
            files.asked.insert(used.shown.clone());
            let file = used.shown.display().to_string();
            files.sources.take(&self.loaded.sources, &file);
        }
    }

    /// Whether a file of a manifest has another text than it had.
    fn reads_otherwise(&self, draft: &Draft, sources: &Sources) -> bool {
        draft.used.iter().any(|used| {
            let file = used.shown.display().to_string();
            self.loaded.sources.text(&file) != sources.text(&file)
        })
    }
}

fn keys(loaded: &Loaded) -> impl Iterator<Item = &Key> {
    loaded.desired.iter().map(|desired| &desired.key)
}

/// What a manifest says; the desired ones are sorted by key.
fn desired<'l>(loaded: &'l Loaded, key: &Key) -> Option<&'l Desired> {
    let all = &loaded.desired;
    let at = all.binary_search_by(|desired| desired.key.cmp(key)).ok()?;
    Some(&all[at])
}

/// The stamps of all that a manifest depends on; `None` where it has to be read again in any case.
fn stamps(draft: &Draft, start: SystemTime) -> Option<Vec<Option<Stamp>>> {
    let is_sound = !draft.findings.iter().any(Finding::is_error);
    let stamps = draft.used.iter().filter(|_| is_sound).map(|used| {
        let stamp = Stamp::of(&used.path);
        let is_settled = stamp.is_none_or(|stamp| stamp.is_settled(start));
        // What has come or gone since it was read is not what was read.
        (is_settled && stamp.is_some() == used.is_there).then_some(stamp)
    });
    stamps.collect::<Option<_>>().filter(|_| is_sound)
}
