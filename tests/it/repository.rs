//! The personas and examples of this repository stay true.

use serde_json::json;

use crate::support::Site;

#[test]
fn the_readmes_story_is_true() {
    let site = Site::copy_of("personas");
    let plan = site.run(["plan", "--format", "json"]).success().json();
    let by_key = |key: &str| {
        let steps = plan["steps"].as_array().expect("steps");
        steps
            .iter()
            .find(|step| step["key"] == key)
            .cloned()
            .expect("a step")
    };
    let causes = |key: &str| {
        let fields = by_key(key)["fields"].as_array().cloned().expect("fields");
        fields
            .into_iter()
            .map(|field| (field["path"].clone(), field["cause"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(by_key("interviewer")["action"], "update");
    assert_eq!(
        causes("interviewer"),
        [
            (json!("/system_prompt"), json!("change")),
            (
                json!("/layers/conversational_flow/turn_taking_patience"),
                json!("drift")
            ),
        ]
    );
    assert_eq!(by_key("support/order-desk")["action"], "adopt");
    assert_eq!(
        causes("support/order-desk"),
        [(json!("/greeting"), json!("first-contact"))]
    );
    assert!(
        plan["summary"]["create"].as_u64() >= Some(4),
        "{}",
        plan["summary"]
    );

    site.run(["apply", "--yes"]).success().says("applied");
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
    site.run(["apply", "--yes"]).success().says("No changes");
    assert_eq!(
        site.live().len(),
        plan["steps"].as_array().expect("steps").len()
    );
}

#[test]
fn the_smallest_example_plans_and_applies() {
    let site = Site::copy_of("examples/minimal");
    site.run(["plan", "-e", "sandbox"])
        .success()
        .says("1 to create");
    site.run(["apply", "-e", "sandbox", "--yes"]).success();
    site.run(["plan", "-e", "sandbox"])
        .success()
        .says("No changes");
}

#[test]
fn the_help_lists_commands_and_exit_codes() {
    let site = Site::empty();
    let help = site.run(["--help"]).success();
    for word in ["plan", "apply", "watch", "sandbox", "64   wrong usage"] {
        assert!(help.stdout.contains(word), "{word}\n{}", help.stdout);
    }
    site.run(["--version"])
        .success()
        .says(env!("CARGO_PKG_VERSION"));
}
