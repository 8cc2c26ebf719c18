//! `schema`: what an editor is told.

use serde_json::{Value, json};

use crate::support::Site;

/// Whether a manifest with this patience fits the schema that is printed.
#[track_caller]
fn takes(site: &Site, patience: &str) -> bool {
    let schema = site.run(["schema"]).success().json();
    let layers = json!({"conversational_flow": {"turn_taking_patience": patience}});
    let manifest = json!({"persona_name": "A", "system_prompt": "P", "layers": layers});
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    validator.is_valid(&manifest)
}

#[test]
fn the_schema_knows_the_variables_of_the_settings_and_finds_what_is_misspelt() {
    let site = Site::empty();
    assert!(takes(&site, "high"));
    assert!(!takes(&site, "hgih"));
    assert!(!takes(&site, "pace.a|b"));

    site.write(
        "personas/personactl.yaml",
        "environments: {x: {variables: {pace.a|b: high}}, y: {variables: {other: low}}}\n",
    );
    for known in ["high", "pace.a|b", "other"] {
        assert!(takes(&site, known), "{known}");
    }
    for unknown in ["hgih", "pacexa", "b", "pace.a"] {
        assert!(!takes(&site, unknown), "{unknown}");
    }
}

#[test]
fn settings_with_a_mistake_are_shown_and_their_schema_is_there_to_mend_them() {
    let site = Site::empty();
    let settings = "environments:\n  x: {variabels: {face: r1}}\n";
    site.write("personas/personactl.yaml", settings);
    site.run(["schema"])
        .code(1)
        .says("personas/personactl.yaml:2:7")
        .says("`x` knows no `variabels`")
        .says("did you mean `variables`?");
    let schema = site.run(["schema", "--settings"]).success().json();
    assert_eq!(schema["$id"], json!("urn:personactl:settings"));
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let mistaken = json!({"environments": {"x": {"variabels": {"face": "r1"}}}});
    assert!(!validator.is_valid(&mistaken));
    assert!(validator.is_valid(&Value::Null));
}
