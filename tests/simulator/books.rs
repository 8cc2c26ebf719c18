//! The program's ledger and journal, as anybody who looks at them finds them.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use serde_json::Value;

/// Where they are.
#[derive(Clone)]
pub(crate) struct Books {
    pub(crate) ledger: PathBuf,
    pub(crate) journal: PathBuf,
}

/// A ledger that somebody has open, and what it said when it was opened.
pub(crate) struct Held {
    file: File,
    text: String,
}

impl Books {
    /// Both of them, one after the other; or what is wrong with them.
    pub(crate) fn read(&self) -> Result<String, String> {
        let [ledger, journal] =
            [&self.ledger, &self.journal].map(|path| match fs::read_to_string(path) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.to_string()),
            });
        let (ledger, journal) = (ledger?, journal?.unwrap_or_default());
        if let Some(text) = &ledger {
            parse(text).map_err(|error| format!("the ledger: {error}"))?;
        }
        // A line without its end is being written.
        for line in journal
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            let (_, text) = line
                .split_once(' ')
                .ok_or("the journal has an empty line")?;
            parse(text).map_err(|error| format!("the journal: {error}"))?;
        }
        Ok(ledger.unwrap_or_default() + &journal)
    }

    /// The ledger as it is now, held open.
    pub(crate) fn hold(&self) -> Option<Held> {
        let text = fs::read_to_string(&self.ledger).ok()?;
        let file = File::open(&self.ledger).ok()?;
        Some(Held { file, text })
    }
}

impl Held {
    /// Whoever reads on reads the old one to its end, whatever has been written since.
    pub(crate) fn is_whole(&mut self) -> bool {
        let mut text = String::new();
        self.file.read_to_string(&mut text).is_ok() && text == self.text
    }
}

fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}
