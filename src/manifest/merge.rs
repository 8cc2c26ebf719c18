//! Merge keys: `<<: *base` brings the members of another map, and the map's own members win.

use std::collections::HashSet;

use super::node::{Data, Member, Node};

/// What one `<<` brings, and where among the members it stands.
pub(super) struct Merge {
    at: usize,
    members: Vec<Member>,
}

impl Merge {
    /// Takes the value of a `<<`: a map, or a list of maps of which the first wins; `None` for anything else.
    pub(super) fn new(at: usize, value: Node) -> Option<Self> {
        let maps = match value.data {
            Data::List(elements) => elements,
            _ => vec![value],
        };
        let mut members = Vec::new();
        for map in maps {
            let Data::Map(more) = map.data else {
                return None;
            };
            members.extend(more);
        }
        Some(Self { at, members })
    }
}

/// The members of a map together with those that its merge key brings.
pub(super) fn apply(own: Vec<Member>, merge: Option<Merge>) -> Vec<Member> {
    let Some(merge) = merge else {
        return own;
    };
    let mut taken: HashSet<String> = own.iter().map(|member| member.name.clone()).collect();
    let mut brought = merge.members;
    brought.retain(|member| taken.insert(member.name.clone()));
    let mut all = own;
    all.splice(merge.at..merge.at, brought);
    all
}
