//! A persona directory that is loaded again and again: only what may have changed is read anew.
//!
//! That a file has changed is told by what the system says of it, and never by who reports it: so
//! nothing is missed, whatever was reported, and nothing is done twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::discover::{LoadError, canonical, discover};
use super::files::{File, Files};
use super::load::{Draft, Loaded, Scope, Twins, compare_names, drafts};
use super::overlay;
use crate::model::{Desired, Finding, Key};
use crate::stamp::Stamp;
use crate::yaml::Sources;

/// A persona directory, and what was read of it last.
#[derive(Debug, Default)]
pub struct Workspace {
    loaded: Loaded,
    /// All manifests that could be read, by key; what the sound ones say is in `loaded`.
    drafts: Vec<Draft>,
    /// The files that manifests use, and their texts: less than `loaded` has of those that nothing uses.
    used: (BTreeSet<PathBuf>, Sources),
    /// What is wrong with manifests because of others.
    twins: Twins,
    has_overlays: bool,
}

/// The manifests that there are, as a refresh finds them.
#[derive(Default)]
struct Sorted {
    /// Those of which nothing has changed.
    kept: Vec<Draft>,
    /// Those that are to be read.
    stale: Vec<(Key, File)>,
    /// Those that were read before, and are to be read again or are gone.
    dropped: Vec<Draft>,
}

/// What a refresh has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The manifests that are not what they were, with those that have come or gone.
    pub keys: BTreeSet<Key>,
    /// Whether other files are read or looked for than before.
    pub is_elsewhere: bool,
}

impl Workspace {
    /// What the directory says.
    pub const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Reads what may have changed; all of it the first time.
    ///
    /// # Errors
    /// Where the directory cannot be read. Everything is read anew then the next time.
    pub fn refresh(&mut self, directory: &Path, scope: &Scope<'_>) -> Result<News, LoadError> {
        let start = SystemTime::now();
        let mut former = std::mem::take(self);
        let real = canonical(directory)?;
        let home = File::home(directory, &real);
        let mut files = Files::around(&real);
        let found = discover(directory, &real, &files)?;
        self.has_overlays = overlay::are_any(scope.environment, &home);
        let mut loaded = Loaded::of(&found.manifests, found.flawed, found.findings);

        let before: BTreeSet<Key> = keys(&former.loaded).cloned().collect();
        let is_same = self.has_overlays == former.has_overlays;
        let Sorted {
            kept,
            stale,
            dropped,
        } = former.sort(found.manifests, is_same);
        let broken = former.loaded.broken.iter();
        let gone: Vec<Key> = broken
            .filter(|key| !loaded.broken.contains(*key))
            .cloned()
            .collect();
        let read: Vec<Key> = stale.iter().map(|(key, _)| key.clone()).collect();
        let around = (&home, self.has_overlays);
        let mut fresh = drafts(stale, around, scope, &mut files, &mut loaded.findings);
        for draft in &mut fresh {
            draft.stamps = stamps(draft, start);
        }
        let rewritten = fresh
            .iter()
            .filter(|draft| former.reads_otherwise(draft, &files.sources));
        let mut news = News {
            keys: rewritten.map(|draft| draft.key.clone()).collect(),
            is_elsewhere: !is_alike(&fresh, &dropped),
        };
        news.keys.extend(gone);
        let is_same_crowd = !news.is_elsewhere
            && fresh.iter().zip(&dropped).all(|(now, before)| {
                let said = desired(&former.loaded, &before.key).or(before.desired.as_ref());
                let catalog = scope.catalog;
                now.claim(now.desired.as_ref(), catalog) == before.claim(said, catalog)
            });
        match news.is_elsewhere {
            true => kept
                .iter()
                .for_each(|draft| former.hand_over(draft, &mut files)),
            false => former.hand_over_all(&mut files),
        }

        self.used = (files.asked.clone(), files.sources.clone());
        self.drafts = kept.into_iter().chain(fresh).collect();
        self.drafts.sort_by(|a, b| a.key.cmp(&b.key));
        loaded.survey(&self.drafts, found.private, scope, &home, &mut files);
        self.twins = match is_same_crowd {
            true => std::mem::take(&mut former.twins),
            false => compare_names(&self.drafts, scope.catalog),
        };
        loaded.finish(&mut self.drafts, &self.twins, scope, files);
        let now: BTreeSet<Key> = keys(&loaded).cloned().collect();
        news.keys.extend(before.symmetric_difference(&now).cloned());
        let differs = |key: &Key| desired(&former.loaded, key) != desired(&loaded, key);
        news.keys.extend(read.into_iter().filter(differs));
        news.keys
            .retain(|key| !loaded.elsewhere.contains(key) || before.contains(key));
        self.loaded = loaded;
        Ok(news)
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

    /// Tells the manifests of which nothing has changed, and gives them back what they said. All of them are sorted by key.
    fn sort(&mut self, manifests: Vec<(Key, File)>, is_same: bool) -> Sorted {
        let mut drafts = std::mem::take(&mut self.drafts).into_iter().peekable();
        let mut said = std::mem::take(&mut self.loaded.desired)
            .into_iter()
            .peekable();
        let mut sorted = Sorted::default();
        for (key, file) in manifests {
            while let Some(gone) = drafts.next_if(|draft| draft.key < key) {
                sorted.dropped.push(gone);
            }
            while let Some(gone) = said.next_if(|desired| desired.key < key) {
                self.loaded.desired.push(gone);
            }
            match drafts.next_if(|draft| draft.key == key) {
                Some(mut draft) if is_same && draft.file == file && is_current(&draft) => {
                    let desired = said.next_if(|desired| desired.key == key);
                    draft.desired = desired.or(draft.desired.take());
                    sorted.kept.push(draft);
                }
                former => {
                    sorted.dropped.extend(former);
                    sorted.stale.push((key, file));
                }
            }
        }
        sorted.dropped.extend(drafts);
        self.loaded.desired.extend(said);
        sorted
    }

    /// Takes over all that was read, less what was read anew.
    fn hand_over_all(&mut self, files: &mut Files) {
        let (asked, mut sources) = std::mem::take(&mut self.used);
        sources.extend(std::mem::take(&mut files.sources));
        files.sources = sources;
        files.asked = asked;
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

/// Whether manifests that were read again use the very same files, and none has come or gone.
fn is_alike(fresh: &[Draft], dropped: &[Draft]) -> bool {
    let is_same = |(now, before): (&Draft, &Draft)| {
        now.key == before.key && now.file == before.file && now.used == before.used
    };
    fresh.len() == dropped.len() && fresh.iter().zip(dropped).all(is_same)
}

/// Whether nothing has changed that a manifest depends on.
fn is_current(draft: &Draft) -> bool {
    let Some(stamps) = &draft.stamps else {
        return false;
    };
    let paths = draft.used.iter().map(|used| &used.path);
    let mut both = paths.zip(stamps);
    both.all(|(path, stamp)| Stamp::of(path) == *stamp)
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
