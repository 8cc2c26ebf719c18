//! Where files lie: in folders that come and go, behind links, and outside of the persona directory.

use std::fs;
use std::os::unix::fs::symlink;

use super::{manifest, put, site, site_at, watching, write};
use crate::support::{Served, Site, Watching};

#[test]
fn folders_that_come_and_go_are_seen_with_what_is_in_them() {
    let site = site();
    let mut watching = watching(&site, &[]);
    write(&site, "new/deep/eva", "x");
    watching.plans("save", &["new/deep/eva"]);
    write(&site, "new/deep/eva", "y");
    watching.plans_saying("save", &["new/deep/eva"], "\"y\"");
    fs::remove_dir_all(site.path("personas/new")).expect("it was there");
    watching.plans("save", &[]);
    watching.is_silent(&site);

    write(&site, "new/deep/eva", "z");
    watching.plans_saying("save", &["new/deep/eva"], "\"z\"");
    for name in ["kim", "lea"] {
        site.write(&format!("aside/more/{name}.yaml"), manifest(name, "x"));
    }
    fs::rename(site.path("aside"), site.path("personas/team")).expect("it is moved");
    watching.plans("save", &["team/more/kim", "team/more/lea"]);
    write(&site, "team/more/kim", "y");
    watching.plans("save", &["team/more/kim"]);
    fs::rename(site.path("personas/team"), site.path("personas/crew")).expect("it is moved");
    watching.plans("save", &["crew/more/kim", "crew/more/lea"]);
    write(&site, "crew/more/lea", "y");
    watching.plans("save", &["crew/more/lea"]);
    watching.is_silent(&site);
}

#[test]
fn the_persona_directory_may_go_and_come_back() {
    let service = Served::with(&[]);
    let site = site_at(service.url());
    site.run(["apply", "--yes"]).success();
    let mut watching = watching(&site, &[]);
    for round in 0..2 {
        fs::rename(site.path("personas"), site.path("away")).expect("it is moved");
        let told = watching.next("failed");
        assert!(told["again_ms"].is_null(), "{told:#}");
        let text = manifest("ana", &format!("round {round}"));
        site.write("away/ana.yaml", text);
        fs::rename(site.path("away"), site.path("personas")).expect("it is moved");
        watching.plans("save", &["ana"]);
    }
    write(&site, "ana", "x");
    watching.plans("save", &[]);
    watching.is_silent(&site);
}

/// A repository whose `ana` has this prompt, and `shared/manners.md` and `shared/other.md` beside the personas.
fn sharing(prompt: &str) -> Site {
    let site = site();
    fs::create_dir(site.path(".git")).expect("a folder");
    site.write("shared/manners.md", "Be kind.\n");
    site.write("shared/other.md", "Be brief.\n");
    write(&site, "ana", prompt);
    site
}

#[test]
fn a_prompt_outside_of_the_persona_directory_is_watched() {
    let site = sharing("!file ../shared/manners.md");
    let mut watching = Watching::start(&site, &["watch"]);
    watching.plans_saying("start", &["ana"], "Be kind.");
    put(&site, "shared/manners.md", "Be kinder.\n");
    watching.plans_saying("save", &["ana"], "Be kinder.");
    put(&site, "shared/other.md", "Nobody reads this.\n");
    watching.is_silent(&site);

    fs::rename(site.path("shared"), site.path("away")).expect("it is moved");
    watching.next("mistakes");
    put(&site, "shared/manners.md", "Be kind again.\n");
    watching.next("mended");
    watching.plans_saying("save", &["ana"], "Be kind again.");
    put(&site, "shared/manners.md", "Be kind still.\n");
    watching.plans_saying("save", &["ana"], "Be kind still.");
    watching.is_silent(&site);
}

#[test]
fn a_folder_that_is_replaced_at_once_is_watched_again() {
    let site = sharing("!file ../shared/manners.md");
    let mut watching = Watching::start(&site, &["watch"]);
    watching.plans_saying("start", &["ana"], "Be kind.");
    site.write("next/manners.md", "Be new.\n");
    fs::rename(site.path("shared"), site.path("away")).expect("it is moved");
    fs::rename(site.path("next"), site.path("shared")).expect("it is moved");
    let mut told = watching.any();
    while !told.to_string().contains("Be new.") {
        told = watching.any();
    }
    put(&site, "shared/manners.md", "Be newer.\n");
    watching.plans_saying("save", &["ana"], "Be newer.");
}

#[test]
fn another_account_is_not_applied_to() {
    let site = Site::empty();
    write(&site, "ana", "x");
    let settings = |name: &str| {
        format!(
            "default_environment: {name}\nenvironments:\n  one: {{api: sandbox}}\n  two: {{api: sandbox}}\n"
        )
    };
    put(&site, "personas/personactl.yaml", &settings("one"));
    let mut watching = Watching::start(&site, &["watch", "--apply"]);
    watching.plans("start", &["ana"]);
    watching.next("applied");
    put(&site, "personas/personactl.yaml", &settings("two"));
    let told = watching.next("failed");
    assert!(told["message"].to_string().contains("`two`"), "{told:#}");
    put(&site, "personas/personactl.yaml", &settings("one"));
    watching.next("recovered");
    write(&site, "ana", "y");
    watching.plans("save", &["ana"]);
    watching.next("applied");
}

#[test]
fn a_prompt_behind_a_link_is_watched_where_it_is_and_where_the_link_is() {
    let site = sharing("!file _prompt.md");
    let link = |target: &str| {
        let new = site.path("personas/_new");
        symlink(target, &new).expect("a link");
        fs::rename(new, site.path("personas/_prompt.md")).expect("it is moved");
    };
    link("../shared/manners.md");
    let mut watching = Watching::start(&site, &["watch"]);
    watching.plans_saying("start", &["ana"], "Be kind.");
    put(&site, "shared/manners.md", "Be kinder.\n");
    watching.plans_saying("save", &["ana"], "Be kinder.");
    link("../shared/other.md");
    watching.plans_saying("save", &["ana"], "Be brief.");
    put(&site, "shared/other.md", "Be briefer.\n");
    watching.plans_saying("save", &["ana"], "Be briefer.");
    put(&site, "shared/manners.md", "Nobody reads this any more.\n");
    watching.is_silent(&site);
}

#[test]
fn a_file_that_several_personas_use_is_a_change_to_all_of_them() {
    let site = site();
    site.write("personas/_prompt.md", "Be kind.\n");
    write(&site, "ana", "!file _prompt.md");
    write(&site, "ben", "!file _prompt.md");
    let mut watching = Watching::start(&site, &["watch"]);
    watching.plans("start", &["ana", "ben"]);
    put(&site, "personas/_prompt.md", "Be kinder.\n");
    watching.plans_saying("save", &["ana", "ben"], "Be kinder.");
    watching.is_silent(&site);
}

#[test]
fn overlays_come_change_and_go() {
    let site = site();
    let mut watching = watching(&site, &[]);
    let overlay = "personas/_overlays/sandbox/ana.yaml";
    put(&site, overlay, "system_prompt: over\n");
    watching.plans_saying("save", &["ana"], "over");
    put(&site, overlay, "system_prompt: all over\n");
    watching.plans_saying("save", &["ana"], "all over");
    put(
        &site,
        "personas/_overlays/default/ana.yaml",
        "system_prompt: no\n",
    );
    watching.is_silent(&site);
    fs::remove_file(site.path(overlay)).expect("it was there");
    watching.plans("save", &[]);
    watching.is_silent(&site);
}

#[test]
fn a_change_of_the_settings_is_a_new_beginning() {
    let site = site();
    let settings = |word: &str| {
        let text = format!(
            "default_environment: sandbox\nenvironments: {{sandbox: {{api: sandbox, variables: {{word: {word}}}}}}}\n"
        );
        put(&site, "personas/personactl.yaml", &text);
    };
    settings("x");
    write(&site, "ana", "!var word");
    let mut watching = watching(&site, &[]);
    settings("y");
    watching.next("watching");
    watching.plans("save", &["ana"]);
    settings("'y'");
    watching.is_silent(&site);
    put(&site, "personas/personactl.yaml", "environments: [\n");
    let told = watching.next("mistakes");
    assert_eq!(told["findings"][0]["file"], "personas/personactl.yaml");
    watching.next("failed");
    settings("x");
    watching.next("watching");
    watching.next("mended");
    watching.plans("save", &["mark"]);
    watching.is_silent(&site);
}

#[test]
fn mistakes_in_the_settings_are_told_once_whatever_else_is_written() {
    let site = site();
    let mut watching = watching(&site, &[]);
    put(&site, "personas/personactl.yaml", "environments: [\n");
    watching.next("mistakes");
    watching.next("failed");
    for number in 0..3 {
        put(&site, "beside.txt", &number.to_string());
        write(&site, "ana", &format!("text {number}"));
    }
    put(
        &site,
        "personas/personactl.yaml",
        "default_environment: sandbox\n",
    );
    watching.next("mended");
    watching.plans_saying("save", &["ana"], "text 2");
    watching.is_silent(&site);
}

#[test]
fn without_its_settings_it_does_not_turn_to_another_account() {
    let site = site();
    let settings = site.path("personas/personactl.yaml");
    let mut watching = watching(&site, &["--apply"]);
    for round in 0..2 {
        fs::rename(&settings, site.path("away")).expect("it is moved");
        watching.next("failed");
        write(&site, "ana", &format!("round {round}"));
        fs::rename(site.path("away"), &settings).expect("it is moved");
        watching.plans("save", &["ana"]);
        watching.next("applied");
    }
    site.run(["plan"]).success().says("No changes");
}

/// What git-sync does: a work tree for each commit, and a link to the one that counts.
fn publish(site: &Site, commit: &str, prompt: &str) {
    write_in(site, commit, prompt);
    let new = site.path("git/new");
    symlink(commit, &new).expect("a link");
    fs::rename(new, site.path("git/current")).expect("it is moved");
}

fn write_in(site: &Site, commit: &str, prompt: &str) {
    let path = |name: &str| format!("git/{commit}/personas/{name}");
    site.write(&path("ana.yaml"), manifest("ana", prompt));
    site.write(&path("ben.yaml"), manifest("ben", "x"));
}

#[test]
fn the_link_to_the_persona_directory_may_be_swapped() {
    let service = Served::with(&[]);
    let mut site = site_at(service.url());
    site.set("PERSONACTL_STATE", site.path("state").display().to_string());
    let directory = "git/current/personas";
    publish(&site, "one", "x");
    site.run(["apply", "--yes", directory]).success();
    let mut watching = watching(&site, &[directory]);
    for (commit, former) in [("two", "one"), ("three", "two"), ("four", "three")] {
        publish(&site, commit, commit);
        watching.plans_saying("save", &["ana"], commit);
        fs::remove_dir_all(site.path("git").join(former)).expect("it was there");
    }
    write_in(&site, "four", "x");
    watching.plans("save", &[]);
    assert_eq!(watching.end("TERM"), Some(143));
}

#[test]
fn reconcile_waits_for_the_directory_and_follows_the_link_to_it() {
    let service = Served::with(&[]);
    let mut site = site_at(service.url());
    site.set("PERSONACTL_STATE", site.path("state").display().to_string());
    let directory = "git/current/personas";
    let mut watching = Watching::begin(&site, &["reconcile", "--interval", "1h", directory]);
    watching.next("failed");
    publish(&site, "one", "x");
    watching.next("watching");
    watching.plans("save", &["ana", "ben"]);
    watching.next("applied");
    publish(&site, "two", "y");
    watching.plans("save", &["ana"]);
    watching.next("applied");
    fs::remove_dir_all(site.path("git/one")).expect("it was there");
    publish(&site, "three", "z");
    watching.plans("save", &["ana"]);
    watching.next("applied");
    assert_eq!(watching.end("TERM"), Some(143));
    assert_eq!(service.live().len(), 2);
}
