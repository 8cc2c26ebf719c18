//! What must never be said, whoever brings it up.

use std::sync::{Arc, Mutex, MutexGuard};

use secrecy::{ExposeSecret, SecretString};

use crate::model::{is_telling, redact};

/// The secrets that were read so far; what is printed and what is logged leave out the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Concealed(Arc<Mutex<Vec<SecretString>>>);

impl Concealed {
    /// Adds a secret. What is too short to be told from other words is left to those who know where it stands.
    pub(super) fn add(&self, secret: &SecretString) {
        let mut secrets = self.secrets();
        let value = secret.expose_secret();
        let is_known = |known: &SecretString| known.expose_secret() == value;
        if is_telling(value) && !secrets.iter().any(is_known) {
            secrets.push(secret.clone());
        }
    }

    /// The text without any of them.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets = self.secrets();
        let values = secrets.iter().map(ExposeSecret::expose_secret);
        redact(text.to_owned(), values)
    }

    fn secrets(&self) -> MutexGuard<'_, Vec<SecretString>> {
        self.0
            .lock()
            .expect("nobody panics while holding the secrets")
    }
}
