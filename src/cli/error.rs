//! What ends a run early, with its hints and its exit code.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::outcome::Outcome;
use crate::api::{ApiError, ApiErrorKind};
use crate::catalog::PERSONA;
use crate::git::GitError;
use crate::ledger::LedgerError;
use crate::manifest::{LoadError, LoadErrorKind};
use crate::model::{Digest, Key, SecretName};
use crate::plan::SavedError;
use crate::probes::ProbeError;
use crate::sandbox::StartError;
use crate::serve::ServeError;
use crate::settings::{SettingsError, SettingsErrorKind};

/// What ends a run early.
#[derive(Debug, Error)]
pub(super) enum Error {
    #[error("cannot change to `{}`", path.display())]
    Directory {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("cannot tell where this is")]
    Here(#[source] io::Error),
    #[error(transparent)]
    Git(#[from] GitError),
    /// The findings have been shown already.
    #[error("{0} in the manifests; nothing was compared and nothing changed")]
    Findings(String),
    #[error("`{}` holds no manifest", .0.display())]
    NoManifest(PathBuf),
    #[error("already there: {0}; nothing was written")]
    Taken(String),
    #[error("`{}` would lead out of the repository; nothing was written", .0.display())]
    Outside(PathBuf),
    #[error("cannot write `{}`; nothing was written", path.display())]
    Scaffold {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write the manual into `{}`", path.display())]
    Manual {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("there is no manifest `{0}`")]
    NoSuchKey(String, Option<String>),
    #[error("there is no persona `{0}` to import")]
    NoStranger(String),
    #[error("cannot try out what would be written; nothing was")]
    Trial(#[source] io::Error),
    #[error("cannot write `{}`", path.display())]
    Import {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{0}` was never applied in this environment")]
    NotApplied(String),
    #[error("`{0}` is not live in this environment")]
    NotLive(String),
    #[error("`{0}` has no persona in this environment yet")]
    Unapplied(String),
    #[error("cannot talk to `{key}`")]
    Talk {
        key: Key,
        #[source]
        source: ApiError,
    },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
    #[error(transparent)]
    Sandbox(#[from] StartError),
    #[error("cannot read the sandbox's seed `{}`", path.display())]
    Seed {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write the sandbox's state `{}`", path.display())]
    State {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("none of the personas that the ledger `{}` knows is in this account", .0.display())]
    OtherAccount(PathBuf),
    #[error(transparent)]
    Probes(#[from] ProbeError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("nobody reads what is written")]
    Unheard,
    #[error("cannot be told when to end")]
    Signals(#[source] io::Error),
    #[error("cannot write the report `{}`", path.display())]
    Report {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot use the plan `{}`", path.display())]
    PlanFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot apply `{}`", path.display())]
    NoPlan {
        path: PathBuf,
        #[source]
        source: SavedError,
    },
    #[error("the plan `{}` is for another {what}: {plan}, not {run}", path.display())]
    OtherPlan {
        path: PathBuf,
        what: &'static str,
        plan: String,
        run: String,
    },
    #[error("the plan `{}` would send {name}, which is a key to the service itself", path.display())]
    KeyInPlan { path: PathBuf, name: SecretName },
    #[error("`{}` would be read as a manifest", .0.display())]
    AmongManifests(PathBuf),
    #[error("`{}` is read or kept by personactl or by git", .0.display())]
    NotForReports(PathBuf),
    #[error("there is neither a persona directory nor a plan `{}`", .0.display())]
    NoTarget(PathBuf),
    #[error("nothing was applied: cannot write the undo file `{}`", path.display())]
    Undo {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{}` is there already, and is no plan; it was left as it is", .0.display())]
    NotReplaced(PathBuf),
    #[error("the plan is not the one that was reviewed: its id is {found}, not {expected}")]
    Unexpected { expected: String, found: Digest },
    #[error("cannot draw a random number")]
    Random(#[source] getrandom::Error),
    #[error("cannot read the answer")]
    Input(#[source] io::Error),
    #[error("cannot write the result")]
    Output(#[source] io::Error),
    #[error("nothing was written: {} not committed", changed(.0))]
    Dirty(Vec<PathBuf>),
    #[error("nothing was written: git cannot tell whether `{}` is committed", .0.display())]
    Undecided(PathBuf),
    #[error("nothing was written: {0}")]
    NotWritten(String),
    #[error("cannot write `{}`", path.display())]
    Write {
        path: PathBuf,
        /// What was written before that.
        written: Vec<PathBuf>,
        #[source]
        source: io::Error,
    },
    #[error("nothing was applied: {0}")]
    NotConfirmed(String),
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// The exit code.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Api(error) | Self::Talk { source: error, .. } if error.is_unauthorized() => {
                Outcome::Unauthorized
            }
            Self::Settings(SettingsError {
                kind: SettingsErrorKind::NoKey(_),
                ..
            }) => Outcome::Unauthorized,
            Self::Settings(SettingsError {
                kind: SettingsErrorKind::Unknown(_) | SettingsErrorKind::NotChosen(_),
                ..
            })
            | Self::NoSuchKey(..)
            | Self::NoStranger(_)
            | Self::Usage(_) => Outcome::Usage,
            Self::Write { written, .. } if !written.is_empty() => Outcome::Partial,
            _ => Outcome::Failed,
        }
    }

    /// What to do next.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.kind.hint(),
            Self::Git(error) => error.hint(),
            Self::NoManifest(directory) => Some(format!(
                "manifests are files such as {}; names that begin with `_` or `.` are none",
                directory.join("life-coach.yaml").display()
            )),
            Self::Load(LoadError {
                kind: LoadErrorKind::Missing,
                ..
            })
            | Self::NoTarget(_) => Some(
                "name the persona directory, or run where `personas` is; `personactl init` makes one".to_owned(),
            ),
            Self::OtherAccount(ledger) => Some(format!(
                "is it the key of another account? If all of them were deleted, delete {} and plan again",
                ledger.display()
            )),
            Self::NoPlan { .. } => Some("make it again with `plan --out`".to_owned()),
            Self::OtherPlan { .. } => {
                Some("run it as it was made, or make it again with `plan --out`".to_owned())
            }
            Self::NotReplaced(_) | Self::AmongManifests(_) | Self::NotForReports(_) => {
                Some("give it another name".to_owned())
            }
            Self::Unexpected { .. } => {
                Some("nothing was changed; plan again, and review what is new".to_owned())
            }
            Self::Taken(_) => Some("name another directory, or move them away".to_owned()),
            Self::NoStranger(_) => {
                Some("`personactl import` without a choice lists all".to_owned())
            }
            Self::Import { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => Some(
                "nothing is ever written over; move away what is in the way, and import again"
                    .to_owned(),
            ),
            Self::NotApplied(_) | Self::NotLive(_) => {
                Some("`personactl status` shows what is".to_owned())
            }
            Self::Unapplied(_) => Some("run `personactl apply` first".to_owned()),
            Self::Write { written, .. } if !written.is_empty() => Some(format!(
                "{} written before that; pull again once this is mended",
                listed(written, "was", "were")
            )),
            Self::Undecided(_) => {
                Some("see what `git status` says, or say --allow-dirty".to_owned())
            }
            Self::Dirty(_) => Some("commit them first, or say --allow-dirty".to_owned()),
            Self::NoSuchKey(_, near) => near.as_ref().map(|near| format!("did you mean `{near}`?")),
            Self::Api(error) => api_hint(&error.kind),
            Self::Talk { source, .. } => talk_hint(source),
            _ => None,
        }
    }
}

fn changed(files: &[PathBuf]) -> String {
    listed(files, "has changes that are", "have changes that are")
}

/// The files, with a verb.
fn listed(files: &[PathBuf], one: &str, more: &str) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|file| format!("`{}`", file.display()))
        .collect();
    let verb = if files.len() == 1 { one } else { more };
    format!("{} {verb}", files.join(", "))
}

fn api_hint(kind: &ApiErrorKind) -> Option<String> {
    let hint = match kind {
        ApiErrorKind::NoAnswer(_) => {
            "is the address right, and can this machine reach it? Nothing was changed"
        }
        ApiErrorKind::Unauthorized { .. } => {
            "is it the key of this environment? It comes from `api_key` in the settings, else from TAVUS_API_KEY"
        }
        ApiErrorKind::NotJson { .. } | ApiErrorKind::Redirect { .. } => {
            "is the address that of the API? It comes from `api_url` in the settings, else from TAVUS_PUBLIC_API_BASE_URL"
        }
        ApiErrorKind::Truncated(_) | ApiErrorKind::Malformed(_) => {
            "nothing was changed; run again, and if it stays so, the service is at fault"
        }
        ApiErrorKind::Deadline => {
            "it comes from --timeout; whatever was done is recorded, and the next run goes on"
        }
        ApiErrorKind::Status { .. }
        | ApiErrorKind::Draft { .. }
        | ApiErrorKind::Key
        | ApiErrorKind::TooLarge(_) => return None,
    };
    Some(hint.to_owned())
}

/// What is to be done where no conversation was answered. Unless the service said no, there may be one.
fn talk_hint(error: &ApiError) -> Option<String> {
    let may_be_there = match &error.kind {
        ApiErrorKind::NoAnswer(source) => !source.is_connect(),
        kind => !error.is_refusal() && !matches!(kind, ApiErrorKind::Redirect { .. }),
    };
    if may_be_there {
        let hint = "there may be a conversation now, which may be billed until it ends, so none is asked for again: \
                    look in the dashboard first";
        return Some(hint.to_owned());
    }
    match error.refusal() {
        Some(words) if words.contains("replica") => {
            Some("give the manifest a `default_replica_id`, or name one with --replica".to_owned())
        }
        Some(words) if words.contains(PERSONA.noun) => {
            Some("`personactl status` shows whether it is live".to_owned())
        }
        _ => api_hint(&error.kind),
    }
}
