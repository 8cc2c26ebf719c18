//! What was found, in the format of code scanning: SARIF 2.1.0.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::text::concealed;
use super::{Said, only};
use crate::lint::{Told, Verdict};
use crate::model::{Code, Place, Severity};
use crate::render::escape::in_json;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What was found, as a log of one run. `folder` is where paths begin, as seen from the top of the repository.
#[must_use]
pub fn verdict(verdict: &Verdict, folder: &str) -> String {
    let results: Vec<Value> = verdict
        .findings()
        .map(|told| result(told, verdict, folder))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "personactl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Code::all().iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    in_json(&serde_json::to_string_pretty(&log).expect("a log is JSON"))
}

fn rule(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.name,
        "shortDescription": {"text": code.title},
        "help": {"text": help(code), "markdown": help(code)},
        "defaultConfiguration": {"level": level(code.severity())},
    });
    if let Some(link) = code.link {
        rule["helpUri"] = Value::from(link);
    }
    rule
}

fn help(code: &Code) -> &'static str {
    if code.text.is_empty() {
        code.title
    } else {
        code.text
    }
}

fn result(told: &Told, verdict: &Verdict, folder: &str) -> Value {
    let Said {
        severity,
        code,
        message,
        place,
        hint,
        documentation: _,
    } = Said::of(&told.finding);
    let only = only(verdict, told).map(Cow::Owned);
    let said = [Some(message), hint, only].into_iter().flatten();
    let said: Vec<Cow<'_, str>> = said.collect();
    let mut result = json!({
        "ruleId": code,
        "level": level(severity),
        "message": {"text": said.join("; ")},
    });
    if let Some(index) = Code::all().iter().position(|known| known.name == code) {
        result["ruleIndex"] = Value::from(index);
    }
    if let Some(place) = place {
        result["locations"] = json!([{"physicalLocation": location(place, verdict, folder)}]);
    }
    result
}

fn location(place: &Place, verdict: &Verdict, folder: &str) -> Value {
    let mut region = json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": place.column + place.width,
    });
    if let Some(line) = verdict.sources.line(place).map(concealed) {
        region["snippet"] = json!({"text": line});
    }
    let file = address(&format!("{folder}{}", place.file));
    json!({"artifactLocation": {"uri": file}, "region": region})
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// A path as a relative reference: RFC 3986 knows few characters.
fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            other => write!(address, "%{other:02X}").expect("a string takes all"),
        }
    }
    address
}
