//! Applies that do not know of each other: several on one ledger, and two from clones with a ledger each.

use std::process::{Output, Stdio};
use std::sync::Arc;

use libtest_mimic::Failed;

use crate::invariants::KEY;
use crate::message::Request;
use crate::office::Office;
use crate::people::{self, NAMES, SECRET};
use crate::schedule::Commit;
use crate::scripted::Scripted;
use crate::site::Site;

/// How many applies there are at a time, how often, and for how many personas.
const APPLIES: usize = 6;
const ROUNDS: usize = 5;
const PERSONAS: usize = 3;
/// What makes an apply last until all others have come.
const SLOW: [&str; 2] = ["--fault", "* /v2/personas* delay=120ms"];
/// More requests than an apply of one persona makes.
const REQUESTS: usize = 10;

/// A repository whose service is at this address.
fn clone_of(url: &str) -> Site {
    let mut site = Site::empty();
    site.set("TAVUS_PUBLIC_API_BASE_URL", url);
    site.set("TAVUS_API_KEY", KEY);
    site.set(SECRET.0, SECRET.1);
    site
}

/// Of several applies at the same time one does the work, and tells all others that it is at it.
pub(crate) fn of_many_applies_at_once_one_wins() -> Result<(), Failed> {
    let office = Office::open(&SLOW);
    let site = clone_of(&office.url());
    let mut manifests = people::manifests(PERSONAS);
    for round in 0..ROUNDS {
        for who in 0..PERSONAS {
            people::commit(
                &mut manifests,
                &Commit::Context(who, format!("round {round}")),
            );
        }
        people::write(&manifests, &site);
        one_wins(&site)?;
        let stored = office.stored();
        let names: Vec<_> = stored.values().map(|live| &live["persona_name"]).collect();
        let is_done = |name: &str| {
            stored.values().any(|live| {
                live["persona_name"] == name && live["context"] == format!("round {round}")
            })
        };
        if names.len() != PERSONAS || !NAMES[..PERSONAS].iter().all(|name| is_done(name)) {
            return Err(format!("round {round}: {stored:#?}").into());
        }
    }
    Ok(())
}

/// Whoever comes while another is at it says who that is; whoever comes after it has nothing to do.
fn one_wins(site: &Site) -> Result<(), Failed> {
    let start = || {
        let mut command = site.command(["apply", "--yes", "--format", "json"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        child.expect("the program starts")
    };
    let started: Vec<_> = (0..APPLIES).map(|_| start()).collect();
    let ended = started.into_iter().map(|child| {
        let id = child.id();
        (id, child.wait_with_output().expect("it ends"))
    });
    let ended: Vec<(u32, Output)> = ended.collect();
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let (winners, losers): (Vec<_>, Vec<_>) = ended
        .iter()
        .partition(|(_, output)| output.status.success());
    let workers: Vec<_> = winners
        .iter()
        .filter(|(_, output)| has_applied(output))
        .collect();
    let [(worker, _)] = workers[..] else {
        return Err(format!(
            "{} of {APPLIES} applies did the work: {ended:#?}",
            workers.len()
        )
        .into());
    };
    let holder = format!("another apply has it: process {worker} since 2");
    let is_told =
        |output: &Output| output.status.code() == Some(1) && said(output).contains(&holder);
    match losers.iter().find(|(_, output)| !is_told(output)) {
        None => Ok(()),
        Some((_, output)) => Err(format!(
            "{worker} was at it, and another said: {:?} {}",
            output.status,
            said(output)
        )
        .into()),
    }
}

fn has_applied(output: &Output) -> bool {
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    told["summary"]["applied"]
        .as_u64()
        .is_some_and(|applied| applied > 0)
}

/// Two clones have no lock in common. Whenever the other one comes in between, it is noticed, but for the time
/// between a look at the list and the create that follows from it: then both create, which no client of this
/// service can prevent; but the later one says so, as does each plan from then on, and whoever looks by name is
/// told of both.
pub(crate) fn of_two_clones_only_the_blind_moment_makes_two() -> Result<(), Failed> {
    let mut blind = Vec::new();
    for request in 1..=REQUESTS {
        if let Some(asked) = twins(request)? {
            blind.push(asked);
        }
    }
    match blind.iter().all(|asked| asked.starts_with("POST ")) && blind.len() == 1 {
        true => Ok(()),
        false => Err(format!("two are made when the other clone comes before {blind:?}").into()),
    }
}

/// What was asked when the other clone came, if there are two of one name then.
fn twins(request: usize) -> Result<Option<String>, Failed> {
    let office = Office::open(&[]);
    let [ours, theirs, newcomer] = [(); 3].map(|()| Arc::new(clone_of(&office.url())));
    for site in [&ours, &theirs, &newcomer] {
        people::write(&people::manifests(1), site);
    }
    let (rival, service) = (theirs.clone(), office.address);
    let between = Scripted::new(move |asked, before| {
        if before.len() + 1 == request {
            drop(rival.run(["apply", "--yes"]));
        }
        let mut words = asked.head.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let answer = Request::new(method, target, &asked.body).ask(service);
        Some((answer.status, answer.body.to_string()))
    });
    let url = between.url();
    let mut command = ours.command(["apply", "--yes"]);
    let output = command
        .env("TAVUS_PUBLIC_API_BASE_URL", url)
        .output()
        .expect("the program runs");
    let stored = office.stored();
    let told = String::from_utf8_lossy(&output.stdout);
    let is_stale = told.contains("has appeared with this name since the plan was made");
    let names_both = |text: &str| stored.keys().all(|id| text.contains(id));
    let is_doubted = told.contains("another apply seems to have made") && names_both(&told);
    match (output.status.code(), stored.len()) {
        (Some(0), 1) => return Ok(None),
        (Some(3), 1) if is_stale => return Ok(None),
        (Some(3), 2) if is_doubted => {}
        _ => return Err(format!("{output:?}").into()),
    }
    for site in [&ours, &theirs] {
        let plan = site.run(["plan"]);
        if plan.code != 0 || !plan.stdout.contains("this is also the name of") {
            return Err(format!("no plan tells of the other one: {plan:#?}").into());
        }
    }
    let plan = newcomer.run(["plan"]);
    match names_both(&plan.stdout) && plan.code == 1 {
        true => Ok(between
            .asked()
            .get(request - 1)
            .map(|asked| asked.line.clone())),
        false => Err(format!("nobody is told of both: {plan:#?}").into()),
    }
}
