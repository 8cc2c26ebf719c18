//! What an environment changes: `_overlays/ENV/KEY.yaml`, merged over the manifest as RFC 7396 says.

use std::path::Path;

use super::files::{File, Files};
use super::node::{Data, Member, Node};
use crate::model::{Finding, Key, Place};

/// The overlay of a manifest, if there is one. `home` stands in the persona directory.
pub(super) fn find(
    key: &Key,
    environment: &str,
    home: &File,
    files: &mut Files,
) -> Result<Option<File>, Box<Finding>> {
    for ending in ["yaml", "yml", "json"] {
        let path = format!("_overlays/{environment}/{key}.{ending}");
        let folder = home.real.parent().unwrap_or(Path::new(""));
        if folder.join(&path).symlink_metadata().is_ok() {
            let place = Place::start_of(&home.shown.with_file_name(&path));
            return files.find(home, &path, &place).map(Some);
        }
    }
    Ok(None)
}

/// Both trees as one: members of the overlay replace those of the base, null takes them out.
pub(super) fn merge(base: Node, overlay: Node) -> Node {
    let (place, members, changes) = match (base, overlay) {
        (
            Node {
                place,
                data: Data::Map(members),
            },
            Node {
                data: Data::Map(changes),
                ..
            },
        ) => (place, members, changes),
        (
            _,
            Node {
                place,
                data: Data::Map(changes),
            },
        ) => (place, Vec::new(), changes),
        (_, overlay) => return overlay,
    };
    let merged = changes.into_iter().fold(members, merge_member);
    Node::new(place, Data::Map(merged))
}

fn merge_member(mut members: Vec<Member>, change: Member) -> Vec<Member> {
    let at = members.iter().position(|member| member.name == change.name);
    match (at, &change.value.data) {
        (Some(at), Data::Null) => {
            members.remove(at);
        }
        (None, Data::Null) => {}
        (Some(at), _) => {
            let base = members.remove(at);
            let value = merge(base.value, change.value);
            members.insert(at, Member { value, ..change });
        }
        (None, _) => {
            let nothing = Node::new(change.place.clone(), Data::Null);
            let value = merge(nothing, change.value);
            members.push(Member { value, ..change });
        }
    }
    members
}
