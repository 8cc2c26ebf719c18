//! What Linux tells of a process, and the peak of the program's memory: it tells that itself when it is done, as nobody else
//! can ask in time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Names the file that a process writes its peak to.
const PEAK: &str = "SPEED_PEAK";

/// What a file of the system says under this name.
pub(crate) fn figure(path: &Path, name: &str) -> f64 {
    let text = fs::read_to_string(path).expect("Linux tells");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.and_then(|word| word.parse().ok()).expect("a figure")
}

/// Writes down how many kilobytes this process has held at most, where somebody wants to know.
pub(crate) fn tell_peak() {
    if let Some(path) = env::var_os(PEAK) {
        let peak = figure(Path::new("/proc/self/status"), "VmHWM:");
        fs::write(path, peak.to_string()).expect("it is written");
    }
}

/// Runs the program, and says how many bytes it has held at most.
pub(crate) fn peak(command: &mut Command, folder: &Path) -> f64 {
    let path: PathBuf = folder.join("peak");
    let output = command.env(PEAK, &path).output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {output:?}");
    let text = fs::read_to_string(path).expect("it has told");
    1_024.0 * text.parse::<f64>().expect("a figure")
}
