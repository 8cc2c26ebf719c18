//! The ledger: what we applied last, for one environment. It holds ids and digests, no prompt and no secret.
//!
//! `store` is the file and what is known of it here, `format` its text; `journal` keeps what was done until the file is written;
//! `lock` lets one apply at a time work on it.

mod format;
mod journal;
mod lock;
mod store;

pub use lock::Lock;
pub use store::{Files, Ledger, LedgerError, LedgerErrorKind, Written};
