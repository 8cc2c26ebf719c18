//! One apply at a time for each ledger: a kernel lock, which is gone with its holder however that ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::store::{LedgerError, LedgerErrorKind};
use crate::durable;

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

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
                let mut holder = String::new();
                // Whoever has it may not have said so yet.
                let _ = lock.read_to_string(&mut holder);
                return Err(failed(LedgerErrorKind::Locked(holder.trim().to_owned())));
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
}
