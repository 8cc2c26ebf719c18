//! What is told, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::{Metrics, Round};
use crate::api::{Attempt, Observer, Trouble};
use crate::apply::Status;
use crate::model::{Key, PersonaId, Pointer};
use crate::plan::{Action, Base, Cause, Entry, FieldChange, Obstacle, Plan, Revision, Step};

const MINUTE: Duration = Duration::from_secs(60);

fn update() -> Action {
    Action::Update(Revision {
        id: PersonaId::new("p1").expect("an id"),
        base: Base::default(),
        requests: Vec::new(),
    })
}

fn step(action: Action, cause: Cause) -> Step {
    let field = FieldChange {
        path: Pointer::root().join("greeting"),
        cause,
        before: Some(json!("key-canary")),
        after: Some(json!("key-canary")),
        secret: false,
        place: None,
    };
    Step {
        key: Key::new("key-canary"),
        file: Some("key-canary".into()),
        persona_id: None,
        persona_name: "key-canary".to_owned(),
        action,
        reason: Some("key-canary".to_owned()),
        fields: vec![field],
        unmanaged: Vec::new(),
        unavailable: BTreeSet::new(),
        ignore: Vec::new(),
        binding: None,
        rivals: BTreeSet::new(),
        entry: Entry::Fixed(None),
    }
}

fn plan() -> Plan {
    let steps = vec![
        step(Action::Create(json!({})), Cause::Change),
        step(Action::Recreate(json!({})), Cause::Change),
        step(update(), Cause::Change),
        step(update(), Cause::Drift),
        step(Action::Keep, Cause::Change),
        step(Action::Blocked(Obstacle::Conflict), Cause::Conflict),
        step(Action::Blocked(Obstacle::Identity), Cause::Change),
    ];
    Plan {
        steps,
        ..Plan::default()
    }
}

/// What is told of one sample, by its name and labels.
fn sample(metrics: &Metrics, name: &str) -> String {
    let written = metrics.encode();
    let mut samples = written.lines().filter_map(|line| line.rsplit_once(' '));
    let found = samples.find(|(sample, _)| *sample == name);
    let (_, value) = found.unwrap_or_else(|| panic!("{name} is not in\n{written}"));
    value.to_owned()
}

fn attempt(status: Option<u16>, took: Duration) -> Attempt {
    Attempt {
        method: "GET",
        status,
        took,
    }
}

/// One in which everything has happened.
fn busy() -> Metrics {
    let metrics = Metrics::new(5 * MINUTE);
    metrics.planned(&plan());
    metrics.stepped(&update(), Status::Applied);
    metrics.attempted(attempt(Some(200), Duration::from_millis(70)));
    metrics.repeats(Trouble::Throttled);
    let now = Timestamp::from_second(1_790_000_000).expect("a time");
    metrics.ended(Round::Done, Duration::from_millis(1_500), now);
    metrics
}

#[test]
fn what_a_plan_found_is_told_until_the_next_one() {
    let metrics = Metrics::new(MINUTE);
    let told = |name| sample(&metrics, name);
    metrics.planned(&plan());
    assert_eq!(told("personactl_pending_steps"), "4");
    assert_eq!(told("personactl_drifted_personas"), "3");
    assert_eq!(told("personactl_conflicting_personas"), "1");
    assert_eq!(told("personactl_blocked_personas"), "2");
    metrics.planned(&Plan::default());
    assert_eq!(told("personactl_pending_steps"), "0");
    assert_eq!(told("personactl_drifted_personas"), "0");
}

#[test]
fn a_step_is_pending_until_it_is_done() {
    let metrics = Metrics::new(MINUTE);
    let pending = || sample(&metrics, "personactl_pending_steps");
    metrics.planned(&plan());
    for status in [Status::Failed, Status::Stale, Status::Skipped] {
        metrics.stepped(&update(), status);
    }
    metrics.stepped(&Action::Keep, Status::Unchanged);
    assert_eq!(pending(), "4");
    metrics.stepped(&update(), Status::Applied);
    metrics.stepped(&update(), Status::Unchanged);
    assert_eq!(pending(), "2");
    let failed = "personactl_steps_total{action=\"update\",result=\"failed\"}";
    assert_eq!(sample(&metrics, failed), "1");
}

#[test]
fn only_a_round_that_leaves_nothing_is_a_success() {
    let metrics = Metrics::new(5 * MINUTE);
    let last = || sample(&metrics, "personactl_last_success_timestamp_seconds");
    let at = |second| Timestamp::from_second(second).expect("a time");
    for round in [Round::Partial, Round::Failed, Round::Unauthorized] {
        metrics.ended(round, MINUTE, at(1_790_000_000));
        let name = format!("personactl_rounds_total{{result=\"{}\"}}", round.word());
        assert_eq!(sample(&metrics, &name), "1");
    }
    assert_eq!(last(), "0.0");
    metrics.ended(Round::Done, MINUTE, at(1_790_000_060));
    metrics.ended(Round::Failed, 2 * MINUTE, at(1_790_000_120));
    assert_eq!(last(), "1790000060.0");
    assert_eq!(
        sample(&metrics, "personactl_last_round_duration_seconds"),
        "120.0"
    );
    assert_eq!(sample(&metrics, "personactl_interval_seconds"), "300.0");
}

#[test]
fn requests_are_told_by_class_and_by_time() {
    let metrics = Metrics::new(MINUTE);
    for status in [
        Some(200),
        Some(204),
        Some(304),
        Some(429),
        Some(503),
        Some(999),
        None,
    ] {
        metrics.attempted(attempt(status, Duration::from_millis(70)));
    }
    let count = |class: &str| {
        let labels = format!("{{method=\"GET\",status=\"{class}\"}}");
        sample(
            &metrics,
            &format!("personactl_api_request_duration_seconds_count{labels}"),
        )
    };
    let classes = ["2xx", "3xx", "4xx", "5xx", "other", "none"];
    assert_eq!(classes.map(count), ["2", "1", "1", "1", "1", "1"]);
    for (bound, expected) in [("0.05", "0"), ("0.1", "2"), ("+Inf", "2")] {
        let bucket = format!(
            "personactl_api_request_duration_seconds_bucket{{le=\"{bound}\",method=\"GET\",status=\"2xx\"}}"
        );
        assert_eq!(sample(&metrics, &bucket), expected);
    }
}

#[test]
fn what_can_happen_is_counted_from_nothing_on() {
    let fresh = Metrics::new(MINUTE).encode();
    let series = |written: &str| {
        let samples = written.lines().filter_map(|line| line.rsplit_once(' '));
        let counters = samples.filter(|(name, _)| name.contains("_total"));
        counters
            .map(|(name, _)| name.to_owned())
            .collect::<BTreeSet<_>>()
    };
    let metrics = busy();
    for step in plan().steps {
        metrics.stepped(&step.action, Status::Refused);
    }
    for trouble in Trouble::PASSING {
        metrics.repeats(trouble);
    }
    assert_eq!(series(&metrics.encode()), series(&fresh));
    let counters = fresh.lines().filter(|line| line.contains("_total{"));
    assert!(counters.clone().count() > 50);
    assert!(counters.clone().all(|line| line.ends_with(" 0")), "{fresh}");
}

#[test]
fn nothing_of_a_persona_is_told() {
    assert!(!busy().encode().contains("canary"));
}

/// The rules of OpenMetrics that a scraper goes by: each sample belongs to a family that was described before it, with
/// the ending that its type has, and none is told twice.
#[test]
fn a_scraper_can_read_it() {
    let endings: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("counter", ["_total"].as_slice()),
        ("gauge", &[""]),
        ("histogram", &["_bucket", "_count", "_sum"]),
        ("info", &["_info"]),
    ]);
    let written = busy().encode();
    let body = written.strip_suffix("# EOF\n").expect("an end");
    let (mut helps, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let (mut family, mut kind) = ("", "");
    for line in body.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", "HELP", name, _, ..] => assert!(helps.insert(name), "{line}"),
            ["#", "TYPE", name, of] => (family, kind) = (name, of),
            ["#", "UNIT", name, unit] => assert!(name.ends_with(unit), "{line}"),
            [sample, value] => {
                let name = sample.split('{').next().expect("a first part");
                let ending = name
                    .strip_prefix(family)
                    .unwrap_or_else(|| panic!("{line}"));
                assert!(endings[kind].contains(&ending), "{line}");
                assert!(helps.contains(family), "{line}");
                assert!(name.starts_with("personactl_"), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
                assert!(seen.insert(sample), "{line}");
            }
            _ => panic!("{line}"),
        }
    }
    assert_eq!(helps.len(), 13);
    let version = concat!(
        "personactl_build_info{version=\"",
        env!("CARGO_PKG_VERSION"),
        "\"}"
    );
    assert!(seen.contains(version), "{written}");
}
