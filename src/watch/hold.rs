//! Git, which says that it is at work: what it has written so far is nothing yet.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bounds::Bounds;

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

#[cfg(test)]
mod tests {
    use super::*;

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
