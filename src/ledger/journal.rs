//! The journal: what an apply is about to make and has done since the ledger was written last, each line on
//! disk before anything follows from it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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
    file: File,
    /// Whether a line could not be written, and may be torn: none may follow it.
    is_broken: bool,
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
            file,
            is_broken: false,
        })
    }

    /// Adds a line; it is on disk when this returns.
    pub(super) fn add(&mut self, line: &Line) -> io::Result<()> {
        self.write(line).and_then(|()| self.sync())
    }

    /// Adds a line that outlives the program when this returns, and is on disk with the next one.
    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("a line before it could not be written"));
        }
        let written = self.file.write_all(sealed(line).as_bytes());
        self.is_broken = written.is_err();
        written
    }

    fn sync(&mut self) -> io::Result<()> {
        let synced = self.file.sync_data();
        self.is_broken = synced.is_err();
        synced
    }

    /// Removes the file: all that it says is in the ledger.
    pub(super) fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
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
    let is_whole = self::seal(text).as_str() == seal;
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
        let mut journal = Journal {
            path: PathBuf::new(),
            file: full.expect("a device without space"),
            is_broken: false,
        };
        let line = &lines()[1];
        let full = journal.add(line).expect_err("no space is left");
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        journal.file = tempfile::tempfile().expect("a file");
        journal.add(line).expect_err("there is space again");
        assert_eq!(journal.file.metadata().expect("a file").len(), 0);
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
