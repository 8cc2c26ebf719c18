//! The pipeline for GitLab.

use serde_json::{Value, json};

use super::machine::{ANA, KEY, LEDGER, TOKEN, ana, has_tools};
use super::project::{Jobs, Project};
use crate::support::{Canned, Served};

const NOTES: &str = "projects/3/merge_requests/1/notes";

fn names(jobs: &Jobs) -> Vec<&str> {
    jobs.keys().map(String::as_str).collect()
}

#[test]
fn a_merge_request_has_one_note_which_is_kept_up_to_date() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let project = Project::new(&service);
    project
        .machine
        .desk
        .edit("personas/ana.yaml", "old", "$(touch pwned)\n  /close");
    project.machine.propose();
    let mut jobs = project.merge_request("3");
    assert_eq!(names(&jobs), ["note", "plan"]);
    jobs.remove("plan")
        .expect("it ran")
        .success()
        .says("1 to create")
        .hides(KEY);
    jobs.remove("note").expect("it ran").success().hides(TOKEN);
    let report = project.machine.artifact("plan/report/plan.md");
    assert!(report.contains("$(touch pwned)"), "{report}");
    assert!(
        report.lines().all(|line| !line.starts_with('/')),
        "{report}"
    );
    assert_eq!(
        project.machine.writes(),
        [(format!("POST {NOTES}"), json!({"body": report}))]
    );

    // It is on the second page, and somebody else has begun a note in the same way.
    let note = |author: u64, id: u64, body: &str| json!({"id": id, "author": {"id": author}, "body": body});
    let mut notes = vec![note(1, 5, "Looks good."); 99];
    notes.extend([
        note(1, 6, &report),
        note(7, 8, "Hello."),
        note(7, 9, &report),
    ]);
    project.machine.hold(json!(notes));
    project
        .machine
        .desk
        .edit("personas/ana.yaml", "kind", "brief");
    project.machine.propose();
    let jobs = project.merge_request("3");
    assert!(jobs.values().all(|job| job.code == 0), "{jobs:#?}");
    let second = project.machine.artifact("plan/report/plan.md");
    assert_ne!(second, report);
    assert_eq!(
        project.machine.writes(),
        [(format!("PUT {NOTES}/9"), json!({"body": second}))]
    );
}

#[test]
fn a_plan_with_an_obstacle_is_told_and_the_job_fails() {
    if !has_tools() {
        return;
    }
    let service = Served::holding(&[ana("p1"), ana("p2")], &[]);
    let project = Project::new(&service);
    project.machine.desk.edit("personas/ana.yaml", "old", "new");
    project.machine.propose();
    let jobs = project.merge_request("3");
    assert_eq!((jobs["plan"].code, jobs["note"].code), (1, 0), "{jobs:#?}");
    let writes = project.machine.writes();
    assert!(writes[0].1["body"].to_string().contains("p2"), "{writes:?}");
    // Where there is no plan, nothing is told.
    project
        .machine
        .desk
        .write("personas/ana.yaml", "persona_name: [\n");
    project.machine.propose();
    let jobs = project.merge_request("3");
    assert_eq!((jobs["plan"].code, jobs["note"].code), (1, 0), "{jobs:#?}");
    assert_eq!(project.machine.writes(), []);
}

#[test]
fn a_forge_that_does_not_answer_gets_no_second_note() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let project = Project::new(&service);
    project.machine.desk.edit("personas/ana.yaml", "old", "new");
    project.machine.propose();
    project.machine.hold(json!("no list"));
    let jobs = project.merge_request("3");
    assert_ne!(jobs["note"].code, 0, "{jobs:#?}");
    assert_eq!(project.machine.writes(), []);
}

#[test]
fn what_a_fork_proposes_is_compared_without_a_key() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let project = Project::new(&service);
    project.machine.desk.edit("personas/ana.yaml", "old", "new");
    project.machine.propose();
    let mut jobs = project.merge_request("4");
    assert_eq!(names(&jobs), ["compare"]);
    jobs.remove("compare")
        .expect("it ran")
        .success()
        .says("\"old\" → \"new\"");
    assert!(
        project
            .machine
            .artifact("compare/report/plan.html")
            .contains("</html>")
    );
}

#[test]
fn a_deploy_applies_and_commits_the_ledger() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut project = Project::new(&service);
    project.set("PLAN_ID", "33cba76dae8e0e5c9e8f3a9a4a5a8ddb");
    let mut jobs = project.on_main("web");
    jobs.remove("deploy").expect("it ran").code(1);
    project.set("PLAN_ID", "");

    let mut jobs = project.on_main("push");
    assert_eq!(names(&jobs), ["deploy"]);
    let deploy = jobs.remove("deploy").expect("it ran");
    deploy
        .success()
        .says("Done: 1 applied.")
        .hides(KEY)
        .hides(TOKEN);
    let ledger = project.machine.on_main(LEDGER).expect("it is committed");
    assert_eq!(
        project.machine.artifact(&format!("deploy/{LEDGER}")),
        ledger
    );

    let tip = project.machine.git(&["rev-parse", "origin/main"]);
    let mut jobs = project.on_main("push");
    jobs.remove("deploy")
        .expect("it ran")
        .success()
        .says("No changes");
    project.machine.on_main(LEDGER).expect("it is there");
    assert_eq!(project.machine.git(&["rev-parse", "origin/main"]), tip);
}

#[test]
fn the_ledger_comes_on_top_of_what_was_merged_in_the_meantime() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let project = Project::new(&service);
    project
        .machine
        .desk
        .write("personas/ben.yaml", ANA.replace("Ana", "Ben"));
    project.machine.record();
    project.machine.push_in_the_meantime();
    let mut jobs = project.on_main("push");
    let deploy = jobs.remove("deploy").expect("it ran");
    deploy.success().says("Done: 1 applied.").says("rejected");
    assert!(project.machine.on_main("personas/ben.yaml").is_some());
    let ledger = project.machine.on_main(LEDGER).expect("it is committed");
    assert!(ledger.contains("\"ana\""), "{ledger}");
}

#[test]
fn what_was_applied_in_part_is_recorded_and_the_job_fails() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let project = Project::new(&service);
    project
        .machine
        .desk
        .write("personas/ben.yaml", ANA.replace("Ana", "Ben"));
    project.machine.commit("main");
    service.fault(&["POST /v2/personas status=422 count=1"]);
    let mut jobs = project.on_main("push");
    jobs.remove("deploy")
        .expect("it ran")
        .code(3)
        .says("1 applied");
    let ledger = project.machine.on_main(LEDGER).expect("it is committed");
    let ledger: Value = serde_json::from_str(&ledger).expect("JSON");
    assert_eq!(
        ledger["personas"].as_object().map(serde_json::Map::len),
        Some(1)
    );
}

#[test]
fn git_is_told_the_token_only_when_it_asks() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let mut project = Project::new(&service);
    let asks = Canned::http(
        "401 Unauthorized\r\nwww-authenticate: Basic realm=\"git\"",
        "text/plain",
        "",
    );
    project.set("CI_PROJECT_URL", &asks.url());
    let mut jobs = project.on_main("push");
    let deploy = jobs.remove("deploy").expect("it ran");
    deploy
        .code(1)
        .says("the ledger could not be pushed")
        .hides(TOKEN);
    let requests = asks.requests();
    assert!(
        !requests[0].to_lowercase().contains("authorization:"),
        "{requests:?}"
    );
    // personactl:token-of-the-job
    let told = "Authorization: Basic cGVyc29uYWN0bDp0b2tlbi1vZi10aGUtam9i";
    assert!(requests[1].contains(told), "{requests:?}");
    let kept = project.machine.artifact(&format!("deploy/{LEDGER}"));
    assert!(kept.contains("\"ana\""), "{kept}");
}

#[test]
fn drift_has_one_issue_for_as_long_as_it_lasts() {
    if !has_tools() {
        return;
    }
    let service = Served::with(&[]);
    let project = Project::new(&service);
    let night = || {
        let jobs = project.on_main("schedule");
        assert_eq!(names(&jobs), ["drift", "issue"]);
        assert!(jobs.values().all(|job| job.code == 0), "{jobs:#?}");
        project.machine.writes()
    };
    let calls = night();
    let first = project.machine.artifact("drift/report/plan.md");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].0, "POST projects/3/issues");
    assert_eq!(calls[0].1["labels"], "personas-drift");
    assert_eq!(calls[0].1["description"], first);

    let mark = first.lines().next().expect("a mark");
    let issue = |text: &str| {
        json!([
            {"iid": 4, "author": {"id": 1}, "description": mark},
            {"iid": 5, "author": {"id": 7}, "description": text},
        ])
    };
    project.machine.hold(issue(&first));
    assert_eq!(night(), []);

    project.machine.desk.edit("personas/ana.yaml", "old", "new");
    project.machine.commit("main");
    let calls = night();
    let second = project.machine.artifact("drift/report/plan.md");
    assert_eq!(calls[0].0, "PUT projects/3/issues/5");
    assert_eq!(calls[0].1["description"], second);
    assert_eq!(calls[1].0, "POST projects/3/issues/5/notes");
    assert_eq!(calls.len(), 2, "{calls:?}");

    project.machine.hold(issue(&second));
    assert_eq!(project.on_main("push")["deploy"].code, 0);
    let calls = night();
    assert_eq!(calls[0].0, "POST projects/3/issues/5/notes");
    assert_eq!(calls[1].0, "PUT projects/3/issues/5?state_event=close");
    assert_eq!(calls.len(), 2, "{calls:?}");
    project.machine.hold(json!([]));
    assert_eq!(night(), []);
}
