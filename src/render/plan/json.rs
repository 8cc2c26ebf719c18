//! A plan, and what became of it, for programs. The names are a contract: more may be added, none may change.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::report::Report;
use super::words::tally;
use crate::apply::{Normalised, Outcome};
use crate::diff::Patch;
use crate::model::{Digest, Pointer};
use crate::plan::{Against, FieldChange, Step};
use crate::render::escape::in_json;

/// The version of the format.
const FORMAT_VERSION: &str = "1";

#[derive(Serialize)]
struct Object<'p, S> {
    format_version: &'static str,
    plan_id: &'p Digest,
    environment: &'p str,
    api_url: Option<&'p str>,
    against: Option<RevisionReport<'p>>,
    summary: S,
    steps: Vec<StepReport<'p>>,
}

#[derive(Serialize)]
struct RevisionReport<'p> {
    r#ref: &'p str,
    commit: &'p str,
    remarks: &'p [String],
}

#[derive(Serialize)]
struct StepReport<'p> {
    key: &'p str,
    file: Option<&'p str>,
    persona_id: Option<&'p str>,
    persona_name: &'p str,
    action: &'static str,
    reason: Option<&'p str>,
    body: Option<&'p Value>,
    patches: Vec<&'p Patch>,
    fields: Vec<FieldReport<'p>>,
    unmanaged: &'p [Pointer],
    unavailable_secrets: Vec<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultReport<'p>>,
}

#[derive(Serialize)]
struct FieldReport<'p> {
    path: &'p Pointer,
    cause: &'static str,
    before: Option<&'p Value>,
    after: Option<&'p Value>,
    secret: bool,
    file: Option<&'p str>,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Serialize)]
struct ResultReport<'p> {
    status: &'static str,
    message: Option<&'p str>,
    normalised: Vec<NormalisedReport<'p>>,
}

#[derive(Serialize)]
struct NormalisedReport<'p> {
    path: &'p Pointer,
    sent: &'p Value,
    seen: Option<&'p Value>,
}

/// The plan as one JSON object. Where it was applied, the summary counts how its steps have ended.
pub(super) fn report(report: &Report<'_>) -> String {
    match report.outcomes {
        None => written(report, report.plan.summary()),
        Some(outcomes) => {
            let tally = tally(outcomes).map(|(count, word)| (word, count));
            written(report, BTreeMap::from(tally))
        }
    }
}

fn written<S: Serialize>(report: &Report<'_>, summary: S) -> String {
    let Report { plan, id, .. } = report;
    let steps = report.steps();
    let steps = steps.map(|(step, outcome)| StepReport::of(step, outcome));
    let object = Object {
        format_version: FORMAT_VERSION,
        plan_id: id,
        environment: &plan.environment,
        api_url: plan.against.address(),
        against: RevisionReport::of(&plan.against),
        summary,
        steps: steps.collect(),
    };
    in_json(&serde_json::to_string_pretty(&object).expect("a report is JSON"))
}

impl<'p> RevisionReport<'p> {
    fn of(against: &'p Against) -> Option<Self> {
        match against {
            Against::Service(_) => None,
            Against::Revision {
                name,
                commit,
                remarks,
            } => Some(Self {
                r#ref: name,
                commit,
                remarks,
            }),
        }
    }
}

impl<'p> StepReport<'p> {
    fn of(step: &'p Step, outcome: Option<&'p Outcome>) -> Self {
        let made = outcome.and_then(|outcome| outcome.persona_id.as_ref());
        Self {
            key: step.key.as_str(),
            file: step.file.as_deref(),
            persona_id: made.or(step.persona_id.as_ref()).map(|id| id.as_str()),
            persona_name: &step.persona_name,
            action: step.action.word(),
            reason: step.reason.as_deref(),
            body: step.action.body(),
            patches: step.action.patches().collect(),
            fields: step.fields.iter().map(FieldReport::of).collect(),
            unmanaged: &step.unmanaged,
            unavailable_secrets: step.unavailable.iter().map(|name| name.as_str()).collect(),
            result: outcome.map(ResultReport::of),
        }
    }
}

impl<'p> FieldReport<'p> {
    fn of(field: &'p FieldChange) -> Self {
        let FieldChange {
            path,
            cause,
            before,
            after,
            secret,
            place,
        } = field;
        let shown = |value: &'p Option<Value>| value.as_ref().filter(|_| !secret);
        Self {
            path,
            cause: cause.word(),
            before: shown(before),
            after: shown(after),
            secret: *secret,
            file: place.as_ref().map(|place| &*place.file),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
        }
    }
}

impl<'p> ResultReport<'p> {
    fn of(outcome: &'p Outcome) -> Self {
        let normalised = |Normalised { path, sent, seen }: &'p Normalised| NormalisedReport {
            path,
            sent,
            seen: seen.as_ref(),
        };
        Self {
            status: outcome.status.word(),
            message: outcome.message.as_deref(),
            normalised: outcome.normalised.iter().map(normalised).collect(),
        }
    }
}
