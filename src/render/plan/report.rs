//! A plan as it is told, and all that its forms have to know beside it.

use std::collections::BTreeMap;

use clap::ValueEnum;

use super::{github, html, json, markdown, patch, text};
use crate::apply::Outcome;
use crate::model::{Digest, Key};
use crate::plan::{Plan, Step};

/// How long a comment on GitHub may be, less a little: the limit is 65,536.
const COMMENT: usize = 65_000;
/// How long the summary of a step may be in characters, so that it never has more than GitHub's 1 MiB.
pub const SUMMARY: usize = 340_000;

/// The forms of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    Text,
    /// One object; `personactl schema --plan` describes it
    Json,
    /// For a comment on a pull request
    Markdown,
    /// One page for a browser, with nothing beside it
    Html,
    /// The JSON Patch of each persona, by its key
    Patch,
    /// Workflow commands, which GitHub shows on the lines of a pull request
    Github,
}

/// A plan, and what became of it where it was applied.
#[derive(Clone, Debug)]
pub struct Report<'r> {
    /// The plan, without what must not be shown.
    pub plan: &'r Plan,
    /// The id of the plan.
    pub id: Digest,
    /// How its steps have ended, one each; `None` where it was not applied.
    pub outcomes: Option<&'r [Outcome]>,
    /// Where it is told.
    pub setting: Setting<'r>,
}

/// What became of steps, by their keys.
pub(super) type Outcomes<'r> = BTreeMap<&'r Key, &'r Outcome>;

/// Where a plan is told, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'r> {
    /// The persona directory, as it was named.
    pub directory: &'r str,
    /// How long Markdown may be, in characters.
    pub budget: usize,
    /// Where paths begin as seen from the top of the repository: `agents/`, or nothing at the top.
    pub folder: &'r str,
    /// What was found in the manifests, as workflow commands.
    pub annotations: &'r str,
    /// How many columns there are; `None` where nobody knows, so that no line is broken.
    pub width: Option<usize>,
    /// What sets off the words that changed.
    pub marks: Marks,
    /// Whether the fields are named that only the live side has.
    pub lists_unmanaged: bool,
    /// Which page it is of those that are served one after the other; `None` where it is not served.
    pub live: Option<u64>,
}

/// What sets off the words that changed in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Colour.
    Style,
    /// Brackets, as git has them: `[-old-]`, `{+new+}`.
    Brackets,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self {
            directory: "",
            budget: COMMENT,
            folder: "",
            annotations: "",
            width: None,
            marks: Marks::Style,
            lists_unmanaged: false,
            live: None,
        }
    }
}

impl Report<'_> {
    /// The report in a form.
    #[must_use]
    pub fn render(&self, form: Form) -> String {
        match form {
            Form::Text => text::report(self),
            Form::Json => json::report(self),
            Form::Markdown => markdown::report(self),
            Form::Html => html::report(self),
            Form::Patch => patch::report(self),
            Form::Github => github::report(self),
        }
    }

    /// The steps, each with what became of it.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&Step, Option<&Outcome>)> {
        let outcomes = self.outcomes.unwrap_or_default().iter().map(Some);
        let outcomes = outcomes.chain(std::iter::repeat(None));
        self.plan.steps.iter().zip(outcomes)
    }

    /// What became of each step, by its key; nothing where the plan was not applied.
    pub(super) fn endings(&self) -> Outcomes<'_> {
        let ended = self.steps();
        let ended = ended.filter_map(|(step, outcome)| Some((&step.key, outcome?)));
        ended.collect()
    }
}
