//! What each persona needs, and what is wrong with what was asked for.

pub mod check;
