//! `--prune`: what has no manifest any more is deleted, but never too much of it and never unasked.

use crate::support::Site;

fn site(count: usize) -> Site {
    let site = Site::empty();
    for number in 0..count {
        manifest(&site, number);
    }
    site.run(["apply", "--yes"]).success();
    site
}

fn manifest(site: &Site, number: usize) {
    let text = format!("persona_name: P{number}\nsystem_prompt: Be kind.\n");
    site.write(&format!("personas/p{number}.yaml"), text);
}

fn remove(site: &Site, number: usize) {
    std::fs::remove_file(site.path(&format!("personas/p{number}.yaml"))).expect("it is there");
}

#[test]
fn what_has_no_manifest_any_more_is_only_deleted_when_asked_for() {
    let site = site(3);
    remove(&site, 1);
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("left alone (--prune deletes it)");
    site.run(["apply", "--yes"]).success();
    assert_eq!(site.live().len(), 3);

    let planned = site
        .run(["plan", "--prune", "--format", "json"])
        .success()
        .json();
    assert_eq!(planned["summary"]["delete"], 1);
    assert_eq!(planned["steps"][1]["action"], "delete");
    site.run(["plan", "--prune"])
        .success()
        .says("- delete p1")
        .says("1 to delete");
    site.run(["apply", "--prune", "--yes"])
        .success()
        .says("applied delete p1");
    assert_eq!(site.live().len(), 2);
    site.run(["plan", "--prune", "--detailed-exitcode"])
        .success()
        .says("No changes")
        .hides("p1");
}

#[test]
fn only_the_named_ones_are_deleted() {
    let site = site(3);
    remove(&site, 0);
    remove(&site, 1);
    site.run(["apply", "--prune", "--yes", "--only", "p1"])
        .success()
        .says("applied delete p1")
        .hides("delete p0");
    assert_eq!(site.live().len(), 2);
}

#[test]
fn a_manifest_that_forbade_it_is_not_deleted() {
    let site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: x\nx-personactl: {prevent_delete: true}\n",
    );
    manifest(&site, 0);
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.run(["apply", "--prune", "--yes"])
        .success()
        .says("prevent_delete");
    assert_eq!(site.live().len(), 2);
}

#[test]
fn an_empty_directory_and_a_mass_of_deletes_want_a_second_word() {
    let site = site(11);
    (0..4).for_each(|number| remove(&site, number));
    site.run(["apply", "--prune", "--yes"])
        .code(3)
        .says("4 of the 11")
        .says("--allow-mass-delete");
    assert_eq!(site.live().len(), 11);
    site.run(["plan", "--prune"]).code(1).says("4 blocked");
    site.run(["plan", "--allow-mass-delete"]).code(64);
    site.run(["apply", "--prune", "--allow-mass-delete", "--yes"])
        .success();
    assert_eq!(site.live().len(), 7);

    (4..11).for_each(|number| remove(&site, number));
    site.run(["apply", "--prune", "--yes"])
        .code(1)
        .says("holds no manifest");
    assert_eq!(site.live().len(), 7);
    site.run(["apply", "--prune", "--allow-mass-delete", "--yes"])
        .success();
    assert_eq!(site.live().len(), 0);
}

#[test]
fn a_third_of_the_ledger_may_go() {
    let site = site(12);
    (0..4).for_each(|number| remove(&site, number));
    site.run(["apply", "--prune", "--yes"])
        .success()
        .says("4 applied");
    assert_eq!(site.live().len(), 8);
}

#[test]
fn a_persona_that_another_manifest_has_taken_over_is_not_deleted() {
    let site = site(2);
    let applied = site.run(["plan", "--format", "json"]).json();
    let id = applied["steps"][0]["persona_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    remove(&site, 0);
    let pin = format!("persona_name: P1\nsystem_prompt: x\nx-personactl: {{id: {id}}}\n");
    site.write("personas/p1.yaml", pin);
    site.run(["apply", "--prune", "--yes"])
        .success()
        .says("left alone, as `p1` may mean it");
    assert_eq!(site.live().len(), 2);
    site.run(["plan", "--prune", "--detailed-exitcode"])
        .success()
        .hides("p0");
}

#[test]
fn what_a_manifest_may_mean_is_not_deleted_beside_it() {
    let site = site(3);
    remove(&site, 0);
    remove(&site, 1);
    for name in ["P0", "P1"] {
        site.in_dashboard(name, |live| live["persona_name"] = "Ana".into());
    }
    site.write("personas/ana.yaml", "persona_name: Ana\nsystem_prompt: x\n");
    site.run(["apply", "--prune", "--yes"])
        .code(3)
        .says("2 live personas have this name")
        .says("left alone, as `ana` may mean it");
    assert_eq!(site.live().len(), 3);
    site.write("personas/ana.yaml", "persona_name: ANA\nsystem_prompt: x\n");
    site.run(["plan", "--prune"])
        .success()
        .says("has nearly this name")
        .hides("- delete p");
}
