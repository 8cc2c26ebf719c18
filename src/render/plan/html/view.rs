//! All that the page says. Every text is harmless once it stands here: what would hide or reorder is made visible.

use super::shown::Shown;
use crate::apply::{Normalised, Outcome, Status};
use crate::plan::{Action, Against, FieldChange, Plan, Step};
use crate::render::escape::on_one_line;
use crate::render::outcomes;
use crate::render::plan::change::{Deed, path};
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
    /// What is to be known of the comparison as a whole.
    pub(super) remarks: Vec<String>,
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

impl Target {
    pub(super) fn of(plan: &Plan) -> Self {
        let (what, name) = match &plan.against {
            Against::Service(address) => ("Account", address.clone()),
            Against::Revision { name, commit, .. } => ("Revision", format!("{name} ({commit})")),
        };
        let remarks = plan.against.remarks().iter();
        Self {
            environment: harmless(&plan.environment),
            against: (what, harmless(&name)),
            is_revision: matches!(plan.against, Against::Revision { .. }),
            remarks: remarks.map(|remark| harmless(remark)).collect(),
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
        let reason = step.reason.as_deref().map(harmless);
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

fn harmless(text: &str) -> String {
    on_one_line(text).into_owned()
}

fn paths(step: &Step) -> Vec<String> {
    let paths = step.unmanaged.iter();
    paths.map(|path| harmless(path.as_str())).collect()
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
            reason: step.reason.as_deref().map(harmless),
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
        let key = harmless(step.key.as_str());
        let (folder, key) = key.split_at(key.rfind('/').map_or(0, |slash| slash + 1));
        let end = outcomes.get(&step.key).copied();
        let id = end.and_then(|end| end.persona_id.as_ref());
        let id = id.or(step.persona_id.as_ref());
        Self {
            folder: folder.to_owned(),
            key: key.to_owned(),
            name: harmless(&step.persona_name),
            id: id.map(|id| harmless(id.as_str())),
            file: step.file.as_deref().map(harmless),
            notes: Vec::new(),
            end: end.map(|end| End::of(step, end)),
        }
    }
}

impl End {
    fn of(step: &Step, outcome: &Outcome) -> Self {
        let normalised = |Normalised { path, sent, seen }: &Normalised| {
            let seen = seen.as_ref().map_or_else(|| "nothing".to_owned(), brief);
            [harmless(path.as_str()), brief(sent), seen]
        };
        // What blocks a step is its reason already.
        let message = outcome.message.as_deref();
        let message = message.filter(|message| step.reason.as_deref() != Some(message));
        Self {
            sign: outcomes::sign(outcome.status).0,
            word: outcome.status.word(),
            message: message.map(harmless),
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
            shown: Shown::of(field),
        }
    }
}
