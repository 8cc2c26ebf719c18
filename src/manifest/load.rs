//! Loading a persona directory: all its manifests, and everything that is wrong with them, at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;

use super::block::{self, Block};
use super::discover::{Found, LoadError, canonical, discover};
use super::document;
use super::files::{File, Files, Used};
use super::leftover::{self, Survey};
use super::overlay;
use super::resolve::resolve;
use super::revision::Texts;
use super::twins::{self, Identity};
use crate::catalog::Catalog;
use crate::lint::{self, Comments, Levels};
use crate::model::{Desired, Finding, Key, Place, Pointer, SecretName};
use crate::parallel;
use crate::plan::check;
use crate::stamp::Stamp;
use crate::yaml::Composed;
use crate::yaml::Sources;
use crate::yaml::{Data, Member, Node};

/// How many manifests are parsed before what they say is made of them.
const AT_ONCE: usize = 1024;

/// What the manifests are loaded for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The environment's variables.
    pub variables: &'a BTreeMap<String, Value>,
    /// All environments that there are.
    pub environments: &'a BTreeSet<String>,
    /// What findings weigh.
    pub levels: &'a Levels,
    /// Secrets that no manifest may refer to: our own API keys.
    pub reserved: &'a BTreeSet<SecretName>,
    /// What is known of the fields.
    pub catalog: &'static Catalog,
}

/// What a persona directory says; by default what one says that is not there.
#[derive(Debug, Default)]
#[must_use]
pub struct Loaded {
    /// The manifests without a mistake that are meant for the environment, sorted by key.
    pub desired: Vec<Desired>,
    /// How many manifests there are, with those that have mistakes.
    pub manifests: usize,
    /// The manifests that have mistakes.
    pub broken: BTreeSet<Key>,
    /// The manifests that are meant for other environments.
    pub elsewhere: BTreeSet<Key>,
    /// What is wrong with the others, and what is worth a look, sorted by place.
    pub findings: Vec<Finding>,
    /// Every file that was read or looked for, as the user would type it.
    pub files: BTreeSet<PathBuf>,
    /// Where tags lead to and nothing is, by where that would really be.
    pub missing: BTreeSet<PathBuf>,
    /// The texts of the files that places point into.
    pub sources: Sources,
    /// What stands in clear where a secret belongs: no line of the files is shown with it.
    pub secrets: Vec<SecretString>,
}

/// Loads the manifests below `directory`.
pub fn load(directory: &Path, scope: &Scope<'_>) -> Result<Loaded, LoadError> {
    load_from(directory, scope, &Texts::new(), None)
}

/// Loads the manifests, or only one of them, with some files as they would be.
pub(super) fn load_from(
    directory: &Path,
    scope: &Scope<'_>,
    revised: &Texts,
    only: Option<(&Key, &File)>,
) -> Result<Loaded, LoadError> {
    let real = canonical(directory)?;
    let mut files = Files::revised(&real, revised);
    let found = match only {
        Some((key, file)) => Found::only(key, file),
        None => discover(directory, &real, &files)?,
    };
    let home = File::home(directory, &real);
    let mut loaded = Loaded::of(&found.manifests, found.flawed, found.findings);
    let mut drafts = drafts(
        found.manifests,
        (&home, overlay::are_any(scope.environment, &home)),
        scope,
        &mut files,
        &mut loaded.findings,
    );
    if only.is_none() {
        loaded.survey(&drafts, found.private, scope, &home, &mut files);
    }
    let twins = compare_names(&drafts, scope.catalog);
    loaded.finish(&mut drafts, &twins, scope, files);
    Ok(loaded)
}

/// The manifests, read and judged. Those that cannot be read are findings. Whether there may be overlays around `home` is
/// asked once for all that is done with the answer: it may change at any time.
pub(super) fn drafts(
    manifests: Vec<(Key, File)>,
    (home, has_overlays): (&File, bool),
    scope: &Scope<'_>,
    files: &mut Files,
    findings: &mut Vec<Finding>,
) -> Vec<Draft> {
    // A file that is also included keeps the name it has here.
    files.name(manifests.iter().map(|(_, file)| file));
    let mut drafts = Vec::with_capacity(manifests.len());
    let mut desk = Desk {
        has_overlays,
        files,
        scope,
        home,
    };
    // What is parsed takes much more memory than what is made of it, and there may be thousands.
    for some in manifests.chunks(AT_ONCE) {
        drafts.extend(desk.drafts(some, findings));
    }
    drafts
}

impl Loaded {
    /// What a directory says that holds these manifests, none of which is known to be sound yet, and these `flawed`
    /// ones, which cannot be.
    pub(super) fn of(
        manifests: &[(Key, File)],
        flawed: BTreeSet<Key>,
        findings: Vec<Finding>,
    ) -> Self {
        let keys = manifests.iter().map(|(key, _)| key.clone());
        Self {
            manifests: manifests.len(),
            broken: keys.chain(flawed).collect(),
            findings,
            ..Self::default()
        }
    }

    /// Looks for files that do nothing.
    pub(super) fn survey(
        &mut self,
        drafts: &[Draft],
        private: Vec<File>,
        scope: &Scope<'_>,
        home: &File,
        files: &mut Files,
    ) {
        let survey = Survey {
            keys: drafts.iter().map(|draft| draft.key.as_str()).collect(),
            private,
            scope,
            home,
        };
        self.findings.extend(survey.findings(files));
    }

    /// Takes over what all manifests say, and all that was read.
    pub(super) fn finish(
        &mut self,
        drafts: &mut [Draft],
        twins: &Twins,
        scope: &Scope<'_>,
        files: Files,
    ) {
        self.take_over(drafts, twins);
        self.weigh(scope, &files.sources);
        self.files = files.asked;
        self.missing = files.missing;
        self.sources = files.sources;
    }

    /// Sorts out what is sound and meant for the environment: that is taken from its draft. `twins` is what is wrong with one because of another.
    fn take_over(&mut self, drafts: &mut [Draft], twins: &Twins) {
        for (index, draft) in drafts.iter_mut().enumerate() {
            self.secrets.extend(draft.secrets.iter().cloned());
            let findings = draft.findings.iter().cloned();
            // What is wrong for other environments is told there: variables may only be known to them. If they are misspelt, it
            // is told nowhere else.
            if !draft.block.applies {
                self.findings.extend(findings.filter(leftover::is_astray));
                self.broken.remove(&draft.key);
                self.elsewhere.insert(draft.key.clone());
                continue;
            }
            let twins = twins.get(&index).into_iter().flatten().cloned();
            let findings: Vec<Finding> = findings.chain(twins).collect();
            let is_sound = !findings.iter().any(Finding::is_error);
            self.findings.extend(findings);
            if let Some(desired) = draft.desired.take_if(|_| is_sound) {
                self.broken.remove(&desired.key);
                self.desired.push(desired);
            }
        }
    }

    /// Brings the findings to what the user wants of them, sorted by place.
    fn weigh(&mut self, scope: &Scope<'_>, sources: &Sources) {
        let comments = Comments::of(sources);
        self.findings.extend(comments.flaws());
        scope.levels.weigh(&mut self.findings, &comments);
        self.findings
            .sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
        self.findings.dedup();
    }
}

/// What all manifests of a directory are made with.
struct Desk<'d> {
    files: &'d mut Files,
    scope: &'d Scope<'d>,
    /// A file in the persona directory: what overlays are found from.
    home: &'d File,
    /// Whether anything is changed for the environment.
    has_overlays: bool,
}

impl Desk<'_> {
    /// Some of the manifests, read, composed and judged on all cores. Tags are followed in between, one after the other: they lead to
    /// the same files.
    fn drafts(&mut self, some: &[(Key, File)], findings: &mut Vec<Finding>) -> Vec<Draft> {
        self.files.prepare(some.iter().map(|(_, file)| file));
        let mut trees = Vec::with_capacity(some.len());
        for (key, file) in some {
            match self.files.document(file, &Place::start_of(&file.shown)) {
                Ok(document) => trees.push(tree(key.clone(), file.clone(), document, self)),
                Err(finding) => findings.push(*finding),
            }
        }
        self.files.forget_documents();
        let (scope, sources) = (self.scope, &self.files.sources);
        parallel::map(trees, |tree| draft(tree, scope, sources))
    }
}

/// One manifest with its tags resolved, and its overlay merged over it.
struct Tree {
    key: Key,
    file: File,
    root: Option<Root>,
    findings: Vec<Finding>,
    used: Vec<Used>,
}

/// What a manifest says.
enum Root {
    /// Something of its own, with what its tags and its overlay bring.
    Own(Node),
    /// What is written there and nothing else, to be taken over unless others hold it.
    Written(Arc<Composed>),
}

impl Root {
    fn node(self) -> Option<Node> {
        match self {
            Self::Own(node) => Some(node),
            Self::Written(composed) => Arc::unwrap_or_clone(composed).root,
        }
    }
}

/// One manifest on its way.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) key: Key,
    pub(super) file: File,
    block: Block,
    /// `None` where the file is no mapping, and once it was taken.
    pub(super) desired: Option<Desired>,
    pub(super) findings: Vec<Finding>,
    /// What stands in clear where a secret belongs.
    secrets: Vec<SecretString>,
    /// What all this depends on.
    pub(super) used: Vec<Used>,
    /// The stamps of that, where the manifest need not be read again while they are the same.
    pub(super) stamps: Option<Vec<Option<Stamp>>>,
}

fn draft(tree: Tree, scope: &Scope<'_>, sources: &Sources) -> Draft {
    let Tree {
        key,
        file,
        root,
        mut findings,
        used,
    } = tree;
    let root = root.and_then(Root::node);
    let Some((members, root)) = root.and_then(|root| members_of(root, &mut findings)) else {
        return Draft {
            key,
            file,
            block: Block::default(),
            desired: None,
            findings,
            secrets: Vec::new(),
            used,
            stamps: None,
        };
    };
    let mut unresolved: Vec<Place> = findings.iter().filter_map(unresolved_at).collect();
    let (mut ours, theirs): (Vec<_>, Vec<_>) = members
        .into_iter()
        .partition(|member| member.name == block::NAME);
    let (block, flaws) = ours
        .pop()
        .map(|member| block::read(&member.value, scope.environment, scope.catalog))
        .unwrap_or_default();
    findings.extend(unsaid(flaws, &unresolved));

    let mut document = document::build(theirs, root, scope.catalog.fields);
    unresolved.extend(document.findings.iter().filter_map(unresolved_at));
    findings.extend(document.findings);
    let ignored: Vec<Pointer> = (0..block.ignored_at.len()).map(block::ignored).collect();
    let ignored = ignored.iter().zip(&block.ignored_at);
    document
        .places
        .extend(ignored.map(|(pointer, place)| (pointer, place, place)));
    let mut desired = Desired {
        key: key.clone(),
        file: Arc::from(file.shown.display().to_string()),
        document: document.value,
        places: document.places,
        id: block.id.as_ref().map(|(id, _)| id.clone()),
        ownership: block.ownership,
        ignore: block.ignore.clone(),
        prevent_delete: block.prevent_delete,
    };
    findings.extend(checked(&desired, &unresolved, scope.catalog));
    findings.extend(lint::manifest(scope.catalog, &desired, sources));
    let named = block
        .environments
        .iter()
        .map(|(name, place)| (name.as_str(), place));
    findings.extend(leftover::unknown_environments(named, scope.environments));
    let plain = scope.catalog.plain_secrets(&desired.document);
    let secrets = plain.into_iter().map(SecretString::from).collect();
    document::drop_read_only(&mut desired.document, scope.catalog.fields);
    Draft {
        key,
        file,
        block,
        desired: Some(desired),
        findings,
        secrets,
        used,
        stamps: None,
    }
}

/// What a manifest says in this environment.
fn tree(key: Key, file: File, composed: Arc<Composed>, desk: &mut Desk<'_>) -> Tree {
    let mut findings = composed.findings.clone();
    desk.files.uses(&file.shown, &file.real, true);
    let overlay = composed.root.as_ref().and_then(|_| {
        overlay_of(&key, desk, &mut findings).unwrap_or_else(|finding| {
            findings.push(*finding);
            None
        })
    });
    let root = match (&composed.root, overlay) {
        (None, _) => None,
        (Some(root), None) if !root.has_tags() => Some(Root::Written(composed)),
        (Some(root), overlay) => {
            let (base, flaws) = resolve(root, &file, desk.files, desk.scope);
            findings.extend(flaws);
            Some(Root::Own(match overlay {
                Some(overlay) => overlay::merge(base, overlay),
                None => base,
            }))
        }
    };
    Tree {
        key,
        file,
        root,
        findings,
        used: desk.files.take_used(),
    }
}

fn overlay_of(
    key: &Key,
    desk: &mut Desk<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<Node>, Box<Finding>> {
    if !desk.has_overlays {
        return Ok(None);
    }
    let Some(file) = overlay::find(key, desk.scope.environment, desk.home, desk.files)? else {
        return Ok(None);
    };
    let document = desk.files.document(&file, &Place::start_of(&file.shown))?;
    findings.extend(document.findings.iter().cloned());
    let Some(root) = &document.root else {
        return Ok(None);
    };
    let (root, flaws) = resolve(root, &file, desk.files, desk.scope);
    findings.extend(flaws);
    if !matches!(root.data, Data::Map(_)) {
        let message = format!("an overlay is a map, this is {}", root.kind());
        return Err(Finding::error("no-map", root.place, message).into());
    }
    Ok(Some(root))
}

fn members_of(root: Node, findings: &mut Vec<Finding>) -> Option<(Vec<Member>, Place)> {
    match root.data {
        Data::Map(members) => Some((members, root.place)),
        // What failed to resolve has its finding already.
        Data::Null if findings.iter().any(Finding::is_error) => None,
        _ => {
            let message = format!("a manifest is a map, this is {}", root.kind());
            findings.push(Finding::error("no-map", root.place, message));
            None
        }
    }
}

/// Where something could not be resolved, and stands for null from then on.
fn unresolved_at(finding: &Finding) -> Option<Place> {
    finding.place.clone().filter(|_| finding.is_error())
}

/// What the catalogue has to say. A value that could not be resolved looks as if it were missing:
/// that is not said.
fn checked(desired: &Desired, unresolved: &[Place], catalog: &Catalog) -> Vec<Finding> {
    let mut findings = check::manifest(catalog, desired);
    findings.retain(|finding| unresolved.is_empty() || !check::is_about_absence(finding));
    unsaid(findings, unresolved)
}

/// The findings without those about a null that stands for what could not be resolved: the mistake is told already.
fn unsaid(mut findings: Vec<Finding>, unresolved: &[Place]) -> Vec<Finding> {
    let at = |place: &Place| (place.file.clone(), place.line, place.column);
    let told: BTreeSet<_> = unresolved.iter().map(at).collect();
    findings.retain(|finding| {
        let place = finding.place.as_ref();
        place.is_none_or(|place| !told.contains(&at(place)))
    });
    findings
}

/// What is wrong with manifests because of others, by their indices.
pub(super) type Twins = BTreeMap<usize, Vec<Finding>>;

/// Finds manifests for one persona.
pub(super) fn compare_names(drafts: &[Draft], catalog: &Catalog) -> Twins {
    let claims = drafts.iter().enumerate().filter_map(|(index, draft)| {
        let (identity, place) = draft.claim(draft.desired.as_ref(), catalog)?;
        Some((index, identity, place))
    });
    let claims: Vec<_> = claims.collect();
    let mut found = Twins::new();
    for (index, finding) in twins::findings(&claims) {
        found.entry(index).or_default().push(finding);
    }
    found
}

impl Draft {
    /// Which persona it means by what it says, and where it says so.
    pub(super) fn claim(
        &self,
        desired: Option<&Desired>,
        catalog: &Catalog,
    ) -> Option<(Identity, Place)> {
        let desired = desired.filter(|_| self.block.applies)?;
        twins::identity(&self.block, desired, catalog)
    }
}
