//! One apply at a time for each ledger: a kernel lock, which is gone with its holder however that ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::store::{LedgerError, LedgerErrorKind};
use crate::durable;

/// How often, and how far apart, it is looked who has a lock that nobody has put a name to yet: a busy disk
/// may keep the holder's name back for a while.
const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock of the ledger at `ledger`. The lock file is not the ledger, which is replaced at
    /// every write; `holder` says who has it, for others to read.
    ///
    /// # Errors
    /// Where somebody else has it, or the file system refuses.
    pub fn take(ledger: &Path, file: &Path, holder: &str) -> Result<Self, LedgerError> {
        let failed = |kind| LedgerError {
            path: ledger.to_owned(),
            kind,
        };
        let io = |error| failed(LedgerErrorKind::Io(error));
        let mut lock = open(file).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(failed(LedgerErrorKind::Locked(holder_in(&mut lock))));
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| lock.write_all(holder.as_bytes()))
            .map_err(io)?;
        Ok(Self(lock))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Who finds the next holder there before that has said who it is should not read of this one.
        let _ = self.0.set_len(0);
    }
}

/// Who has the lock, by the file's own words. Whoever has just taken it may not have said so yet.
fn holder_in(lock: &mut File) -> String {
    let mut holder = String::new();
    for _ in 0..LOOKS {
        let read = lock.read_to_string(&mut holder);
        if read.is_err() || !holder.is_empty() {
            break;
        }
        thread::sleep(PAUSE);
    }
    match holder.trim() {
        "" => "a process that does not say which".to_owned(),
        holder => holder.to_owned(),
    }
}

fn open(file: &Path) -> io::Result<File> {
    durable::private_folder(durable::folder_of(file))?;
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_of_the_first_until_that_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ledger, file) = (
            folder.path().join("ledger.json"),
            folder.path().join("private/lock"),
        );
        let first = Lock::take(&ledger, &file, "process 1").expect("it is free");
        let error = Lock::take(&ledger, &file, "process 2").expect_err("it is taken");
        assert!(
            error.kind.to_string().contains("process 1"),
            "{}",
            error.kind
        );
        drop(first);
        Lock::take(&ledger, &file, "process 3").expect("it is free again");
    }

    #[test]
    fn a_holder_that_has_only_just_come_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ledger, file) = (
            folder.path().join("ledger.json"),
            folder.path().join("private/lock"),
        );
        drop(Lock::take(&ledger, &file, "process 1").expect("it is free"));
        let mut silent = open(&file).expect("a file");
        silent.try_lock().expect("it is free");
        let telling = thread::spawn(move || {
            thread::sleep(PAUSE * 3);
            silent.write_all(b"process 2").expect("it is written");
            silent
        });
        let error = Lock::take(&ledger, &file, "process 3").expect_err("it is taken");
        let told = error.kind.to_string();
        assert!(told.ends_with("process 2"), "{told}");
        drop(telling.join().expect("it is told"));
    }
}
