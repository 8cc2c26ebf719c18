//! The sandbox over real HTTP.

mod listing;
mod patching;
mod secrets;
mod site;
mod state;
mod writing;
