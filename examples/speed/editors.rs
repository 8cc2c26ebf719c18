//! How programs save a file: each in the steps that a watcher sees of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A program that saves files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Editor {
    /// Tries whether the folder can be written, renames what there was and writes anew, beside a swap file.
    Vim,
    /// Empties the file and writes it in place.
    Code,
    /// Writes beside it, renames what there was, renames the new one.
    JetBrains,
    /// Writes beside it and renames: `sed -i`.
    Sed,
    /// The same, under a name that nobody knows before.
    Python,
    /// Takes its lock, removes the file and writes it anew.
    Git,
}

impl Editor {
    pub(crate) const ALL: [Self; 6] = [
        Self::Vim,
        Self::Code,
        Self::JetBrains,
        Self::Sed,
        Self::Python,
        Self::Git,
    ];

    /// Saves a file that is there. `top` is where git keeps its folder.
    pub(crate) fn save(self, top: &Path, path: &Path, text: &str) -> io::Result<()> {
        match self {
            Self::Vim => vim(path, text),
            Self::Code => in_place(path, text),
            Self::JetBrains => jetbrains(path, text),
            Self::Sed => beside(path, "sedX4f2aQ", text),
            Self::Python => beside(path, &format!("tmp{:08x}", text.len()), text),
            Self::Git => git(top, path, text),
        }
    }
}

/// What vim keeps beside a file while it is open.
pub(crate) fn swap(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.swp"))
}

fn vim(path: &Path, text: &str) -> io::Result<()> {
    let (swap, probe) = (swap(path), path.with_file_name("4913"));
    fs::write(&swap, "b0VIM 9.1")?;
    File::create(&probe)?;
    fs::remove_file(&probe)?;
    let backup = ending(path, "~");
    fs::rename(path, &backup)?;
    in_place(path, text)?;
    fs::set_permissions(path, fs::metadata(&backup)?.permissions())?;
    fs::remove_file(backup)?;
    OpenOptions::new()
        .append(true)
        .open(&swap)?
        .write_all(text.as_bytes())?;
    fs::remove_file(swap)
}

fn in_place(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    file.write_all(first)?;
    file.write_all(second)
}

fn jetbrains(path: &Path, text: &str) -> io::Result<()> {
    let (new, old) = (ending(path, "___jb_tmp___"), ending(path, "___jb_old___"));
    in_place(&new, text)?;
    fs::rename(path, &old)?;
    fs::rename(&new, path)?;
    fs::remove_file(old)
}

fn beside(path: &Path, name: &str, text: &str) -> io::Result<()> {
    let new = path.with_file_name(name);
    in_place(&new, text)?;
    fs::rename(new, path)
}

fn git(top: &Path, path: &Path, text: &str) -> io::Result<()> {
    let lock = top.join(".git/index.lock");
    File::create_new(&lock)?;
    fs::remove_file(path)?;
    in_place(path, text)?;
    fs::rename(lock, top.join(".git/index"))
}

fn ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}
