//! What stands below the events: what is wrong until it is mended, how it stands, and the keys.

use std::collections::BTreeMap;
use std::slice;

use anstyle::Style;

use super::super::brief::Line;
use super::super::event::Event;
use super::super::picture::Picture;
use crate::apply::Outcome;
use crate::model::{Finding, Key};
use crate::plan::{Action, Step};
use crate::render::{BLOCKED, CHANGED, FAINT, STRONG, Span, counted, on_one_line};
use crate::yaml::Sources;

/// How much of what is wrong stays in sight.
const MOST: usize = 4;

/// All that stands below the events.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Where what is watched, in parts.
    title: Vec<String>,
    applies: bool,
    personas: BTreeMap<Key, Need>,
    mistakes: Vec<Mistake>,
    /// Steps that went wrong.
    failures: BTreeMap<Key, Line>,
    error: Option<Line>,
    /// How many steps of how many have ended.
    progress: Option<(usize, usize)>,
    /// Whether plans are told in full.
    pub(super) is_detailed: bool,
}

/// What a persona waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    Apply,
    Human,
}

impl Need {
    const fn of(action: &Action) -> Self {
        match action {
            Action::Keep => Self::Nothing,
            Action::Blocked(_) => Self::Human,
            _ => Self::Apply,
        }
    }
}

#[derive(Debug)]
struct Mistake {
    finding: Finding,
    line: Line,
}

impl Mistake {
    fn file(&self) -> Option<&str> {
        self.finding.place.as_ref().map(|place| &*place.file)
    }

    /// Whether it is this one, which may have moved in its file.
    fn is(&self, finding: &Finding) -> bool {
        let file = finding.place.as_ref().map(|place| &*place.file);
        let words = |finding: &Finding| (finding.code, finding.message.clone());
        self.file() == file && words(&self.finding) == words(finding)
    }
}

/// Whether there is anything to do for a persona.
const fn is_work(step: &Step) -> bool {
    !matches!(step.action, Action::Keep)
}

/// An event in a few lines.
type Tell<'t> = &'t dyn Fn(&Event<'_>) -> Vec<Line>;

impl Board {
    /// Takes over an event, and tells what of it is news.
    pub(super) fn tell(&mut self, event: &Event<'_>, tell: Tell<'_>) -> Vec<Line> {
        match event {
            Event::Watching {
                directory,
                environment,
                address,
                applies,
            } => {
                let directory = directory.display().to_string();
                let parts = [&directory, *environment, *address];
                self.title = parts.map(|part| on_one_line(part).into_owned()).into();
                self.applies = *applies;
            }
            Event::Mistakes { findings, sources } => {
                return self.mistaken(findings, sources, tell);
            }
            Event::Mended(files) => {
                let is_mended = |file: &str| files.iter().any(|mended| mended == file);
                let stays = |mistake: &Mistake| !mistake.file().is_some_and(is_mended);
                self.mistakes.retain(stays);
            }
            Event::Planned { picture, .. } => self.see(picture),
            Event::Applying(plan) => {
                let work = plan.steps.iter().filter(|step| is_work(step));
                self.progress = Some((0, work.count()));
            }
            Event::Stepped(step, outcome) => return self.stepped(step, outcome, tell(event)),
            Event::Applied { picture, .. } => {
                self.progress = None;
                self.see(picture);
            }
            Event::Recovered => {
                self.error = None;
            }
            Event::Failed { .. } => return self.failed(tell(event)),
            Event::Notice(_) | Event::Talk { .. } => {}
        }
        tell(event)
    }

    /// What was wrong before is no news, though it is told each time.
    fn mistaken(&mut self, findings: &[Finding], sources: &Sources, tell: Tell<'_>) -> Vec<Line> {
        let known = std::mem::take(&mut self.mistakes);
        let is_known = |finding: &&Finding| known.iter().any(|known| known.is(finding));
        let (_, news): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(is_known);
        let news: Vec<Finding> = news.into_iter().cloned().collect();
        let told = |findings| tell(&Event::Mistakes { findings, sources });
        let mistakes = findings.iter().filter_map(|finding| {
            let line = told(slice::from_ref(finding)).first()?.standing();
            let finding = finding.clone();
            Some(Mistake { finding, line })
        });
        self.mistakes = mistakes.collect();
        told(&news)
    }

    fn see(&mut self, picture: &Picture) {
        self.error = None;
        let steps = picture.0.steps.iter();
        let needs = steps.map(|step| (step.key.clone(), Need::of(&step.action)));
        self.personas = needs.collect();
        let personas = &self.personas;
        let waits = |key: &Key| personas.get(key).is_some_and(|need| *need != Need::Nothing);
        self.failures.retain(|key, _| waits(key));
    }

    fn stepped(&mut self, step: &Step, outcome: &Outcome, lines: Vec<Line>) -> Vec<Line> {
        if let Some((done, _)) = self.progress.as_mut().filter(|_| is_work(step)) {
            *done += 1;
        }
        if outcome.status.is_done() {
            self.failures.remove(&step.key);
            self.personas.insert(step.key.clone(), Need::Nothing);
        } else if let Some(line) = lines.first() {
            self.failures.insert(step.key.clone(), line.standing());
        }
        lines
    }

    /// That the same goes wrong again is no news.
    fn failed(&mut self, lines: Vec<Line>) -> Vec<Line> {
        self.progress = None;
        let standing = lines.first().map(Line::standing);
        let known = std::mem::replace(&mut self.error, standing);
        let is_same = known.zip(self.error.as_ref());
        match is_same.is_some_and(|(known, now)| known.says(now)) {
            true => Vec::new(),
            false => lines,
        }
    }

    /// Leaves the title as `redact` does; the lines are so already.
    pub(super) fn redact_title(&mut self, redact: impl Fn(&str) -> String) {
        self.title.iter_mut().for_each(|part| *part = redact(part));
    }

    /// Whether manifests have mistakes.
    pub(super) fn has_mistakes(&self) -> bool {
        !self.mistakes.is_empty()
    }

    /// What is wrong, until it is mended.
    pub(super) fn troubles(&self) -> Vec<Line> {
        let mistakes = self.mistakes.iter().map(|mistake| &mistake.line);
        let others = self.error.iter().chain(self.failures.values());
        let all = others.chain(mistakes).cloned();
        let more = all.clone().count().saturating_sub(MOST);
        let more = (more > 0).then(|| {
            let told = format!("and {more} more");
            Line::bare(vec![Span::new(FAINT, told)])
        });
        all.take(MOST).chain(more).collect()
    }

    /// How it stands, and the keys.
    pub(super) fn status(&self) -> [Line; 2] {
        [Line::bare(self.standing()), Line::bare(self.keys())]
    }

    fn standing(&self) -> Vec<Span> {
        let Some((directory, rest)) = self.title.split_first() else {
            return vec![Span::new(FAINT, "starting")];
        };
        let title = Span::new(STRONG, format!("watching {directory}"));
        let places = rest.iter().map(Span::plain);
        let count = |need| self.personas.values().filter(|one| **one == need).count();
        let personas = match self.personas.len() {
            0 => None,
            count => Some(Span::plain(counted(count, "persona"))),
        };
        let said = |count: usize, word, style: Style| {
            (count > 0).then(|| Span::new(style, format!("{count} {word}")))
        };
        let progress = self.progress.map(|(done, all)| {
            let told = format!("applying {} of {all}", (done + 1).min(all));
            Span::new(CHANGED, told)
        });
        let parts = [
            personas,
            said(count(Need::Apply), "pending", CHANGED),
            said(count(Need::Human), "blocked", BLOCKED),
            self.applies.then(|| Span::plain("applies each save")),
            progress,
        ];
        let parts = parts.into_iter().flatten();
        dotted(std::iter::once(title).chain(places).chain(parts))
    }

    fn keys(&self) -> Vec<Span> {
        let details = match self.is_detailed {
            true => "brief",
            false => "details",
        };
        let keys = [
            ("a", "apply"),
            ("p", "plan all"),
            ("d", details),
            ("o", "report"),
            ("q", "quit"),
        ];
        // A key and what it does are not torn apart.
        let keys = keys.map(|(key, deed)| Span::new(FAINT, format!("{key}\u{a0}{deed}")));
        dotted(keys)
    }
}

/// The spans with dots between them.
fn dotted(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut dotted = Vec::new();
    for span in spans {
        if !dotted.is_empty() {
            dotted.push(Span::new(FAINT, " · "));
        }
        dotted.push(span);
    }
    dotted
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use anstream::adapter::strip_str;
    use jiff::Timestamp;

    use super::super::super::brief::Moment;
    use super::super::super::clock::Clock;
    use super::super::super::samples::{blocked, mistake, outcome, plan, step, update};
    use super::*;
    use crate::apply::Status;
    use crate::cli::error::Error;
    use crate::cli::watching::Cause;
    use crate::plan::Plan;

    impl Board {
        /// Takes over an event that is told at nine o'clock; what is news.
        fn hear(&mut self, event: &Event<'_>) -> Vec<String> {
            let at = Timestamp::from_second(32_400).expect("a time");
            let clock = &Clock::utc();
            let news = self.tell(event, &|event| Moment { clock, at }.tell(event));
            plain(&news)
        }

        /// Takes over a plan, after which this is known.
        fn hear_plan(&mut self, plan: &Plan, picture: Vec<Step>) {
            self.hear(&Event::Planned {
                cause: Cause::Save,
                plan,
                picture: &Picture(super::super::super::samples::plan(picture)),
                took: Duration::from_millis(1),
            });
        }

        fn hear_mistakes(&mut self, findings: &[Finding]) -> Vec<String> {
            let sources = &Sources::default();
            self.hear(&Event::Mistakes { findings, sources })
        }

        fn state(&self) -> String {
            plain(&self.status()).remove(0)
        }
    }

    fn plain(lines: &[Line]) -> Vec<String> {
        let lines = lines.iter().map(Line::whole);
        lines.map(|line| strip_str(&line).to_string()).collect()
    }

    fn watching() -> Board {
        let mut board = Board::default();
        board.hear(&Event::Watching {
            directory: Path::new("personas"),
            environment: "staging",
            address: "sandbox",
            applies: false,
        });
        board
    }

    #[test]
    fn mistakes_stay_until_they_are_mended_and_are_news_once() {
        let mut board = watching();
        let one = mistake("a.yaml", 3, "unknown `x`");
        let told = "✗ a.yaml:3:1: unknown `x`";
        let news = board.hear_mistakes(std::slice::from_ref(&one));
        assert_eq!(news, [format!("09:00:00 wrong {told}")]);
        // A line was put in above it, and there is another one.
        let findings = [
            mistake("a.yaml", 4, "unknown `x`"),
            mistake("b.yaml", 1, "unknown `y`"),
        ];
        let news = board.hear_mistakes(&findings);
        assert_eq!(news, ["09:00:00 wrong ✗ b.yaml:1:1: unknown `y`"]);
        let both = ["✗ a.yaml:4:1: unknown `x`", "✗ b.yaml:1:1: unknown `y`"];
        assert_eq!(plain(&board.troubles()), both);
        board.hear(&Event::Mended(&["a.yaml".to_owned()]));
        assert_eq!(plain(&board.troubles()), both[1..]);
        assert!(board.hear_mistakes(&[]).is_empty());
        assert!(board.troubles().is_empty());
        assert_eq!(board.hear_mistakes(&[one]).len(), 1);
    }

    #[test]
    fn of_many_mistakes_some_stay_in_sight() {
        let mut board = watching();
        let many = (0..30).map(|line| mistake("a.yaml", line, &format!("mistake {line}")));
        board.hear_mistakes(&many.collect::<Vec<_>>());
        let troubles = plain(&board.troubles());
        assert_eq!(troubles.len(), MOST + 1);
        assert_eq!(troubles[MOST], "and 26 more");
    }

    #[test]
    fn an_error_stays_until_a_plan_is_made_and_is_news_once() {
        let mut board = watching();
        let error = &Error::Usage("no answer".to_owned());
        let again = |seconds| Some(Duration::from_secs(seconds));
        let failed = |again| Event::Failed { error, again };
        assert_eq!(board.hear(&failed(again(5))).len(), 1);
        assert_eq!(board.hear(&failed(again(10))), [""; 0]);
        assert_eq!(plain(&board.troubles()), ["✗ no answer  again at 09:00:10"]);
        board.hear_plan(&plan(Vec::new()), Vec::new());
        assert!(board.troubles().is_empty());
        assert_eq!(board.hear(&failed(again(5))).len(), 1);
    }

    #[test]
    fn what_waits_is_counted_over_all_plans() {
        let mut board = watching();
        assert_eq!(board.state(), "watching personas · staging · sandbox");
        let keep = |key| step(key, Action::Keep, &[]);
        let whole = plan(vec![
            keep("a"),
            step("b", update(), &[]),
            step("c", blocked(), &[]),
        ]);
        board.hear_plan(&whole, whole.steps.clone());
        let title = "watching personas · staging · sandbox";
        let expected = format!("{title} · 3 personas · 1 pending · 1 blocked");
        assert_eq!(board.state(), expected);
        let mut steps = whole.steps;
        steps[0] = step("a", update(), &[]);
        board.hear_plan(&plan(vec![steps[0].clone()]), steps);
        let expected = format!("{title} · 3 personas · 2 pending · 1 blocked");
        assert_eq!(board.state(), expected);
        // One of them is there no more.
        let whole = plan(vec![keep("a"), keep("b")]);
        board.hear_plan(&whole, whole.steps.clone());
        assert_eq!(board.state(), format!("{title} · 2 personas"));
    }

    #[test]
    fn an_apply_shows_how_far_it_is_and_what_went_wrong_stays() {
        let mut board = watching();
        let steps = vec![step("a", update(), &[]), step("b", update(), &[])];
        let plan = plan(steps.clone());
        board.hear_plan(&plan, steps.clone());
        board.hear(&Event::Applying(&plan));
        assert!(board.state().ends_with(" · 2 pending · applying 1 of 2"));
        let done = outcome(Status::Applied, None);
        let refused = outcome(Status::Refused, Some("no such face"));
        board.hear(&Event::Stepped(&steps[0], &done));
        assert!(board.state().ends_with(" · 1 pending · applying 2 of 2"));
        board.hear(&Event::Stepped(&steps[1], &refused));
        board.hear(&Event::Applied {
            plan: &plan,
            outcomes: &[done.clone(), refused],
            picture: &Picture(super::super::super::samples::plan(vec![steps[1].clone()])),
            undo: None,
            took: Duration::from_secs(1),
        });
        assert!(board.state().ends_with(" · 1 pending"));
        assert_eq!(plain(&board.troubles()), ["✗ refused b: no such face"]);
        board.hear(&Event::Stepped(&steps[1], &done));
        assert!(board.troubles().is_empty());
    }
}
