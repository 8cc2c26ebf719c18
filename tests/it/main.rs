//! The whole program, as a user runs it: one module for each command, and the stories between them.

#[cfg(unix)]
mod against;
mod apply;
mod canaries;
mod disk;
mod examples;
mod faults;
mod fields;
mod fuzz;
#[cfg(unix)]
mod hooks;
mod hostile;
mod import;
mod init;
mod instructions;
mod kill;
mod kubernetes;
mod lists;
mod live;
mod manual;
mod mistakes;
mod page;
mod plan;
mod prune;
mod pull;
#[cfg(target_os = "linux")]
mod reconcile;
mod release;
mod reports;
mod repository;
mod saved;
mod schema;
mod service;
mod show;
mod status;
mod support;
mod talk;
mod undo;
mod validate;
mod version;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod workflows;
