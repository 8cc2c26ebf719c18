//! The screen as the loop knows it: it is told what happens, and knows what is wished for.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::super::brief::{Line, Moment};
use super::super::clock::Clock;
use super::super::event::{Event, Wish};
use super::board::Board;
use super::draw::{News, Sheet};
use super::terminal::{Signal, Terminal, give_back, size, write};
use crate::cli::context::Context;
use crate::plan::Plan;
use crate::render::{self, Form, Marks, Report, Setting};

/// How long a frame stays at least, so that a storm of events is no storm of frames.
const FRAME: Duration = Duration::from_millis(34);

/// The screen of the loop. Where it ends, the terminal is as it was.
pub(in crate::cli) struct Screen<'c> {
    context: &'c Context,
    clock: Clock,
    shared: Arc<Shared>,
    drawing: JoinHandle<()>,
}

/// What is shared by the loop and by those who draw.
struct Shared {
    state: Mutex<State>,
    is_colored: bool,
    /// There is something to draw.
    told: Notify,
    /// There is something to do.
    wished: Notify,
}

#[derive(Default)]
struct State {
    board: Board,
    /// What has not been drawn yet.
    news: Vec<News>,
    wishes: Vec<Wish>,
    /// What is wrong, in full.
    mistakes: String,
    /// What the last plan was, in full.
    plan: String,
}

impl<'c> Screen<'c> {
    /// Takes the terminal, if there is one: otherwise events are told in lines.
    pub(in crate::cli) fn start(context: &'c Context) -> Option<Self> {
        let terminal = Terminal::take(context)?;
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            is_colored: context.marks() == Marks::Style,
            told: Notify::new(),
            wished: Notify::new(),
        });
        Some(Self {
            drawing: tokio::spawn(draw(shared.clone(), terminal)),
            clock: Clock::system(),
            context,
            shared,
        })
    }

    /// Shows what has happened, soon.
    pub(in crate::cli) fn tell(&self, event: &Event<'_>) {
        let at = Timestamp::now();
        let clock = &self.clock;
        let tell = |event: &Event<'_>| -> Vec<Line> {
            let lines = Moment { clock, at }.tell(event).into_iter();
            let redact = |text: &str| self.context.redacted(text);
            lines.map(|line| line.redacted(redact)).collect()
        };
        let full = self.in_full(event);
        let mut state = self.shared.state();
        let lines = state.board.tell(event, &tell);
        state.board.redact_title(|text| self.context.redacted(text));
        state.add(event, lines, full);
        drop(state);
        self.shared.told.notify_one();
    }

    /// Waits for what is wished for next.
    pub(in crate::cli) async fn wish(&mut self) -> Wish {
        loop {
            if let Some(wish) = self.shared.next_wish() {
                return wish;
            }
            self.shared.wished.notified().await;
        }
    }

    /// Waits until it is wished that all of it ends; other wishes wait meanwhile.
    pub(in crate::cli) async fn quit(&mut self) {
        while !self.shared.state().wishes.contains(&Wish::Quit) {
            self.shared.wished.notified().await;
        }
    }

    /// The event as `plan` and `validate` tell it.
    fn in_full(&self, event: &Event<'_>) -> Option<String> {
        match event {
            Event::Mistakes { findings, sources } => {
                let told = render::findings(findings, |place| sources.line(place));
                Some(self.context.redacted(&told))
            }
            Event::Planned { plan, .. } if !plan.is_empty() => Some(self.planned(plan)),
            _ => None,
        }
    }

    fn planned(&self, plan: &Plan) -> String {
        let plan = render::redacted(plan, &|text| self.context.redacted(text));
        let report = Report {
            plan: &plan,
            id: plan.id(),
            outcomes: None,
            setting: Setting {
                width: self.context.width(),
                marks: self.context.marks(),
                ..Setting::default()
            },
        };
        self.context.redacted(&report.render(Form::Text))
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        // On its one thread, the program draws nothing while it is here, nor after that.
        self.drawing.abort();
        // What was told last is still to be seen; where the terminal is gone, there is nobody to see it.
        let _ = self.shared.draw_last();
        give_back();
    }
}

impl State {
    /// Takes over what is new, in full where that is wished for.
    fn add(&mut self, event: &Event<'_>, lines: Vec<Line>, full: Option<String>) {
        let is_news = !lines.is_empty();
        let is_whole = self.board.is_detailed && full.is_some();
        if !is_whole {
            self.news.extend(lines.into_iter().map(News::Line));
        } else if is_news {
            // The first line says when it was, and how long it took.
            self.news.extend(lines.into_iter().take(1).map(News::Line));
            self.news.extend(full.iter().map(|text| News::full(text)));
        }
        match event {
            Event::Mistakes { .. } => self.mistakes = full.unwrap_or_default(),
            Event::Planned { .. } => self.plan = full.unwrap_or_default(),
            _ => {}
        }
    }

    /// Shows all that is known, and goes on so, or in brief.
    fn toggle_details(&mut self) {
        self.board.is_detailed = !self.board.is_detailed;
        if !self.board.is_detailed {
            return;
        }
        let mistakes = match self.board.has_mistakes() {
            true => self.mistakes.clone(),
            false => String::new(),
        };
        let known = [mistakes, self.plan.clone()];
        let known = known.into_iter().filter(|text| !text.is_empty());
        self.news.extend(known.map(|text| News::full(&text)));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while holding the state")
    }

    fn next_wish(&self) -> Option<Wish> {
        let wishes = &mut self.state().wishes;
        // Whoever wants to go does not wait for the rest.
        match wishes.contains(&Wish::Quit) {
            true => Some(Wish::Quit),
            false => (!wishes.is_empty()).then(|| wishes.remove(0)),
        }
    }

    fn add_wish(&self, wish: Wish) {
        let mut state = self.state();
        if !state.wishes.contains(&wish) {
            state.wishes.push(wish);
        }
        drop(state);
        self.wished.notify_one();
    }

    fn press(&self, key: u8) {
        match key.to_ascii_lowercase() {
            b'a' => self.add_wish(Wish::Apply),
            b'p' => self.add_wish(Wish::Plan),
            b'o' => self.add_wish(Wish::Open),
            // Ctrl-D is where the input ends.
            b'q' | 4 => self.add_wish(Wish::Quit),
            b'd' => self.state().toggle_details(),
            _ => {}
        }
    }

    fn draw(&self) -> std::io::Result<()> {
        let sheet = Sheet::of(size(), self.is_colored);
        let mut state = self.state();
        let (troubles, status) = (state.board.troubles(), state.board.status());
        let frame = sheet.frame(&state.news, &troubles, &status);
        state.news.clear();
        drop(state);
        write(&frame)
    }

    /// Draws what is new, and nothing below it.
    fn draw_last(&self) -> std::io::Result<()> {
        let sheet = Sheet::of(size(), self.is_colored);
        let news = std::mem::take(&mut self.state().news);
        write(&sheet.frame(&news, &[], &[]))
    }
}

/// Draws whatever is new, and hears what comes from the terminal.
async fn draw(shared: Arc<Shared>, mut terminal: Terminal) {
    while shared.draw().is_ok() {
        tokio::time::sleep(FRAME).await;
        tokio::select! {
            () = shared.told.notified() => {}
            signal = terminal.next() => match signal {
                Signal::Key(key) => shared.press(key),
                Signal::Changed => {}
                Signal::End => shared.add_wish(Wish::Quit),
            }
        }
    }
    // The terminal is gone.
    shared.add_wish(Wish::Quit);
}
