//! What a plan is for and what it comes to, in the words of every form for people.

use super::report::Report;
use crate::plan::{Plan, Summary};
use crate::render::escape::on_one_line;

/// What the plan is for, and what it comes to.
pub(super) fn headline(report: &Report<'_>) -> String {
    let plan = report.plan;
    match plan.is_empty() {
        true => format!("No changes for {}", target(plan)),
        false => format!("Plan for {}: {}.", target(plan), counts(plan.summary())),
    }
}

/// What the plan is for.
fn target(plan: &Plan) -> String {
    let environment = on_one_line(&plan.environment);
    match plan.environment == plan.api_url {
        true => format!("`{environment}`"),
        false => format!("`{environment}` at {}", on_one_line(&plan.api_url)),
    }
}

/// What there is to do, leaving out what there is none of.
pub(super) fn counts(summary: Summary) -> String {
    let parts = parts(summary);
    let said = parts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = said
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    said.join(", ")
}

/// How many personas there are of each kind, with its words.
pub(super) const fn parts(summary: Summary) -> [(usize, &'static str); 7] {
    let Summary {
        create,
        adopt,
        update,
        recreate,
        delete,
        keep,
        blocked,
    } = summary;
    [
        (create, "to create"),
        (adopt, "to adopt"),
        (update, "to update"),
        (recreate, "to recreate"),
        (delete, "to delete"),
        (blocked, "blocked"),
        (keep, "unchanged"),
    ]
}
