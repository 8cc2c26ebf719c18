//! Keeps the personas of video agents in git.
//!
//! The program is one sentence: **load the desired personas, fetch the live ones, compare both with
//! what we applied last, build a plan; show it or apply it.** A [`plan::Plan`] is a plain value
//! which holds every decision with its reason, and the live version it was computed from.
//!
//! ```text
//! manifests (desired) ──┐
//! API       (live)    ──┼──► plan::build ──► Plan ──┬──► render   text, JSON
//! ledger    (applied) ──┘     pure, sync            └──► apply    HTTP, then ledger; tells events
//! ```
//!
//! [`model`], [`catalog`], [`diff`], [`plan`] and [`schema`] are the core: no file, socket, clock, environment
//! or printing; [`import`] is like them, and goes the other way, from live personas to manifests. The
//! edges ([`manifest`], [`api`], [`ledger`], [`git`]) use the core's nouns and not one another, read within
//! [`bounds`], write with [`durable`], and [`cli`] wires all of it up. [`serve`] shows a browser what [`render`] has made; a loop
//! without a terminal is seen from outside by its [`metrics`] and [`probes`].

pub mod api;
pub mod apply;
pub mod bounds;
pub mod catalog;
pub mod cli;
pub mod diff;
pub mod durable;
pub mod git;
pub mod import;
pub mod ledger;
pub mod lint;
pub mod manifest;
pub mod metrics;
pub mod model;
mod mutant;
mod parallel;
pub mod plan;
pub mod probes;
pub mod pull;
pub mod render;
pub mod sandbox;
pub mod schema;
pub mod serve;
pub mod settings;
mod stamp;
pub mod watch;
pub mod yaml;
