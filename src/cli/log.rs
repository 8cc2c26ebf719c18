//! The log: on standard error, a line for each record, with no header, no body and no secret. What the libraries
//! below log is left out: nobody here has looked through what they say of a request.

use std::io::{self, Write};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::args::{Global, LogFormat};
use super::concealed::Concealed;
use crate::render::{in_json, on_one_line};

/// Logs from now on what the arguments ask for.
pub(super) fn start(global: &Global, concealed: Concealed) {
    let level = match global.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let format = global.log_format;
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(move || Records {
            format,
            concealed: concealed.clone(),
        })
        .with_ansi(false);
    // Set once; a second run in one process keeps the first.
    let _ = match format {
        LogFormat::Text => builder.finish().with(own).try_init(),
        LogFormat::Json => builder.json().finish().with(own).try_init(),
    };
}

/// Takes one record after the other, and makes harmless what it quotes.
struct Records {
    format: LogFormat,
    concealed: Concealed,
}

impl Write for Records {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(record);
        let text = self.concealed.redact(text.trim_end_matches('\n'));
        let line = match self.format {
            LogFormat::Text => on_one_line(&text).into_owned(),
            LogFormat::Json => in_json(&text),
        };
        writeln!(io::stderr(), "{line}")?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
