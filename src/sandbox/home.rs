//! The state directory: made, locked, and written to so that a crash leaves whole files only.

use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::start_error::{StartError, StartErrorKind};
use crate::durable;

/// The state directory, held by this process until the value is dropped.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
    /// The kernel's lock goes with the open file, also when the process is killed.
    _lock: File,
}

impl Home {
    /// Takes hold of the directory; makes it where there is none.
    pub(super) fn claim(directory: PathBuf) -> Result<Self, StartError> {
        if !directory.exists() {
            durable::private_folder(&directory).map_err(StartError::io(&directory))?;
        }
        let path = directory.join("lock");
        let lock = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(StartError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(directory)),
            Err(TryLockError::Error(source)) => return Err(StartError::io(path)(source)),
        }

        let home = Self {
            directory,
            _lock: lock,
        };
        home.forget_address();
        Ok(home)
    }

    /// Where the personas are.
    pub(super) fn personas(&self) -> PathBuf {
        self.directory.join("personas")
    }

    /// The directory itself.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Tells other processes where this one listens.
    pub(super) fn announce(&self, address: SocketAddr) -> Result<(), StartError> {
        let path = address_file(&self.directory);
        durable::write(&path, address.to_string().as_bytes()).map_err(StartError::io(path))
    }

    /// An address that a killed process left behind misleads nobody who finds the lock free, but
    /// whoever finds it taken.
    fn forget_address(&self) {
        let _ = fs::remove_file(address_file(&self.directory));
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.forget_address();
    }
}

fn busy(directory: PathBuf) -> StartError {
    let address = fs::read_to_string(address_file(&directory));
    let address = address.ok().and_then(|text| text.parse().ok());
    StartError::new(directory, StartErrorKind::Busy { address })
}

fn address_file(directory: &Path) -> PathBuf {
    directory.join("address")
}
