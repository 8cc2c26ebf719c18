//! Two manifests for one persona: refused, at both places. Names that only look the same are warned of.

use std::collections::BTreeMap;

use super::block::Block;
use crate::catalog::Catalog;
use crate::model::{Desired, Finding, Place, Pointer, folded};

/// How many of the others a finding names: each of them has a finding of its own.
const NAMED: usize = 3;

/// What makes two manifests the same persona's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// The id that they pin.
    Id(String),
    /// The name, where they pin none.
    Name(String),
}

/// Whose manifest this is, and where it says so.
pub(super) fn identity(
    block: &Block,
    desired: &Desired,
    catalog: &Catalog,
) -> Option<(Identity, Place)> {
    if let Some((id, place)) = &block.id {
        return Some((Identity::Id(id.to_string()), place.clone()));
    }
    let name = catalog.name_of(&desired.document)?;
    let pointer = Pointer::root().join(catalog.name);
    let place = desired.places.value(&pointer);
    Some((Identity::Name(name.to_owned()), place))
}

/// The findings for those who share an identity, or nearly do, each with the index of its manifest.
pub(super) fn findings(claims: &[(usize, Identity, Place)]) -> Vec<(usize, Finding)> {
    let mut findings = refuse(claims);
    findings.extend(warn(claims));
    findings
}

fn refuse(claims: &[(usize, Identity, Place)]) -> Vec<(usize, Finding)> {
    let mut shared: BTreeMap<&Identity, Vec<(usize, &Place)>> = BTreeMap::new();
    for (index, identity, place) in claims {
        shared.entry(identity).or_default().push((*index, place));
    }
    let mut findings = Vec::new();
    for (identity, owners) in shared.iter().filter(|(_, owners)| owners.len() > 1) {
        for (index, place) in owners {
            let others = owners.iter().filter(|(other, _)| other != index);
            let named = others.take(NAMED).map(|(_, place)| place.to_string());
            let mut others: Vec<String> = named.collect();
            if let Some(more @ 1..) = owners.len().checked_sub(NAMED + 1) {
                others.push(format!("{more} more"));
            }
            findings.push((*index, finding(identity, place, &others.join(", "))));
        }
    }
    findings
}

/// Names that differ from the first one like them in letter case, white space or Unicode form only.
fn warn(claims: &[(usize, Identity, Place)]) -> Vec<(usize, Finding)> {
    let mut first: BTreeMap<String, (&str, &Place)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, identity, place) in claims {
        let Identity::Name(name) = identity else {
            continue;
        };
        let (other, there) = *first.entry(folded(name)).or_insert((name, place));
        if other != name {
            let message = format!("`{name}` is nearly the name at {there}, `{other}`");
            let hint = "they differ in letter case, white space or Unicode form only: \
                        people will take the one for the other";
            let finding = Finding::warning("similar-name", place.clone(), message).hint(hint);
            findings.push((*index, finding));
        }
    }
    findings
}

fn finding(identity: &Identity, place: &Place, others: &str) -> Finding {
    match identity {
        Identity::Id(id) => {
            let message = format!("`{id}` is pinned at {others} too");
            Finding::error("duplicate-id", place.clone(), message)
                .hint("one manifest describes one persona")
        }
        Identity::Name(name) => {
            let message = format!("`{name}` is the name at {others} too");
            Finding::error("duplicate-name", place.clone(), message)
                .hint("change one name, or pin an `id` in each of them")
        }
    }
}
