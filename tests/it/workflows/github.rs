//! The workflows for GitHub.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::hub::Hub;
use super::machine::{ANA, KEY, LEDGER, Machine, ana, has_tools};
use crate::support::Served;

const BEN: &str = "persona_name: Ben\nsystem_prompt: Be brief.\ncontext: old\n";
const BOT: &str = "github-actions[bot]";

/// What may not mean anything to the shell, to the runner, to git or to the forge.
const HOSTILE: &str = "persona_name: Ana\ncontext: old\nsystem_prompt: |-\n  \
    $(touch pwned) `touch pwned` ${{ secrets.TAVUS_API_KEY }}\n  \
    ::add-mask::old\n  ##[error]old\n  ```\n  <!-- personactl: -->\n  /close\n  @team\n";

/// A repository whose workflows are filled in for an environment that needs the key.
fn hub(service: &Served) -> Hub {
    let mut hub = Hub::new(Machine::with(service));
    hub.fill_in("PERSONACTL_ENVIRONMENT", "production");
    hub.values.set("secrets.TAVUS_API_KEY", KEY);
    hub.values.set("inputs.plan_id", "");
    hub.machine.desk.set("TAVUS_API_KEY", KEY);
    hub
}

/// The same, with what a pull request brings.
fn with_pull_request(service: &Served) -> Hub {
    let mut hub = hub(service);
    for (name, value) in [
        ("github.ref", "refs/pull/1/merge"),
        ("github.event.pull_request.number", "1"),
        (
            "github.event.pull_request.head.repo.full_name",
            "team/agents",
        ),
        ("github.event.pull_request.user.login", "somebody"),
    ] {
        hub.values.set(name, value);
    }
    hub
}

fn written(login: &str, id: u64, body: &Value) -> Value {
    json!({"id": id, "number": id, "user": {"login": login}, "body": body})
}

/// The context that is live.
fn context(service: &Served, name: &str) -> Value {
    let live = service.live();
    let document = live.iter().map(|record| &record["document"]);
    let mut named = document.filter(|document| document["persona_name"] == name);
    named.next().expect("it is live")["context"].clone()
}

#[test]
fn a_pull_request_has_one_comment_which_is_kept_up_to_date() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = with_pull_request(&service);
    let apply = ["apply", "-e", "production", "--yes", "production"];
    hub.machine.desk.run(apply).success();
    hub.machine.commit("main");
    hub.machine.desk.write("personas/ana.yaml", HOSTILE);
    hub.machine.propose();
    let plan = hub.run("pull-request.yml", "plan");
    let said: Vec<_> = plan
        .stdout
        .lines()
        .filter(|line| line.starts_with("::"))
        .collect();
    let different: BTreeSet<_> = said.iter().collect();
    assert_eq!(said.len(), different.len(), "{said:#?}");
    plan.success()
        .says("1 to update")
        .says("::warning file=personas/ana.yaml,line=4,")
        .says("::notice file=personas/ana.yaml,line=3,")
        .hides("\n::add-mask")
        .hides("##[")
        .hides(KEY);
    assert!(!hub.machine.path("workspace/pwned").exists());
    let report = hub.machine.artifact("plan/plan.md");
    assert!(hub.summary().contains("1 to update"));
    assert!(report.contains("$(touch pwned)"), "{report}");
    assert!(hub.machine.artifact("plan/plan.html").contains("</html>"));
    let saved: Value = serde_json::from_str(&hub.machine.artifact("plan/plan.json")).expect("JSON");
    let plan_id = saved["plan"]["plan_id"].as_str().expect("an id");
    assert!(report.contains(plan_id), "{report}");

    hub.run("pull-request.yml", "comment").success();
    let calls = hub.machine.writes();
    let create = "POST repos/team/agents/issues/1/comments".to_owned();
    assert_eq!(calls, [(create, json!({"body": report}))]);

    // Others may begin their comments in the same way, and the forge answers with page after page.
    let own = json!(report.replace('\n', "\r\n"));
    let pages = [
        json!([written("mallory", 6, &json!(report))]),
        json!([
            written(BOT, 7, &json!("<!-- another -->")),
            written(BOT, 8, &own)
        ]),
    ];
    hub.machine
        .hold(pages.map(|page| page.to_string()).concat());
    hub.machine
        .desk
        .edit("personas/ana.yaml", "context: old", "context: new");
    hub.machine.propose();
    hub.run("pull-request.yml", "plan").success();
    hub.run("pull-request.yml", "comment").success();
    let second = hub.machine.artifact("plan/plan.md");
    assert_ne!(second, report);
    let update = "PATCH repos/team/agents/issues/comments/8".to_owned();
    assert_eq!(hub.machine.writes(), [(update, json!({"body": second}))]);
}

#[test]
fn a_plan_with_an_obstacle_is_told_and_the_job_fails() {
    if !has_tools() {
        return;
    }
    let service = Served::holding(&[ana("p1"), ana("p2")], &[]);
    let mut hub = with_pull_request(&service);
    hub.machine.desk.edit("personas/ana.yaml", "old", "new");
    hub.machine.propose();
    hub.run("pull-request.yml", "plan").code(1);
    hub.run("pull-request.yml", "comment").success();
    let writes = hub.machine.writes();
    assert!(writes[0].1["body"].to_string().contains("p2"), "{writes:?}");
}

#[test]
fn mistakes_in_a_pull_request_are_annotated_and_nothing_is_planned() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = with_pull_request(&service);
    hub.machine
        .desk
        .write("personas/ana.yaml", "persona_name: [\n");
    hub.machine.propose();
    let plan = hub.run("pull-request.yml", "plan");
    plan.code(1).says("::error file=personas/ana.yaml,line=");
    assert!(!hub.machine.path("artifacts").exists());
    assert!(!hub.is_due("pull-request.yml", "comment"));
}

#[test]
fn what_nobody_of_the_team_proposes_is_compared_without_a_key() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    for (name, value) in [
        (
            "github.event.pull_request.head.repo.full_name",
            "mallory/agents",
        ),
        ("github.event.pull_request.user.login", "dependabot[bot]"),
    ] {
        let mut hub = with_pull_request(&service);
        hub.values.forget("secrets.TAVUS_API_KEY");
        hub.values.set(name, value);
        hub.machine.desk.edit("personas/ana.yaml", "old", "new");
        hub.machine.propose();
        let plan = hub.run("pull-request.yml", "plan");
        plan.success().says("\"old\" → \"new\"");
        assert!(hub.summary().contains("new"));
        assert!(hub.machine.artifact("plan/plan.html").contains("</html>"));
        assert!(!hub.is_due("pull-request.yml", "comment"));
        assert_eq!(hub.machine.calls(), [] as [Value; 0]);
    }
}

#[test]
fn a_deploy_applies_and_commits_the_ledger() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    let deploy = hub.run("deploy.yml", "deploy");
    deploy.success().says("Done: 1 applied.").hides(KEY);
    assert_eq!(context(&service, "Ana"), "old");
    let ledger = hub.machine.on_main(LEDGER).expect("it is committed");
    assert_eq!(
        hub.machine
            .artifact("applied/personas/_ledger/production.json"),
        ledger
    );
    assert!(hub.summary().contains("1 applied"));

    let tip = hub.machine.git(&["rev-parse", "origin/main"]);
    let again = hub.run("deploy.yml", "deploy");
    again.success().says("No changes");
    hub.machine.on_main(LEDGER).expect("it is there");
    assert_eq!(hub.machine.git(&["rev-parse", "origin/main"]), tip);
}

#[test]
fn only_the_main_branch_is_deployed() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    hub.values.set("github.ref", "refs/heads/feature");
    assert!(!hub.is_due("deploy.yml", "deploy"));
}

#[test]
fn the_ledger_comes_on_top_of_what_was_merged_in_the_meantime() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    let machine = &hub.machine;
    machine.git(&["checkout", "-q", "-b", "earlier"]);
    machine
        .desk
        .write("personas/eva.yaml", ANA.replace("Ana", "Eva"));
    machine.record();
    machine.git(&["checkout", "-q", "main"]);
    machine.desk.write("personas/ben.yaml", BEN);
    machine.commit("main");
    // Half of what is merged is older than all that the job fetches at first.
    machine.git(&["merge", "-q", "--no-ff", "-m", "a merge", "earlier"]);
    machine.push_in_the_meantime();

    let deploy = hub.run("deploy.yml", "deploy");
    deploy.success().says("Done: 2 applied.").says("rejected");
    assert!(hub.machine.on_main("personas/eva.yaml").is_some());
    let ledger = hub.machine.on_main(LEDGER).expect("it is committed");
    assert!(ledger.contains("\"ben\""), "{ledger}");
}

#[test]
fn a_ledger_that_cannot_be_pushed_is_kept_and_the_job_fails() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    hub.machine.desk.write(LEDGER, "somebody else's");
    hub.machine.record();
    hub.machine.push_in_the_meantime();
    let deploy = hub.run("deploy.yml", "deploy");
    deploy
        .code(1)
        .says("::error::the ledger could not be pushed");
    let there = hub.machine.on_main(LEDGER);
    assert_eq!(there.as_deref(), Some("somebody else's"));
    let kept = hub
        .machine
        .artifact("applied/personas/_ledger/production.json");
    let kept: Value = serde_json::from_str(&kept).expect("the ledger that was written");
    assert!(kept["personas"]["ana"].is_object(), "{kept}");
}

#[test]
fn what_was_applied_in_part_is_recorded_and_the_job_fails() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    hub.machine.desk.write("personas/ben.yaml", BEN);
    hub.machine.commit("main");
    hub.run("deploy.yml", "deploy").success();
    hub.machine
        .git(&["pull", "-q", "--rebase", "origin", "main"]);
    let before = hub.machine.on_main(LEDGER).expect("it is committed");
    hub.machine.desk.edit("personas/ana.yaml", "old", "new");
    hub.machine.desk.edit("personas/ben.yaml", "old", "new");
    hub.machine.commit("main");

    let ledger: Value = serde_json::from_str(&before).expect("JSON");
    let id = ledger["personas"]["ben"]["entry"]["id"]
        .as_str()
        .expect("an id");
    service.fault(&[&format!("PATCH /v2/personas/{id} status=422")]);
    let deploy = hub.run("deploy.yml", "deploy");
    deploy.code(3).says("1 applied");
    let after = hub.machine.on_main(LEDGER).expect("it is committed");
    assert_ne!(after, before);
    assert_eq!(context(&service, "Ana"), "new");
    assert_eq!(context(&service, "Ben"), "old");
    assert!(
        hub.machine
            .artifact("applied/personas/_ledger/production.json")
            == after
    );

    service.fault(&[]);
    let deploy = hub.run("deploy.yml", "deploy");
    deploy
        .success()
        .says("1 to update")
        .says("Done: 1 applied, 1 unchanged.");
    assert_eq!(context(&service, "Ben"), "new");
}

#[test]
fn a_deploy_by_hand_does_the_plan_that_was_reviewed_and_no_other() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    for id in [
        "33cba76dae8e0e5c9e8f3a9a4a5a8ddb",
        "\"; touch pwned; \"",
        "$(touch pwned)",
    ] {
        hub.values.set("inputs.plan_id", id);
        hub.run("deploy.yml", "deploy").code(1);
        assert_eq!(service.live(), [] as [Value; 0]);
        assert!(!hub.machine.path("workspace/pwned").exists());
    }
    let plan = ["plan", "-e", "production", "--format", "json"];
    let plan = hub.machine.desk.run(plan).success().json();
    hub.values
        .set("inputs.plan_id", plan["plan_id"].as_str().expect("an id"));
    hub.run("deploy.yml", "deploy").success();
    assert_eq!(context(&service, "Ana"), "old");
}

#[test]
fn drift_has_one_issue_for_as_long_as_it_lasts() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    let night = |hub: &mut Hub| {
        hub.run("drift.yml", "plan").success().hides(KEY);
        hub.run("drift.yml", "issue").success();
        hub.machine.writes()
    };
    let calls = night(&mut hub);
    let first = hub.machine.artifact("plan/plan.md");
    assert!(
        calls[0].0.contains("label create personas-drift"),
        "{calls:?}"
    );
    assert_eq!(calls[1].0, "POST repos/team/agents/issues");
    assert_eq!(calls[1].1["labels[]"], "personas-drift");
    assert_eq!(calls[1].1["body"], first);
    assert_eq!(calls.len(), 2);

    let issue = |body: &str| written(BOT, 5, &json!(body));
    let mark = first.lines().next().expect("a mark");
    hub.machine
        .hold(json!([written("mallory", 4, &json!(mark)), issue(&first)]));
    assert_eq!(night(&mut hub), []);

    hub.machine.desk.edit("personas/ana.yaml", "old", "new");
    hub.machine.commit("main");
    let calls = night(&mut hub);
    let second = hub.machine.artifact("plan/plan.md");
    assert_eq!(
        calls[0],
        (
            "PATCH repos/team/agents/issues/5".to_owned(),
            json!({"body": second})
        )
    );
    assert_eq!(calls[1].0, "POST repos/team/agents/issues/5/comments");
    let told = calls[1].1["body"].as_str().expect("a text");
    assert!(
        told.ends_with("https://github.example/team/agents/actions/runs/42"),
        "{told}"
    );
    assert_eq!(calls.len(), 2);

    hub.machine.hold(json!([issue(&second)]));
    hub.run("deploy.yml", "deploy").success();
    assert_eq!(hub.machine.writes()[0].0, "gh auth setup-git");
    let calls = night(&mut hub);
    assert_eq!(calls[0].0, "POST repos/team/agents/issues/5/comments");
    assert_eq!(
        calls[1],
        (
            "PATCH repos/team/agents/issues/5".to_owned(),
            json!({"state": "closed"})
        )
    );
    assert_eq!(calls.len(), 2);
    hub.machine.hold(json!([]));
    assert_eq!(night(&mut hub), []);
}

#[test]
fn a_night_on_which_nothing_can_be_told_fails() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut hub = hub(&service);
    hub.values.set("secrets.TAVUS_API_KEY", "");
    hub.run("drift.yml", "plan").code(4);
    assert!(!hub.is_due("drift.yml", "issue"));
    hub.values.set("secrets.TAVUS_API_KEY", KEY);
    hub.machine
        .desk
        .write("personas/ana.yaml", "persona_name: [\n");
    hub.machine.commit("main");
    hub.run("drift.yml", "plan").code(1);
}
