//! Git, which says that it is at work: what it has written so far is nothing yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bounds::Bounds;

/// How long a lock is held at most: an older one was left behind.
const AT_MOST: Duration = Duration::from_secs(10);

/// The file that is there while git changes the work tree around a directory.
pub(super) fn index_lock(directory: &Path) -> PathBuf {
    let top = Bounds::around(directory).top().join(".git");
    // A work tree of its own has a file that leads to git's folder.
    let text = fs::read_to_string(&top).unwrap_or_default();
    let folder = text
        .strip_prefix("gitdir:")
        .map(|path| top.with_file_name(path.trim()));
    folder.unwrap_or(top).join("index.lock")
}

/// Whether git is at work still.
pub(super) fn is_held(lock: &Path) -> bool {
    let made = lock.metadata().and_then(|found| found.modified());
    let age = made.ok().and_then(|made| made.elapsed().ok());
    age.is_some_and(|age| age < AT_MOST)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_lock_that_was_left_behind_holds_nobody_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = folder.path().join("index.lock");
        assert!(!is_held(&lock), "it is not there");
        let file = fs::File::create(&lock).expect("a file");
        assert!(is_held(&lock), "it was made this moment");
        let long_ago = SystemTime::now() - 2 * AT_MOST;
        file.set_modified(long_ago).expect("it is there");
        assert!(!is_held(&lock), "it was made long ago");
    }

    #[test]
    fn work_trees_have_their_locks_where_git_keeps_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = folder.path();
        fs::create_dir_all(top.join("main/.git/worktrees/other")).expect("a folder");
        fs::create_dir_all(top.join("main/personas")).expect("a folder");
        fs::create_dir_all(top.join("other/personas")).expect("a folder");
        let own = top.join("main/.git/worktrees/other");
        fs::write(
            top.join("other/.git"),
            format!("gitdir: {}\n", own.display()),
        )
        .expect("a file");
        let rows = [
            ("main/personas", top.join("main/.git/index.lock")),
            ("other/personas", own.join("index.lock")),
        ];
        for (directory, expected) in rows {
            assert_eq!(index_lock(&top.join(directory)), expected, "{directory}");
        }
    }
}
