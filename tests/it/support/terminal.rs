//! The program on a terminal, by `script`.

use std::process::{Command, Stdio};

use super::Site;

/// The arguments as a shell has to be told them.
fn for_shell(arguments: &[&str]) -> String {
    let quoted = |argument: &&str| format!("'{}'", argument.replace('\'', "'\\''"));
    let words: Vec<_> = arguments.iter().map(quoted).collect();
    words.join(" ")
}

/// What the program says on a terminal of its own, of so many columns.
pub(crate) fn on_terminal(site: &Site, columns: u16, arguments: &[&str]) -> Vec<u8> {
    let program = site.command(arguments.iter().copied());
    let line = for_shell(&[&[env!("CARGO_BIN_EXE_personactl")], arguments].concat());
    let line = format!("stty rows 24 cols {columns} && exec {line}");
    let mut script = Command::new("script");
    script
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(site.path("."))
        .env_clear()
        .env("TERM", "xterm-256color")
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        script.env(name, value.expect("it is set"));
    }
    let said = script.output().expect("script runs").stdout;
    let text = String::from_utf8_lossy(&said);
    // A terminal begins each line at the left edge, and a progress bar its own.
    text.replace("\r\n", "\n").replace('\r', "\n").into_bytes()
}

/// Whether there are such terminals here.
pub(crate) fn has_terminal() -> bool {
    let script = Command::new("script")
        .args(["-q", "-e", "-c", "test -t 1", "/dev/null"])
        .output();
    script.is_ok_and(|output| output.status.success())
}
