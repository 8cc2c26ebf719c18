//! Plans, outcomes and imports for programs. The names are a contract: more may be added, none may change.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::escape::in_json;
use crate::apply::{Normalised, Outcome, Status};
use crate::diff::Patch;
use crate::import::{Draft, Import, Left, Refused, Who};
use crate::model::{Key, Pointer, without_keys};
use crate::plan::{FieldChange, Plan, Step, Summary};

/// The version of the format.
const FORMAT_VERSION: &str = "1";

#[derive(Serialize)]
struct Report<'p, S> {
    format_version: &'static str,
    plan_id: String,
    environment: &'p str,
    api_url: &'p str,
    summary: S,
    steps: Vec<StepReport<'p>>,
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

#[derive(Serialize)]
struct ImportReport<'i> {
    format_version: &'static str,
    personas: Vec<DraftReport<'i>>,
    /// Files that several personas use.
    shared: Vec<String>,
    left_out: Vec<RefusedReport<'i>>,
}

#[derive(Serialize)]
struct DraftReport<'i> {
    key: &'i str,
    persona_id: &'i str,
    persona_name: &'i str,
    files: Vec<String>,
    secrets: Vec<SecretReport<'i>>,
    left_live: Vec<LeftReport<'i>>,
}

#[derive(Serialize)]
struct SecretReport<'i> {
    name: &'i str,
    path: Cow<'i, str>,
}

#[derive(Serialize)]
struct LeftReport<'i> {
    path: Cow<'i, str>,
    reason: &'i str,
}

#[derive(Serialize)]
struct RefusedReport<'i> {
    key: &'i str,
    persona_id: &'i str,
    persona_name: &'i str,
    reason: &'i str,
}

/// What an import writes below `directory`, or would, as one JSON object.
#[must_use]
pub fn imported(import: &Import, directory: &Path) -> String {
    let Import {
        drafts,
        files,
        refused,
    } = import;
    let files = |owner: Option<&Key>| {
        let owned = files.iter().filter(|file| file.owner.as_ref() == owner);
        let paths = owned.map(|file| directory.join(&file.path).display().to_string());
        paths.collect()
    };
    let report = ImportReport {
        format_version: FORMAT_VERSION,
        personas: drafts
            .iter()
            .map(|draft| DraftReport::of(draft, files(Some(&draft.who.key))))
            .collect(),
        shared: files(None),
        left_out: refused.iter().map(RefusedReport::of).collect(),
    };
    in_json(&serde_json::to_string_pretty(&report).expect("a report is JSON"))
}

/// The plan as one JSON object.
#[must_use]
pub fn planned(plan: &Plan) -> String {
    let steps = plan
        .steps
        .iter()
        .map(|step| StepReport::of(step, None))
        .collect();
    report::<Summary>(plan, plan.summary(), steps)
}

/// The plan and what became of its steps as one JSON object; the summary counts how they ended.
#[must_use]
pub fn applied(plan: &Plan, outcomes: &[Outcome]) -> String {
    let steps = plan
        .steps
        .iter()
        .zip(outcomes)
        .map(|(step, outcome)| StepReport::of(step, Some(outcome)))
        .collect();
    let mut summary: BTreeMap<&str, usize> = Status::ALL
        .iter()
        .map(|status| (status.word(), 0))
        .collect();
    for outcome in outcomes {
        *summary.entry(outcome.status.word()).or_default() += 1;
    }
    report(plan, summary, steps)
}

fn report<S: Serialize>(plan: &Plan, summary: S, steps: Vec<StepReport<'_>>) -> String {
    let report = Report {
        format_version: FORMAT_VERSION,
        plan_id: plan.id().to_string(),
        environment: &plan.environment,
        api_url: &plan.api_url,
        summary,
        steps,
    };
    in_json(&serde_json::to_string_pretty(&report).expect("a report is JSON"))
}

impl<'i> DraftReport<'i> {
    fn of(draft: &'i Draft, files: Vec<String>) -> Self {
        let Who { key, id, name } = &draft.who;
        let secrets = draft.secrets.iter().map(|(name, path)| SecretReport {
            name: name.as_str(),
            path: without_keys(path.as_str()),
        });
        let left = draft.left.iter().map(|Left { path, reason }| LeftReport {
            path: without_keys(path.as_str()),
            reason,
        });
        Self {
            key: key.as_str(),
            persona_id: id.as_str(),
            persona_name: name,
            files,
            secrets: secrets.collect(),
            left_live: left.collect(),
        }
    }
}

impl<'i> RefusedReport<'i> {
    fn of(Refused { who, reason }: &'i Refused) -> Self {
        let Who { key, id, name } = who;
        Self {
            key: key.as_str(),
            persona_id: id.as_str(),
            persona_name: name,
            reason,
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
