//! What every command shares: the process environment, and the two streams to speak on.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::Duration;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use secrecy::SecretString;

use super::args::{Color, Global};
use super::concealed::Concealed;
use super::error::Error;
use super::log;
use crate::model::causes;
use crate::render::{Marks, in_output, on_one_line};
use crate::settings::Process;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// In fewer columns nothing could be read.
const NARROWEST: usize = 40;
/// Longer lines are not read easily.
const WIDE: usize = 120;

/// What every command shares.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) process: Process,
    pub(super) environment: Option<String>,
    pub(super) strict: bool,
    pub(super) quiet: bool,
    pub(super) timeout: Option<Duration>,
    color: ColorChoice,
    /// What was read that must never be said, whoever brings it up.
    concealed: Concealed,
}

impl Context {
    pub(super) fn new(global: &Global, process: Process) -> Self {
        let concealed = Concealed::default();
        log::start(global, concealed.clone());
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        let environment = global.environment.clone();
        Self {
            process,
            environment,
            strict: global.strict,
            quiet: global.quiet,
            timeout: global.timeout,
            color,
            concealed,
        }
    }

    /// Keeps a secret from being said from now on, even if the service puts it where anyone could read it.
    pub(super) fn conceal(&self, secret: &SecretString) {
        self.concealed.add(secret);
    }

    /// The text without secrets.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.concealed.redact(text)
    }

    /// The text as it may stand in a file, without styles.
    pub(super) fn in_file(&self, text: &str) -> String {
        strip_str(&self.harmless(text)).to_string()
    }

    /// How many columns a result may take: those of the terminal, as far as lines are still easily read.
    pub(super) fn width(&self) -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0).clamp(NARROWEST, WIDE))
    }

    /// What sets off words that changed: colour, where there is any.
    pub(super) fn marks(&self) -> Marks {
        match self.color_of(&io::stdout()) {
            ColorChoice::Never => Marks::Brackets,
            _ => Marks::Style,
        }
    }

    /// The text without secrets, and without what nothing that is shown may hold.
    fn harmless(&self, text: &str) -> String {
        in_output(&self.concealed.redact(text.trim_end_matches('\n')))
    }

    /// Writes a result to standard output. That nobody reads it any more is no failure.
    pub(super) fn result(&self, text: &str) -> Result<(), Error> {
        heard_or_not(self.tell(text))
    }

    /// The same for whoever goes on for as long as somebody reads: that nobody does any more is an error.
    pub(super) fn tell(&self, text: &str) -> Result<(), Error> {
        let stdout = AutoStream::new(io::stdout().lock(), self.color_of(&io::stdout()));
        write_to(stdout, &self.harmless(text))
    }

    /// Writes commands for the CI runner to standard output: each line is one, and nothing in it ends it.
    pub(super) fn commands(&self, lines: &str) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        heard_or_not(write_to(io::stdout().lock(), &self.redacted(lines)))
    }

    /// Says something beside the result, on standard error.
    pub(super) fn say(&self, text: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color_of(&io::stderr()));
        // Where standard error is gone, there is nobody left to tell.
        let _ = writeln!(stderr, "{}", self.harmless(text));
    }

    /// Says a line that --quiet silences.
    pub(super) fn mention(&self, line: &str) {
        if !self.quiet {
            self.say(&on_one_line(line));
        }
    }

    /// The one place that prints an error, with all that is behind it.
    pub(super) fn fail(&self, error: &Error) {
        self.say(&format!(
            "{ERROR}error:{ERROR:#} {}",
            on_one_line(&causes(error))
        ));
        if let Some(hint) = error.hint() {
            self.say(&format!("{HINT}hint:{HINT:#} {}", on_one_line(&hint)));
        }
    }

    /// Whether a human can be asked.
    pub(super) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question; the answer without white space around it.
    pub(super) async fn ask(&self, question: &str) -> Result<String, Error> {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color_of(&io::stderr()));
        write!(stderr, "{question} ")
            .and_then(|()| stderr.flush())
            .map_err(Error::Output)?;
        drop(stderr);
        // Whoever waits for a human must not keep the embedded service from answering others.
        let read = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().read_line(&mut answer).map(|_| answer)
        });
        let answer = read
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(Error::Input)?;
        Ok(answer.trim().to_owned())
    }

    /// Whether progress may be drawn.
    pub(super) fn draws(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    fn color_of(&self, stream: &impl anstream::stream::RawStream) -> ColorChoice {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(stream),
            chosen => chosen,
        }
    }
}

/// What was written, whether or not anybody read it.
fn heard_or_not(told: Result<(), Error>) -> Result<(), Error> {
    match told {
        Err(Error::Unheard) => Ok(()),
        told => told,
    }
}

fn write_to(mut stream: impl Write, text: &str) -> Result<(), Error> {
    match writeln!(stream, "{text}").and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Error::Unheard),
        Err(error) => Err(Error::Output(error)),
        Ok(()) => Ok(()),
    }
}
