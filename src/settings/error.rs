//! What can be wrong with settings.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::address::AddressError;
use crate::model::{Finding, SecretName};
use crate::yaml::Sources;

/// Settings that do not lead to an environment.
#[derive(Debug, Error)]
#[error("cannot use the environment{}", described(.environment.as_deref(), .file.as_ref()))]
pub struct SettingsError {
    /// The environment, once it is known.
    pub environment: Option<String>,
    /// The settings file, where there is one.
    pub file: Option<PathBuf>,
    /// What is wrong.
    #[source]
    pub kind: SettingsErrorKind,
}

/// What is wrong with settings.
#[derive(Debug, Error)]
pub enum SettingsErrorKind {
    /// The file cannot be read.
    #[error("the settings cannot be read")]
    Io(#[source] io::Error),
    /// The file says what settings cannot say.
    #[error("{}", mistakes(.0.len()))]
    Mistakes(Vec<Finding>, Sources),
    /// A variable's value has no counterpart in JSON.
    #[error("the variable `{name}` has a value that is no JSON")]
    Variable {
        /// The variable.
        name: String,
        /// What the conversion says.
        #[source]
        source: serde_json::Error,
    },
    /// No environment was chosen and none is the default.
    #[error("no environment was chosen; the settings have {}", .0.join(", "))]
    NotChosen(Vec<String>),
    /// There is no such environment.
    #[error("there is no such environment; the settings have {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// An environment's name becomes a file name.
    #[error("its name may hold letters, digits, `-`, `_` and `.` only, and begins with no `.`")]
    Name,
    /// The key cannot stand in a header.
    #[error("{0} holds white space, or characters that no key has")]
    BadKey(SecretName),
    /// The name is taken.
    #[error("`sandbox` is always the embedded service: write `api: sandbox`, or take another name")]
    NoSandbox,
    /// What says the address, and why it is none.
    #[error("`{0}` {1}")]
    Address(&'static str, AddressError),
    /// A file in a repository cannot send the key to any host.
    #[error("`{0}` is not trusted with the key")]
    Untrusted(String),
    /// The key is not there.
    #[error("{0} is not set")]
    NoKey(SecretName),
    /// A file of ours would be somewhere else.
    #[error("`{}` leads out of the repository by a link", .0.display())]
    Astray(PathBuf),
}

impl SettingsErrorKind {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoKey(name) => Some(format!(
                "set {name}, or try everything without a key in the embedded sandbox: -e sandbox"
            )),
            Self::Untrusted(host) => Some(format!(
                "if the host is yours, name it in the process environment: PERSONACTL_TRUSTED_HOSTS={host}"
            )),
            Self::NotChosen(_) => Some("choose one with -e, or set default_environment".to_owned()),
            _ => None,
        }
    }
}

fn mistakes(count: usize) -> String {
    match count {
        1 => "1 mistake in the settings".to_owned(),
        count => format!("{count} mistakes in the settings"),
    }
}

fn described(environment: Option<&str>, file: Option<&PathBuf>) -> String {
    let environment = environment
        .map(|name| format!(" `{name}`"))
        .unwrap_or_default();
    let file = file
        .map(|file| format!(" of `{}`", file.display()))
        .unwrap_or_default();
    format!("{environment}{file}")
}
