//! What was found, for programs. The names are a contract: more may be added, none may change.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::Said;
use super::text::concealed;
use crate::lint::{Told, Verdict};
use crate::model::{Finding, Severity};
use crate::render::escape::in_json;

#[derive(Serialize)]
struct Report<'v> {
    format_version: &'static str,
    environments: &'v [String],
    summary: Summary,
    findings: Vec<FindingReport<'v>>,
}

#[derive(Serialize)]
struct Summary {
    manifests: usize,
    errors: usize,
    warnings: usize,
    advice: usize,
}

#[derive(Serialize)]
struct FindingReport<'v> {
    #[serde(flatten)]
    said: SaidReport<'v>,
    source: Option<String>,
    environments: Vec<&'v str>,
}

/// What a finding says by itself.
#[derive(Serialize)]
struct SaidReport<'v> {
    code: &'static str,
    severity: &'static str,
    message: Cow<'v, str>,
    hint: Option<Cow<'v, str>>,
    documentation: Option<&'static str>,
    file: Option<&'v str>,
    line: Option<usize>,
    column: Option<usize>,
    end_column: Option<usize>,
}

/// What was found, as one JSON object.
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    let report = Report {
        format_version: "1",
        environments: &verdict.environments,
        summary: Summary {
            manifests: verdict.manifests,
            errors: verdict.count(Severity::Error),
            warnings: verdict.count(Severity::Warning),
            advice: verdict.count(Severity::Advice),
        },
        findings: verdict
            .findings()
            .map(|told| finding(told, verdict))
            .collect(),
    };
    in_json(&serde_json::to_string_pretty(&report).expect("a report is JSON"))
}

/// Findings without what was found around them, as a list of objects.
#[must_use]
pub fn findings(findings: &[Finding]) -> Value {
    let said: Vec<SaidReport<'_>> = findings.iter().map(said).collect();
    serde_json::to_value(said).expect("a report is JSON")
}

fn finding<'v>(told: &'v Told, verdict: &'v Verdict) -> FindingReport<'v> {
    let place = told.finding.place.as_ref();
    FindingReport {
        said: said(&told.finding),
        source: place
            .and_then(|place| verdict.sources.line(place))
            .map(concealed),
        environments: told.environments.iter().map(String::as_str).collect(),
    }
}

fn said(finding: &Finding) -> SaidReport<'_> {
    let Said {
        severity,
        code,
        message,
        place,
        hint,
        documentation,
    } = Said::of(finding);
    SaidReport {
        code,
        severity: match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        },
        message,
        hint,
        documentation,
        file: place.map(|place| &*place.file),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        end_column: place.map(|place| place.column + place.width),
    }
}
