//! By what is told, without reading a file, that it is what it was.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How coarse the clocks of file systems are: those that keep fractions of a second, and the others.
const FINE: Duration = Duration::from_millis(50);
const COARSE: Duration = Duration::from_secs(2);

/// What the system says of a file, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: SystemTime,
    identity: Identity,
}

impl Stamp {
    /// The stamp of what is at a path; `None` where nothing is, or it cannot be told.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            length: found.len(),
            modified: found.modified().ok()?,
            identity: Identity::of(&found),
        })
    }

    /// Whether a file that was read after `start` was surely not written since with the same stamp: what is written twice within one tick
    /// of the clock has the same time.
    pub(crate) fn is_settled(&self, start: SystemTime) -> bool {
        let changed = self.identity.changed().max(self.modified);
        let since = changed.duration_since(SystemTime::UNIX_EPOCH);
        let is_coarse = since.is_ok_and(|since| since.subsec_nanos() == 0);
        let tick = if is_coarse { COARSE } else { FINE };
        changed + tick < start
    }
}

/// Which file it is, and when anything about it was changed: that time cannot be set by anyone.
#[cfg(unix)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

#[cfg(unix)]
impl Identity {
    fn of(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: found.dev(),
            inode: found.ino(),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    fn changed(self) -> SystemTime {
        let (seconds, nanoseconds) = self.changed;
        let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        let fraction = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
        SystemTime::UNIX_EPOCH + seconds + fraction
    }
}

/// Elsewhere the system does not say.
#[cfg(not(unix))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity;

#[cfg(not(unix))]
impl Identity {
    const fn of(_: &Metadata) -> Self {
        Self
    }

    const fn changed(self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}
