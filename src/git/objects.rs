//! Objects of a repository, read by one process that stays.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::command::git;
use super::error::GitError;
use super::repository::Repository;
use crate::bounds::MAX_BYTES;

/// A folder may have that many bytes: some hundred thousand entries.
const MOST: u64 = 32 * MAX_BYTES;

/// All that is read of a revision together may have that many: a few objects can stand for any number of files.
const MOST_IN_ALL: u64 = 256 * MAX_BYTES;

/// The objects of a repository.
#[derive(Debug)]
pub(super) struct Objects {
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// How many bytes may still be read.
    left: u64,
    /// It ends with this value.
    _process: Child,
}

/// The entries of a folder by their names.
pub(super) type Tree = BTreeMap<String, Entry>;

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// The id of the object.
    pub(super) id: String,
}

/// What an entry is. What another repository holds is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
}

impl Objects {
    pub(super) fn of(repository: &Repository) -> Result<Self, GitError> {
        let mut process = Command::from(git(repository.top()))
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(GitError::Start)?;
        let questions = process.stdin.take().expect("it was asked for");
        let answers = process.stdout.take().expect("it was asked for");
        Ok(Self {
            questions,
            answers: BufReader::new(answers),
            left: MOST_IN_ALL,
            _process: process,
        })
    }

    /// The content of a file or a link; `None` where it is larger than any that is read.
    pub(super) async fn content(&mut self, id: &str) -> Result<Option<Vec<u8>>, GitError> {
        self.read(id, "blob", MAX_BYTES).await
    }

    /// The entries of a folder, or of the folder at the top of a commit.
    pub(super) async fn tree(&mut self, id: &str) -> Result<Tree, GitError> {
        let bytes = self.read(id, "tree", MOST).await?;
        let bytes =
            bytes.ok_or_else(|| GitError::Answer(io::Error::other("a folder is too large")))?;
        // Ids of trees are as long as the ids in them.
        let width = id.bytes().take_while(u8::is_ascii_hexdigit).count() / 2;
        Ok(entries(&bytes, width))
    }

    async fn read(&mut self, id: &str, kind: &str, most: u64) -> Result<Option<Vec<u8>>, GitError> {
        let header = self.ask(id).await.map_err(GitError::Answer)?;
        let mut words = header.split_whitespace().skip(1);
        let (found, size) = (
            words.next(),
            words.next().and_then(|size| size.parse::<u64>().ok()),
        );
        let (Some(found), Some(size)) = (found, size) else {
            return Err(GitError::NoObject(id.to_owned()));
        };
        // What is too large is passed over, and takes its time as well.
        let counted = size.min(most);
        let left = self.left.checked_sub(counted);
        self.left = left.ok_or(GitError::TooMuch("256 MB"))?;
        let content = self.take(size, most).await.map_err(GitError::Answer)?;
        match found == kind {
            true => Ok(content),
            false => Err(GitError::NoObject(id.to_owned())),
        }
    }

    /// The line before the content: `ID KIND SIZE`, or else less. Nothing where git has ended.
    async fn ask(&mut self, id: &str) -> io::Result<String> {
        let mut header = String::new();
        let question = format!("{id}\n");
        self.questions.write_all(question.as_bytes()).await?;
        self.questions.flush().await?;
        let mut answer = (&mut self.answers).take(1000);
        answer.read_line(&mut header).await?;
        Ok(header)
    }

    async fn take(&mut self, size: u64, most: u64) -> io::Result<Option<Vec<u8>>> {
        let mut answer = (&mut self.answers).take(size);
        let mut content = Vec::new();
        if size <= most {
            answer.read_to_end(&mut content).await?;
        } else {
            tokio::io::copy(&mut answer, &mut tokio::io::sink()).await?;
        }
        let is_cut = answer.limit() > 0;
        let mut end = [0];
        self.answers.read_exact(&mut end).await?;
        match is_cut || end != *b"\n" {
            true => Err(io::ErrorKind::UnexpectedEof.into()),
            false => Ok((size <= most).then_some(content)),
        }
    }
}

/// Reads a folder as git keeps it: a mode, a blank, a name, a zero and the bytes of an id, again and again. What no file can be called
/// is left out, and what git keeps for itself.
fn entries(mut bytes: &[u8], width: usize) -> Tree {
    let mut entries = Tree::new();
    while let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        let (head, rest) = bytes.split_at(end);
        let Some((id, rest)) = rest[1..].split_at_checked(width) else {
            break;
        };
        bytes = rest;
        let head = std::str::from_utf8(head).ok();
        let entry = head.and_then(|head| head.split_once(' '));
        let Some((mode, name)) = entry.filter(|(_, name)| is_name(name)) else {
            continue;
        };
        let kind = match mode {
            "40000" => Kind::Folder,
            "120000" => Kind::Link,
            "100644" | "100755" | "100664" => Kind::File,
            _ => continue,
        };
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        entries.insert(name.to_owned(), Entry { kind, id });
    }
    entries
}

/// Whether a name is one that a file may have, and leads nowhere else.
fn is_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let is_plain = matches!(parts.next(), Some(Component::Normal(part)) if part == name);
    is_plain && parts.next().is_none() && !name.eq_ignore_ascii_case(".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_left_out() {
        let names = [
            "a", "..", ".", "a/b", "/a", "", ".git", ".GIT", "b\nc", ".x", "a\u{1b}",
        ];
        let folder: Vec<u8> = names
            .iter()
            .flat_map(|name| [b"100644 ", name.as_bytes(), b"\0", &[0xab; 20]].concat())
            .collect();
        let entries = entries(&folder, 20);
        let kept: Vec<&str> = entries.keys().map(String::as_str).collect();
        assert_eq!(kept, [".x", "a", "a\u{1b}", "b\nc"]);
        assert_eq!(entries["a"].id, "ab".repeat(20));
    }

    #[test]
    fn what_another_repository_holds_and_what_is_cut_off_is_not_there() {
        let modes = ["40000", "100644", "100755", "120000", "160000", "x"];
        let folder: Vec<u8> = modes
            .iter()
            .flat_map(|mode| format!("{mode} {mode}\0{}", "i".repeat(32)).into_bytes())
            .collect();
        let kinds = |bytes: &[u8]| -> Vec<Kind> {
            let entries = entries(bytes, 32);
            entries.values().map(|entry| entry.kind).collect()
        };
        let all = [Kind::File, Kind::File, Kind::Link, Kind::Folder];
        assert_eq!(kinds(&folder), all);
        for end in 0..folder.len() {
            assert!(kinds(&folder[..end]).len() <= 4, "{end}");
        }
    }
}
