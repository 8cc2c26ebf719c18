//! What an environment changes, and where its values stand.

use serde_json::json;

use super::{NAMED, Site, keys};
use crate::model::Pointer;

const OVERLAY: &str = "personas/_overlays/staging/a.yaml";

#[test]
fn an_overlay_is_merged_over_its_manifest() {
    let base = "languages: [de, en]\ncontext: C\nlayers: {llm: {model: tavus-gpt-oss}, tts: {voice_id: v}}\n";
    let rows = [
        ("context: D", json!({"context": "D"})),
        ("context: null", json!({"context": null})),
        ("greeting: null", json!({})),
        ("languages: [fr]", json!({"languages": ["fr"]})),
        (
            "context: !file ../../_c.md",
            json!({"context": "from a file"}),
        ),
        (
            "layers: {tts: null}",
            json!({"layers": {"llm": {"model": "tavus-gpt-oss"}}}),
        ),
        (
            "layers: {llm: {model: m}, stt: {hotwords: null}}",
            json!({"layers": {"llm": {"model": "m"}, "tts": {"voice_id": "v"}, "stt": {}}}),
        ),
    ];
    for (overlay, changes) in rows {
        let site = Site::manifest(format!("{NAMED}{base}"));
        let mut expected = site.document();
        for (name, value) in changes.as_object().expect("members") {
            expected[name] = value.clone();
        }
        expected
            .as_object_mut()
            .expect("members")
            .retain(|_, value| !value.is_null());
        site.write("personas/_c.md", "from a file\n");
        site.write("personas/_overlays/production/a.yaml", "context: P");
        site.write(OVERLAY, overlay);
        assert_eq!(site.document(), expected, "{overlay}");
    }
}

#[test]
fn places_lead_into_the_overlay() {
    let site = Site::manifest(format!("{NAMED}context: C\n"));
    site.write(OVERLAY, "\ncontext: D\n");
    let loaded = site.load();
    let pointer = Pointer::parse("/context").expect("a pointer");
    let place = loaded.desired[0].places.value(&pointer);
    assert_eq!((place.line, place.column), (2, 10));
    assert!(place.file.ends_with(OVERLAY), "{place}");
    assert!(loaded.files.contains(&site.path(OVERLAY)));
}

#[test]
fn mistakes_in_an_overlay_stand_in_the_overlay() {
    let rows = [
        (
            "context: 1",
            "1:10 wrong-type: `/context` takes text, this is a number",
        ),
        ("- 1", "1:1 no-map: an overlay is a map, this is a list"),
        ("a: [", "2:1 syntax: did not find expected node content"),
        (
            "context: !file none.md",
            "1:10 missing-file: no file `none.md`",
        ),
        (
            "context: !include a.yaml",
            "1:10 include-cycle: the includes go in a circle: personas/_overlays/staging/a.yaml -> personas/_overlays/staging/a.yaml",
        ),
        (
            "x-personactl: {idd: x}",
            "1:16 unknown-member: `x-personactl` knows no `idd`",
        ),
    ];
    for (overlay, expected) in rows {
        let site = Site::manifest(NAMED);
        site.write(OVERLAY, format!("{overlay}\n"));
        assert_eq!(
            site.errors(),
            [format!("{OVERLAY}:{expected}")],
            "{overlay}"
        );
        assert_eq!(keys(&site.load()), [""; 0]);
    }
}
