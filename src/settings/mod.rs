//! Settings and environments: which service a run is about, with which key, and where its ledger
//! lies.

mod address;
mod check;
mod difference;
mod environment;
mod error;
mod file;
mod process;
mod table;

pub use address::AddressError;
pub(crate) use difference::differing;
pub use environment::{Api, Environment, Terms};
pub(crate) use environment::{ENVIRONMENT, SANDBOX, key, sandbox_folders, variables};
pub use error::{SettingsError, SettingsErrorKind};
pub use process::Process;
pub(crate) use table::SETTINGS;
