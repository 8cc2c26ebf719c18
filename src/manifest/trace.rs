//! Where a value of a document was written: the way from a place in it back through overlay and tags.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{File, Files, normalised};
use super::overlay;
use crate::catalog::{Catalog, Field, named};
use crate::model::{Key, Place, Pointer};
use crate::yaml::{Composed, Data, MAX_DEPTH, Node, Tag};

/// Where a value was written, or would have to be.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Where the value itself stands: that of the nearest one around it where it is not there.
    pub(crate) value: Site,
    /// What stands for it in the manifest or overlay: the same, or the tag that includes it.
    pub(crate) member: Site,
    /// What is left of the pointer below that.
    pub(crate) rest: Vec<String>,
    /// How it came into the document.
    pub origin: Origin,
    /// The file, line and column.
    pub place: Place,
}

/// A place in a file, as it stands there: aliases written out, tags as they are.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) file: File,
    pub(crate) at: Pointer,
}

/// How a value came into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is written out there.
    Written,
    /// It is the text of this file.
    File(PathBuf),
    /// It is joined from parts.
    Concat,
    /// It is a variable of this name, or holds a part of one.
    Variable(String),
    /// It is a secret.
    Secret,
}

/// What a way back begins with.
pub(super) struct Tracer<'t> {
    pub(super) files: &'t mut Files,
    pub(super) catalog: &'static Catalog,
    /// A file in the persona directory.
    pub(super) home: &'t File,
    pub(super) environment: &'t str,
}

/// A value in a file.
#[derive(Clone)]
struct Spot {
    file: File,
    document: Arc<Composed>,
    at: Pointer,
    /// Where the tag stands that leads here, if one does.
    tag: Option<Site>,
}

impl Spot {
    fn node(&self) -> Option<&Node> {
        self.document.root.as_ref()?.at(&self.at)
    }

    fn is_map(&self) -> bool {
        matches!(self.node().map(|node| &node.data), Some(Data::Map(_)))
    }

    fn below(&self, token: &str) -> Self {
        Self {
            at: self.at.join(token),
            tag: None,
            ..self.clone()
        }
    }

    fn site(&self) -> Site {
        Site {
            file: self.file.clone(),
            at: self.at.clone(),
        }
    }
}

/// A value as the manifest and its overlay have it.
#[derive(Clone)]
struct Layers {
    base: Option<Spot>,
    overlay: Option<Spot>,
}

impl Layers {
    /// The one that counts.
    fn top(&self) -> Option<&Spot> {
        match (&self.base, &self.overlay) {
            // What both have as maps is put together: whatever is new goes to the manifest.
            (Some(base), Some(overlay)) if base.is_map() && overlay.is_map() => Some(base),
            (base, overlay) => overlay.as_ref().or(base.as_ref()),
        }
    }
}

impl Tracer<'_> {
    /// Where the value at `pointer` of a manifest was written; `None` where the manifest cannot be read.
    pub(super) fn trace(&mut self, key: &Key, manifest: &File, pointer: &Pointer) -> Option<Trace> {
        let overlay = overlay::find(key, self.environment, self.home, self.files).ok()?;
        let base = self.root(manifest).and_then(|spot| self.settle(spot));
        let overlay = overlay.and_then(|file| self.root(&file));
        let mut layers = Layers {
            base,
            overlay: overlay.and_then(|spot| self.settle(spot)),
        };
        let mut known = self.catalog.fields;
        let tokens: Vec<String> = pointer.tokens().collect();
        for (index, token) in tokens.iter().enumerate() {
            let below = self.step(&layers, token, known);
            if below.top().is_none() {
                return Self::found(layers.top()?, tokens[index..].to_vec());
            }
            let field = named(known, token);
            known = field.map_or(&[][..], Field::known_members);
            layers = below;
        }
        Self::found(layers.top()?, Vec::new())
    }

    fn root(&mut self, file: &File) -> Option<Spot> {
        let place = Place::start_of(&file.shown);
        Some(Spot {
            file: file.clone(),
            document: self.files.document(file, &place).ok()?,
            at: Pointer::root(),
            tag: None,
        })
    }

    /// One member or element further down, in both layers.
    fn step(&mut self, layers: &Layers, token: &str, known: &'static [Field]) -> Layers {
        let down = |tracer: &mut Self, spot: &Option<Spot>| {
            let spot = child(spot.as_ref()?, token, known)?;
            tracer.settle(spot)
        };
        let overlay = down(self, &layers.overlay);
        let is_null = |spot: &Spot| matches!(spot.node().map(|node| &node.data), Some(Data::Null));
        // What the overlay sets counts alone, unless it is a map; what it sets to null is gone.
        let hides = overlay.as_ref().is_some_and(|spot| !spot.is_map());
        let base = match hides {
            true => None,
            false => down(self, &layers.base),
        };
        Layers {
            base,
            overlay: overlay.filter(|spot| !is_null(spot)),
        }
    }

    /// The value that a place stands for: what it includes, as far as that leads.
    fn settle(&mut self, spot: Spot) -> Option<Spot> {
        let mut spot = spot;
        // Includes that go in circles have been refused when the manifest was loaded; this is a bound all the same.
        for _ in 0..MAX_DEPTH {
            let Some(Data::Tagged(Tag::Include, operand)) = spot.node().map(|node| &node.data)
            else {
                return Some(spot);
            };
            let text = operand.text()?;
            let (path, pointer) = text.split_once('#').unwrap_or((text, ""));
            let (path, pointer) = (path.to_owned(), Pointer::parse(pointer)?);
            let place = Place::start_of(&spot.file.shown);
            let file = self.files.find(&spot.file, &path, &place).ok()?;
            let mut target = self.root(&file)?;
            for token in pointer.tokens() {
                target = child(&self.settle(target)?, &token, &[])?;
            }
            target.tag = spot.tag.clone().or_else(|| Some(spot.site()));
            spot = target;
        }
        None
    }

    fn found(spot: &Spot, rest: Vec<String>) -> Option<Trace> {
        let node = spot.node()?;
        let mut value = spot.site();
        let mut place = node.place.clone();
        let origin = match &node.data {
            Data::Tagged(Tag::File, operand) => {
                let text = operand.text()?;
                let beside = |path: &Path| Some(path.parent()?.join(text));
                value.file = File {
                    shown: normalised(&beside(&value.file.shown)?),
                    real: beside(&value.file.real)?.canonicalize().ok()?,
                };
                place = Place::start_of(&value.file.shown);
                Origin::File(value.file.shown.clone())
            }
            Data::Tagged(Tag::Concat, _) => Origin::Concat,
            Data::Tagged(Tag::Var, operand) => {
                let name = operand.child("name").unwrap_or(operand).text();
                Origin::Variable(name.unwrap_or_default().to_owned())
            }
            Data::Tagged(Tag::Secret, _) => Origin::Secret,
            _ => Origin::Written,
        };
        Some(Trace {
            member: spot.tag.clone().unwrap_or_else(|| spot.site()),
            value,
            rest,
            origin,
            place,
        })
    }
}

/// The member of this name, in any of its spellings, or the element at this index.
fn child(spot: &Spot, token: &str, known: &'static [Field]) -> Option<Spot> {
    let node = spot.node()?;
    if let Data::List(_) = node.data {
        node.child(token)?;
        return Some(spot.below(token));
    }
    let field = named(known, token);
    let is_it = |name: &str| match field {
        Some(field) => field.name == name || field.aliases.contains(&name),
        None => name == token,
    };
    let member = node.members().iter().find(|member| is_it(&member.name))?;
    Some(spot.below(&member.name))
}
