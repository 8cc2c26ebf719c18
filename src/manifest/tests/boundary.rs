//! No path leads out of the repository, and nothing that is no file is waited for.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::{NAMED, Site, keys};
use crate::model::Key;

const CANARY: &str = "the content of a file outside";

/// A site with one `!file` tag and something outside of it.
fn site(path: &str) -> Site {
    let site = Site::manifest(format!("{NAMED}context: !file {path}\n"));
    site.write("shared/in.md", "in");
    site.write(".git/config", CANARY);
    site
}

#[test]
fn paths_out_of_the_repository_are_refused_without_a_word_of_their_content() {
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.yaml");
    fs::write(&secret, format!("{CANARY}: [")).expect("a file");
    let link = |site: &Site| {
        symlink(&secret, site.path("personas/_out.md")).expect("a link");
        symlink(outside.path(), site.path("personas/_folder")).expect("a link");
    };
    let rows = [
        ("../../secret.yaml".to_owned(), "outside"),
        ("../../../../../../../../etc/passwd".to_owned(), "outside"),
        ("/etc/passwd".to_owned(), "outside"),
        (secret.display().to_string(), "outside"),
        ("_out.md".to_owned(), "outside"),
        ("_folder/secret.yaml".to_owned(), "outside"),
        ("_folder/no-such-file".to_owned(), "outside"),
        ("../.git/config".to_owned(), "outside"),
        ("..".to_owned(), "no-file"),
        (".".to_owned(), "no-file"),
        ("/proc/self/environ".to_owned(), "outside"),
    ];
    for (path, code) in rows {
        for tag in ["!file", "!include"] {
            let site = site("../shared/in.md");
            site.write("personas/a.yaml", format!("{NAMED}context: {tag} {path}\n"));
            link(&site);
            let errors = site.errors();
            assert_eq!(errors.len(), 1, "{path}: {errors:?}");
            assert!(errors[0].contains(&format!(":3:10 {code}:")), "{errors:?}");
            let loaded = site.load();
            assert!(!format!("{loaded:?}").contains(CANARY), "{path}");
        }
    }
}

#[test]
fn links_within_the_repository_are_followed() {
    let site = site("_link.md");
    symlink(site.path("shared/in.md"), site.path("personas/_link.md")).expect("a link");
    assert_eq!(site.document()["context"], "in");
}

#[test]
fn what_cannot_be_taken_for_a_manifest_is_broken_and_not_gone() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("x.yaml"), NAMED).expect("a file");
    let site = Site::new(&[
        ("personas/twice.yaml", NAMED),
        ("personas/twice.yml", NAMED),
    ]);
    let links = [
        ("team-link.yaml", site.path("nowhere")),
        ("outside.json", outside.path().join("x.yaml")),
    ];
    for (name, target) in links {
        symlink(target, site.path("personas").join(name)).expect("a link");
    }
    let loaded = site.load();
    let broken: Vec<&str> = loaded.broken.iter().map(Key::as_str).collect();
    assert_eq!(broken, ["outside", "team-link", "twice"]);
    assert!(loaded.desired.is_empty() && loaded.elsewhere.is_empty());
    // What is sound under the same key is what counts.
    site.write("personas/team-link.yml", NAMED);
    let loaded = site.load();
    assert_eq!(keys(&loaded), ["team-link"]);
    assert!(!loaded.broken.contains(&Key::new("team-link")));
}

#[test]
fn without_git_the_persona_directory_is_the_boundary() {
    let site = site("../shared/in.md");
    assert_eq!(site.document()["context"], "in");
    fs::remove_dir_all(site.path(".git")).expect("a folder");
    assert!(site.errors()[0].contains("outside"), "{:?}", site.errors());
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let site = site("_socket");
    let _listener = UnixListener::bind(site.path("personas/_socket")).expect("a socket");
    assert!(site.errors()[0].contains("no-file"), "{:?}", site.errors());

    let pipe = Site::manifest(format!("{NAMED}context: !file _pipe\n"));
    let made = std::process::Command::new("mkfifo")
        .args([pipe.path("personas/_pipe"), pipe.path("personas/p.yaml")])
        .status();
    if made.is_ok_and(|status| status.success()) {
        let errors = pipe.errors();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(
            errors.iter().all(|error| error.contains("no-file")),
            "{errors:?}"
        );
    }
}

#[test]
fn linked_manifests_are_found_within_the_repository_only() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("x.yaml"), CANARY).expect("a file");
    let site = Site::manifest(NAMED);
    site.write("shared/b.yaml", "persona_name: B\nsystem_prompt: P\n");
    site.write("shared/more/c.yaml", "persona_name: C\nsystem_prompt: P\n");
    symlink("../shared/b.yaml", site.path("personas/b.yaml")).expect("a link");
    symlink("../shared/more", site.path("personas/more")).expect("a link");
    symlink(".", site.path("personas/loop")).expect("a link");
    symlink("gone", site.path("personas/.#a.yaml")).expect("a link");
    assert_eq!(site.errors(), [""; 0]);
    assert_eq!(keys(&site.load()), ["a", "b", "more/c"]);

    symlink(outside.path(), site.path("personas/out")).expect("a link");
    symlink(
        outside.path().join("x.yaml"),
        site.path("personas/out.yaml"),
    )
    .expect("a link");
    symlink("gone", site.path("personas/gone.yaml")).expect("a link");
    let codes: Vec<_> = site
        .load()
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["broken-link", "outside", "outside"]);
}
