//! Writing files so that a reader, or the next run after a crash, sees the old one or the new one,
//! never a mix.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::mutant::{Mutant, planted};

/// Writes a file, readable by its owner only: to a temporary one beside it, synced, then renamed over it.
/// The folder is made where there is none.
///
/// # Errors
/// Where the file system refuses; the old file is then still there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    if planted(Mutant::TruncateInPlace) {
        return fs::write(path, content);
    }
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync(folder)
}

/// Makes a folder that git does not see.
///
/// # Errors
/// Where the file system refuses.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    let ignore = folder.join(".gitignore");
    if ignore.exists() {
        return Ok(());
    }
    write(&ignore, b"*\n")
}

/// The folder that a file lies in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A rename is only safe once the folder itself is on disk; Windows has no such call and needs none.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/file");
        write(&path, b"a long first content").expect("it is written");
        write(&path, b"short").expect("it is written");
        assert_eq!(fs::read(&path).expect("it is there"), b"short");
        let entries = fs::read_dir(folder_of(&path)).expect("a folder");
        assert_eq!(entries.count(), 1);
    }

    #[test]
    fn a_private_folder_hides_itself_from_git() {
        let folder = tempfile::tempdir().expect("a folder");
        let private = folder.path().join(".personactl/undo");
        private_folder(&private).expect("it is made");
        private_folder(&private).expect("it is there");
        assert_eq!(
            fs::read(private.join(".gitignore")).expect("a file"),
            b"*\n"
        );
    }
}
