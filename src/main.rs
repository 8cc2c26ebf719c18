//! The `personactl` program: arguments in, an exit code out. Everything else is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Personas are many small values. With what musl brings, of which the released program is made, they would take several times
/// as long.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    personactl::cli::run()
}
