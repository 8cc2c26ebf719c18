//! Every field of the catalogue, applied once, is in sync from then on, whatever the sandbox does to it.

use personactl::catalog::{Access, Field, Kind, PERSONA, Requirement, Secrecy};

use crate::support::Site;

/// A value for a field, as YAML.
fn value(field: &Field) -> String {
    match field.kind {
        _ if field.secrecy == Secrecy::Secret => "!secret LLM_KEY".to_owned(),
        Kind::Text => "Sample".to_owned(),
        Kind::Flag => "false".to_owned(),
        Kind::Number => "0.50".to_owned(),
        Kind::Integer => "3".to_owned(),
        Kind::Word(words) => format!("'{}'", words.known.last().expect("a vocabulary has words")),
        Kind::Texts(_) => "[one, two]".to_owned(),
        Kind::Tools => {
            "[{type: function, function: {name: f, parameters: {type: object, minimum: 1.0}}}]"
                .to_owned()
        }
        Kind::Map => "{X-Sample: '1', Authorization: !secret LLM_KEY}".to_owned(),
        Kind::Members(_) | Kind::Any => "{speed: '1.0', free: [1, 2]}".to_owned(),
    }
}

/// The member with its value, and the member beside it that it needs.
fn declared(field: &'static Field, siblings: &'static [Field]) -> String {
    let partner = match field.required {
        Requirement::Together(name) => siblings.iter().find(|sibling| sibling.name == name),
        Requirement::Optional | Requirement::Unless(..) => None,
    };
    let members = [Some(field), partner].into_iter().flatten();
    members
        .map(|field| format!("{}: {}", field.name, value(field)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Members to be written at the top of a manifest, one set for each field.
fn all(fields: &'static [Field], wrap: &dyn Fn(String) -> String, found: &mut Vec<String>) {
    for field in fields
        .iter()
        .filter(|field| field.access == Access::Writable)
    {
        match field.kind {
            Kind::Members(members) if !field.atomic && !members.is_empty() => {
                let inner = |text| wrap(format!("{}: {{{text}}}", field.name));
                all(members, &inner, found);
            }
            _ => found.push(wrap(declared(field, fields))),
        }
    }
}

fn samples() -> Vec<String> {
    let mut found = Vec::new();
    all(PERSONA.fields, &|text| text, &mut found);
    let is_ours =
        |text: &&String| !text.starts_with("persona_name") && !text.starts_with("system_prompt");
    found.iter().filter(is_ours).cloned().collect()
}

#[test]
fn the_second_and_third_plan_are_empty_for_every_field() {
    let samples = samples();
    assert!(samples.len() > 60, "{}", samples.len());
    let site = Site::empty();
    for (number, sample) in samples.iter().enumerate() {
        // A secret only stands where the catalogue has one.
        let sample = if sample.contains("headers") || sample.contains("default_query") {
            sample.clone()
        } else {
            sample.replace(", Authorization: !secret LLM_KEY", "")
        };
        let manifest = format!("{{persona_name: P{number}, system_prompt: x, {sample}}}\n");
        site.write(&format!("personas/p{number}.yaml"), manifest);
    }
    let applied = site.run(["apply", "--yes"]).success();
    assert!(
        applied
            .stdout
            .contains(&format!("{} applied", samples.len())),
        "{}",
        applied.stdout
    );
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
    site.run(["apply", "--yes"]).success().says("No changes");
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
}

#[test]
fn without_a_ledger_every_field_is_adopted_once_and_then_in_sync() {
    let site = Site::empty();
    for (number, sample) in samples().iter().enumerate() {
        let sample = sample.replace(", Authorization: !secret LLM_KEY", "");
        let manifest = format!("{{persona_name: P{number}, system_prompt: x, {sample}}}\n");
        site.write(&format!("personas/p{number}.yaml"), manifest);
    }
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/.personactl/sandbox/ledger.json"))
        .expect("it is removed");
    site.run(["apply", "--yes"]).success().says("applied adopt");
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
}
