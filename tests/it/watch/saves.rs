//! How files are saved: each of them is planned once, whatever it takes to save it.

use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::{manifest, put, site, watching, write};
use crate::support::{Editor, Site, Watching, git, keys, swap};

/// A repository, as far as can be seen.
fn repository(site: &Site) {
    fs::create_dir(site.path(".git")).expect("a folder");
}

#[test]
fn each_save_of_each_editor_is_one_plan() {
    let site = site();
    repository(&site);
    let mut watching = watching(&site, &[]);
    let path = site.path("personas/ana.yaml");
    for (nth, editor) in Editor::ALL.iter().cycle().take(18).enumerate() {
        let text = format!("save {nth} by {editor:?}");
        let saved = editor.save(&site.path("."), &path, &manifest("ana", &text));
        saved.expect("it is saved");
        watching.plans_saying("save", &["ana"], &text);
        if nth % 3 == 0 {
            watching.is_silent(&site);
        }
    }
}

#[test]
fn each_save_is_seen_where_the_files_are_looked_at_from_time_to_time() {
    let site = site();
    repository(&site);
    let mut watching = watching(&site, &["--poll-files", "10ms"]);
    let path = site.path("personas/ana.yaml");
    // The others leave a moment in which half of the file is there, or none of it.
    for editor in [Editor::Sed, Editor::Python] {
        let text = format!("save by {editor:?}");
        let saved = editor.save(&site.path("."), &path, &manifest("ana", &text));
        saved.expect("it is saved");
        watching.plans_saying("save", &["ana"], &text);
    }
    watching.is_silent(&site);
    put(&site, "personas/new/eva.yaml", &manifest("eva", "x"));
    watching.plans("save", &["new/eva"]);
}

#[test]
fn what_editors_put_beside_a_file_is_nothing() {
    let site = site();
    let mut watching = watching(&site, &[]);
    let path = site.path("personas/ana.yaml");
    let beside =
        |name: &str| fs::write(site.path("personas").join(name), "x").expect("it is written");
    fs::write(swap(&path), "b0VIM 9.1").expect("it is written");
    for name in [
        "4913",
        "ana.yaml~",
        "#ana.yaml#",
        ".ana.yaml.swx",
        "ana.yaml___jb_tmp___",
        "ana.yaml___jb_old___",
        "sedX4f2aQ",
        ".goutputstream-ABCDEF",
    ] {
        beside(name);
    }
    watching.is_silent(&site);
    fs::remove_file(swap(&path)).expect("it was there");
    fs::remove_file(site.path("personas/4913")).expect("it was there");
    watching.is_silent(&site);
}

#[test]
fn what_says_the_same_as_before_is_nothing() {
    let site = site();
    let mut watching = watching(&site, &[]);
    let path = site.path("personas/ana.yaml");
    let touched = File::options().append(true).open(&path).expect("a file");
    touched
        .set_modified(SystemTime::UNIX_EPOCH)
        .expect("it is touched");
    drop(touched);
    watching.is_silent(&site);
    for editor in Editor::ALL {
        if !matches!(editor, Editor::Git) {
            let saved = editor.save(Path::new(""), &path, &manifest("ana", "x"));
            saved.expect("it is saved");
        }
    }
    watching.is_silent(&site);
}

#[test]
fn a_checkout_of_a_branch_with_two_hundred_changed_files_is_one_plan() {
    let site = Site::empty();
    let run = |arguments: &[&str]| {
        let done = git(site.path("."), arguments.iter().copied()).output();
        let done = done.expect("git runs");
        assert!(done.status.success(), "{done:?}");
    };
    let all = |text: &str| {
        for number in 0..200 {
            let name = format!("p{number:03}");
            site.write(&format!("personas/{name}.yaml"), manifest(&name, text));
        }
        run(&["add", "personas"]);
        run(&["commit", "-q", "-m", text]);
    };
    site.write(".gitignore", ".personactl\n_ledger\nmark.yaml\n");
    write(&site, "mark", "x");
    run(&["init", "-q", "-b", "main"]);
    all("on main");
    run(&["checkout", "-q", "-b", "other"]);
    all("on another branch");

    let mut watching = Watching::start(&site, &["watch"]);
    assert_eq!(keys(&watching.next("planned")).len(), 201);
    watching.is_silent(&site);
    for (branch, text) in [("main", "on main"), ("other", "on another branch")] {
        run(&["checkout", "-q", branch]);
        let told = watching.next("planned");
        assert_eq!(keys(&told).len(), 200);
        let steps = told["plan"]["steps"].as_array().expect("a plan");
        let says = |step: &&Value| step["body"]["system_prompt"] == text;
        assert_eq!(steps.iter().filter(says).count(), 200);
        watching.is_silent(&site);
    }
}
