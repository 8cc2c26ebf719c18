//! What `init` writes: a small persona directory that teaches, whose files are beside this one, and the workflows of `examples/`.

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

/// The workflows, by where GitHub looks for them. They are those of `examples/`.
const WORKFLOWS: [(&str, &str); 3] = [
    (
        ".github/workflows/personas-pull-request.yml",
        include_str!("../../../examples/github/pull-request.yml"),
    ),
    (
        ".github/workflows/personas-deploy.yml",
        include_str!("../../../examples/github/deploy.yml"),
    ),
    (
        ".github/workflows/personas-drift.yml",
        include_str!("../../../examples/github/drift.yml"),
    ),
];

/// The workflows for a persona directory, which is named as seen from the top of the repository.
pub(super) fn workflows(directory: &str) -> impl Iterator<Item = (&'static str, String)> {
    // A JSON string is a YAML one too, whatever is in it.
    let quoted = serde_json::Value::from(directory);
    let line = format!("\n  DIRECTORY: {quoted}\n");
    WORKFLOWS.into_iter().map(move |(path, text)| {
        let text = text.replacen("\n  DIRECTORY: personas\n", &line, 1);
        (path, text)
    })
}
