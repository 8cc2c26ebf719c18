//! The ledger file: what we applied last, for one environment. It holds ids and digests, no prompt
//! and no secret.

mod lock;
mod store;

pub use lock::Lock;
pub use store::{Ledger, LedgerError, LedgerErrorKind};
