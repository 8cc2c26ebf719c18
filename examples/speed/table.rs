//! The table: what was measured, and what it should be.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::thread::available_parallelism;

/// One line of it.
pub(crate) struct Row {
    what: String,
    figure: String,
    /// What it must be, and what would be wonderful.
    targets: (&'static str, &'static str),
}

impl Row {
    /// A figure that nobody has promised anything of.
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            figure: figure.into(),
            targets: ("", ""),
        }
    }

    /// A time, given in seconds.
    pub(crate) fn ms(what: impl Display, seconds: f64) -> Self {
        let milliseconds = 1_000.0 * seconds;
        let decimals = if milliseconds < 10.0 { 2 } else { 0 };
        Self::new(format!("{what}, ms"), format!("{milliseconds:.decimals$}"))
    }

    /// How often one thing goes into another one.
    pub(crate) fn ratio(what: impl Into<String>, ratio: f64) -> Self {
        Self::new(what, format!("{ratio:.2}"))
    }

    /// The same with its targets.
    pub(crate) fn against(mut self, bar: &'static str, moonshot: &'static str) -> Self {
        self.targets = (bar, moonshot);
        self
    }
}

impl Display for Row {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            figure,
            targets: (bar, moonshot),
        } = self;
        write!(formatter, "| {what} | {figure} | {bar} | {moonshot} |")
    }
}

/// What stands above the rows: the machine, and what the columns are.
pub(crate) fn head() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    format!(
        "{cores} cores, {}\n\n| what | figure | bar | moonshot |\n|---|--:|--:|--:|",
        processor()
    )
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    model.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// The middle one of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The middle one of what is made of each round.
pub(crate) fn middle<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    median(rounds.iter().map(figure).collect())
}
