//! Undo files: what an apply has done is taken back with the same checks.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Site;

const ANA: &str = "\
persona_name: Ana
system_prompt: Be kind.
context: old
layers: {llm: {model: tavus-gpt-oss, tools: [
  {type: function, function: {name: a, description: x, parameters: {type: object}}},
  {type: function, function: {name: b, description: x, parameters: {type: object}}}]}}
";

fn undo_files(site: &Site) -> Vec<PathBuf> {
    let folder = site.path("personas/.personactl/undo");
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort_unstable();
    files
}

/// The last undo file, as a user would type it.
fn last(site: &Site) -> String {
    let files = undo_files(site);
    let name = files
        .last()
        .expect("an undo file")
        .file_name()
        .expect("a name");
    format!("personas/.personactl/undo/{}", name.to_str().expect("text"))
}

fn ana(site: &Site) -> Value {
    let mut document = site.live()[0]["document"].clone();
    let members = document.as_object_mut().expect("a persona");
    members.shift_remove("updated_at");
    document
}

#[test]
fn an_update_is_undone_and_then_planned_again() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success().hides("undoes this");
    assert_eq!(undo_files(&site), Vec::<PathBuf>::new());
    let before = ana(&site);
    site.edit("personas/ana.yaml", "context: old\n", "greeting: Hello.\n");
    site.edit(
        "personas/ana.yaml",
        "name: a, description: x",
        "name: c, description: y",
    );
    let planned = site.run(["plan", "--format", "json"]).json();
    site.run(["apply", "--yes"]).success().says("undoes this");
    let after = ana(&site);
    assert_ne!(before, after);

    let undo = last(&site);
    site.run(["apply", &undo])
        .success()
        .says("undoes the update")
        .says("applied update ana");
    assert_eq!(ana(&site), before);
    // The ledger is what it was as well: the manifest has moved, and nobody else.
    let again = site.run(["plan", "--format", "json"]).json();
    assert_eq!(again["steps"], planned["steps"]);

    site.run(["apply", &last(&site)]).success();
    assert_eq!(ana(&site), after, "an undo is undone as well");
    site.run(["plan", "--detailed-exitcode"]).success();
}

#[test]
fn drift_that_was_set_back_comes_back_as_drift() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    site.in_dashboard("Ana", |live| live["context"] = json!("mine"));
    site.run(["apply", "--yes"]).success();
    site.run(["apply", &last(&site)]).success();
    assert_eq!(ana(&site)["context"], "mine");
    site.run(["plan"])
        .success()
        .says("drift")
        .says("\"mine\" → \"old\"");
}

#[test]
fn an_adoption_is_undone() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/.personactl/sandbox/ledger.json")).expect("a ledger");
    site.edit("personas/ana.yaml", "context: old", "context: new");
    site.run(["apply", "--yes"]).success().says("applied adopt");
    site.run(["apply", &last(&site)]).success();
    assert_eq!(ana(&site)["context"], "old");
    site.run(["plan"]).success().says("1 to adopt");
}

#[test]
fn what_was_edited_since_is_not_undone() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "context: old", "context: new");
    site.run(["apply", "--yes"]).success();
    site.in_dashboard("Ana", |live| live["context"] = json!("mine"));
    site.run(["apply", &last(&site)])
        .code(3)
        .says("at /context");
    assert_eq!(ana(&site)["context"], "mine");
}

#[test]
fn a_deleted_persona_is_made_again() {
    let site = Site::with_manifest(ANA);
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    site.run(["apply", "--yes"]).success();
    let manifest = site.read("personas/ana.yaml");
    let all = |site: &Site| {
        let mut live = site.live();
        live.sort_unstable_by_key(|record| record["document"]["persona_name"].to_string());
        live[0]["document"]["layers"].clone()
    };
    let before = all(&site);
    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.run(["apply", "--prune", "--yes"]).success();
    assert_eq!(site.live().len(), 1);
    site.run(["apply", &last(&site)])
        .success()
        .says("undoes the delete")
        .says("applied create ana");
    assert_eq!(all(&site), before);
    site.write("personas/ana.yaml", manifest);
    site.run(["plan", "--detailed-exitcode"])
        .success()
        .says("No changes");
}

#[test]
fn what_somebody_else_deleted_is_not_made_again() {
    let site = Site::with_manifest(ANA);
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.run(["plan", "--prune", "--out", "plan.json"])
        .success();
    let id = ana_id(&site);
    let state = format!("personas/.personactl/sandbox/personas/{id}.json");
    std::fs::remove_file(site.path(&state)).expect("it is live");
    site.run(["apply", "plan.json"])
        .success()
        .says("it was gone already")
        .hides("undoes this");
    assert_eq!(undo_files(&site), Vec::<PathBuf>::new());
    site.run(["plan", "--prune", "--detailed-exitcode"])
        .success()
        .hides("ana");
}

fn ana_id(site: &Site) -> String {
    let live = site.live();
    let ana = live
        .iter()
        .find(|record| record["document"]["persona_name"] == "Ana")
        .expect("Ana");
    ana["document"]["persona_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[test]
fn what_was_hidden_is_left_out_and_said() {
    let mut site = Site::with_manifest(
        "persona_name: Ana\nsystem_prompt: x\ncontext: old\n\
         layers: {llm: {model: m, base_url: 'https://a.example', api_key: !secret ONE}}\n",
    );
    site.set("ONE", "canary-one");
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "!secret ONE", "!secret TWO");
    site.edit("personas/ana.yaml", "context: old", "context: new");
    site.run(["plan", "--out", "plan.json"]).success();
    site.run(["apply", "plan.json"]).success();
    let undo = last(&site);
    for file in ["plan.json", &undo] {
        assert!(!site.read(file).contains("canary"));
        assert!(!site.read(file).contains("stand-in"));
    }
    site.run(["apply", &undo])
        .success()
        .says("what was hidden is not known and left out: /layers/llm/api_key");
    assert_eq!(ana(&site)["context"], "old");
}

#[test]
fn nothing_is_left_where_nothing_was_done_and_twenty_files_are_kept() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    site.write(
        "personas/.personactl/undo/2020-01-01T00-00-00.000Z-other.json",
        "{}",
    );
    site.edit("personas/ana.yaml", "context: old", "context: new0");
    site.run(["plan", "--out", "plan.json"]).success();
    site.in_dashboard("Ana", |live| live["context"] = json!("mine"));
    site.run(["apply", "plan.json"]).code(3);
    assert_eq!(undo_files(&site).len(), 1);
    for number in 0..22 {
        let (old, new) = (format!("new{number}\n"), format!("new{}\n", number + 1));
        site.edit("personas/ana.yaml", &old, &new);
        site.run(["apply", "--yes", "--on-conflict", "repo"])
            .success();
    }
    assert_eq!(undo_files(&site).len(), 21);
}

#[test]
fn an_undo_leaves_out_what_the_service_does_not_take_without_a_secret() {
    let llm = "layers: {llm: {model: m, base_url: 'https://a.example', api_key: !secret ONE}}\n";
    let site = Site::with_manifest(&format!(
        "persona_name: Ana\nsystem_prompt: x\ncontext: old\n{llm}"
    ));
    site.run(["apply", "--yes"]).success();
    site.write(
        "personas/ana.yaml",
        "persona_name: Ana\nsystem_prompt: x\ncontext: new\n",
    );
    site.run(["apply", "--yes"]).success();
    site.run(["apply", &last(&site)])
        .success()
        .says("left out: /layers/llm/api_key, /layers/llm/base_url");
    assert_eq!(ana(&site)["context"], "old");
    assert_eq!(ana(&site)["layers"]["llm"]["model"], "m");

    std::fs::remove_file(site.path("personas/ana.yaml")).expect("it is there");
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    site.run(["apply", "--prune", "--yes"]).success();
    site.run(["apply", &last(&site)])
        .success()
        .says("applied create ana");
}

#[test]
fn a_layer_that_was_not_there_goes_with_all_that_the_service_put_into_it() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: x\n");
    site.run(["apply", "--yes"]).success();
    let before = ana(&site);
    site.write(
        "personas/ana.yaml",
        "persona_name: Ana\nsystem_prompt: x\nlayers: {tts: {tts_engine: cartesia, api_key: !secret ONE}}\n",
    );
    site.run(["apply", "--yes"]).success();
    site.run(["apply", &last(&site)]).success();
    assert_eq!(ana(&site), before);
}

#[test]
fn a_binding_is_undone_even_if_nothing_else_was_changed() {
    let site = Site::with_manifest(ANA);
    site.run(["apply", "--yes"]).success();
    std::fs::remove_file(site.path("personas/.personactl/sandbox/ledger.json")).expect("a ledger");
    site.run(["apply", "--yes"]).success().says("applied adopt");
    site.run(["apply", &last(&site)]).success();
    site.run(["plan"]).success().says("1 to adopt");
}
