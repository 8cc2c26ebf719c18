//! A plan for people: what is to be done, persona by persona, field by field, in as many columns as there are.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::change::{Change, Deed, Depth, path};
use super::entry::{Entry, cause, entries, kept};
use super::report::{Outcomes, Report};
use super::words::{self, NOT_LOOKED_AT, counts, headline, ticked, unavailable};
use crate::plan::{Action, Against, Cause, FieldChange, Step};
use crate::render::escape::on_one_line;
use crate::render::outcomes;
use crate::render::style::{ADDED, BLOCKED, CHANGED, FAINT, REMOVED, STRONG};
use crate::render::value::{counted, difference};
use crate::render::wrap::{Span, line, pad, width, wrap};

/// Up to how many entries each is told whole.
const WHOLE: usize = 50;
/// How many lines of a difference are shown.
const MOST: usize = 100;
/// What a field and its change may take on one line where nobody knows how many columns there are.
const NARROW: usize = 80;
/// What stands before the lines of a difference.
const GUTTER: &str = "      │ ";

/// The plan as text.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut page = Page {
        text: String::new(),
        is_long: false,
        outcomes: report.endings(),
        report,
    };
    page.fill();
    page.text
}

struct Page<'p> {
    text: String,
    report: &'p Report<'p>,
    outcomes: Outcomes<'p>,
    /// Whether there are too many entries for each to be told whole.
    is_long: bool,
}

impl Page<'_> {
    fn fill(&mut self) {
        let Report { plan, setting, .. } = self.report;
        let entries = entries(&plan.steps, &self.outcomes);
        self.is_long = entries.len() > WHOLE;
        if !plan.is_empty() {
            self.spans("", "", &[Span::plain(headline(self.report, &ticked))]);
            self.text.push('\n');
        }
        for entry in &entries {
            match self.is_long && entry.step.action.body().is_some() {
                true => self.made(entry.step),
                false => self.entry(entry),
            }
        }
        if self.is_long {
            let hint = "So many are told in short: `--only KEY` shows one of them, `--report html=plan.html` all.";
            self.spans("", "", &[Span::new(FAINT, hint)]);
            self.text.push('\n');
        }
        for step in kept(&plan.steps, setting.lists_unmanaged) {
            self.kept(step);
        }
        for remark in plan.against.remarks() {
            self.spans("", "", &[Span::new(CHANGED, on_one_line(remark))]);
        }
        if let Against::Revision { .. } = plan.against {
            self.spans("", "", &[Span::new(FAINT, NOT_LOOKED_AT)]);
        }
        self.closing();
    }

    fn closing(&mut self) {
        let Report { plan, id, .. } = self.report;
        let unmanaged: usize = plan.steps.iter().map(|step| step.unmanaged.len()).sum();
        let unmanaged = match unmanaged {
            0 => String::new(),
            count => format!(", {} left alone", counted(count, "unmanaged field")),
        };
        let summary = plan.summary();
        if plan.is_empty() {
            let personas = counted(summary.keep, "persona");
            let nothing = format!("{}:", headline(self.report, &ticked));
            let rest = format!(" nothing to do for {personas}{unmanaged}.");
            return self.spans("", "", &[Span::new(STRONG, nothing), Span::plain(rest)]);
        }
        let counts = format!("{}{unmanaged}.", counts(summary));
        // What was compared with files cannot be applied: its id would be of no use to anybody.
        let id = match plan.against {
            Against::Service(_) => format!(" Plan id {id}"),
            Against::Revision { .. } => String::new(),
        };
        self.spans("", "", &[Span::new(STRONG, counts), Span::plain(id)]);
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        let step = entry.step;
        match entry.alike.is_empty() {
            true => self.head(step),
            false => self.heads(entry),
        }
        if let Some(reason) = &step.reason {
            let (_, style) = sign(&step.action);
            self.spans("    ", "    ", &[Span::new(style, on_one_line(reason))]);
        }
        self.unavailable(step);
        let places: Vec<String> = step.fields.iter().map(|field| entry.place(field)).collect();
        let columns = Columns::of(step, &places, self.width());
        for (field, place) in step.fields.iter().zip(&places) {
            self.field(step, field, place, columns);
        }
        self.unmanaged(step);
        self.text.push('\n');
    }

    /// What is done to one persona.
    fn head(&mut self, step: &Step) {
        let mut title = title(step);
        title.extend(self.ended(step));
        self.spans("", "    ", &title);
        if let Some(file) = &step.file {
            self.spans("    ", "    ", &[Span::new(FAINT, on_one_line(file))]);
        }
    }

    /// What is done to several personas alike: each is named, with its line where they do not share one.
    fn heads(&mut self, entry: &Entry<'_>) {
        let step = entry.step;
        let (sign, style) = sign(&step.action);
        let count = counted(entry.alike.len() + 1, "persona");
        let title = format!("{sign} {} {count} in the same way", step.action.word());
        self.spans("", "    ", &[Span::new(style.bold(), title)]);
        let mut fields = step.fields.iter();
        let apart = fields.position(|field| entry.place(field).is_empty());
        for step in entry.steps() {
            let key = Span::plain(on_one_line(step.key.as_str()));
            let file = step.file.as_deref().map(on_one_line).unwrap_or_default();
            let line = apart.and_then(|index| step.fields.get(index)?.place.as_ref());
            let line = line.map(|place| format!(":{}", place.line));
            let file = Span::new(FAINT, format!("  {file}{}", line.unwrap_or_default()));
            let spans = [vec![key, file], self.ended(step).into_iter().collect()];
            self.spans("    ", "      ", &spans.concat());
        }
    }

    /// Secrets that are not set here: what stands among them was not compared.
    fn unavailable(&mut self, step: &Step) {
        for said in unavailable(step) {
            self.spans("    ", "    ", &[Span::new(BLOCKED, said)]);
        }
    }

    fn field(&mut self, step: &Step, field: &FieldChange, place: &str, columns: Columns) {
        let change = Change::of(field, Depth::of(step));
        let told = change.line();
        let (sign, style) = deed(field);
        let name = path(field);
        let name = pad(&format!(" {name}"), columns.path + 1);
        let mut spans = vec![Span::new(style, sign), Span::plain(name)];
        // Of a persona that is new, every field is new: saying so is only noise.
        if step.action.body().is_none() {
            let word = format!("  {:<1$}", cause(field.cause), columns.cause);
            spans.push(Span::new(cause_style(field.cause), word));
        }
        if columns.place > 0 {
            let place = pad(&format!("  {place}"), columns.place + 2);
            spans.push(Span::new(FAINT, place));
        }
        let told = Span::plain(told);
        let whole = [&spans[..], &[Span::plain("  "), told.clone()]].concat();
        if width(&whole) + 4 <= self.width() {
            self.spans("    ", "      ", &whole);
        } else {
            self.spans("    ", "      ", &spans);
            self.spans("      ", "      ", &[told]);
        }
        // Of very many, what the manifests say stands in them; what somebody said live stands nowhere else.
        if self.is_long && field.cause == Cause::Change {
            return;
        }
        if let Change::Lines { lines, .. } = &change {
            for shown in difference(lines, self.report.setting.marks, MOST) {
                self.prose(&shown);
            }
        }
    }

    fn unmanaged(&mut self, step: &Step) {
        if step.unmanaged.is_empty() {
            return;
        }
        let count = counted(step.unmanaged.len(), "unmanaged field");
        if !self.report.setting.lists_unmanaged {
            let told = format!("{count}, left alone (--show-unmanaged)");
            return self.spans("    ", "    ", &[Span::new(FAINT, told)]);
        }
        let told = format!("{count}, left alone:");
        self.spans("    ", "    ", &[Span::new(FAINT, told)]);
        for path in &step.unmanaged {
            let path = on_one_line(path.as_str());
            self.spans("      ", "      ", &[Span::new(FAINT, path)]);
        }
    }

    /// A persona that is left alone.
    fn kept(&mut self, step: &Step) {
        let title = format!("= keep {}", on_one_line(step.key.as_str()));
        let reason = step.reason.as_deref().map(on_one_line).unwrap_or_default();
        let reason = Span::plain(format!("  {reason}"));
        self.spans("", "    ", &[Span::new(FAINT, title), reason]);
        self.unavailable(step);
        if self.report.setting.lists_unmanaged {
            self.unmanaged(step);
        }
        self.text.push('\n');
    }

    /// A persona that is made, on one line.
    fn made(&mut self, step: &Step) {
        let mut spans = title(step);
        spans.extend(self.ended(step));
        let reason = step.reason.as_deref().map(on_one_line);
        spans.extend(reason.map(|reason| Span::plain(format!("  {reason}"))));
        let missing = unavailable(step).map(|said| Span::new(BLOCKED, format!("  {said}")));
        spans.extend(missing);
        self.spans("", "    ", &spans);
    }

    /// How a step has ended, where it was taken.
    fn ended(&self, step: &Step) -> Option<Span> {
        let outcome = self.outcomes.get(&step.key)?;
        let (sign, style) = outcomes::sign(outcome.status);
        let told = match &outcome.message {
            Some(message) => format!(": {}", on_one_line(message)),
            None => String::new(),
        };
        let word = outcome.status.word();
        Some(Span::new(style, format!("  {sign} {word}{told}")))
    }

    fn width(&self) -> usize {
        self.report.setting.width.unwrap_or(NARROW)
    }

    /// A line of a text. It is broken also where nobody knows how many columns there are: such lines are long.
    fn prose(&mut self, spans: &[Span]) {
        let columns = self.width() - GUTTER.chars().count() - 2;
        self.lines(GUTTER, &format!("{GUTTER}  "), spans, columns);
    }

    /// Spans on as many lines as they take, each behind what stands before it.
    fn spans(&mut self, first: &str, next: &str, spans: &[Span]) {
        let columns = match self.report.setting.width {
            Some(width) => width.saturating_sub(next.chars().count()),
            None => usize::MAX,
        };
        self.lines(first, next, spans, columns);
    }

    fn lines(&mut self, first: &str, next: &str, spans: &[Span], columns: usize) {
        for (index, spans) in wrap(spans, columns).iter_mut().enumerate() {
            trim(spans);
            self.text.push_str(if index == 0 { first } else { next });
            self.text.push_str(&line(spans));
            self.text.push('\n');
        }
    }
}

/// Takes away blanks at the end of a line, but for those that changed.
fn trim(spans: &mut Vec<Span>) {
    while let Some(span) = spans.last_mut()
        && [Style::new(), FAINT].contains(&span.style)
    {
        span.text.truncate(span.text.trim_end().len());
        match span.text.is_empty() {
            true => drop(spans.pop()),
            false => return,
        }
    }
}

/// How wide the columns of a step's fields are.
#[derive(Clone, Copy)]
struct Columns {
    path: usize,
    cause: usize,
    place: usize,
}

impl Columns {
    /// Longer pointers stand out of their column, so that there is room for the values.
    fn of(step: &Step, places: &[String], width: usize) -> Self {
        let paths: Vec<String> = step.fields.iter().map(path).collect();
        let causes = step.fields.iter().map(|field| cause(field.cause).len());
        Self {
            path: widest(&paths).min(2 * width / 5),
            cause: causes.max().unwrap_or_default(),
            place: widest(places),
        }
    }
}

fn widest(texts: &[String]) -> usize {
    let widths = texts.iter().map(|text| text.width());
    widths.max().unwrap_or_default()
}

/// What is done to which persona.
fn title(step: &Step) -> Vec<Span> {
    let (sign, style) = sign(&step.action);
    let key = on_one_line(step.key.as_str());
    let title = format!("{sign} {} {key}", step.action.word());
    let id = step.persona_id.as_ref().map(|id| format!(" ({id})"));
    let name = match step.persona_name.as_str() {
        "" => String::new(),
        name => format!("  \"{}\"{}", on_one_line(name), id.unwrap_or_default()),
    };
    vec![Span::new(style.bold(), title), Span::plain(name)]
}

/// The sign of an action, and its colour.
pub(in crate::render) const fn sign(action: &Action) -> (char, Style) {
    let style = match action {
        Action::Create(_) | Action::Recreate(_) => ADDED,
        Action::Adopt(_) | Action::Update(_) => CHANGED,
        Action::Delete(_) => REMOVED,
        Action::Keep => FAINT,
        Action::Blocked(_) => BLOCKED,
    };
    (words::sign(action), style)
}

const fn deed(field: &FieldChange) -> (char, Style) {
    let deed = Deed::of(field);
    let style = match deed {
        Deed::Set => ADDED,
        Deed::Changed => CHANGED,
        Deed::Removed => REMOVED,
    };
    (deed.sign(), style)
}

const fn cause_style(cause: Cause) -> Style {
    match cause {
        Cause::Change => ADDED,
        Cause::Drift => CHANGED,
        Cause::Conflict => BLOCKED,
        Cause::FirstContact => FAINT,
    }
}
