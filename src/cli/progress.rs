//! Telling how an apply gets on, step by step, below a bar where there is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Format;
use super::error::Error;
use super::reports::Teller;
use crate::apply::Outcome;
use crate::plan::{Plan, Step};
use crate::render::{self, Form};

/// Tells of an apply in the form that was asked for.
pub(super) struct Progress<'c> {
    teller: &'c Teller<'c>,
    format: Format,
    bar: ProgressBar,
}

impl<'c> Progress<'c> {
    pub(super) fn new(teller: &'c Teller<'c>, plan: &Plan, format: Format) -> Self {
        let bar = match teller.context.draws() && plan.sends() {
            true => ProgressBar::new(plan.steps.len() as u64).with_style(style()),
            false => ProgressBar::hidden(),
        };
        Self {
            teller,
            format,
            bar,
        }
    }

    /// Tells what became of a step.
    pub(super) fn step(&self, step: &Step, outcome: &Outcome) {
        let told = render::outcome(step, outcome);
        if self.format == Format::Text && !told.is_empty() {
            // What was done is done, whether or not it can still be told.
            let _ = self.bar.suspend(|| self.teller.context.result(&told));
        }
        self.bar.inc(1);
    }

    /// Says something beside the result.
    pub(super) fn mention(&self, text: &str) {
        self.bar.suspend(|| self.teller.context.mention(text));
    }

    /// Removes the bar.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Tells the result of the whole.
    pub(super) fn result(&self, plan: &Plan, outcomes: &[Outcome]) -> Result<(), Error> {
        match self.format {
            Format::Json => self.teller.show_applied(plan, outcomes, Form::Json),
            Format::Text if plan.sends() => {
                let summary = render::outcomes(outcomes);
                self.teller.context.result(&summary)
            }
            Format::Text => Ok(()),
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}").expect("the template is valid")
}
