//! Events, gathered until whoever writes is done.
//!
//! A file that was saved whole is told at once: it was closed, or another one was renamed to it. While
//! one is open, has gone and may come back, or others follow, more is waited for. What manifests are made of is not
//! read while it is half written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind};

use crate::manifest::is_document;

/// How long it has to be quiet after one file was saved whole.
const SHORT: Duration = Duration::from_millis(2);
/// The same where more may follow.
const LONG: Duration = Duration::from_millis(50);
/// How long is waited at most: where something is written all the time, it is never quiet.
const LONGEST: Duration = Duration::from_secs(2);
/// Whether the system tells when files that were written are closed.
const TELLS_OF_CLOSING: bool = cfg!(target_os = "linux");
/// How many files are told apart.
const MANY: usize = 64;

/// Why more may have happened than was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// So much has happened at once that the system did not keep it all.
    Overflow,
    /// The system watches no more; from now on files are looked at from time to time. Why.
    Polling(String),
}

/// What has happened and was not yet taken up.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// When it began and when something happened last.
    since: Option<(Instant, Instant)>,
    /// The files that were written, as far as they are told apart.
    written: BTreeSet<PathBuf>,
    /// Those of them that are not whole yet.
    open: BTreeSet<PathBuf>,
    /// Those of them that may be half written: whoever writes them has yet to close them.
    unfinished: BTreeSet<PathBuf>,
    trouble: Option<Trouble>,
}

impl Burst {
    /// Takes note of an event. `is_known` are the files that are read: when one of them goes, it may be about to
    /// come back.
    pub(super) fn note(&mut self, event: &Event, is_known: impl Fn(&Path) -> bool, now: Instant) {
        if event.need_rescan() {
            self.trouble = Some(Trouble::Overflow);
        }
        let Some(path) = event.paths.last() else {
            if event.need_rescan() {
                self.touch(now);
            }
            return;
        };
        let is_data = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
        match event.kind {
            // What is only made may be a link or a folder, which nobody closes. Nor is a log closed, and nobody reads it.
            _ if TELLS_OF_CLOSING && is_data && (is_known(path) || is_document(path)) => {
                self.open(path);
                if self.unfinished.len() < MANY {
                    self.unfinished.insert(path.clone());
                }
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
                self.close(path);
                self.write(path);
            }
            // Reading is an event too.
            EventKind::Access(_) => return,
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => {
                self.close(path);
                if is_known(path) {
                    self.open(path);
                } else {
                    // It was there for the time of writing another one.
                    self.written.remove(path);
                }
            }
            EventKind::Modify(ModifyKind::Metadata(_)) => {}
            _ => self.open(path),
        }
        self.touch(now);
    }

    /// Takes note that the system can tell no more.
    pub(super) fn fail(&mut self, trouble: Trouble, now: Instant) {
        self.trouble = Some(trouble);
        self.touch(now);
    }

    /// How long to wait still, if nothing else happens; `None` where nothing has happened.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let (first, last) = self.since?;
        let is_one = self.open.is_empty() && self.written.len() <= 1;
        // That a file was closed may be among what was not kept.
        let is_half = self.trouble.is_none() && !self.unfinished.is_empty();
        let until = match (is_half, is_one) {
            (true, _) => first + LONGEST,
            (false, true) => last + SHORT,
            (false, false) => last + LONG,
        };
        Some(until.min(first + LONGEST).saturating_duration_since(now))
    }

    /// Takes up what has happened.
    pub(super) fn take(&mut self) -> Option<Trouble> {
        std::mem::take(self).trouble
    }

    fn close(&mut self, path: &Path) {
        self.open.remove(path);
        self.unfinished.remove(path);
    }

    fn open(&mut self, path: &Path) {
        self.write(path);
        if self.open.len() < MANY {
            self.open.insert(path.to_owned());
        }
    }

    fn write(&mut self, path: &Path) {
        if self.written.len() < MANY {
            self.written.insert(path.to_owned());
        }
    }

    fn touch(&mut self, now: Instant) {
        let (first, _) = self.since.unwrap_or((now, now));
        self.since = Some((first, now));
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RemoveKind};

    use super::*;

    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const CREATED: EventKind = EventKind::Create(CreateKind::File);
    const FOLDER: EventKind = EventKind::Create(CreateKind::Folder);
    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const GONE: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::From));
    const COME: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::To));
    const REMOVED: EventKind = EventKind::Remove(RemoveKind::File);
    const TOUCHED: EventKind = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
    const LINK: EventKind = EventKind::Create(CreateKind::Other);
    const READ: EventKind = EventKind::Access(AccessKind::Open(AccessMode::Any));

    /// How long is waited for what is half written.
    const UNFINISHED: Option<Duration> = match TELLS_OF_CLOSING {
        true => Some(LONGEST),
        false => Some(LONG),
    };

    fn is_known(path: &Path) -> bool {
        ["a.yaml", "prompt.md"]
            .iter()
            .any(|known| path == Path::new(known))
    }

    #[test]
    fn what_was_saved_whole_is_told_at_once() {
        type Events<'e> = &'e [(EventKind, &'e str)];
        let rows: [(&str, Events<'_>, Option<Duration>); 20] = [
            ("nothing", &[], None),
            ("read", &[(READ, "a.yaml")], None),
            (
                "in place",
                &[(WRITTEN, "a.yaml"), (CLOSED, "a.yaml")],
                Some(SHORT),
            ),
            ("still written", &[(WRITTEN, "a.yaml")], UNFINISHED),
            (
                "new and still written",
                &[(CREATED, "b.json"), (WRITTEN, "b.json")],
                UNFINISHED,
            ),
            (
                "one still written beside one that is closed",
                &[(WRITTEN, "a.yaml"), (CLOSED, "prompt.md")],
                UNFINISHED,
            ),
            (
                "both closed",
                &[
                    (WRITTEN, "a.yaml"),
                    (WRITTEN, "prompt.md"),
                    (CLOSED, "prompt.md"),
                    (CLOSED, "a.yaml"),
                ],
                Some(LONG),
            ),
            (
                "a prompt that is still written",
                &[(WRITTEN, "prompt.md")],
                UNFINISHED,
            ),
            (
                "a log that is never closed",
                &[
                    (CREATED, "run.log"),
                    (WRITTEN, "run.log"),
                    (WRITTEN, "run.log"),
                ],
                Some(LONG),
            ),
            (
                "written, and gone before it was closed",
                &[
                    (CREATED, "new.yml"),
                    (WRITTEN, "new.yml"),
                    (REMOVED, "new.yml"),
                ],
                Some(SHORT),
            ),
            (
                "written, and renamed before it was closed",
                &[(WRITTEN, "new.yml"), (GONE, "new.yml"), (COME, "a.yaml")],
                Some(SHORT),
            ),
            ("created", &[(CREATED, "new.yaml")], Some(LONG)),
            ("a link", &[(LINK, "new.yaml")], Some(LONG)),
            (
                "touched",
                &[(CREATED, "new.yaml"), (CLOSED, "new.yaml")],
                Some(SHORT),
            ),
            (
                "sed -i",
                &[
                    (CREATED, "sedX"),
                    (WRITTEN, "sedX"),
                    (CLOSED, "sedX"),
                    (GONE, "sedX"),
                    (COME, "a.yaml"),
                ],
                Some(SHORT),
            ),
            ("renamed from elsewhere", &[(COME, "a.yaml")], Some(SHORT)),
            ("renamed away", &[(GONE, "a.yaml")], Some(LONG)),
            (
                "away and back",
                &[
                    (GONE, "a.yaml"),
                    (COME, "a.yaml~"),
                    (CREATED, "a.yaml"),
                    (CLOSED, "a.yaml"),
                    (REMOVED, "a.yaml~"),
                    (TOUCHED, "a.yaml"),
                ],
                Some(SHORT),
            ),
            (
                "two files",
                &[(CLOSED, "a.yaml"), (CLOSED, "b.yaml")],
                Some(LONG),
            ),
            ("a folder", &[(FOLDER, "new")], Some(LONG)),
        ];
        let now = Instant::now();
        for (name, events, expected) in rows {
            let mut burst = Burst::default();
            for (kind, path) in events {
                let event = Event::new(*kind).add_path(path.into());
                burst.note(&event, is_known, now);
            }
            assert_eq!(burst.wait(now), expected, "{name}");
        }
    }

    #[test]
    fn whoever_writes_all_the_time_is_not_waited_for_forever() {
        let start = Instant::now();
        let mut burst = Burst::default();
        for tenth in 0..30 {
            let now = start + Duration::from_millis(100 * tenth);
            let event = Event::new(WRITTEN).add_path("a.yaml".into());
            burst.note(&event, |_| true, now);
        }
        let now = start + Duration::from_secs(3);
        assert_eq!(burst.wait(now), Some(Duration::ZERO));
        assert_eq!(burst.take(), None);
        assert_eq!(burst.wait(now), None);
    }

    #[test]
    fn what_is_half_written_is_waited_for_from_the_first_word_on_and_not_after_an_overflow() {
        let start = Instant::now();
        let mut burst = Burst::default();
        let event = Event::new(WRITTEN).add_path("prompt.md".into());
        let second = Duration::from_secs(1);
        for now in [start, start + second] {
            burst.note(&event, is_known, now);
        }
        let expected = UNFINISHED.map(|wait| wait.min(LONGEST - second));
        assert_eq!(burst.wait(start + second), expected);
        burst.fail(Trouble::Overflow, start + second);
        assert_eq!(burst.wait(start + second), Some(LONG));
    }

    #[test]
    fn an_overflow_is_told_once() {
        let now = Instant::now();
        let mut burst = Burst::default();
        let event = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        burst.note(&event, |_| false, now);
        assert!(burst.wait(now).is_some());
        assert_eq!(burst.take(), Some(Trouble::Overflow));
        assert_eq!(burst.take(), None);
    }
}
