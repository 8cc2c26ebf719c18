//! The terminal, taken and given back.
//!
//! It still breaks lines, and still turns Ctrl-C and Ctrl-Z into signals: only the echo is off, and keys come at once. So nothing but
//! this one setting has to be mended, however the program ends.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::io::{read, retry_on_intr};
use rustix::process::{Signal as Number, getpgrp, getpid, getsid, kill_process};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, isatty, tcflush,
    tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::draw::CLEAR;
use crate::cli::context::Context;

/// How the terminal was, while it is taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// What the terminal is set to, and what comes from it.
#[derive(Debug)]
pub(super) struct Terminal {
    before: Termios,
    keys: UnboundedReceiver<u8>,
    resized: unix::Signal,
    stopped: unix::Signal,
    continued: unix::Signal,
    hung_up: unix::Signal,
    quit: unix::Signal,
}

/// What comes from the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// A key was pressed.
    Key(u8),
    /// The terminal is another size, or was another program's meanwhile.
    Changed,
    /// The program is to end.
    End,
}

impl Terminal {
    /// Takes the terminal, if there is one, it can be drawn on, and it is not another program's turn.
    pub(super) fn take(context: &Context) -> Option<Self> {
        let is_dumb = context
            .process
            .get("TERM")
            .is_none_or(|term| term == "dumb");
        if is_dumb || !isatty(io::stdin()) || !isatty(io::stdout()) {
            return None;
        }
        if tcgetpgrp(io::stdin()).ok()? != getpgrp() {
            return None;
        }
        Self::open().inspect_err(|_| give_back()).ok()
    }

    fn open() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        set(&before)?;
        // Without the shell that began it, nobody would ever take the terminal back from it. What is not heard of is not missed.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_parent_process_death_signal(Some(Number::HUP));
        Ok(Self {
            before,
            keys: keys()?,
            resized: signal(SignalKind::window_change())?,
            stopped: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            continued: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
            hung_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// Waits for what comes next.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            key = self.keys.recv() => key.map_or(Signal::End, Signal::Key),
            _ = self.resized.recv() => Signal::Changed,
            _ = self.stopped.recv() => {
                self.stop();
                Signal::Changed
            }
            _ = self.continued.recv() => {
                // Where it cannot be set, it is gone, and that is heard of otherwise.
                let _ = set(&self.before);
                Signal::Changed
            }
            _ = self.hung_up.recv() => Signal::End,
            _ = self.quit.recv() => Signal::End,
        }
    }

    /// Leaves the terminal to the shell until it lets the program go on.
    fn stop(&self) {
        // Without a shell that knows of jobs, nobody could ever let it go on.
        if getsid(None) == Ok(getpgrp()) {
            return;
        }
        give_back();
        let _ = kill_process(getpid(), Number::STOP);
        let _ = set(&self.before);
    }
}

/// Sets the terminal so that keys come at once, and are not shown. In the background, this stops the program until it is in front
/// again.
fn set(was: &Termios) -> io::Result<()> {
    let mut set = was.clone();
    set.local_modes
        .remove(LocalModes::ICANON | LocalModes::ECHO);
    set.special_codes[SpecialCodeIndex::VMIN] = 1;
    set.special_codes[SpecialCodeIndex::VTIME] = 0;
    *before() = Some(was.clone());
    retry_on_intr(|| tcsetattr(io::stdin(), OptionalActions::Now, &set))?;
    Ok(())
}

/// Hears of the keys that are pressed, on a thread of its own: a terminal cannot be read in a way that can be left.
fn keys() -> io::Result<UnboundedReceiver<u8>> {
    let (pressed, keys) = mpsc::unbounded_channel();
    let reading = thread::Builder::new().name("keys".to_owned());
    reading.spawn(move || while read_key().is_some_and(|key| pressed.send(key).is_ok()) {})?;
    Ok(keys)
}

/// Waits for a key; none where nobody can press one any more.
fn read_key() -> Option<u8> {
    let mut bytes = [0; 4096];
    loop {
        match retry_on_intr(|| read(io::stdin(), &mut bytes)).ok()? {
            0 => return None,
            count => match key(&bytes[..count]) {
                None => {}
                pressed => return pressed,
            },
        }
    }
}

/// The key that was pressed. Several bytes are a key that has no letter, or were pasted, unless they are one letter over and over.
fn key(bytes: &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    rest.iter().all(|byte| byte == first).then_some(*first)
}

/// The columns and rows of the terminal, where it knows them.
pub(super) fn size() -> Option<(usize, usize)> {
    let (columns, rows) = terminal_size::terminal_size_of(io::stdout())?;
    Some((columns.0.into(), rows.0.into()))
}

/// Writes to the terminal, at once.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Gives the terminal back as it was, where it was taken. Whoever ends the program at once does this first.
pub(in crate::cli) fn give_back() {
    let Some(was) = before().take() else {
        return;
    };
    // Where the terminal is gone, there is nothing to mend.
    let _ = write(CLEAR);
    // Keys that nobody has read are not meant for the shell.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &was);
}

fn before() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_letter_is_a_key() {
        let rows: [(&[u8], Option<u8>); 6] = [
            (b"a", Some(b'a')),
            (b"qqq", Some(b'q')),
            (b"", None),
            (b"apply", None),
            // An arrow; and in some terminals, the same with Shift.
            (b"\x1b[A", None),
            (b"\x1b[a", None),
        ];
        for (bytes, expected) in rows {
            assert_eq!(key(bytes), expected);
        }
    }
}
