//! Writing files so that a reader, or the next run after a crash, sees the old one or the new one,
//! never a mix.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

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
    let file = filled(NamedTempFile::new_in(folder)?, content)?;
    file.persist(path).map_err(|error| error.error)?;
    sync(folder)
}

/// Writes a file that is there anew, in the same way; who may read and write it stays.
///
/// # Errors
/// Where the file system refuses; the old file is then still there.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let permissions = fs::metadata(path)?.permissions();
    let file = filled(NamedTempFile::new_in(folder)?, content)?;
    file.as_file().set_permissions(permissions)?;
    file.persist(path).map_err(|error| error.error)?;
    sync(folder)
}

/// Creates a file in the same way, and never replaces one; readable by whoever may read what the user makes.
///
/// # Errors
/// Where something is there already, which is then left as it is, and where the file system refuses.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let file = filled(open(&mut Builder::new()).tempfile_in(folder)?, content)?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync(folder)
}

fn filled(mut file: NamedTempFile, content: &[u8]) -> io::Result<NamedTempFile> {
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Temporary files are for their owner only, unless told otherwise; the user's mask still holds.
#[cfg(unix)]
fn open<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>) -> &'b mut Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn open<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>) -> &'b mut Builder<'p, 's> {
    builder
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

/// The canonical form of a path, which need not lead to anything yet.
#[must_use]
pub fn meant(path: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut rest = path;
    loop {
        let here = match rest.as_os_str().is_empty() {
            true => Path::new("."),
            false => rest,
        };
        if let Ok(real) = here.canonicalize() {
            return missing
                .iter()
                .rev()
                .fold(real, |path, name| path.join(name));
        }
        let (Some(parent), Some(name)) = (rest.parent(), rest.file_name()) else {
            return path.to_owned();
        };
        missing.push(name);
        rest = parent;
    }
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
    fn what_is_created_never_replaces_anything() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/file");
        create(&path, b"first").expect("it is written");
        let refused = create(&path, b"second").expect_err("it is there");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("it is there"), b"first");
        let entries = fs::read_dir(folder_of(&path)).expect("a folder");
        assert_eq!(entries.count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_created_is_as_open_as_any_file_of_the_user() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        create(&ours, b"").expect("it is written");
        fs::write(&plain, b"").expect("it is written");
        let mode = |path| {
            fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode()
        };
        assert_eq!(mode(&ours), mode(&plain));
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
