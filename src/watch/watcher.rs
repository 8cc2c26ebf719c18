//! The system's word on which files change, or a clock where it has none to give.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use super::burst::{Burst, Trouble};
use super::hold::{index_lock, is_held};

/// Folders in the directory that are written by us, and by git, and never by an editor.
const FOREIGN: [&str; 4] = [".personactl", "_ledger", "_sandbox", ".git"];
/// How often files are looked at where the system does not watch them.
pub(crate) const POLL: Duration = Duration::from_secs(1);
/// What the system says where there are too many watchers.
const TOO_MANY: i32 = 24;
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
    /// Folders outside of it in which files are read.
    folders: BTreeSet<PathBuf>,
    /// Those that are watched for them, and for the directory itself.
    covered: BTreeSet<PathBuf>,
    /// The file that is there while git is at work.
    lock: PathBuf,
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
    /// The directory as it was named, and where it really is.
    named: PathBuf,
    root: PathBuf,
    /// The folders outside of it in which files are read.
    folders: BTreeSet<PathBuf>,
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
            folders: BTreeSet::new(),
            covered: BTreeSet::new(),
            lock: PathBuf::new(),
        };
        watcher.shared.lock().named.clone_from(&watcher.root);
        match manner {
            Manner::Polling(every) => watcher.eyes = Eyes::Clock(every),
            Manner::Events => match notify::recommended_watcher(move |told| shared.hear(told)) {
                Ok(system) => watcher.eyes = Eyes::System(system),
                Err(error) => watcher.give_up(&error),
            },
        }
        watcher.renew();
        watcher
    }

    /// Watches these folders outside of the directory, and no others any more. `known` are the files that are read. Returns whether
    /// anything is watched that was not: what was written there before is not told.
    pub fn cover(&mut self, folders: &BTreeSet<PathBuf>, known: BTreeSet<PathBuf>) -> bool {
        self.folders.clone_from(folders);
        let mut state = self.shared.lock();
        state.folders.clone_from(folders);
        state.known = known;
        drop(state);
        self.renew()
    }

    /// Watches all that is to be watched where it is now: under the same name there may be something else than before. Of a folder
    /// that is not there, the nearest one around it is watched. Returns whether anything is watched that was not.
    pub fn renew(&mut self) -> bool {
        let gone = std::mem::take(&mut self.shared.lock().gone);
        let real = self.root.canonicalize().ok();
        let is_other =
            self.watched != real || real.as_ref().is_some_and(|real| gone.contains(real));
        if is_other {
            self.follow(real);
        }
        let there = self.outside();
        let mut former = std::mem::take(&mut self.covered);
        former.retain(|folder| {
            let stays = there.contains(folder) && !gone.contains(folder);
            if !stays {
                self.unwatch(folder);
            }
            stays
        });
        let fresh: Vec<&PathBuf> = there.difference(&former).collect();
        for folder in &fresh {
            self.watch(folder, RecursiveMode::NonRecursive);
        }
        let is_more = is_other || !fresh.is_empty();
        self.covered = there;
        is_more
    }

    /// The folders to watch outside of the directory.
    fn outside(&self) -> BTreeSet<PathBuf> {
        let inside = |folder: &&Path| {
            let real = self.watched.as_ref();
            real.is_some_and(|real| folder.starts_with(real))
        };
        let folders = self.folders.iter().map(PathBuf::as_path);
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
        let trouble = self.shared.lock().burst.take();
        match &trouble {
            // Folders that came meanwhile are not watched yet.
            Some(Trouble::Overflow) => self.follow(self.root.canonicalize().ok()),
            Some(Trouble::Polling(_)) => self.eyes = Eyes::Clock(POLL),
            None => {}
        }
        trouble
    }

    /// Waits while git is at work: half of a checkout is nobody's wish.
    pub async fn settle(&self) {
        while is_held(&self.lock) {
            tokio::time::sleep(HELD).await;
        }
    }

    /// Watches the directory where it really is.
    fn follow(&mut self, real: Option<PathBuf>) {
        if let Some(former) = self.watched.take() {
            self.unwatch(&former);
        }
        self.shared.lock().root = real.clone().unwrap_or_default();
        self.lock = index_lock(real.as_ref().unwrap_or(&self.root));
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
        let why = match &error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                "the limit of watched folders is reached (fs.inotify.max_user_watches)".to_owned()
            }
            // What it says is the number of open files, which is another one.
            notify::ErrorKind::Io(error) if error.raw_os_error() == Some(TOO_MANY) => {
                "the limit of watchers is reached (fs.inotify.max_user_instances)".to_owned()
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
        event.paths.is_empty() || event.paths.iter().any(|path| self.is_ours(path))
    }

    /// Whether something is in the directory, in a folder in which files are read, or on the way to one of them: other files
    /// around them are nobody's business.
    fn is_ours(&self, path: &Path) -> bool {
        if let Ok(below) = path.strip_prefix(&self.root)
            && self.root != Path::new("")
        {
            return !is_foreign(below);
        }
        let is_read = path
            .parent()
            .is_some_and(|folder| self.folders.contains(folder));
        let mut ways = self.folders.iter().chain([&self.named]);
        is_read || ways.any(|way| way.starts_with(path))
    }

    /// Takes note of what was watched and is no more. Of other paths none is kept: there may be any number.
    fn lose(&mut self, event: &Event) {
        // What is renamed over it is something else, too.
        let has_gone = matches!(
            event.kind,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
        );
        if has_gone {
            let watched = event
                .paths
                .iter()
                .filter(|path| self.watched.contains(*path));
            self.gone.extend(watched.cloned());
        }
    }
}

/// Whether something in the directory is ours or git's.
fn is_foreign(below: &Path) -> bool {
    let first = below.components().next();
    matches!(first, Some(Component::Normal(name)) if FOREIGN.iter().any(|foreign| name == *foreign))
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
