//! The members of one map while it is read: each name once, and merge keys (`<<: *base`) written
//! out.

use std::collections::{BTreeMap, HashSet};

use super::node::{Data, Member, Node};
use crate::model::{Finding, Place};

/// How many bytes a name may have, so that pointers stay small.
const MAX_NAME: usize = 1024;

/// The members so far.
#[derive(Default)]
pub(crate) struct Entries {
    members: Vec<Member>,
    merge: Option<Merge>,
    /// The names so far and their lines.
    seen: BTreeMap<String, usize>,
    /// The name whose value comes next.
    name: Option<Name>,
}

enum Name {
    Member(String, Place),
    Merge(Place),
    /// A name with a finding: its value is read and dropped.
    Bad,
}

/// What `<<` brings, and where among the members it stands.
struct Merge {
    at: usize,
    members: Vec<Member>,
}

impl Entries {
    /// Whether the next value is a name.
    pub(crate) const fn expects_name(&self) -> bool {
        self.name.is_none()
    }

    /// Takes the name of the value that comes next.
    pub(crate) fn name(&mut self, text: &str, is_merge: bool, place: Place) -> Option<Finding> {
        if text.len() > MAX_NAME {
            let message = format!("a name of more than {MAX_NAME} bytes");
            return Some(self.bad_name(place, message));
        }
        if let Some(first) = self.seen.get(text) {
            let message = format!("`{text}` is here a second time");
            let hint = format!("it is on line {first} already");
            self.name = Some(Name::Bad);
            return Some(Finding::error("duplicate-key", place, message).hint(hint));
        }
        self.seen.insert(text.to_owned(), place.line);
        self.name = Some(if is_merge {
            Name::Merge(place)
        } else {
            Name::Member(text.to_owned(), place)
        });
        None
    }

    /// Takes what cannot be a name.
    pub(crate) fn bad_name(&mut self, place: Place, message: impl Into<String>) -> Finding {
        self.name = Some(Name::Bad);
        Finding::error("key", place, message)
    }

    /// Takes the value of the name that came before it.
    pub(crate) fn value(&mut self, value: Node) -> Option<Finding> {
        match self.name.take()? {
            Name::Member(name, place) => self.members.push(Member { name, place, value }),
            Name::Merge(place) => {
                let Some(members) = mergeable(value) else {
                    let message = "`<<` takes a map, an alias to one, or a list of these";
                    return Some(Finding::error("merge", place, message));
                };
                let at = self.members.len();
                self.merge = Some(Merge { at, members });
            }
            Name::Bad => {}
        }
        None
    }

    /// All members: the map's own win over those that a merge key brings.
    pub(crate) fn finish(self) -> Vec<Member> {
        let mut all = self.members;
        let Some(mut merge) = self.merge else {
            return all;
        };
        let mut taken: HashSet<String> = all.iter().map(|member| member.name.clone()).collect();
        merge
            .members
            .retain(|member| taken.insert(member.name.clone()));
        all.splice(merge.at..merge.at, merge.members);
        all
    }
}

/// The members of a map, or of a list of maps one after the other.
fn mergeable(value: Node) -> Option<Vec<Member>> {
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
    Some(members)
}
