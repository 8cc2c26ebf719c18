//! What stands in the page, and what never does, without a browser.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::apply::{After, Normalised, Outcome, Status};
use crate::model::{Digest, Key, PersonaId, Place, Pointer, SecretName};
use crate::plan::{
    Action, Against, Base, Cause, Entry, FieldChange, Notes, Obstacle, Plan, Revision, Step,
};
use crate::render::{Form, Report, Setting, in_output, on_one_line};

fn field(path: Pointer, before: Option<Value>, after: Option<Value>) -> FieldChange {
    FieldChange {
        path,
        cause: Cause::Drift,
        before,
        after,
        secret: false,
        place: Some(Place {
            file: "personas/ana.yaml".into(),
            line: 7,
            column: 1,
            width: 1,
        }),
    }
}

fn step(key: &str, name: &str, action: Action, fields: Vec<FieldChange>) -> Step {
    Step {
        key: Key::new(key),
        file: Some("personas/ana.yaml".into()),
        persona_id: PersonaId::new("p1"),
        persona_name: name.to_owned(),
        action,
        reason: None,
        fields,
        unmanaged: Vec::new(),
        unavailable: BTreeSet::new(),
        ignore: Vec::new(),
        binding: None,
        rivals: BTreeSet::new(),
        entry: Entry::Fixed(None),
    }
}

fn update() -> Action {
    Action::Update(Revision {
        id: PersonaId::new("p1").expect("an id"),
        base: Base::default(),
        requests: Vec::new(),
    })
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        environment: "staging".to_owned(),
        against: Against::Service("https://example.com/v2".to_owned()),
        steps,
        notes: Notes::default(),
    }
}

fn page(plan: &Plan, outcomes: Option<&[Outcome]>) -> String {
    page_in(Setting::default(), plan, outcomes)
}

/// The page as it is served.
fn live(plan: &Plan, outcomes: Option<&[Outcome]>) -> String {
    let setting = Setting {
        live: Some(17),
        ..Setting::default()
    };
    page_in(setting, plan, outcomes)
}

fn page_in(setting: Setting<'_>, plan: &Plan, outcomes: Option<&[Outcome]>) -> String {
    let report = Report {
        plan,
        id: Digest::unset(),
        outcomes,
        setting,
    };
    report.render(Form::Html)
}

/// A plan that says this wherever a plan says anything.
fn saying(text: &str) -> (Plan, Vec<Outcome>) {
    let path = Pointer::root().join(text);
    let fields = vec![
        field(path.clone(), None, Some(json!(text))),
        field(path.clone(), Some(json!(text)), None),
        field(path.clone(), Some(json!([text])), Some(json!({text: text}))),
        field(
            path.clone(),
            Some(json!(format!("{text}\na {text} b"))),
            Some(json!(format!("{text}\na c {text} d"))),
        ),
        field(path.clone(), None, Some(json!(format!("{text}\n{text}")))),
    ];
    let blocked = Action::Blocked(Obstacle::Conflict);
    let actions = [update(), blocked, Action::Create(json!({})), Action::Keep];
    let steps = actions
        .into_iter()
        .enumerate()
        .map(|(number, action)| Step {
            file: Some(text.into()),
            reason: Some(text.to_owned()),
            unmanaged: vec![path.clone()],
            ..step(&format!("{number}{text}"), text, action, fields.clone())
        });
    let plan = Plan {
        environment: text.to_owned(),
        against: Against::Revision {
            name: text.to_owned(),
            commit: text.to_owned(),
            remarks: vec![text.to_owned()],
        },
        ..plan(steps.collect())
    };
    let outcome = Outcome {
        status: Status::Failed,
        message: Some(format!("it says {text}")),
        persona_id: None,
        normalised: vec![Normalised {
            path,
            sent: json!(text),
            seen: Some(json!(text)),
        }],
        is_unauthorized: false,
        after: After::Untouched,
    };
    let outcomes = vec![outcome; plan.steps.len()];
    (plan, outcomes)
}

/// The page without its styles and its scripts, which are ours.
fn foreign(page: &str) -> String {
    use super::{live, page};
    let ours = [page::STYLE, page::SCRIPT, live::STYLE, live::SCRIPT];
    ours.iter()
        .fold(page.to_owned(), |page, ours| page.replacen(ours, "", 1))
}

/// The marks of a page, one after the other, but for those of single words: which words of two lines are the same
/// depends on what they say.
fn marks(page: &str) -> Vec<String> {
    let page = foreign(page);
    let page = ["<ins>", "</ins>", "<del>", "</del>"]
        .iter()
        .fold(page, |page, mark| page.replace(mark, ""));
    let marks = page.split('<').skip(1);
    marks
        .map(|mark| {
            mark.split_once('>')
                .map_or(mark, |(mark, _)| mark)
                .to_owned()
        })
        .collect()
}

/// What is read on a page.
fn text(page: &str) -> String {
    let page = foreign(page);
    let texts = page.split('<');
    let texts = texts.map(|text| text.split_once('>').map_or(text, |(_, text)| text));
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(texts.collect(), |text: String, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}

const ATTACKS: [&str; 14] = [
    "<script>alert(1)</script>",
    "</style><img src=x>",
    "</title><!--",
    "</script>",
    "]]><svg/onload=x>",
    "\"onmouseover=\"x",
    "' autofocus onfocus='x",
    "&lt;b&gt; &#60;b&#62;",
    "\u{202e}evil\u{2066}",
    "\u{1b}[31mred\u{9b}2J",
    "a\u{200b}b\u{feff}",
    "::error::x ##[x]",
    "p1",
    "update",
];

#[test]
fn hostile_text_stays_text() {
    let (plan, outcomes) = saying("harmless");
    let harmless = marks(&page(&plan, Some(&outcomes)));
    for attack in ATTACKS {
        let (plan, outcomes) = saying(attack);
        let page = page(&plan, Some(&outcomes));
        assert!(marks(&page) == harmless, "{attack:?} adds to the marks");
        let shown = on_one_line(attack);
        let count = text(&page).matches(&*shown).count();
        assert!(count > 25, "{attack:?} is shown {count} times only");
        assert!(in_output(&page) == page, "{attack:?} is not harmless");
    }
}

proptest! {
    // So short that its values stay so, whatever it takes to write them as JSON.
    #[test]
    fn no_text_adds_to_the_marks(text in ".{1,4}") {
        let (plan, outcomes) = saying("harmless");
        let harmless = marks(&page(&plan, Some(&outcomes)));
        let (plan, outcomes) = saying(&text);
        prop_assert!(marks(&page(&plan, Some(&outcomes))) == harmless);
    }
}

#[test]
fn kept_personas_are_in_sight_where_there_is_something_to_say_of_them() {
    let kept = |reason: Option<&str>| Step {
        reason: reason.map(str::to_owned),
        ..step("ana", "Ana", Action::Keep, Vec::new())
    };
    let quiet = page(&plan(vec![kept(None)]), None);
    assert!(quiet.contains("<details class=\"kept\">"), "{quiet}");
    let told = page(&plan(vec![kept(None), kept(Some("moved"))]), None);
    assert!(told.contains("<details class=\"kept\" open>"), "{told}");
}

#[test]
fn every_text_of_the_plan_is_in_the_page() {
    let long = |word: &str| {
        (0..40)
            .map(|n| format!("Line {n} says {word}.\n"))
            .collect::<String>()
    };
    let (before, after) = (long("one"), long("two"));
    let changed = field(
        Pointer::root().join("system_prompt"),
        Some(json!(before)),
        Some(json!(after)),
    );
    let added = field(
        Pointer::root().join("context"),
        None,
        Some(json!(long("three"))),
    );
    let secret = FieldChange {
        secret: true,
        ..field(
            Pointer::root().join("api_key"),
            Some(json!("before")),
            Some(json!({"$secret": "KEY"})),
        )
    };
    let reason = Some("because of this".to_owned());
    let steps = vec![
        Step {
            reason,
            unmanaged: vec![Pointer::root().join("greeting")],
            unavailable: SecretName::new("TOKEN").into_iter().collect(),
            ..step("support/ana", "Ana", update(), vec![changed, added, secret])
        },
        step("quiet/ben", "Ben", Action::Keep, Vec::new()),
    ];
    let text = text(&page(&plan(steps), None));
    let lines = [&before, &after, &long("three")].map(|text| text.trim_end().to_owned());
    let lines = lines.iter().flat_map(|text| text.lines());
    let told = [
        "staging",
        "https://example.com/v2",
        &Digest::unset().to_string(),
        "support/ana",
        "Ana",
        "p1",
        "personas/ana.yaml",
        "because of this",
        "/system_prompt",
        "drift",
        "line 7",
        "/context",
        "(secret KEY, changed)",
        "/greeting",
        "TOKEN is not set here",
        "quiet/ben",
        "Ben",
    ]
    .map(str::to_owned);
    for told in told.iter().map(String::as_str).chain(lines) {
        assert!(text.contains(told), "{told:?} is not told");
    }
    assert!(!text.contains("before"), "a secret is told");
}

#[test]
fn personas_that_change_alike_are_told_once() {
    let path = Pointer::root().join("context");
    let same = || vec![field(path.clone(), Some(json!("a")), Some(json!("b")))];
    let steps = ["x", "y", "z"].map(|key| step(key, key, update(), same()));
    let page = page(&plan(steps.to_vec()), None);
    assert_eq!(page.matches("<article").count(), 1);
    assert_eq!(page.matches("href=\"#p1\"").count(), 3);
    assert!(text(&page).contains("3 personas in the same way"));
}

#[test]
fn a_plan_with_nothing_to_do_says_so() {
    let page = page(
        &plan(vec![step("ana", "Ana", Action::Keep, Vec::new())]),
        None,
    );
    let text = text(&page);
    assert!(text.contains("Nothing to do"), "{text}");
    assert!(text.contains("as its manifest says"), "{text}");
    assert!(!page.contains("<article"));
}

/// What stands between two marks.
fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    let (_, rest) = page.split_once(start).expect("it begins");
    rest.split_once(end).expect("it ends").0
}

fn hash(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(digest))
}

fn told_policy(page: &str) -> String {
    between(page, "Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'")
}

#[test]
fn the_policy_allows_the_style_and_the_script_and_nothing_else() {
    let page = page(&plan(Vec::new()), None);
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "<script>", "</script>"));
    let expected = format!(
        "default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(told_policy(&page), expected);
    // What goes out is made harmless once more, and would no longer fit.
    assert_eq!(in_output(&page), page);
}

#[test]
fn a_live_page_may_ask_where_it_comes_from_as_well_and_nobody_else() {
    let page = live(&plan(Vec::new()), None);
    let every = |mark: &str| {
        let (start, end) = (format!("<{mark}>"), format!("</{mark}>"));
        let parts = page.split(&start).skip(1);
        let hashes = parts.map(|part| hash(part.split_once(&end).expect("it ends").0));
        hashes.collect::<Vec<_>>()
    };
    let styles = every("style").join(" ");
    let scripts: Vec<String> = every("script").into_iter().rev().collect();
    assert_eq!(scripts.len(), 2);
    let scripts = scripts.join(" ");
    let expected = format!(
        "default-src 'none'; style-src {styles}; script-src {scripts}; connect-src 'self'; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(told_policy(&page), expected);
    assert_eq!(in_output(&page), page);
    assert_eq!(between(&page, "name=\"version\" content=\"", "\""), "17");
    // The page that makes way for the first plan takes that plan's script.
    let waiting = super::waiting(17);
    assert_eq!(told_policy(&waiting), expected);
    assert_eq!(in_output(&waiting), waiting);
}

#[test]
fn hostile_text_stays_text_in_a_live_page() {
    let (plan, outcomes) = saying("harmless");
    let harmless = marks(&live(&plan, Some(&outcomes)));
    for attack in ATTACKS {
        let (plan, outcomes) = saying(attack);
        let found = marks(&live(&plan, Some(&outcomes)));
        assert!(found == harmless, "{attack:?} adds to the marks");
    }
}

#[test]
fn nothing_is_fetched_styled_or_handled_by_an_attribute() {
    let (plan, outcomes) = saying("https://example.com/x.js");
    for mark in marks(&page(&plan, Some(&outcomes))) {
        for forbidden in [
            "//", "http:", "https:", "data:", " src=", " style=", " on", "url(",
        ] {
            assert!(!mark.contains(forbidden), "<{mark}> holds {forbidden:?}");
        }
        assert_eq!(
            mark.matches("href=").count(),
            mark.matches("href=\"#").count(),
            "<{mark}>"
        );
    }
}
