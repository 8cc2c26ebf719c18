//! Waiting until files have changed.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use thiserror::Error;
use tokio::sync::mpsc;

/// How long files have to be quiet before their change counts.
const QUIET: Duration = Duration::from_millis(50);
/// Folders that are written by us, and by git, and never by an editor.
const FOREIGN: [&str; 3] = [".personactl", "_ledger", ".git"];

/// Watches a directory, and the folders of files outside of it.
#[derive(Debug)]
pub struct Watcher {
    debouncer: Debouncer<notify::RecommendedWatcher, RecommendedCache>,
    changes: mpsc::UnboundedReceiver<()>,
    root: PathBuf,
    covered: BTreeSet<PathBuf>,
}

/// Files cannot be watched.
#[derive(Debug, Error)]
#[error("cannot watch `{}`", path.display())]
pub struct WatchError {
    /// What was to be watched.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: notify::Error,
}

impl Watcher {
    /// Watches a directory with everything below it.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn new(root: &Path) -> Result<Self, WatchError> {
        let failed = |source| WatchError {
            path: root.to_owned(),
            source,
        };
        let (sender, changes) = mpsc::unbounded_channel();
        let notice = move |events: DebounceEventResult| {
            // After an overflow nobody knows what was missed: that counts as a change.
            let matters = events.map_or(true, |events| events.iter().any(|event| matters(event)));
            if matters {
                // Where nobody listens any more, nobody needs to know.
                let _ = sender.send(());
            }
        };
        let mut debouncer = new_debouncer(QUIET, None, notice).map_err(failed)?;
        let root = absolute(root);
        debouncer
            .watch(&root, RecursiveMode::Recursive)
            .map_err(failed)?;
        Ok(Self {
            debouncer,
            changes,
            root,
            covered: BTreeSet::new(),
        })
    }

    /// Watches the folders of files outside of the directory as well, and no others any more. Of a
    /// folder that is not there, the nearest one around it is watched.
    pub fn cover(&mut self, files: &BTreeSet<PathBuf>) {
        let outside = files.iter().map(|file| absolute(file));
        let outside = outside.filter(|file| !file.starts_with(&self.root));
        let folders: BTreeSet<PathBuf> = outside
            .filter_map(|file| {
                Some(
                    file.ancestors()
                        .skip(1)
                        .find(|path| path.is_dir())?
                        .to_owned(),
                )
            })
            .collect();
        for folder in self.covered.difference(&folders) {
            // A folder that is gone cannot be let go of, and need not be.
            let _ = self.debouncer.unwatch(folder);
        }
        for folder in folders.difference(&self.covered) {
            if let Err(error) = self.debouncer.watch(folder, RecursiveMode::NonRecursive) {
                tracing::warn!(folder = %folder.display(), %error, "a folder cannot be watched");
            }
        }
        self.covered = folders;
    }

    /// Waits until something has changed; what has changed meanwhile counts as one change.
    ///
    /// # Errors
    /// Where the watcher is lost.
    pub async fn changed(&mut self) -> Result<(), WatchError> {
        let gone = || WatchError {
            path: self.root.clone(),
            source: notify::Error::generic("the watcher has stopped"),
        };
        self.changes.recv().await.ok_or_else(gone)?;
        while self.changes.try_recv().is_ok() {}
        Ok(())
    }
}

/// The path from the root on, so that two spellings of one place compare.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Reading a file is an event too, and our own files change with every apply.
fn matters(event: &notify::Event) -> bool {
    let is_read = matches!(event.kind, EventKind::Access(_));
    !is_read && event.paths.iter().any(|path| !is_foreign(path))
}

fn is_foreign(path: &Path) -> bool {
    path.components().any(|component| match component {
        Component::Normal(name) => FOREIGN.iter().any(|foreign| name == *foreign),
        _ => false,
    })
}
