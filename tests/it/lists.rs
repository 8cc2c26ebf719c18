//! A service whose lists shift, end too soon or never, whose answers have not heard of the last write, or
//! whose dashboard holds drafts: nothing is made twice or told wrongly, and once that is over all is in sync.

use crate::support::{Served, Site};

/// How many manifests there are: more than fit on three pages.
const MANY: usize = 23;

/// A sandbox with seven personas on a page, and a persona directory that means it.
struct Scene {
    service: Served,
    site: Site,
}

impl Scene {
    /// One with nothing in it.
    fn empty() -> Self {
        let service = Served::with(&["--page-cap", "7"]);
        let site = directory(&service, 0);
        Self { service, site }
    }

    /// One with so many personas, all in sync.
    fn in_sync(personas: usize) -> Self {
        let Self { service, .. } = Self::empty();
        let site = directory(&service, personas);
        site.run(["apply", "--yes"]).success();
        Self { service, site }
    }

    /// The same service, and a persona directory that says the same but has no ledger yet.
    fn unknown(personas: usize) -> Self {
        let Self { service, .. } = Self::in_sync(personas);
        let site = directory(&service, personas);
        Self { service, site }
    }

    /// Once all faults are over nothing is left to do, and nothing is there twice.
    #[track_caller]
    fn ends_in_sync(&self, personas: usize) {
        self.service.fault(&[]);
        self.site.run(["plan", "--detailed-exitcode"]).success();
        assert_eq!(self.service.live().len(), personas);
    }
}

fn directory(service: &Served, personas: usize) -> Site {
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "any");
    for number in 0..personas {
        let text = format!("persona_name: P{number}\nsystem_prompt: x\ncontext: old\n");
        site.write(&manifest(number), text);
    }
    site
}

fn manifest(number: usize) -> String {
    format!("personas/p{number}.yaml")
}

#[test]
fn a_list_that_is_never_whole_is_given_up_on() {
    let Scene { service, site } = Scene::unknown(MANY);
    for fault in ["endless", "shift=1", "shift=-1", "shift=9", "short=1"] {
        for command in [&["plan"][..], &["apply", "--yes"]] {
            service.fault(&[&format!("GET /v2/personas {fault}")]);
            let output = site.run(command.iter().copied()).code(1);
            let _ = output.says("entries of the").says("nothing was changed");
            let asked = service.hits();
            assert!((6..=12).contains(&asked), "{fault}: {asked} requests");
        }
        assert_eq!(service.live().len(), MANY, "{fault}");
    }
}

#[test]
fn a_list_that_is_whole_the_next_time_is_good_enough() {
    for fault in [
        "endless count=2",
        "shift=1 count=4",
        "shift=-1 count=4",
        "short=1 count=4",
        "duplicate=2",
        "duplicate=7",
    ] {
        let scene = Scene::unknown(MANY);
        scene.service.fault(&[&format!("GET /v2/personas {fault}")]);
        let plan = scene.site.run(["plan"]).success();
        let _ = plan.says("23 to adopt").hides("to create");
        scene.service.fault(&[&format!("GET /v2/personas {fault}")]);
        scene.site.run(["apply", "--yes"]).success();
        scene.ends_in_sync(MANY);
    }
}

#[test]
fn who_is_known_and_missing_from_the_list_is_neither_made_again_nor_forgotten() {
    let scene = Scene::in_sync(MANY);
    scene.service.fault(&["GET /v2/personas missing=20"]);
    let plan = scene.site.run(["plan", "--detailed-exitcode"]).success();
    let _ = plan.says("No changes");
    for number in 0..MANY {
        scene.site.edit(&manifest(number), "old", "new");
    }
    std::fs::remove_file(scene.site.path(&manifest(0))).expect("it is there");
    let applied = scene.site.run(["apply", "--yes", "--prune"]).success();
    let _ = applied.says("23 applied").hides("create");
    scene.ends_in_sync(MANY - 1);
}

#[test]
fn who_is_unknown_and_missing_from_the_list_is_looked_for_once_more() {
    let scene = Scene::unknown(MANY);
    scene.service.fault(&["GET /v2/personas missing=2 count=3"]);
    let applied = scene.site.run(["apply", "--yes"]).code(3);
    let _ = applied.says("2 stale").hides("applied create");
    assert_eq!(scene.service.live().len(), MANY);
    scene.site.run(["apply", "--yes"]).success();
    scene.ends_in_sync(MANY);
}

#[test]
fn a_persona_that_is_not_there_yet_is_waited_for() {
    let scene = Scene::empty();
    scene
        .site
        .write(&manifest(0), "persona_name: P0\nsystem_prompt: x\n");
    scene.service.fault(&["GET /v2/personas/* stale count=2"]);
    scene.site.run(["apply", "--yes"]).success();
    scene.ends_in_sync(1);
}

#[test]
fn a_persona_that_is_never_seen_is_not_made_again() {
    let scene = Scene::empty();
    scene
        .site
        .write(&manifest(0), "persona_name: P0\nsystem_prompt: x\n");
    scene.service.fault(&["GET * stale"]);
    let applied = scene.site.run(["apply", "--yes"]).code(3);
    let _ = applied.says("was written, but cannot be read");
    scene.ends_in_sync(1);
}

#[test]
fn a_lost_create_that_is_not_in_the_list_yet_is_looked_for_again() {
    let scene = Scene::empty();
    scene
        .site
        .write(&manifest(0), "persona_name: P0\nsystem_prompt: x\n");
    // The lists of the plan, of the look before the first step, and of the first after it.
    let faults = [
        "POST * reset after count=1",
        "GET /v2/personas stale count=3",
    ];
    scene.service.fault(&faults);
    scene.site.run(["apply", "--yes"]).success();
    assert_eq!(scene.service.hits(), 4);
    scene.ends_in_sync(1);
}

/// The GETs of one persona before it is patched: the plan's and the step's.
const LOOKS: usize = 2;

#[test]
fn a_change_that_does_not_show_yet_is_waited_for() {
    let scene = Scene::in_sync(1);
    scene.site.edit(&manifest(0), "old", "new");
    let fault = format!("GET /v2/personas/* stale skip={LOOKS} count=2");
    scene.service.fault(&[&fault]);
    let applied = scene.site.run(["apply", "--yes"]).success();
    let _ = applied.hides("normalised");
    assert_eq!(scene.service.hits(), 2);
    scene.ends_in_sync(1);
}

#[test]
fn a_change_that_never_shows_is_no_success() {
    let scene = Scene::in_sync(1);
    scene.site.edit(&manifest(0), "old", "new");
    let fault = format!("GET /v2/personas/* stale skip={LOOKS}");
    scene.service.fault(&[&fault]);
    let applied = scene.site.run(["apply", "--yes"]).code(3);
    let _ = applied.says("answers as before at /context");
    scene.service.fault(&[]);
    scene.site.run(["apply", "--yes"]).success();
    scene.ends_in_sync(1);
}

#[test]
fn a_member_that_does_not_show_yet_is_waited_for() {
    let scene = Scene::in_sync(1);
    scene
        .site
        .edit(&manifest(0), "context", "greeting: Hello\ncontext");
    let fault = format!("GET /v2/personas/* stale skip={LOOKS} count=2");
    scene.service.fault(&[&fault]);
    let applied = scene.site.run(["apply", "--yes"]).success();
    let _ = applied.hides("normalised");
    scene.ends_in_sync(1);
}

#[test]
fn answers_that_are_behind_undo_nothing() {
    let scene = Scene::in_sync(3);
    scene.site.edit(&manifest(0), "old", "new");
    scene.site.run(["apply", "--yes"]).success();
    // The last write to one was its change, to the others that they were made.
    scene.service.fault(&["GET /v2/personas stale"]);
    scene.site.run(["apply", "--yes", "--prune"]).success();
    let live = scene.service.live();
    let is_new = |live: &&serde_json::Value| live["document"]["context"] == "new";
    assert_eq!(live.iter().filter(is_new).count(), 1);
    scene.ends_in_sync(3);
}

#[test]
fn a_deleted_persona_that_is_still_answered_is_waited_for() {
    let scene = Scene::in_sync(2);
    std::fs::remove_file(scene.site.path(&manifest(0))).expect("it is there");
    // The one that is let through is the step's own look before it deletes.
    scene
        .service
        .fault(&["GET /v2/personas/* stale skip=1 count=2"]);
    let applied = scene.site.run(["apply", "--yes", "--prune"]).success();
    let _ = applied.says("1 applied");
    assert_eq!(scene.service.hits(), 2);
    scene.ends_in_sync(1);
}

#[test]
fn a_deleted_persona_that_is_answered_for_ever_is_no_success() {
    let scene = Scene::in_sync(2);
    std::fs::remove_file(scene.site.path(&manifest(0))).expect("it is there");
    scene.service.fault(&["GET /v2/personas/* stale skip=1"]);
    let applied = scene.site.run(["apply", "--yes", "--prune"]).code(3);
    let _ = applied.says("is still there");
    scene.ends_in_sync(1);
}

#[test]
fn a_draft_blocks_the_step_until_it_is_discarded_or_gone() {
    let scene = Scene::in_sync(3);
    for number in 0..3 {
        scene.site.edit(&manifest(number), "old", "new");
    }
    scene.service.fault(&["PATCH * draft count=1"]);
    let applied = scene.site.run(["apply", "--yes"]).code(3);
    let _ = applied.says("1 blocked").says("--discard-drafts");
    scene.service.fault(&["PATCH * draft"]);
    let applied = scene.site.run(["apply", "--yes", "--discard-drafts"]);
    let _ = applied.success().says("are discarded").says("1 applied");
    scene.ends_in_sync(3);
}
