//! What the journal costs: an apply that creates everything, beside the same one without what it journals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use personactl::ledger::{Files, Ledger};
use personactl::model::{Intent, Records, Salt};

use crate::median;
use crate::site::Site;

/// How much longer an apply takes with its journal than without.
pub(crate) fn measure(personas: usize, rounds: usize) -> String {
    let (mut whole, mut journalled) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let site = Site::with(personas);
        whole.push(site.time(&["apply", "--yes", "-q"]).as_secs_f64());
        journalled.push(again(&site.path("personas")).as_secs_f64());
    }
    let ratios = whole.iter().zip(&journalled);
    let ratio = median(
        ratios
            .map(|(whole, journalled)| whole / (whole - journalled))
            .collect(),
    );
    format!(
        "| apply of {personas}, all created | s |\n|---|--:|\n| whole | {:.2} |\n| of it journalling | {:.2} |\n\
         | with ÷ without journal | {ratio:.3} |",
        median(whole),
        median(journalled),
    )
}

/// How long it takes to journal all that the ledger holds once more, in the place where the apply did.
fn again(directory: &Path) -> Duration {
    let read =
        |files: &Files| Ledger::read(files, "default", Salt::new([0; 32])).expect("a ledger");
    let applied = read(&Files {
        ledger: directory.join("_ledger/default.json"),
        journal: directory.join(".personactl/default.journal"),
    });
    let mut fresh = read(&Files {
        ledger: directory.join("_ledger/again.json"),
        journal: directory.join(".personactl/again.journal"),
    });
    fresh.begin().expect("it begins");
    let begun = Instant::now();
    journal(applied.records(), &mut fresh);
    begun.elapsed()
}

fn journal(records: &Records, ledger: &mut Ledger) {
    for (key, record) in records {
        let fields = record.fields.iter();
        let intent = Intent {
            name: record.name.clone(),
            known: BTreeSet::new(),
            fields: fields
                .map(|(path, applied)| (path.clone(), applied.sent.clone()))
                .collect::<BTreeMap<_, _>>(),
        };
        ledger.intend(key.clone(), intent).expect("it is written");
        ledger
            .made(key.clone(), record.id.clone())
            .expect("it is written");
        ledger
            .bind(key.clone(), record.clone())
            .expect("it is written");
    }
}
