//! What the settings say in the right type that cannot work all the same, with its place.

use std::collections::BTreeSet;

use super::address;
use super::environment::{DEFAULT, SANDBOX};
use crate::catalog::nearest;
use crate::model::{Finding, Place};
use crate::yaml::{Member, Node};

/// What stands for all environments where one is named.
const ALL: &str = "all";

/// Everything that cannot work, whatever the process environment says.
pub(super) fn check(root: &Node) -> Vec<Finding> {
    let environments = root.child("environments").map(Node::members);
    let environments = environments.unwrap_or_default();
    let mut findings: Vec<Finding> = environments.iter().flat_map(environment).collect();
    findings.extend(chosen(root, environments));
    findings
}

/// Whether an environment may be called so: its name becomes that of files.
pub(super) fn is_name(name: &str) -> bool {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_safe)
}

/// A default that there is not.
fn chosen(root: &Node, environments: &[Member]) -> Option<Finding> {
    let default = root.child("default_environment")?;
    let name = default.text()?;
    let names = environments.iter().map(|member| member.name.as_str());
    let known: BTreeSet<&str> = names.chain([DEFAULT, SANDBOX]).collect();
    if known.contains(name) {
        return None;
    }
    let finding = flaw(&default.place, format!("there is no environment `{name}`"));
    Some(finding.near(nearest(name, known)))
}

fn environment(member: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Member { name, place, value } = member;
    if !is_name(name) {
        let message = "the name of an environment holds letters, digits, `-`, `_` and `.` only, and begins with no `.`";
        findings.push(flaw(place, message));
    }
    if name == ALL {
        let message = "no environment can be called `all`: `validate -e all` means all of them";
        findings.push(flaw(place, message));
    }
    if let Some(node) = value.child("api_url") {
        let error = node.text().and_then(|text| address::read(text).err());
        findings.extend(error.map(|error| flaw(&node.place, format!("`api_url` {error}"))));
    }
    if value.child("api").and_then(Node::text).is_some() {
        let idle = value.members().iter().filter(|member| {
            ["api_key", "api_url"].contains(&member.name.as_str()) && !member.value.is_null()
        });
        findings.extend(idle.map(|member| {
            let message = format!("`{}` does nothing beside `api: sandbox`", member.name);
            flaw(&member.place, message).hint("take one of the two out")
        }));
    }
    findings
}

fn flaw(place: &Place, message: impl Into<String>) -> Finding {
    Finding::error("settings", place.clone(), message)
}
