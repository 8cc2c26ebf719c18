//! The personas of a simulation, as their manifests have them.

use serde_json::{Value, json};

use crate::schedule::Commit;
use crate::site::Site;

/// What the personas are called. No normaliser makes anything else of it.
pub(crate) const NAMES: [&str; 5] = ["ana", "ben", "eva", "kim", "leo"];

/// The variable that holds a secret, and the secret.
pub(crate) const SECRET: (&str, &str) = ("SIMULATED_SECRET", "secret-canary-0815");

/// What is wanted of one persona.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) name: &'static str,
    /// Whether there is a manifest.
    pub(crate) is_there: bool,
    pub(crate) context: String,
    pub(crate) tags: Vec<&'static str>,
    /// Who may invite it to meetings, which is sent in a request of its own.
    pub(crate) guest: Option<String>,
}

/// The manifests as they are to begin with.
pub(crate) fn manifests(count: usize) -> Vec<Manifest> {
    let fresh = |name| Manifest {
        name,
        is_there: true,
        context: "As it was".to_owned(),
        tags: vec!["first", "third"],
        guest: (name == "ben").then(|| "someone@example.org".to_owned()),
    };
    NAMES.into_iter().take(count).map(fresh).collect()
}

/// Edits one of the manifests.
pub(crate) fn commit(manifests: &mut [Manifest], commit: &Commit) {
    match commit {
        Commit::Context(who, text) => manifests[*who].context.clone_from(text),
        Commit::Tags(who, tags) => manifests[*who].tags.clone_from(tags),
        Commit::Invite(who, guest) => manifests[*who].guest = Some(guest.clone()),
        Commit::Toggle(who) => {
            let others = manifests
                .iter()
                .filter(|manifest| manifest.is_there)
                .count()
                - 1;
            let manifest = &mut manifests[*who];
            // No manifest at all is another story.
            manifest.is_there = !manifest.is_there || others == 0;
        }
    }
}

/// Puts them into the persona directory.
pub(crate) fn write(manifests: &[Manifest], site: &Site) {
    for manifest in manifests {
        let path = format!("personas/{}.yaml", manifest.name);
        match manifest.is_there {
            true => site.write(&path, manifest.yaml()),
            // It may not have been there before.
            false => drop(std::fs::remove_file(site.path(&path))),
        }
    }
}

impl Manifest {
    /// What is wanted, but for secrets.
    pub(crate) fn desired(&self) -> Vec<(&'static str, Value)> {
        let mut desired = vec![
            ("/persona_name", json!(self.name)),
            ("/system_prompt", json!("Be kind.")),
            ("/context", json!(self.context)),
            ("/document_tags", json!(self.tags)),
        ];
        if let Some(guest) = &self.guest {
            desired.push(("/layers/conferencing/allowlist", json!([guest])));
        }
        desired
    }

    fn yaml(&self) -> String {
        let (name, context, tags) = (self.name, json!(self.context), json!(self.tags));
        let mut yaml = format!(
            "persona_name: {name}\nsystem_prompt: Be kind.\ncontext: {context}\ndocument_tags: {tags}\nlayers:\n  \
             llm:\n    model: ours\n    base_url: https://llm.example.org/v1\n    api_key: !secret {}\n",
            SECRET.0
        );
        if let Some(guest) = &self.guest {
            yaml += &format!("  conferencing:\n    username: {name}\n    allowlist: [{guest}]\n");
        }
        yaml
    }
}
