//! Walking a plan: each step is sent, read back and recorded; what happens is told as it happens.

mod execute;
mod outcome;
mod resolve;
mod send;
mod stop;
mod take;
mod twins;
mod undo;
mod verify;

pub use execute::{Session, execute};
pub use outcome::{After, Normalised, Outcome, Status};
pub use resolve::Secrets;
pub use send::Form;
pub use stop::Stop;
pub use take::SETTLING;
pub use undo::Undo;
