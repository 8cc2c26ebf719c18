//! Events in a few lines each: when, what, with which result, how long it took.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::clock::{Clock, lasting};
use super::event::{Cause, Event};
use crate::model::causes;
use crate::plan::{Action, Plan, Step};
use crate::render::{
    BLOCKED, CHANGED, FAINT, REMOVED, STRONG, Span, counted, counts, ended, finding, line,
    on_one_line, step, stepped, wrap,
};

/// How many personas, or mistakes, are named at once.
const MOST: usize = 10;
/// How wide the words are that say what kind of event it is.
const WORD: usize = 5;

/// A line that may have to be broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Line {
    /// When it was, and what kind of event it is.
    head: Vec<Span>,
    /// How many columns the head takes.
    indent: usize,
    rest: Vec<Span>,
}

impl Line {
    /// A line without a head.
    pub(in crate::cli) fn bare(rest: Vec<Span>) -> Self {
        Self {
            head: Vec::new(),
            indent: 0,
            rest,
        }
    }

    /// Whether it says the same, whenever that was.
    pub(in crate::cli) fn says(&self, other: &Self) -> bool {
        // What comes behind the sign and the message, such as the next time, may differ.
        self.rest.iter().take(2).eq(other.rest.iter().take(2))
    }

    /// The line as it stands below no time.
    pub(in crate::cli) fn standing(&self) -> Self {
        Self::bare(self.rest.clone())
    }

    /// The line with its texts as `redact` leaves them.
    pub(in crate::cli) fn redacted(mut self, redact: impl Fn(&str) -> String) -> Self {
        for span in &mut self.rest {
            span.text = redact(&span.text);
        }
        self
    }

    /// The line, with styles.
    #[cfg(test)]
    pub(in crate::cli) fn whole(&self) -> String {
        line(&[&self.head[..], &self.rest].concat())
    }

    /// The line, with styles, on lines of at most so many columns.
    pub(in crate::cli) fn laid(&self, columns: usize) -> Vec<String> {
        // In very few columns there is no room to stand below the first word.
        let (indent, head, rest) = match columns >= 2 * self.indent {
            true => (self.indent, &self.head[..], self.rest.clone()),
            false => (0, &[][..], [&self.head[..], &self.rest].concat()),
        };
        let lines = wrap(&rest, columns - indent).into_iter().enumerate();
        let lines = lines.map(|(index, spans)| match index {
            0 => line(head) + &line(&spans),
            _ => " ".repeat(indent) + &line(&spans),
        });
        lines.collect()
    }
}

/// When an event is told, by which clock.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Moment<'c> {
    pub(in crate::cli) clock: &'c Clock,
    pub(in crate::cli) at: Timestamp,
}

impl Moment<'_> {
    /// An event in a few lines; in none where there is nothing to say yet.
    pub(in crate::cli) fn tell(&self, event: &Event<'_>) -> Vec<Line> {
        match event {
            Event::Watching {
                directory,
                environment,
                address,
                applies,
            } => {
                let directory = directory.display().to_string();
                let parts = [&directory, *environment, *address].map(on_one_line);
                let does = if *applies {
                    "applying to"
                } else {
                    "planning for"
                };
                let [directory, environment, address] = parts;
                let told = format!("{directory}, {does} {environment} at {address}");
                self.lines("watch", vec![vec![Span::plain(told)]])
            }
            Event::Notice(text) => self.lines("note", vec![vec![Span::plain(on_one_line(text))]]),
            Event::Mistakes { findings, .. } => self.lines("wrong", some(findings, finding)),
            Event::Mended(files) => {
                let file = |file: &String| vec![Span::plain(on_one_line(file))];
                self.lines("fixed", some(files, file))
            }
            Event::Planned {
                cause, plan, took, ..
            } => self.lines(word(*cause), planned(plan, &lasting(*took))),
            Event::Applying(_) => Vec::new(),
            Event::Stepped(step, outcome) => {
                self.lines("apply", stepped(step, outcome).into_iter().collect())
            }
            Event::Applied { outcomes, took, .. } => {
                let told = Span::new(STRONG, ended(outcomes));
                self.lines("apply", vec![vec![told, faint(&lasting(*took))]])
            }
            Event::Talk { key, conversation } => {
                let key = Span::plain(format!("{}  ", on_one_line(key.as_str())));
                let url = conversation.url.as_str();
                self.lines("talk", vec![vec![key, Span::new(STRONG, on_one_line(url))]])
            }
            Event::Recovered => self.lines("again", vec![vec![Span::plain("it goes well again")]]),
            Event::Failed { error, again } => {
                let told = Span::plain(on_one_line(&causes(*error)));
                let hint = error.hint();
                let hint = hint.map(|hint| faint(&on_one_line(&hint)));
                let again = again.map(|wait| faint(&self.again(wait)));
                let sign = Span::new(REMOVED.bold(), "✗ ");
                let spans = [Some(sign), Some(told), hint, again].into_iter().flatten();
                self.lines("error", vec![spans.collect()])
            }
        }
    }

    /// When something is tried again: the time, as it stays right while it is shown.
    fn again(&self, wait: Duration) -> String {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let at = self.at.saturating_add(wait).unwrap_or(self.at);
        format!("again at {}", self.clock.time(at))
    }

    /// The first line has a head, and the others stand below it.
    fn lines(&self, word: &'static str, lines: Vec<Vec<Span>>) -> Vec<Line> {
        let time = self.clock.time(self.at);
        let indent = time.len() + WORD + 2;
        let head = vec![
            Span::new(FAINT, format!("{time} ")),
            Span::new(style(word), word),
            Span::plain(" ".repeat(WORD - word.len() + 1)),
        ];
        let below = vec![Span::plain(" ".repeat(indent))];
        let heads = std::iter::once(head).chain(std::iter::repeat(below));
        let lines = heads.zip(lines);
        let lines = lines.map(|(head, rest)| Line { head, indent, rest });
        lines.collect()
    }
}

const fn word(cause: Cause) -> &'static str {
    match cause {
        Cause::Start => "start",
        Cause::Save => "saved",
        Cause::Retry => "again",
        Cause::Asked | Cause::Apply => "asked",
        // It is only told where somebody else has changed something.
        Cause::Interval => "drift",
    }
}

/// What is set off: mistakes, and what somebody else has done.
fn style(word: &str) -> anstyle::Style {
    match word {
        "wrong" | "error" => REMOVED.bold(),
        "drift" => BLOCKED.bold(),
        "note" => CHANGED,
        _ => FAINT,
    }
}

fn faint(text: &str) -> Span {
    Span::new(FAINT, format!("  {text}"))
}

/// The first of many, and how many more there are.
fn some<T>(all: &[T], told: impl Fn(&T) -> Vec<Span>) -> Vec<Vec<Span>> {
    let mut lines: Vec<_> = all.iter().take(MOST).map(told).collect();
    if let Some(more @ 1..) = all.len().checked_sub(MOST) {
        lines.push(vec![Span::new(FAINT, format!("and {more} more"))]);
    }
    lines
}

fn planned(plan: &Plan, took: &str) -> Vec<Vec<Span>> {
    let is_busy = |step: &&Step| !matches!(step.action, Action::Keep);
    let mut busy: Vec<&Step> = plan.steps.iter().filter(is_busy).collect();
    // What waits for a human must not be among those that are only counted.
    busy.sort_by_key(|step| !matches!(step.action, Action::Blocked(_)));
    match &busy[..] {
        [] => {
            let personas = counted(plan.steps.len(), "persona");
            let told = Span::plain(format!("nothing to do for {personas}"));
            vec![vec![told, faint(took)]]
        }
        [one] => vec![[step(one), vec![faint(took)]].concat()],
        many => {
            let title = vec![Span::new(STRONG, counts(plan.summary())), faint(took)];
            let steps = some(many, |one| step(one));
            std::iter::once(title).chain(steps).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::super::samples::{blocked, mistake, outcome, plan, step, update};
    use super::*;
    use crate::apply::Status;
    use crate::cli::error::Error;
    use crate::cli::watching::picture::Picture;
    use crate::model::Key;
    use crate::model::{Conversation, PersonaId};
    use crate::plan::Cause as Why;
    use crate::yaml::Sources;

    const TOOK: Duration = Duration::from_millis(12);

    fn told(event: &Event<'_>) -> Vec<Line> {
        let moment = Moment {
            clock: &Clock::utc(),
            at: Timestamp::from_second(32_645).expect("a time"),
        };
        moment.tell(event)
    }

    fn plain(event: &Event<'_>) -> Vec<String> {
        let lines = told(event).into_iter();
        lines
            .map(|line| strip_str(&line.whole()).to_string())
            .collect()
    }

    fn plain_plan(plan: &Plan) -> Vec<String> {
        plain(&Event::Planned {
            cause: Cause::Save,
            plan,
            picture: &Picture(plan.clone()),
            took: TOOK,
        })
    }

    #[test]
    fn a_plan_for_one_persona_takes_one_line() {
        let fields = ["/a", "/b", "/c", "/d"].map(|path| (path, Why::Change));
        let kept = step("kept", Action::Keep, &[]);
        let plan = plan(vec![kept, step("support/agent", update(), &fields)]);
        let expected = "09:04:05 saved ~ update support/agent  /a, /b, /c and 1 more  12 ms";
        assert_eq!(plain_plan(&plan), [expected]);
    }

    #[test]
    fn a_plan_with_nothing_to_do_says_so() {
        let plan = plan(vec![step("kept", Action::Keep, &[])]);
        let expected = "09:04:05 saved nothing to do for 1 persona  12 ms";
        assert_eq!(plain_plan(&plan), [expected]);
    }

    #[test]
    fn of_many_personas_those_that_wait_for_a_human_are_named() {
        let mut steps: Vec<Step> = (0..12)
            .map(|index| step(&format!("a{index:02}"), update(), &[]))
            .collect();
        steps.push(step("z", blocked(), &[("/x", Why::Conflict)]));
        let lines = plain_plan(&plan(steps));
        assert_eq!(lines.len(), 1 + MOST + 1);
        assert_eq!(lines[0], "09:04:05 saved 12 to update, 1 blocked  12 ms");
        assert_eq!(lines[1], "               ! blocked z  /x (conflict)");
        assert_eq!(lines[2], "               ~ update a00");
        assert_eq!(lines[MOST + 1], "               and 3 more");
    }

    #[test]
    fn each_event_is_told_in_its_words() {
        let (step, kept) = (step("a", update(), &[]), step("b", Action::Keep, &[]));
        let refused = outcome(Status::Refused, Some("no\nsuch face"));
        let done = outcome(Status::Applied, None);
        let plan = plan(vec![step.clone()]);
        let usage = Error::Usage("no".to_owned());
        let findings = [mistake("a.yaml", 3, "unknown").hint("mend it")];
        let conversation = Conversation {
            persona: PersonaId::new("p1").expect("an id"),
            url: "https://example.com/a".parse().expect("a URL"),
            id: None,
            status: None,
        };
        let rows: [(Event<'_>, &[&str]); 9] = [
            (Event::Notice("hear\u{7}"), &["09:04:05 note  hear\\u{7}"]),
            (
                Event::Mistakes {
                    findings: &findings,
                    sources: &Sources::default(),
                },
                &["09:04:05 wrong ✗ a.yaml:3:1: unknown  mend it"],
            ),
            (
                Event::Mended(&["a.yaml".to_owned(), "b.yaml".to_owned()]),
                &["09:04:05 fixed a.yaml", "               b.yaml"],
            ),
            (Event::Applying(&plan), &[]),
            (Event::Stepped(&step, &done), &[]),
            (Event::Stepped(&kept, &refused), &[]),
            (
                Event::Stepped(&step, &refused),
                &["09:04:05 apply ✗ refused a: no\\nsuch face"],
            ),
            (
                Event::Talk {
                    key: &Key::new("a"),
                    conversation: &conversation,
                },
                &["09:04:05 talk  a  https://example.com/a"],
            ),
            (
                Event::Failed {
                    error: &usage,
                    again: Some(Duration::from_secs(65)),
                },
                &["09:04:05 error ✗ no  again at 09:05:10"],
            ),
        ];
        for (event, expected) in rows {
            assert_eq!(plain(&event), expected, "{event:?}");
        }
    }

    #[test]
    fn long_lines_go_on_below_what_they_say() {
        let text = "one two three four five six seven 毎日本を読む";
        let line = &told(&Event::Notice(text))[0];
        let laid = |columns| -> Vec<String> {
            let lines = line.laid(columns).into_iter();
            lines.map(|line| strip_str(&line).to_string()).collect()
        };
        let wide = [
            "09:04:05 note  one two three four",
            "               five six seven",
            "               毎日本を読む",
        ];
        assert_eq!(laid(35), wide);
        let narrow = [
            "09:04:05 note",
            "one two three",
            "four five six",
            "seven",
            "毎日本を読む",
        ];
        assert_eq!(laid(14), narrow);
    }

    #[test]
    fn what_is_redacted_is_so_on_every_line() {
        let line = told(&Event::Notice("the key is sesame")).remove(0);
        let line = line.redacted(|text| text.replace("sesame", "***"));
        assert_eq!(
            strip_str(&line.whole()).to_string(),
            "09:04:05 note  the key is ***"
        );
    }
}
