//! Walking a plan: each step is sent, read back and recorded; what happens is told as it happens.

mod create;
mod delete;
mod execute;
mod look;
mod outcome;
mod resolve;
mod revise;
mod send;
mod stop;
mod trouble;
mod twins;
mod undo;
mod verify;

pub use execute::{Session, execute};
pub use look::SETTLING;
pub use outcome::{After, Normalised, Outcome, Status};
pub use resolve::Secrets;
pub use send::Form;
pub use stop::Stop;
pub use undo::Undo;
