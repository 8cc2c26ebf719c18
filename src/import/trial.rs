//! Whether the next plan is empty, found out before anything is written: the manifests as they were read back for a try,
//! bound to their personas, are planned as they will be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::draft::Draft;
use crate::model::{Desired, Finding, Fingerprints, Key, Live, Record, Records};
use crate::plan::{self, Action, Digests, Inputs, Plan, Step};

/// What a try is made with.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'t> {
    /// What the next plan is made of, but for the new manifests and what binds them.
    pub inputs: Inputs<'t>,
    /// What is known of the new secrets where their values were answered.
    pub known: &'t Fingerprints,
}

/// What a try has shown, by key.
#[derive(Debug, Default)]
pub struct Tried {
    /// What the ledger is to hold of the personas.
    pub records: Records,
    /// Why others are not to be imported.
    pub refused: BTreeMap<Key, String>,
}

impl Trial<'_> {
    /// Binds what was read back of these drafts, and plans it; `findings` are what was wrong with the others.
    #[must_use]
    pub fn run(&self, drafts: &[Draft], read: &[Desired], findings: &[Finding]) -> Tried {
        let mut tried = Tried::default();
        let mut sound = Vec::new();
        for draft in drafts {
            let back = read.iter().find(|desired| desired.key == draft.who.key);
            match back.filter(|desired| desired.document == draft.document) {
                Some(desired) => sound.push((draft, desired)),
                None => {
                    let reason = unread(draft, findings);
                    tried.refused.insert(draft.who.key.clone(), reason);
                }
            }
        }
        tried.records = self.bound(&sound);
        let plan = self.next(&sound, &tried.records);
        let new = |step: &&Step| sound.iter().any(|(draft, _)| draft.who.key == step.key);
        let busy = plan.steps.iter().filter(new);
        let busy = busy.filter(|step| !matches!(step.action, Action::Keep));
        let refused = busy.map(|step| (step.key.clone(), told(step)));
        tried.refused.extend(refused);
        tried
    }

    /// What the ledger is to hold: each field as the manifest says it, and as the service answers it.
    fn bound(&self, sound: &[(&Draft, &Desired)]) -> Records {
        let pinned: Vec<Desired> = sound.iter().map(|pair| pinned(*pair)).collect();
        let plan = plan::build(&Inputs {
            desired: &pinned,
            records: &Records::new(),
            secrets: self.known,
            ..self.inputs
        });
        let digests = Digests {
            catalog: self.inputs.catalog,
            secrets: self.known,
        };
        let record = |step: &Step| -> Option<(Key, Record)> {
            let is_meant = |live: &&Live| Some(&live.id) == step.persona_id.as_ref();
            let live = self.inputs.live.iter().find(is_meant)?;
            let record = step.record(live, live, &BTreeSet::new(), digests)?;
            Some((step.key.clone(), record))
        };
        plan.steps.iter().filter_map(record).collect()
    }

    /// The plan with the new manifests among the others.
    fn next(&self, sound: &[(&Draft, &Desired)], new: &Records) -> Plan {
        let Inputs {
            desired, records, ..
        } = self.inputs;
        let fresh = sound.iter().map(|(_, desired)| (*desired).clone());
        let desired: Vec<Desired> = desired.iter().cloned().chain(fresh).collect();
        let mut records = records.clone();
        records.retain(|_, record| new.values().all(|new| new.id != record.id));
        records.extend(new.clone());
        plan::build(&Inputs {
            desired: &desired,
            records: &records,
            ..self.inputs
        })
    }
}

/// The manifest as if it pinned the id.
fn pinned((draft, desired): (&Draft, &Desired)) -> Desired {
    Desired {
        id: Some(draft.who.id.clone()),
        ..desired.clone()
    }
}

/// Why what was read back is another manifest than was written, or none.
fn unread(draft: &Draft, findings: &[Finding]) -> String {
    let is_its_own = |finding: &&Finding| {
        let place = finding.place.as_ref();
        let stem = place.and_then(|place| Path::new(&*place.file).file_stem());
        finding.is_error() && stem.is_some_and(|stem| stem == draft.who.key.as_str())
    };
    match findings.iter().find(is_its_own) {
        Some(finding) => finding.message.clone(),
        None => "it does not read back as it was written".to_owned(),
    }
}

/// Why the next plan would not leave a persona alone.
fn told(step: &Step) -> String {
    let paths = step.fields.iter().map(|field| format!("`{}`", field.path));
    let paths = paths.collect::<Vec<_>>().join(", ");
    let differing = || format!("the next plan would change {paths}");
    step.reason.clone().unwrap_or_else(differing)
}
