//! What the tags stand for: other files, variables, references to secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::files::{File, Files};
use super::load::Scope;
use crate::catalog::nearest;
use crate::model::{Finding, Place, Pointer, SecretName, secret};
use crate::yaml::{Budget, Data, MAX_DEPTH, Member, Node, Tag, too_deep, too_much};

/// Resolves the tags of one manifest. A tag with a finding stands for null from then on.
pub(super) struct Resolver<'r> {
    files: &'r mut Files,
    scope: &'r Scope<'r>,
    /// The includes that we are in, the manifest first.
    trail: Vec<(File, Pointer)>,
    /// The included files whose own findings were taken over.
    reported: BTreeSet<PathBuf>,
    budget: Budget,
    exhausted: bool,
    findings: Vec<Finding>,
}

/// What a tag stands for, or why it stands for nothing.
type Meaning = Result<Node, Box<Finding>>;

/// Resolves the tags of `root`, which stands in `file`.
pub(super) fn resolve(
    root: &Node,
    file: &File,
    files: &mut Files,
    scope: &Scope<'_>,
) -> (Node, Vec<Finding>) {
    let mut resolver = Resolver {
        files,
        scope,
        trail: vec![(file.clone(), Pointer::root())],
        reported: BTreeSet::from([file.real.clone()]),
        budget: Budget::new(),
        exhausted: false,
        findings: Vec::new(),
    };
    let node = resolver.node(root, 0);
    (node, resolver.findings)
}

impl Resolver<'_> {
    fn node(&mut self, node: &Node, depth: usize) -> Node {
        let place = node.place.clone();
        if !self.may_grow(node, depth) {
            return Node::new(place, Data::Null);
        }
        let data = match &node.data {
            Data::List(elements) => {
                let resolved = elements.iter().map(|each| self.node(each, depth + 1));
                Data::List(resolved.collect())
            }
            Data::Map(members) => {
                let resolved = members.iter().map(|member| Member {
                    name: member.name.clone(),
                    place: member.place.clone(),
                    value: self.node(&member.value, depth + 1),
                });
                Data::Map(resolved.collect())
            }
            Data::Tagged(tag, operand) => return self.tag(*tag, operand, &place, depth + 1),
            scalar => scalar.clone(),
        };
        Node::new(place, data)
    }

    fn may_grow(&mut self, node: &Node, depth: usize) -> bool {
        if self.exhausted {
            return false;
        }
        let text = match &node.data {
            Data::Text(text) => text.len(),
            Data::Map(members) => members.iter().map(|member| member.name.len()).sum(),
            _ => 0,
        };
        if depth > MAX_DEPTH {
            self.findings.push(too_deep(node.place.clone()));
            return false;
        }
        self.pay(text, &node.place)
    }

    fn pay(&mut self, text: usize, place: &Place) -> bool {
        if !self.exhausted && !self.budget.pay(text) {
            self.exhausted = true;
            self.findings.push(too_much(place.clone()));
        }
        !self.exhausted
    }

    fn tag(&mut self, tag: Tag, operand: &Node, place: &Place, depth: usize) -> Node {
        let meaning = match tag {
            Tag::File => self.file(operand, place),
            Tag::Include => self.include(operand, place, depth),
            Tag::Concat => self.concat(operand, place, depth),
            Tag::Var => self.variable(operand, place, depth),
            Tag::Secret => self.secret(operand, place),
        };
        meaning.unwrap_or_else(|finding| {
            self.findings.push(*finding);
            Node::new(place.clone(), Data::Null)
        })
    }

    /// The text of a file, without its last line break.
    fn file(&mut self, operand: &Node, place: &Place) -> Meaning {
        let path = text_of(operand, "!file")?;
        let holder = self.holder();
        let file = self.files.find(&holder, path, place)?;
        let source = self.files.text(&file, place)?;
        let text = source
            .text
            .strip_suffix('\n')
            .map_or(&*source.text, |text| {
                text.strip_suffix('\r').unwrap_or(text)
            });
        if !self.pay(text.len(), place) {
            return Ok(Node::new(place.clone(), Data::Null));
        }
        Ok(Node::new(source.start(), Data::Text(text.to_owned())))
    }

    /// A value from a YAML or JSON file: all of it, or what stands at a pointer.
    fn include(&mut self, operand: &Node, place: &Place, depth: usize) -> Meaning {
        let text = text_of(operand, "!include")?;
        let (path, pointer) = text.split_once('#').unwrap_or((text, ""));
        let pointer = Pointer::parse(pointer).ok_or_else(|| {
            let message = format!("`{pointer}` is no JSON Pointer");
            let finding = Finding::error("tag", place.clone(), message);
            Box::new(finding.hint("`!include tools.yaml#/weather`: the pointer begins with `/`"))
        })?;
        let holder = self.holder();
        let file = self.files.find(&holder, path, place)?;
        let step = (file.clone(), pointer.clone());
        if let Some(start) = self.trail.iter().position(|earlier| *earlier == step) {
            return Err(cycle(&self.trail[start..], &step, place));
        }
        let document = self.files.document(&file, place)?;
        if self.reported.insert(file.real.clone()) {
            self.findings.extend(document.findings.iter().cloned());
        }
        let Some(root) = &document.root else {
            return Ok(Node::new(place.clone(), Data::Null));
        };
        self.trail.push(step);
        let meaning = match self.descend(root, &pointer, depth) {
            Some(target) => Ok(target),
            None => {
                let message = format!("nothing at `{pointer}` in `{}`", file.shown.display());
                Err(Finding::error("missing-value", place.clone(), message).into())
            }
        };
        self.trail.pop();
        meaning
    }

    /// The value at `pointer` below `node`, tags on the way resolved.
    fn descend(&mut self, node: &Node, pointer: &Pointer, depth: usize) -> Option<Node> {
        let mut below = node;
        let tokens: Vec<String> = pointer.tokens().collect();
        for (index, token) in tokens.iter().enumerate() {
            if let Data::Tagged(..) = below.data {
                let rest = tokens[index..]
                    .iter()
                    .fold(Pointer::root(), |at, token| at.join(token));
                let brought = self.node(below, depth);
                return brought.at(&rest).cloned();
            }
            below = below.child(token)?;
        }
        Some(self.node(below, depth))
    }

    /// Texts, joined by an empty line.
    fn concat(&mut self, operand: &Node, place: &Place, depth: usize) -> Meaning {
        let Data::List(parts) = &operand.data else {
            let message = format!("`!concat` takes a list, not {}", operand.kind());
            return Err(Finding::error("tag", operand.place.clone(), message).into());
        };
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let before = self.findings.len();
            let part = self.node(part, depth);
            if self.exhausted {
                break;
            }
            match part.data {
                Data::Text(text) => texts.push(text),
                _ if self.findings.len() > before => {}
                _ => {
                    let message = format!("`!concat` joins texts, this is {}", part.kind());
                    self.findings
                        .push(Finding::error("tag", part.place, message));
                }
            }
        }
        let text = texts.join("\n\n");
        self.pay(text.len(), place);
        Ok(Node::new(place.clone(), Data::Text(text)))
    }

    /// A variable of the environment, or its default.
    fn variable(&mut self, operand: &Node, place: &Place, depth: usize) -> Meaning {
        let (name, default) = variable_parts(operand)?;
        let variables: &BTreeMap<String, Value> = self.scope.variables;
        let Some(value) = variables.get(name) else {
            return match default {
                Some(default) => Ok(self.node(default, depth)),
                None => Err(unknown_variable(
                    name,
                    variables,
                    self.scope.environment,
                    place,
                )),
            };
        };
        if secret::occurs(value) {
            let message = format!(
                "the variable `{name}` holds the reserved member `{}`",
                secret::MEMBER
            );
            return Err(Finding::error("reserved-member", place.clone(), message).into());
        }
        let node = Node::literal(value, place);
        if !self.budget.spend(&node) || depth + node.height() > MAX_DEPTH {
            return Err(too_much(place.clone()).into());
        }
        Ok(node)
    }

    /// A reference to a secret: its value is never read here.
    fn secret(&self, operand: &Node, place: &Place) -> Meaning {
        let text = text_of(operand, "!secret")?;
        let Some(name) = SecretName::new(text) else {
            let message = "`!secret` takes the name of an environment variable";
            let finding = Finding::error("secret-name", place.clone(), message);
            return Err(finding
                .hint("letters, digits and `_`, as in `OPENAI_API_KEY`")
                .into());
        };
        if self.scope.reserved.contains(&name) {
            let message = format!("`{name}` is our own key: no manifest may send it");
            return Err(Finding::error("reserved-secret", place.clone(), message).into());
        }
        Ok(Node::new(place.clone(), Data::Secret(name)))
    }

    /// The file that holds the tags which are being resolved.
    fn holder(&self) -> File {
        let (file, _) = self
            .trail
            .last()
            .expect("the trail begins with the manifest");
        file.clone()
    }
}

fn text_of<'n>(operand: &'n Node, tag: &str) -> Result<&'n str, Box<Finding>> {
    let text = operand.text().filter(|text| !text.is_empty());
    text.ok_or_else(|| {
        let message = format!("`{tag}` takes a text");
        Finding::error("tag", operand.place.clone(), message).into()
    })
}

/// The name and the default in `!var name` or `!var {name: …, default: …}`.
fn variable_parts(operand: &Node) -> Result<(&str, Option<&Node>), Box<Finding>> {
    let Data::Map(members) = &operand.data else {
        return Ok((text_of(operand, "!var")?, None));
    };
    let mut name = None;
    let mut default = None;
    for member in members {
        match member.name.as_str() {
            "name" => name = member.value.text(),
            "default" => default = Some(&member.value),
            other => {
                let message = format!("`!var` knows no `{other}`");
                let finding = Finding::error("tag", member.place.clone(), message);
                return Err(finding.hint("`!var {name: …, default: …}`").into());
            }
        }
    }
    let name = name.ok_or_else(|| {
        let message = "`!var` takes a `name`";
        Finding::error("tag", operand.place.clone(), message)
    })?;
    Ok((name, default))
}

fn unknown_variable(
    name: &str,
    variables: &BTreeMap<String, Value>,
    environment: &str,
    place: &Place,
) -> Box<Finding> {
    let message = format!("the environment `{environment}` has no variable `{name}`");
    let finding = Finding::error("unknown-variable", place.clone(), message);
    let hint = format!("add it to the settings, or set `PERSONACTL_VAR_{name}`");
    let near = nearest(name, variables.keys().map(String::as_str));
    Box::new(finding.hint(hint).near(near))
}

fn cycle(trail: &[(File, Pointer)], again: &(File, Pointer), place: &Place) -> Box<Finding> {
    let steps: Vec<String> = trail
        .iter()
        .chain([again])
        .map(|(file, pointer)| match pointer.as_str() {
            "" => file.shown.display().to_string(),
            pointer => format!("{}#{pointer}", file.shown.display()),
        })
        .collect();
    let message = format!("the includes go in a circle: {}", steps.join(" -> "));
    Finding::error("include-cycle", place.clone(), message).into()
}
