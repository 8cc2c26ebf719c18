//! `watch`: a plan at each save, and no end to it.
//!
//! `saves` is how files are saved, `places` where they lie, `mistakes` what is wrong with them, `applying` what
//! `--apply` does, and `service` what happens to the service meanwhile.

mod applying;
mod mistakes;
mod places;
mod saves;
mod service;

use std::fs;

use crate::support::{Site, Watching};

/// Two personas, and the one that is saved where something has to be told. Those who run it are given the embedded sandbox.
fn site() -> Site {
    let site = Site::empty();
    for name in ["ana", "ben", "mark"] {
        write(&site, name, "x");
    }
    site.run(["apply", "--yes"]).success();
    site
}

/// The same with a service at this address.
fn site_at(url: &str) -> Site {
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", url);
    site.set("TAVUS_API_KEY", "any");
    for name in ["ana", "ben", "mark"] {
        write(&site, name, "x");
    }
    site
}

/// What a manifest says whose prompt is this.
fn manifest(name: &str, prompt: &str) -> String {
    format!("persona_name: {name}\nsystem_prompt: {prompt}\n")
}

/// Writes a manifest whole, under another name at first: nobody sees half of it.
fn write(site: &Site, key: &str, prompt: &str) {
    put(
        site,
        &format!("personas/{key}.yaml"),
        &manifest(key, prompt),
    );
}

/// Writes a file whole.
fn put(site: &Site, path: &str, text: &str) {
    site.write("new", text);
    let path = site.path(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
    fs::rename(site.path("new"), path).expect("it is there");
}

/// `watch` with its first plan, by which there is nothing to do.
fn watching(site: &Site, arguments: &[&str]) -> Watching {
    let mut watching = Watching::start(site, &[&["watch"], arguments].concat());
    watching.plans("start", &[]);
    watching
}
