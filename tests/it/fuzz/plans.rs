//! Saved plans: one that was changed means what it meant, or is refused.

use std::fs;
use std::sync::LazyLock;

use personactl::plan::Saved;
use proptest::prelude::*;
use proptest::sample::Index;

use super::config;
use super::edits::{edited, edits};
use crate::support::Site;

/// Plans that make, change, delete and undo.
static PLANS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: x\nextra: 1.50\n");
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    site.run(["plan", "--out", "first.json"]).success();
    site.run(["apply", "--yes"]).success();
    site.write("personas/ana.yaml", "persona_name: Ana\nsystem_prompt: y\n");
    fs::remove_file(site.path("personas/ben.yaml")).expect("it was there");
    site.run(["plan", "--prune", "--out", "second.json"])
        .success();
    site.run(["apply", "second.json"]).success();
    let undo = fs::read_dir(site.path("personas/.personactl/undo")).expect("a folder");
    let undo = undo.map(|entry| entry.expect("an entry").path());
    let undo = undo.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let undo = undo.map(|path| fs::read_to_string(path).expect("a text"));
    let saved = ["first.json", "second.json"].map(|path| site.read(path));
    saved.into_iter().chain(undo).collect()
});

fn meaning(saved: &Saved) -> String {
    saved.to_text().expect("it was read")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_plan_is_refused_or_means_the_same(which in any::<Index>(), edits in edits()) {
        let text = which.get(&PLANS);
        let plan = Saved::parse(text).expect("a plan");
        let Ok(damaged) = String::from_utf8(edited(text.as_bytes(), &edits)) else {
            return Ok(());
        };
        match Saved::parse(&damaged) {
            Ok(read) => prop_assert_eq!(meaning(&read), meaning(&plan)),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
