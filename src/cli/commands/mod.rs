//! One file for each command: its arguments, whose doc comments are the help, then what it does.

pub(super) mod apply;
pub(super) mod completions;
pub(super) mod explain;
pub(super) mod import;
pub(super) mod init;
pub(super) mod man;
pub(super) mod plan;
pub(super) mod pull;
pub(super) mod reconcile;
pub(super) mod sandbox;
pub(super) mod schema;
pub(super) mod show;
pub(super) mod status;
pub(super) mod talk;
pub(super) mod validate;
pub(super) mod watch;
