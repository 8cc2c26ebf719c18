//! The program as it is released: what of its start and of its size would be the example's own is measured there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::role::this;

/// The program, which is built where it is not there or older than its sources.
pub(crate) fn released() -> PathBuf {
    let built = cargo(&["build", "--release", "--quiet", "--bin", "personactl"]).status();
    assert!(built.expect("cargo runs").success(), "it is not built");
    let this = this();
    let folder = this.parent().and_then(Path::parent);
    let program = format!("personactl{}", env::consts::EXE_SUFFIX);
    folder.expect("examples lie beside it").join(program)
}

/// Cargo, asked about this crate.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}
