//! All that the page says. Every text is harmless once it stands here: what would hide or reorder is made visible.

use crate::apply::{Normalised, Outcome, Status};
use crate::diff::text::{Line, Piece};
use crate::plan::{Action, Against, FieldChange, Plan, Step};
use crate::render::escape::on_one_line;
use crate::render::outcomes;
use crate::render::plan::change::{Change, Deed, Depth, path};
use crate::render::plan::entry::{self, cause, entries};
use crate::render::plan::report::{Outcomes, Report};
use crate::render::plan::words::sign;
use crate::render::plan::words::unavailable;
use crate::render::value::{brief, counted};

/// What the plan is for.
pub(super) struct Target {
    pub(super) environment: String,
    /// What the personas were held against, and its name.
    pub(super) against: (&'static str, String),
    pub(super) is_revision: bool,
}

/// So many ended in this way.
pub(super) struct Tally {
    pub(super) count: usize,
    pub(super) word: &'static str,
}

/// The entries of one action.
pub(super) struct Group {
    pub(super) word: &'static str,
    pub(super) sign: char,
    /// How many personas it is done to, and what that is.
    pub(super) count: usize,
    pub(super) what: String,
    pub(super) entries: Vec<Entry>,
}

/// What is done to one persona, or to several in the same way.
pub(super) struct Entry {
    /// Which one it is on the page: what a persona is called cannot be taken for it.
    pub(super) number: usize,
    pub(super) personas: Vec<Persona>,
    pub(super) several: String,
    pub(super) is_new: bool,
    /// How many fields differ.
    pub(super) extent: String,
    pub(super) reason: Option<String>,
    pub(super) unavailable: Vec<String>,
    pub(super) fields: Vec<Field>,
    pub(super) unmanaged: Vec<String>,
    pub(super) unmanaged_count: String,
}

/// Who a persona is, and what became of it.
pub(super) struct Persona {
    /// The key: the folder, and the rest.
    pub(super) folder: String,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) file: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) end: Option<End>,
}

/// How a step has ended.
pub(super) struct End {
    pub(super) sign: char,
    pub(super) word: &'static str,
    pub(super) message: Option<String>,
    /// Where the service made something else of a value: what was sent, and what it answers.
    pub(super) normalised: Vec<[String; 3]>,
}

/// A field that differs.
pub(super) struct Field {
    pub(super) sign: char,
    pub(super) deed: &'static str,
    pub(super) path: String,
    pub(super) cause: &'static str,
    pub(super) cause_words: &'static str,
    pub(super) place: String,
    pub(super) is_prose: bool,
    pub(super) shown: Shown,
}

/// The values of a field.
pub(super) enum Shown {
    /// They must not be shown.
    Hidden(String),
    /// They are short.
    Brief {
        before: Option<String>,
        after: Option<String>,
    },
    /// One text with nothing to hold it against.
    Whole { growth: String, text: String },
    /// A text that became another one.
    Lines { growth: String, blocks: Vec<Block> },
}

/// A part of a comparison.
pub(super) enum Block {
    /// A line of both texts.
    Same(String),
    /// So many of them.
    Folded(String),
    /// Lines that make way for others.
    Exchange { old: Vec<Words>, new: Vec<Words> },
}

/// A line in stretches, each of which has changed or not.
pub(super) struct Words(pub(super) Vec<(bool, String)>);

impl Target {
    pub(super) fn of(plan: &Plan) -> Self {
        let (against, is_revision) = match &plan.against {
            Against::Service(address) => (("Account", address.clone()), false),
            Against::Revision { name, commit } => {
                (("Revision", format!("{name} ({commit})")), true)
            }
        };
        Self {
            environment: on_one_line(&plan.environment).into_owned(),
            against: (against.0, on_one_line(&against.1).into_owned()),
            is_revision,
        }
    }
}

impl Tally {
    pub(super) fn all(report: &Report<'_>) -> Vec<Self> {
        let outcomes = report.outcomes.unwrap_or_default();
        let tally = |status: Status| Self {
            count: outcomes.iter().filter(|end| end.status == status).count(),
            word: status.word(),
        };
        let all = Status::ALL.into_iter().map(tally);
        all.filter(|tally| tally.count > 0).collect()
    }
}

impl Group {
    pub(super) fn all(report: &Report<'_>) -> Vec<Self> {
        let outcomes = report.endings();
        let mut groups: Vec<Self> = Vec::new();
        for (number, entry) in entries(&report.plan.steps, &report.endings())
            .iter()
            .enumerate()
        {
            let action = &entry.step.action;
            if groups
                .last()
                .is_none_or(|group| group.word != action.word())
            {
                groups.push(Self::of(action));
            }
            let group = groups.last_mut().expect("one has been pushed");
            group.count += entry.alike.len() + 1;
            group.entries.push(Entry::of(number + 1, entry, &outcomes));
        }
        groups
    }

    fn of(action: &Action) -> Self {
        let word = action.word();
        let what = match action {
            Action::Blocked(_) => word.to_owned(),
            _ => format!("to {word}"),
        };
        Self {
            word,
            sign: sign(action),
            count: 0,
            what,
            entries: Vec::new(),
        }
    }
}

/// The personas that are left alone.
pub(super) fn kept(report: &Report<'_>) -> Vec<Persona> {
    let outcomes = report.endings();
    let kept = report.plan.steps.iter();
    let kept = kept.filter(|step| matches!(step.action, Action::Keep));
    kept.map(|step| {
        let persona = Persona::of(step, &outcomes);
        let reason = step
            .reason
            .as_deref()
            .map(|reason| on_one_line(reason).into_owned());
        let unmanaged = counted(step.unmanaged.len(), "unmanaged field");
        let unmanaged = (!step.unmanaged.is_empty())
            .then(|| format!("{unmanaged}: {}", paths(step).join(", ")));
        let notes = reason.into_iter().chain(unavailable(step)).chain(unmanaged);
        Persona {
            notes: notes.collect(),
            ..persona
        }
    })
    .collect()
}

fn paths(step: &Step) -> Vec<String> {
    let paths = step.unmanaged.iter();
    paths
        .map(|path| on_one_line(path.as_str()).into_owned())
        .collect()
}

impl Entry {
    fn of(number: usize, entry: &entry::Entry<'_>, outcomes: &Outcomes<'_>) -> Self {
        let step = entry.step;
        let all = std::iter::once(&step).chain(&entry.alike);
        let fields = step.fields.iter();
        Self {
            number,
            personas: all.map(|step| Persona::of(step, outcomes)).collect(),
            several: counted(entry.alike.len() + 1, "persona"),
            is_new: step.action.body().is_some(),
            extent: counted(step.fields.len(), "field"),
            reason: step
                .reason
                .as_deref()
                .map(|reason| on_one_line(reason).into_owned()),
            unavailable: unavailable(step).collect(),
            fields: fields
                .map(|field| Field::of(field, entry.place(field)))
                .collect(),
            unmanaged: paths(step),
            unmanaged_count: counted(step.unmanaged.len(), "unmanaged field"),
        }
    }
}

impl Persona {
    fn of(step: &Step, outcomes: &Outcomes<'_>) -> Self {
        let key = on_one_line(step.key.as_str());
        let (folder, key) = match key.rsplit_once('/') {
            Some((folder, key)) => (format!("{folder}/"), key.to_owned()),
            None => (String::new(), key.into_owned()),
        };
        let end = outcomes.get(&step.key).copied();
        let id = end.and_then(|end| end.persona_id.as_ref());
        let id = id.or(step.persona_id.as_ref());
        Self {
            folder,
            key,
            name: on_one_line(&step.persona_name).into_owned(),
            id: id.map(|id| on_one_line(id.as_str()).into_owned()),
            file: step
                .file
                .as_deref()
                .map(|file| on_one_line(file).into_owned()),
            notes: Vec::new(),
            end: end.map(|end| End::of(step, end)),
        }
    }
}

impl End {
    fn of(step: &Step, outcome: &Outcome) -> Self {
        let normalised = |Normalised { path, sent, seen }: &Normalised| {
            let seen = seen.as_ref().map_or_else(|| "nothing".to_owned(), brief);
            [on_one_line(path.as_str()).into_owned(), brief(sent), seen]
        };
        // What blocks a step is its reason already.
        let message = outcome.message.as_deref();
        let message = message.filter(|message| step.reason.as_deref() != Some(message));
        Self {
            sign: outcomes::sign(outcome.status).0,
            word: outcome.status.word(),
            message: message.map(|message| on_one_line(message).into_owned()),
            normalised: outcome.normalised.iter().map(normalised).collect(),
        }
    }

    /// Whether there is more to say than how it ended.
    pub(super) const fn has_more(&self) -> bool {
        self.message.is_some() || !self.normalised.is_empty()
    }
}

impl Field {
    fn of(field: &FieldChange, place: String) -> Self {
        let deed = Deed::of(field);
        let values = field.before.iter().chain(&field.after);
        Self {
            sign: deed.sign(),
            deed: deed.word(),
            path: path(field),
            cause: field.cause.word(),
            cause_words: cause(field.cause),
            place,
            is_prose: values.into_iter().all(serde_json::Value::is_string),
            shown: Shown::of(Change::of(field, Depth::Whole), deed),
        }
    }
}

impl Shown {
    fn of(change: Change, deed: Deed) -> Self {
        match change {
            Change::Hidden(told) => Self::Hidden(told),
            Change::Brief { before, after } => Self::Brief { before, after },
            Change::Lines { growth, lines } if deed == Deed::Changed => Self::Lines {
                growth,
                blocks: blocks(&lines),
            },
            Change::Lines { growth, lines } => Self::Whole {
                growth,
                text: lines.iter().map(plain).collect::<Vec<_>>().join("\n"),
            },
        }
    }
}

/// A line without its marks.
fn plain(line: &Line) -> String {
    match line {
        Line::Same(text) => on_one_line(text).into_owned(),
        Line::Folded(count) => folded(*count),
        Line::Removed(pieces) | Line::Added(pieces) => {
            let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            on_one_line(&text).into_owned()
        }
    }
}

fn folded(count: usize) -> String {
    format!("{} unchanged", counted(count, "line"))
}

/// The lines, those together that make way for others.
fn blocks(lines: &[Line]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in lines {
        let (pieces, is_old) = match line {
            Line::Same(text) => {
                blocks.push(Block::Same(on_one_line(text).into_owned()));
                continue;
            }
            Line::Folded(count) => {
                blocks.push(Block::Folded(folded(*count)));
                continue;
            }
            Line::Removed(pieces) => (pieces, true),
            Line::Added(pieces) => (pieces, false),
        };
        if !matches!(blocks.last(), Some(Block::Exchange { new, .. }) if !is_old || new.is_empty())
        {
            blocks.push(Block::Exchange {
                old: Vec::new(),
                new: Vec::new(),
            });
        }
        if let Some(Block::Exchange { old, new }) = blocks.last_mut() {
            let side = if is_old { old } else { new };
            side.push(Words::of(pieces));
        }
    }
    blocks
}

impl Words {
    /// Of a line that has changed as a whole, no word is set off.
    fn of(pieces: &[Piece]) -> Self {
        let is_whole = pieces.iter().all(|piece| piece.is_changed);
        let words = pieces.iter().map(|piece| {
            let text = on_one_line(&piece.text).into_owned();
            (piece.is_changed && !is_whole, text)
        });
        Self(words.collect())
    }
}
