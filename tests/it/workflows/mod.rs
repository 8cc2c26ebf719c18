//! The ready-made CI of `examples/`: its shell steps are run as a runner would, against stand-ins for the forges' own programs.

mod expressions;
mod github;
mod gitlab;
mod hub;
mod machine;
mod policy;
mod project;
