//! What `init` writes: a small persona directory that teaches, and a workflow for it. The texts are files beside this one.

/// The files of a persona directory, by their path in it.
pub(super) const PERSONAS: [(&str, &str); 6] = [
    ("personactl.yaml", include_str!("personas/personactl.yaml")),
    (
        "receptionist.yaml",
        include_str!("personas/receptionist.yaml"),
    ),
    (
        "support/agent.yaml",
        include_str!("personas/support/agent.yaml"),
    ),
    (
        "_prompts/receptionist.md",
        include_str!("personas/_prompts/receptionist.md"),
    ),
    (
        "_prompts/manners.md",
        include_str!("personas/_prompts/manners.md"),
    ),
    (
        "_tools/hand-over.yaml",
        include_str!("personas/_tools/hand-over.yaml"),
    ),
];

/// Where GitHub looks for the workflow.
pub(super) const WORKFLOW: &str = ".github/workflows/personas.yml";

/// The workflow for a persona directory, named as seen from the top of the repository.
pub(super) fn workflow(directory: &str) -> String {
    // A JSON string is a YAML one too, whatever is in it.
    let quoted = serde_json::Value::from(directory).to_string();
    include_str!("github.yml").replacen("{directory}", &quoted, 1)
}
