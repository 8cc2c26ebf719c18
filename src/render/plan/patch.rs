//! The JSON Patch of each persona, by its key.

use serde_json::{Map, json};

use super::report::Report;
use crate::render::escape::in_json;

/// The patches as one JSON object. Where a persona takes a second request, its patch stands under `KEY//2`: no key looks like
/// that. What is made or deleted takes no patch.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut patches = Map::new();
    for step in &report.plan.steps {
        for (index, patch) in (1..).zip(step.action.patches()) {
            let name = match index {
                1 => step.key.to_string(),
                later => format!("{}//{later}", step.key),
            };
            patches.insert(name, json!(patch));
        }
    }
    in_json(&serde_json::to_string_pretty(&patches).expect("patches are JSON"))
}
