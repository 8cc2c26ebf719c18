//! What is wrong with the files: it is shown with its line, the others go on, and that it is mended is said.

use serde_json::Value;

use super::{put, site, watching, write};
use crate::support::Watching;

#[test]
fn a_broken_manifest_is_shown_with_its_line_while_the_others_go_on() {
    let site = site();
    let mut watching = watching(&site, &[]);
    let broken = |note: &str| {
        let text = format!("# {note}\npersona_name: Ana\nsystem_prompt: x\nlayers: 1\n");
        put(&site, "personas/ana.yaml", &text);
    };
    let is_shown = |told: &Value| {
        let findings = told["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), 1, "{told:#}");
        assert_eq!(findings[0]["severity"], "error");
        assert_eq!(findings[0]["file"], "personas/ana.yaml");
        assert_eq!(findings[0]["line"], 4);
    };
    broken("one");
    is_shown(&watching.next("mistakes"));
    write(&site, "ben", "y");
    watching.plans("save", &["ben"]);
    watching.is_silent(&site);
    // It is shown again when it was saved again.
    broken("two");
    is_shown(&watching.next("mistakes"));

    write(&site, "ana", "y");
    let told = watching.next("mended");
    assert_eq!(told["files"], serde_json::json!(["personas/ana.yaml"]));
    watching.plans("save", &["ana"]);
    watching.is_silent(&site);
}

#[test]
fn a_file_that_is_missing_holds_back_those_that_use_it_until_it_is_there() {
    let site = site();
    let mut watching = watching(&site, &[]);
    for name in ["ana", "ben"] {
        write(&site, name, "!file _later.md");
        let told = watching.next("mistakes");
        assert_eq!(told["findings"][0]["line"], 2, "{told:#}");
    }
    watching.is_silent(&site);
    put(&site, "personas/_later.md", "Be kind.\n");
    watching.next("mended");
    watching.plans_saying("save", &["ana", "ben"], "Be kind.");
    watching.is_silent(&site);
}

#[test]
fn what_was_broken_from_the_beginning_is_shown_and_left_alone() {
    let site = site();
    put(&site, "personas/ana.yaml", "persona_name: [\n");
    write(&site, "ben", "y");
    let mut watching = Watching::start(&site, &["watch"]);
    watching.next("mistakes");
    watching.plans("start", &["ben"]);
    write(&site, "ana", "x");
    watching.next("mended");
    watching.plans("save", &[]);
    watching.is_silent(&site);
}
