//! The `personactl` program.

fn main() {}
