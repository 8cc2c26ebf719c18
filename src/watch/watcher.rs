//! The system's word on which files change, or a clock where it has none to give.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use notify::event::{ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use super::burst::{Burst, Trouble};
use super::hold::{index_lock, is_held};

/// Folders in the directory that are written by us, and by git, and never by an editor.
const FOREIGN: [&str; 4] = [".personactl", "_ledger", "_sandbox", ".git"];
/// How often files are looked at where the system does not watch them.
pub(crate) const POLL: Duration = Duration::from_secs(1);
/// How often is asked whether git is done.
const HELD: Duration = Duration::from_millis(10);

/// How changes come to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// The system tells.
    Events,
    /// Files are looked at so often.
    Polling(Duration),
}

/// Watches a directory, and the folders of files outside of it.
#[derive(Debug)]
pub struct Watcher {
    eyes: Eyes,
    shared: Arc<Shared>,
    /// The directory, from the root on.
    root: PathBuf,
    /// Where it really is, and is watched; none while it is not there.
    watched: Option<PathBuf>,
    /// Folders outside of it that are watched.
    covered: BTreeSet<PathBuf>,
}

#[derive(Debug)]
enum Eyes {
    System(RecommendedWatcher),
    Clock(Duration),
}

/// What the system's thread shares with us.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    burst: Burst,
    /// Where the directory really is.
    root: PathBuf,
    /// The files that are read.
    known: BTreeSet<PathBuf>,
    /// The folders that are watched by themselves.
    watched: BTreeSet<PathBuf>,
    /// What was watched and has gone: what comes back under its name is something else.
    gone: BTreeSet<PathBuf>,
}

impl Watcher {
    /// Watches a directory with everything below it, which need not be there yet. Where the system does not, it is
    /// looked at from time to time: the first change says so.
    #[must_use]
    pub fn new(root: &Path, manner: Manner) -> Self {
        let shared = Arc::new(Shared::default());
        let mut watcher = Self {
            eyes: Eyes::Clock(POLL),
            shared: shared.clone(),
            root: absolute(root),
            watched: None,
            covered: BTreeSet::new(),
        };
        match manner {
            Manner::Polling(every) => watcher.eyes = Eyes::Clock(every),
            Manner::Events => match notify::recommended_watcher(move |told| shared.hear(told)) {
                Ok(system) => watcher.eyes = Eyes::System(system),
                Err(error) => watcher.give_up(&error),
            },
        }
        watcher.renew();
        watcher.cover(&BTreeSet::new(), BTreeSet::new());
        watcher
    }

    /// Watches the directory where it is now: it may be another one than before under the same name.
    pub fn renew(&mut self) {
        let real = self.root.canonicalize().ok();
        let has_gone = real
            .as_ref()
            .is_some_and(|real| self.shared.lock().gone.remove(real));
        if self.watched != real || has_gone {
            self.follow(real);
        }
    }

    /// Watches these folders outside of the directory, and no others any more. Of a folder that is not there, the nearest one around it
    /// is watched. `known` are the files that are read. Returns whether anything is watched that was not: what was written there
    /// before is not told.
    pub fn cover(&mut self, folders: &BTreeSet<PathBuf>, known: BTreeSet<PathBuf>) -> bool {
        let gone = {
            let mut state = self.shared.lock();
            state.known = known;
            std::mem::take(&mut state.gone)
        };
        let there = self.outside(folders);
        let mut former = std::mem::take(&mut self.covered);
        former.retain(|folder| {
            let stays = there.contains(folder) && !gone.contains(folder);
            if !stays {
                self.unwatch(folder);
            }
            stays
        });
        for folder in there.difference(&former) {
            self.watch(folder, RecursiveMode::NonRecursive);
        }
        let is_more = there.difference(&former).next().is_some();
        self.covered = there;
        is_more
    }

    /// The folders to watch outside of the directory.
    fn outside(&self, folders: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let inside = |folder: &&Path| {
            let real = self.watched.as_ref();
            real.is_some_and(|real| folder.starts_with(real))
        };
        let folders = folders.iter().map(PathBuf::as_path);
        let wanted = folders.filter(|folder| !inside(folder));
        let there = wanted.chain(anchors(&self.root)).filter_map(|folder| {
            let mut around = folder.ancestors();
            around.find(|path| path.is_dir())
        });
        there.map(Path::to_owned).collect()
    }

    /// Waits until something may have changed; what has changed meanwhile counts as one change.
    pub async fn changed(&mut self) -> Option<Trouble> {
        if let Eyes::Clock(every) = self.eyes {
            let told = self.shared.lock().burst.take();
            if told.is_none() {
                tokio::time::sleep(every).await;
            }
            return told;
        }
        loop {
            let wait = self.shared.lock().burst.wait(Instant::now());
            match wait {
                None => self.shared.changed.notified().await,
                Some(Duration::ZERO) => break,
                Some(wait) => {
                    // Whether it was quiet until then is seen by looking.
                    let _ = tokio::time::timeout(wait, self.shared.changed.notified()).await;
                }
            }
        }
        self.wait_for_git().await;
        let trouble = self.shared.lock().burst.take();
        match &trouble {
            // Folders that came meanwhile are not watched yet.
            Some(Trouble::Overflow) => self.follow(self.root.canonicalize().ok()),
            Some(Trouble::Polling(_)) => self.eyes = Eyes::Clock(POLL),
            None => {}
        }
        trouble
    }

    async fn wait_for_git(&self) {
        let lock = index_lock(self.watched.as_ref().unwrap_or(&self.root));
        while is_held(&lock) {
            tokio::time::sleep(HELD).await;
        }
    }

    /// Watches the directory where it really is.
    fn follow(&mut self, real: Option<PathBuf>) {
        if let Some(former) = self.watched.take() {
            self.unwatch(&former);
        }
        self.shared.lock().root = real.clone().unwrap_or_default();
        if let Some(real) = &real {
            self.watch(real, RecursiveMode::Recursive);
        }
        self.watched = real;
    }

    fn watch(&mut self, folder: &Path, mode: RecursiveMode) {
        let Eyes::System(system) = &mut self.eyes else {
            return;
        };
        self.shared.lock().watched.insert(folder.to_owned());
        match system.watch(folder, mode) {
            // It is gone again; that is an event of the folder around it.
            Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
            Err(error) => self.give_up(&error),
            Ok(()) => {}
        }
    }

    fn unwatch(&mut self, folder: &Path) {
        self.shared.lock().watched.remove(folder);
        if let Eyes::System(system) = &mut self.eyes {
            // A folder that is gone cannot be let go of, and need not be.
            let _ = system.unwatch(folder);
        }
    }

    /// Goes by the clock from now on.
    fn give_up(&mut self, error: &notify::Error) {
        self.eyes = Eyes::Clock(POLL);
        self.shared.fail(error);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("taking a note never panics")
    }

    /// What the system's thread calls.
    fn hear(&self, told: notify::Result<Event>) {
        match told {
            Ok(event) => {
                let mut state = self.lock();
                if state.matters(&event) {
                    let State { burst, known, .. } = &mut *state;
                    burst.note(&event, |path| known.contains(path), Instant::now());
                    state.lose(&event);
                    drop(state);
                    self.changed.notify_one();
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&self, error: &notify::Error) {
        let why = match error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                "the limit of watched folders is reached (fs.inotify.max_user_watches)".to_owned()
            }
            _ => error.to_string(),
        };
        let trouble = Trouble::Polling(why);
        self.lock().burst.fail(trouble, Instant::now());
        self.changed.notify_one();
    }
}

impl State {
    /// Whether an event may be about a file of ours.
    fn matters(&self, event: &Event) -> bool {
        event.paths.is_empty() || event.paths.iter().any(|path| !self.is_foreign(path))
    }

    /// Takes note of what was watched and is no more. Of other paths none is kept: there may be any number.
    fn lose(&mut self, event: &Event) {
        let has_gone = matches!(
            event.kind,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
        );
        if has_gone {
            let watched = event
                .paths
                .iter()
                .filter(|path| self.watched.contains(*path));
            self.gone.extend(watched.cloned());
        }
    }

    fn is_foreign(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        matches!(below.components().next(), Some(Component::Normal(name)) if FOREIGN.iter().any(|foreign| name == *foreign))
    }
}

/// The folders around a directory in which it, or a link on the way to it, may be replaced.
fn anchors(root: &Path) -> impl Iterator<Item = &Path> {
    let links = root
        .ancestors()
        .filter(move |path| *path == root || path.is_symlink());
    links.filter_map(Path::parent)
}

/// The path from the root on, so that two spellings of one place compare.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
