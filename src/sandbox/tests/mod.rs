//! The sandbox over real HTTP.

mod conversations;
mod faults;
mod listing;
mod normalising;
mod patching;
mod secrets;
mod site;
mod state;
mod twists;
mod vectors;
mod writing;
