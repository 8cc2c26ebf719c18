//! The whole program, as a user runs it: one module for each command, and the stories between them.

mod apply;
mod canaries;
mod disk;
mod faults;
mod fields;
mod fuzz;
mod hostile;
mod import;
mod init;
mod kill;
mod lists;
mod manual;
mod mistakes;
mod plan;
mod prune;
mod pull;
mod repository;
mod saved;
mod schema;
mod service;
mod show;
mod status;
mod support;
mod undo;
mod validate;
mod watch;
