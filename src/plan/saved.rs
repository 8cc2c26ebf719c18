//! A plan as a file keeps it, for a later run to execute.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::against::Against;
use super::step::{Notes, Plan, Step};
use crate::model::{Digest, Hasher, Records, Salt};

/// What tells such a file from any other JSON.
const FORMAT: &str = "personactl-plan";
/// The version of the format that is written here.
const FORMAT_VERSION: u64 = 1;

/// A plan, and what it takes to find out whether it may still be executed.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The plan. What the ledger knows of its personas is not in it: [`Saved::remember`] that.
    pub plan: Plan,
    /// The persona directory, as it was typed.
    pub directory: String,
    /// The ledger's salt, which the plan's digests of hidden fields were made with.
    pub salt: Salt,
}

/// A file that is no plan to be executed.
#[derive(Debug, Error)]
pub enum SavedError {
    /// It ends too early.
    #[error("it is cut off")]
    Truncated(#[source] serde_json::Error),
    /// It is JSON of some other kind, or none.
    #[error("it is not a saved plan")]
    Foreign(#[source] Option<serde_json::Error>),
    /// It was written in a format that this program does not read.
    #[error("it has format version {0}, and this personactl reads {FORMAT_VERSION}")]
    Version(u64),
    /// Its content is not what was written.
    #[error("it was edited after it was made, or damaged")]
    Edited(#[source] Option<serde_json::Error>),
}

#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    format_version: u64,
    /// Over the content, however it is laid out.
    digest: Digest,
    plan: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    plan_id: Digest,
    environment: String,
    api_url: String,
    directory: String,
    salt: String,
    steps: Vec<Step>,
}

impl Saved {
    /// The file's text.
    ///
    /// # Errors
    /// Where a value in the plan is nested too deep to be read again.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let Plan {
            environment,
            against,
            steps,
            // The ledger learns that from the next plan as well.
            notes: _,
        } = &self.plan;
        let content = Content {
            plan_id: self.plan.id(),
            environment: environment.clone(),
            // What no account was looked at for is never saved; if it were, no run would fit it.
            api_url: against.address().unwrap_or_default().to_owned(),
            directory: self.directory.clone(),
            salt: self.salt.to_hex(),
            steps: steps.clone(),
        };
        // A number may be spelt otherwise once it was read, and the digest is taken of what is read.
        let content: Content = serde_json::from_str(&serde_json::to_string(&content)?)?;
        let file = File {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            digest: content.digest(),
            plan: content,
        };
        serde_json::to_string_pretty(&file)
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// Where it is not exactly what was written, in a format of this version.
    pub fn parse(text: &str) -> Result<Self, SavedError> {
        let head: Head = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => SavedError::Truncated(error),
            _ => SavedError::Foreign(Some(error)),
        })?;
        if head.format != FORMAT {
            return Err(SavedError::Foreign(None));
        }
        if head.format_version != FORMAT_VERSION {
            return Err(SavedError::Version(head.format_version));
        }
        let file: File =
            serde_json::from_str(text).map_err(|error| SavedError::Edited(Some(error)))?;
        let salt = Salt::from_hex(&file.plan.salt);
        let (true, Some(salt)) = (file.plan.digest() == file.digest, salt) else {
            return Err(SavedError::Edited(None));
        };
        let content = file.plan;
        let plan = Plan {
            environment: content.environment,
            against: Against::Service(content.api_url),
            steps: content.steps,
            notes: Notes::default(),
        };
        if plan.id() != content.plan_id {
            return Err(SavedError::Edited(None));
        }
        Ok(Self {
            plan,
            directory: content.directory,
            salt,
        })
    }

    /// Whether a text is a plan, or was one before it was damaged.
    #[must_use]
    pub fn is_plan(text: &str) -> bool {
        match Self::parse(text) {
            Ok(_) | Err(SavedError::Version(_) | SavedError::Edited(_)) => true,
            Err(SavedError::Truncated(_)) => text.contains(FORMAT),
            Err(SavedError::Foreign(_)) => false,
        }
    }

    /// Takes over what the ledger knows of the plan's personas.
    pub fn remember(&mut self, records: &Records) {
        self.plan
            .steps
            .iter_mut()
            .for_each(|step| step.remember(records));
    }
}

impl Content {
    fn digest(&self) -> Digest {
        let text = serde_json::to_string(self).expect("what was read can be written");
        let mut hasher = Hasher::default();
        hasher.write_tagged('p', &text);
        hasher.finish()
    }
}
