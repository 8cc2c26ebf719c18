//! Whether what is addressed to us has the shape that its table asks for: the settings, and the block
//! of a manifest. What is addressed to the service is looked at by `plan::check`.

use super::node::{Data, Member, Node, Tag};
use crate::catalog::{Field, Kind, Secrecy, Words, named, nearest, one_of};
use crate::model::{Code, Finding, PersonaId, Pointer, SecretName};

/// Everything that is wrong with `node`. Null is as good as not there.
pub(crate) fn check(node: &Node, field: &'static Field) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.value(field.name, node, field.kind);
    check.0
}

struct Check(Vec<Finding>);

impl Check {
    fn value(&mut self, name: &str, node: &Node, kind: Kind) {
        match (kind, &node.data) {
            (_, Data::Null)
            | (Kind::Text, Data::Text(_))
            | (Kind::Flag, Data::Flag(_))
            | (Kind::Number | Kind::Integer, Data::Number(_)) => {}
            (Kind::Word(words), Data::Text(word)) => self.word(name, node, word, words),
            (Kind::Texts(_), Data::List(elements)) => self.texts(name, elements, kind, |_| true),
            (Kind::Pointers, Data::List(elements)) => {
                self.texts(name, elements, kind, |text| Pointer::parse(text).is_some());
            }
            (Kind::Ids, Data::Text(_)) => self.id(name, node),
            (Kind::Ids, Data::Map(members)) => {
                members
                    .iter()
                    .for_each(|member| self.id(name, &member.value));
            }
            (Kind::Members(known), Data::Map(members)) => self.members(name, members, known),
            (Kind::Each(each), Data::Map(members)) => members
                .iter()
                .for_each(|member| self.value(&member.name, &member.value, each.kind)),
            (Kind::ByCode(each), Data::Map(members)) => {
                members.iter().for_each(|member| match self.code(member) {
                    Some(flaw) => self.0.push(flaw),
                    None => self.value(&member.name, &member.value, each.kind),
                })
            }
            (Kind::Map, Data::Map(_)) | (Kind::Any, _) => self.without_tags(node),
            _ => self.wrong(name, node, kind),
        }
    }

    fn members(&mut self, owner: &str, members: &[Member], known: &'static [Field]) {
        for member in members {
            match named(known, &member.name) {
                Some(field) if field.secrecy == Secrecy::Secret => self.secret(member),
                Some(field) => self.value(field.name, &member.value, field.kind),
                None => self.unknown(owner, member, known),
            }
        }
    }

    /// A code that there is not, or whose weight is not for the user to say.
    fn code(&self, member: &Member) -> Option<Finding> {
        let place = member.place.clone();
        let name = member.name.as_str();
        match Code::named(name) {
            None => {
                let message = format!("no finding is called `{name}`");
                let finding = Finding::error("settings", place, message);
                let finding = finding.hint("`personactl explain` lists all codes");
                Some(finding.near(nearest(name, Code::names())))
            }
            Some(code) if code.is_fixed() => {
                let message = format!("`{name}` is always an error");
                Some(Finding::error("settings", place, message))
            }
            Some(_) => None,
        }
    }

    fn word(&mut self, name: &str, node: &Node, word: &str, words: Words) {
        if words.known.contains(&word) {
            return;
        }
        let near = nearest(word, words.known.iter().copied());
        let meant = near.map(|near| format!("did you mean `{near}`? "));
        let hint = format!(
            "{}it takes {}",
            meant.unwrap_or_default(),
            one_of(words.known)
        );
        let message = format!("`{name}` knows no `{word}`");
        let finding = Finding::error("unknown-word", node.place.clone(), message);
        self.0.push(finding.hint(hint));
    }

    fn texts(&mut self, name: &str, elements: &[Node], kind: Kind, fits: fn(&str) -> bool) {
        for element in elements {
            if !element.text().is_some_and(fits) {
                self.wrong(name, element, kind);
            }
        }
    }

    fn id(&mut self, name: &str, node: &Node) {
        let is_id = node.text().is_some_and(|id| PersonaId::new(id).is_some());
        if !is_id && !node.is_null() {
            self.wrong(name, node, Kind::Ids);
        }
    }

    /// A reference to a secret. What stands there may be the secret itself, so it is not repeated.
    fn secret(&mut self, member: &Member) {
        let name = match &member.value.data {
            Data::Null => return,
            Data::Tagged(Tag::Secret, name) => name.text().and_then(SecretName::new),
            _ => None,
        };
        if name.is_none() {
            let name = &member.name;
            let message =
                format!("`{name}` takes the name of an environment variable, never the key");
            let hint = format!("write `{name}: !secret NAME`, and set NAME where this runs");
            let finding = Finding::error("plain-secret", member.place.clone(), message);
            self.0.push(finding.hint(hint));
        }
    }

    /// What the user names and fills in as they like is taken as it is.
    fn without_tags(&mut self, node: &Node) {
        match &node.data {
            Data::Tagged(..) => {
                let message = "no tag works here";
                self.0
                    .push(Finding::error("tag", node.place.clone(), message));
            }
            Data::List(elements) => elements.iter().for_each(|each| self.without_tags(each)),
            Data::Map(members) => members
                .iter()
                .for_each(|member| self.without_tags(&member.value)),
            _ => {}
        }
    }

    fn unknown(&mut self, owner: &str, member: &Member, known: &[Field]) {
        let name = member.name.as_str();
        let names: Vec<_> = known.iter().map(|field| field.name).collect();
        let message = format!("`{owner}` knows no `{name}`");
        let finding = Finding::error("unknown-member", member.place.clone(), message);
        let finding = finding.hint(format!("it knows {}", names.join(", ")));
        self.0.push(finding.near(nearest(name, names)));
    }

    fn wrong(&mut self, name: &str, node: &Node, kind: Kind) {
        let message = format!("`{name}` takes {}", kind.wanted());
        self.0
            .push(Finding::error("wrong-type", node.place.clone(), message));
    }
}
