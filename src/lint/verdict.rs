//! What is found in all environments that were looked at, each finding once.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Finding, Place, Severity};
use crate::yaml::Sources;

/// What is wrong only where every environment says so: another one may use the file.
const BY_ALL: [&str; 1] = ["unused-file"];

/// What was found, environment by environment.
#[derive(Debug, Default)]
pub struct Verdict {
    found: BTreeMap<Key, Told>,
    /// The environments that were looked at, in that order.
    pub environments: Vec<String>,
    /// How many manifests were read.
    pub manifests: usize,
    /// The texts of the files that places point into.
    pub sources: Sources,
}

/// What findings are sorted by, and the same by.
type Key = (Option<Place>, &'static str, String);

/// A finding with where it holds.
#[derive(Debug)]
pub struct Told {
    /// What was found.
    pub finding: Finding,
    /// The environments in which it was.
    pub environments: BTreeSet<String>,
}

impl Verdict {
    /// Adds what was found in one environment.
    pub fn add(&mut self, environment: &str, findings: Vec<Finding>, sources: Sources) {
        self.environments.push(environment.to_owned());
        self.sources.extend(sources);
        for finding in findings {
            let key = (finding.place.clone(), finding.code, finding.message.clone());
            let told = self.found.entry(key).or_insert_with(|| Told {
                finding,
                environments: BTreeSet::new(),
            });
            told.environments.insert(environment.to_owned());
        }
    }

    /// The findings, sorted by place.
    pub fn findings(&self) -> impl Iterator<Item = &Told> {
        let all = self.environments.len();
        self.found.values().filter(move |told| {
            !BY_ALL.contains(&told.finding.code) || told.environments.len() == all
        })
    }

    /// How many findings weigh so much.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let of_it = |told: &&Told| told.finding.severity == severity;
        self.findings().filter(of_it).count()
    }

    /// The environments of a finding that is not in all of those that were looked at.
    #[must_use]
    pub fn only(&self, told: &Told) -> Option<String> {
        let some = told.environments.len() < self.environments.len();
        let names = told.environments.iter().map(String::as_str);
        some.then(|| names.collect::<Vec<_>>().join(", "))
    }
}
