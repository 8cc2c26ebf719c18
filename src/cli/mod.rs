//! The command line: arguments in, an exit code out. It sees all modules and wires them up.

mod args;
mod commands;
mod concealed;
mod consent;
mod context;
mod drafting;
mod embedded;
mod error;
mod former;
mod git;
mod ground;
mod log;
mod outcome;
mod plan_file;
mod prepared;
mod progress;
mod reports;
mod run;
mod scaffold;
mod signals;
mod site;
mod watching;

pub use run::run;
