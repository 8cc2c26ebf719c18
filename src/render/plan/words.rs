//! What a plan is for and what it comes to, in the words of every form for people.

use super::report::Report;
use crate::plan::{Against, Plan, Summary};
use crate::render::escape::on_one_line;

/// How much of a commit is shown.
const SHORT: usize = 10;
/// What a plan against a revision does not say.
pub(super) const NOT_LOOKED_AT: &str =
    "Files were compared with files: what the account holds was not looked at.";

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
    match &plan.against {
        Against::Service(address) if plan.environment == *address => format!("`{environment}`"),
        Against::Service(address) => format!("`{environment}` at {}", on_one_line(address)),
        Against::Revision { name, commit } => {
            let commit = on_one_line(commit);
            let short: String = commit.chars().take(SHORT).collect();
            format!("`{environment}` against `{}` ({short})", on_one_line(name))
        }
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
