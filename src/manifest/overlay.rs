//! What an environment changes: `_overlays/ENV/KEY.yaml`, merged over the manifest as RFC 7396
//! says.

use std::collections::HashMap;
use std::path::Path;

use super::files::{File, Files};
use crate::model::{Finding, Key, Place};
use crate::yaml::{Data, Member, Node};

/// The folder in the persona directory that holds the overlays.
pub(super) const FOLDER: &str = "_overlays";
/// How the names of manifests and overlays end.
pub(super) const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Whether there may be overlays for an environment. `home` stands in the persona directory.
pub(super) fn are_any(environment: &str, home: &File) -> bool {
    let folder = home.real.with_file_name(FOLDER).join(environment);
    folder.symlink_metadata().is_ok()
}

/// The overlay of a manifest, if there is one. `home` stands in the persona directory.
pub(super) fn find(
    key: &Key,
    environment: &str,
    home: &File,
    files: &mut Files,
) -> Result<Option<File>, Box<Finding>> {
    for ending in ENDINGS {
        let path = format!("{FOLDER}/{environment}/{key}.{ending}");
        let folder = home.real.parent().unwrap_or(Path::new(""));
        let (shown, wanted) = (home.shown.with_file_name(&path), folder.join(&path));
        if wanted.symlink_metadata().is_ok() {
            return files.find(home, &path, &Place::start_of(&shown)).map(Some);
        }
        files.uses(&shown, &wanted, false);
    }
    Ok(None)
}

/// Both trees as one: members of the overlay replace those of the base, null takes them out.
pub(super) fn merge(base: Node, overlay: Node) -> Node {
    let Data::Map(changes) = overlay.data else {
        return overlay;
    };
    let (place, members) = match base.data {
        Data::Map(members) => (base.place, members),
        _ => (overlay.place, Vec::new()),
    };
    Node::new(place, Data::Map(merge_members(members, changes)))
}

fn merge_members(members: Vec<Member>, changes: Vec<Member>) -> Vec<Member> {
    let names = members.iter().map(|member| member.name.clone());
    let mut places: HashMap<String, usize> = names.zip(0..).collect();
    let mut merged: Vec<Option<Member>> = members.into_iter().map(Some).collect();
    for change in changes {
        let at = *places.entry(change.name.clone()).or_insert(merged.len());
        if at == merged.len() {
            merged.push(None);
        }
        let base = merged[at].take().map(|member| member.value);
        merged[at] = match change.value.data {
            Data::Null => None,
            _ => {
                let base = base.unwrap_or_else(|| Node::new(change.place.clone(), Data::Null));
                let value = merge(base, change.value);
                Some(Member { value, ..change })
            }
        };
    }
    merged.into_iter().flatten().collect()
}
