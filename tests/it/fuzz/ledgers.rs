//! Ledgers and their journals: a changed one says nothing that was never written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use personactl::ledger::{Files, Ledger};
use personactl::model::{
    Applied, Hasher, Intent, Key, PersonaId, Pointer, Record, Records, Salt, Unheard,
};
use proptest::prelude::*;
use tempfile::TempDir;

use super::config;
use super::edits::{edited, edits};

fn files(folder: &Path) -> Files {
    Files {
        ledger: folder.join("test.json"),
        journal: folder.join("private/test.journal"),
    }
}

fn read(folder: &Path) -> Option<Ledger> {
    let read = Ledger::read(&files(folder), "test", Salt::new([7; 32]));
    let failed = |error: &personactl::ledger::LedgerError| assert!(!error.to_string().is_empty());
    read.inspect_err(failed).ok()
}

fn record(id: &str) -> Record {
    let digest = Hasher::default().finish();
    let path = Pointer::parse("/layers/a~1b").expect("a pointer");
    let applied = Applied {
        sent: digest.clone(),
        seen: digest,
    };
    Record {
        id: PersonaId::new(id).expect("an id"),
        name: format!("Ana \"{id}\" ä\n"),
        prevent_delete: id == "p2",
        fields: BTreeMap::from([(path, applied)]),
    }
}

/// What a ledger says, with the intents of its journal.
type Said = (Records, Unheard);

fn said(ledger: &Ledger) -> Said {
    (ledger.records().clone(), ledger.unheard().clone())
}

/// A folder with a ledger of three personas and the journal of an apply that was ended, and what was said
/// after each of its lines.
fn written() -> (TempDir, Vec<Said>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = read(folder.path()).expect("none yet");
    ledger.begin().expect("it begins");
    for number in 1..4 {
        let key = Key::new(format!("a/{number}"));
        ledger
            .bind(key, record(&format!("p{number}")))
            .expect("it is bound");
    }
    ledger.end().expect("it ends");
    ledger.begin().expect("it begins");
    let mut said = vec![said(&ledger)];
    let intent = Intent {
        name: "C".to_owned(),
        known: BTreeSet::new(),
        fields: BTreeMap::new(),
    };
    let mut note = |_| said.push(self::said(&read(folder.path()).expect("a ledger")));
    ledger
        .intend(Key::new("c"), intent.clone())
        .map(&mut note)
        .expect("it is written");
    ledger
        .bind(Key::new("c"), record("p4"))
        .map(&mut note)
        .expect("it is written");
    ledger
        .forget(&Key::new("a/2"))
        .map(&mut note)
        .expect("it is written");
    ledger
        .bind(Key::new("a/1"), record("p5"))
        .map(&mut note)
        .expect("it is written");
    ledger
        .intend(Key::new("d"), intent)
        .map(&mut note)
        .expect("it is written");
    (folder, said)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_ledger_says_nothing_that_was_not_written(edits in edits()) {
        let (folder, said) = written();
        let files = files(folder.path());
        fs::remove_file(&files.journal).expect("it was there");
        let text = fs::read(&files.ledger).expect("a ledger");
        fs::write(&files.ledger, edited(&text, &edits)).expect("it is written");
        let Some(mut ledger) = read(folder.path()) else {
            return Ok(());
        };
        let records = ledger.records().clone();
        for (key, record) in &records {
            prop_assert_eq!(said[0].0.get(key), Some(record));
        }
        ledger.begin().expect("it begins");
        ledger.end().expect("it ends");
        let again = read(folder.path()).expect("a ledger");
        prop_assert_eq!(again.records(), &records);
    }

    #[test]
    fn a_torn_journal_says_what_was_written_before(at in any::<prop::sample::Index>()) {
        let (folder, said) = written();
        let journal = files(folder.path()).journal;
        let text = fs::read(&journal).expect("a journal");
        let torn = &text[..at.index(text.len() + 1)];
        fs::write(&journal, torn).expect("it is written");
        let lines = torn.iter().filter(|byte| **byte == b'\n').count();
        let ledger = read(folder.path()).expect("what is torn is dropped");
        prop_assert_eq!(self::said(&ledger), said[lines.saturating_sub(1)].clone());
    }

    #[test]
    fn a_damaged_journal_is_refused_or_holds_whole_lines_only(edits in edits()) {
        let (folder, said) = written();
        let journal = files(folder.path()).journal;
        let text = fs::read(&journal).expect("a journal");
        let damaged = edited(&text, &edits);
        fs::write(&journal, &damaged).expect("it is written");
        let Some(ledger) = read(folder.path()) else {
            return Ok(());
        };
        for (key, record) in ledger.records() {
            prop_assert!(said.iter().any(|(records, _)| records.get(key) == Some(record)));
        }
        let whole = |text: &[u8]| text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (known, lines) = (whole(&text), whole(&damaged));
        let before = lines.split_last().map_or(&[][..], |(_, before)| before);
        prop_assert!(before.iter().all(|line| known.contains(line)));
    }
}
