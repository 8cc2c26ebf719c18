//! The journal: what an apply is about to do and has done since the ledger was written last. Each line is waited
//! for before anything follows from it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::durable;
use crate::model::{Digest, Hasher, Intent, Key, PersonaId, Pointer, Record};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    /// The journal goes on from the ledger with this digest.
    Begin { environment: String, ledger: Digest },
    /// A persona is about to be made.
    Intent { key: Key, intent: Intent },
    /// It was made, and has this id.
    Made { key: Key, id: PersonaId },
    /// Fields of a persona are about to be set to this.
    Change {
        id: PersonaId,
        fields: BTreeMap<Pointer, Digest>,
    },
    /// An entry of the ledger is this from now on.
    Bind { key: Key, record: Record },
    /// An entry of the ledger is gone.
    Forget { key: Key },
}

/// The file, open for the lines to come.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    disk: Rc<Disk>,
}

/// A file that grows, and how much of it is on disk.
#[derive(Debug)]
pub(super) struct Disk {
    file: Arc<File>,
    /// How many lines were written.
    lines: Cell<u64>,
    /// Whether a line could not be written, and may be torn or lost: none may follow it.
    is_broken: Cell<bool>,
    /// How many lines are on disk; held by whoever waits for that.
    synced: Mutex<u64>,
}

/// What a journal says that was left behind.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Left(pub(super) Vec<Line>);

/// A journal that does not say what was written.
#[derive(Debug)]
pub(super) enum Damage {
    Io(io::Error),
    /// This line, counted from 1, though others follow it.
    Line(usize),
}

impl Journal {
    /// Begins a journal in the place of any other.
    pub(super) fn begin(path: &Path, lines: impl Iterator<Item = Line>) -> io::Result<Self> {
        durable::private_folder(durable::folder_of(path))?;
        let text: String = lines.map(|line| sealed(&line)).collect();
        durable::write(path, text.as_bytes())?;
        let file = File::options().append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            disk: Rc::new(Disk::of(file)),
        })
    }

    /// Adds a line, which outlives the program when this returns.
    pub(super) fn add(&mut self, line: &Line) -> io::Result<()> {
        self.disk.write(&sealed(line))
    }

    /// Where the lines go.
    pub(super) fn disk(&self) -> Rc<Disk> {
        self.disk.clone()
    }

    /// Removes the file: all that it says is in the ledger.
    pub(super) fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Disk {
    fn of(file: File) -> Self {
        Self {
            file: Arc::new(file),
            lines: Cell::new(0),
            is_broken: Cell::new(false),
            synced: Mutex::new(0),
        }
    }

    fn write(&self, line: &str) -> io::Result<()> {
        self.holds()?;
        let written = (&*self.file).write_all(line.as_bytes());
        self.is_broken.set(written.is_err());
        self.lines.set(self.lines.get() + 1);
        written
    }

    /// Waits until all that is written by now outlives a power cut. Steps that wait at the same time are
    /// served by one call to the disk, and those that wait for the service go on.
    pub(super) async fn sync(&self) -> io::Result<()> {
        let wanted = self.lines.get();
        let mut synced = self.synced.lock().await;
        self.holds()?;
        if *synced >= wanted {
            return Ok(());
        }
        let (file, lines) = (self.file.clone(), self.lines.get());
        let done = tokio::task::spawn_blocking(move || file.sync_data()).await;
        let done = done.map_err(io::Error::other).flatten();
        self.is_broken.set(done.is_err());
        *synced = lines;
        done
    }

    /// A disk that has failed once may call the next try a success, and have lost the line all the same.
    fn holds(&self) -> io::Result<()> {
        match self.is_broken.get() {
            true => Err(io::Error::other("a line before it could not be written")),
            false => Ok(()),
        }
    }
}

impl Left {
    /// Reads what a run left behind, if any did. A last line that is torn was never acted on.
    pub(super) fn read(path: &Path) -> Result<Self, Damage> {
        let text = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Damage::Io(error)),
        };
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        let mut read = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            match unsealed(line) {
                Some(line) => read.push(line),
                None if index + 1 == lines.len() => {}
                None => return Err(Damage::Line(index + 1)),
            }
        }
        Ok(Self(read))
    }
}

/// The line with a digest of its own before it.
fn sealed(line: &Line) -> String {
    let text = serde_json::to_string(line).expect("a line is plain JSON");
    format!("{} {text}\n", seal(&text))
}

fn unsealed(line: &[u8]) -> Option<Line> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (seal, text) = line.split_once(' ')?;
    let is_whole = Digest::from_hex(seal)? == self::seal(text);
    is_whole.then(|| serde_json::from_str(text).ok()).flatten()
}

fn seal(text: &str) -> Digest {
    let mut hasher = Hasher::default();
    hasher.write_tagged('j', text);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let forget = |key: &str| Line::Forget { key: Key::new(key) };
        let ledger = Hasher::default().finish();
        let environment = "test".to_owned();
        vec![
            Line::Begin {
                environment,
                ledger,
            },
            forget("a\nb"),
            forget("c"),
        ]
    }

    fn written(path: &Path) {
        let lines = lines();
        let mut journal = Journal::begin(path, lines[..1].iter().cloned()).expect("it begins");
        lines[1..]
            .iter()
            .for_each(|line| journal.add(line).expect("it is added"));
    }

    #[test]
    fn every_line_is_read_again_and_a_torn_last_one_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.journal");
        assert_eq!(Left::read(&path).expect("there is none"), Left::default());
        written(&path);
        let whole = fs::read(&path).expect("it is there");
        let last = whole[..whole.len() - 1]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .expect("lines");
        for length in last + 1..=whole.len() {
            fs::write(&path, &whole[..length]).expect("it is written");
            let count = if length == whole.len() { 3 } else { 2 };
            let left = Left::read(&path).expect("it is read");
            assert_eq!(left.0, lines()[..count], "{length}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_follows_a_line_that_could_not_be_written() {
        let full = File::options().write(true).open("/dev/full");
        let mut disk = Disk::of(full.expect("a device without space"));
        let full = disk.write("a").expect_err("no space is left");
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        disk.file = Arc::new(tempfile::tempfile().expect("a file"));
        disk.write("b").expect_err("there is space again");
        assert_eq!(disk.file.metadata().expect("a file").len(), 0);
    }

    #[tokio::test]
    async fn all_that_was_written_is_waited_for_together() {
        let disk = Disk::of(tempfile::tempfile().expect("a file"));
        disk.write("a").expect("it is written");
        disk.write("b").expect("it is written");
        let (first, second) = tokio::join!(disk.sync(), disk.sync());
        first.and(second).expect("they are on disk");
        assert_eq!(*disk.synced.lock().await, 2);
        // No disk can be waited for behind this.
        let pipe = std::io::pipe().expect("a pipe").1;
        let mut broken = Disk::of(File::from(std::os::fd::OwnedFd::from(pipe)));
        broken.lines.set(1);
        broken.sync().await.expect_err("it has no disk");
        broken.file = disk.file.clone();
        broken.sync().await.expect_err("it may be lost");
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.journal");
        written(&path);
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[40] ^= 1;
        fs::write(&path, bytes).expect("it is written");
        assert!(matches!(Left::read(&path), Err(Damage::Line(1))));
    }
}
