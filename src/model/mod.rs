//! The nouns that every other module speaks in: what is desired, what is live, and where it was
//! said.

mod causes;
mod code;
mod conversation;
mod desired;
mod digest;
mod finding;
pub(crate) mod hostile;
mod intent;
mod live;
mod name;
mod number;
mod place;
mod pointer;
mod record;
mod redact;
pub mod secret;

pub use causes::causes;
pub use code::Code;
pub use conversation::Conversation;
pub use desired::{Desired, Ownership};
pub use digest::{Digest, Fingerprints, Hasher, Salt};
pub use finding::{Finding, Severity};
pub use intent::{Intent, Unheard};
pub use live::Live;
pub use name::{Key, PersonaId, SecretName, folded};
pub use number::canonical_decimal;
pub use place::{Place, Places};
pub use pointer::Pointer;
pub use record::{Applied, Record, Records};
pub use redact::{is_telling, redact, without_keys};
