//! The service's edge: requests built as values, then sent; answers read, whatever their shape.

mod client;
mod conversation;
mod error;
mod flow;
mod observe;
mod pace;
mod request;
mod retry;
mod wire;

pub use client::{Client, Connection, Reader, Writer};
pub use error::{ApiError, ApiErrorKind};
pub use observe::{Attempt, Observer};
pub use request::Drafts;
pub use retry::Trouble;
pub use wire::Created;
