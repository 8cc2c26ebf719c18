//! What holds whatever happens: one checker for each invariant, with what the wire saw as evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::evidence::{Evidence, last_read, name_in, operations, path_of};
use crate::message::Request;
use crate::people::{Manifest, SECRET};
use crate::schedule::{Guards, Work};
use crate::wire::{Event, Exchange, Stored};

/// What begins all keys that the program is given.
pub(crate) const KEY: &str = "key-canary-";
/// How long after an answer a list that was asked for before may still come in.
const ON_ITS_WAY: Duration = Duration::from_millis(400);
/// How long a program may take to end once its time is over, on a machine with other work.
const TO_END: Duration = Duration::from_secs(30);
/// What repetitions may cost a run beyond what its successes earn.
const BUDGET: usize = 16;
/// Where secrets stand, and what the service writes by itself.
const NOT_COMPARED: [&str; 3] = [
    "/layers/llm/api_key",
    "/layers/conferencing/email",
    "/updated_at",
];
/// What a persona is known by when it is deleted.
const SHOWN: [&str; 3] = ["/context", "/document_tags", "/greeting"];

/// An invariant does not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Which one: `I1`.
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
}

type Checked = Result<(), String>;
type Checker = fn(&Evidence<'_>) -> Checked;

/// Checks all of those that can be told from one round.
pub(crate) fn check(evidence: &Evidence<'_>) -> Result<(), Broken> {
    let checkers: [(&str, Checker); 10] = [
        ("I1", no_duplicate),
        ("I2", no_lost_update),
        ("I4", the_ledger_is_whole_and_knows_all),
        ("I5", no_unplanned_write),
        ("I6", bounded_amplification),
        ("I7", bounded_time),
        ("I8", no_secret),
        ("I9", honest_exit_code),
        ("I10", harmless_output),
        ("I12", patches_are_right),
    ];
    for (invariant, checker) in checkers {
        checker(evidence).map_err(|what| Broken { invariant, what })?;
    }
    Ok(())
}

/// I1: no two live personas have one name, at any time: nobody but the program makes any.
fn no_duplicate(evidence: &Evidence<'_>) -> Checked {
    let moments = evidence.exchanges().map(|exchange| &exchange.after);
    for stored in moments.chain([evidence.stored]) {
        let mut names = BTreeSet::new();
        let twice = stored
            .values()
            .find(|live| !names.insert(live["persona_name"].as_str()));
        if let Some(live) = twice {
            return Err(format!("{} is there twice", live["persona_name"]));
        }
    }
    Ok(())
}

/// I2: what is written over was read before. Only where the service heeds no guard, or takes none for what
/// was absent, an edit may be lost between the last look, which is at this very persona, and the write.
fn no_lost_update(evidence: &Evidence<'_>) -> Checked {
    let exchanges: Vec<_> = evidence.exchanges().collect();
    for (index, write) in exchanges.iter().enumerate() {
        let Some(id) = write.request.persona().filter(|_| write.has_effect()) else {
            continue;
        };
        let earlier = exchanges[..index]
            .iter()
            .filter(|other| other.client == write.client);
        let (read, is_direct) = last_read(earlier, id);
        for (path, is_guarded) in written_over(write) {
            let is_guarded = is_guarded && evidence.schedule.guards == Guards::Honoured;
            let before = write.before.get(id).and_then(|live| live.pointer(&path));
            let known = read.as_ref().and_then(|live| live.pointer(&path));
            if !is_same(before, known) && (is_guarded || !is_direct) {
                return Err(format!(
                    "{id}{path} was {before:?}, and was last read as {known:?}"
                ));
            }
        }
    }
    Ok(())
}

/// The paths whose values a write puts an end to, and whether it says what they were.
fn written_over(write: &Exchange) -> Vec<(String, bool)> {
    if write.request.method == "DELETE" {
        return SHOWN.map(|path| (path.to_owned(), false)).to_vec();
    }
    let (tests, changes) = operations(write);
    let asserted: BTreeSet<_> = tests.iter().map(path_of).collect();
    let paths = changes.iter().map(|change| owned(path_of(change)));
    paths
        .filter(|path| !NOT_COMPARED.contains(path))
        .map(|path| (path.to_owned(), asserted.contains(path)))
        .collect()
}

/// The place that an edit is one of: a list is owned as a whole, so that its elements have none.
fn owned(path: &str) -> &str {
    match path.starts_with("/document_tags/") {
        true => "/document_tags",
        false => path,
    }
}

fn is_same(left: Option<&Value>, right: Option<&Value>) -> bool {
    let present = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    present(left) == present(right)
}

/// I4: the ledger and its journal can be read at any time, are the old ones or the new ones, name what is
/// about to be made, and know what was acknowledged to a program that was not ended.
fn the_ledger_is_whole_and_knows_all(evidence: &Evidence<'_>) -> Checked {
    if !evidence.old_ledger_is_whole {
        return Err("the old ledger was written over while somebody had it open".to_owned());
    }
    for event in evidence.events {
        if let Event::Unreadable(problem) = event {
            return Err(problem.clone());
        }
    }
    for create in evidence.creates() {
        let name = name_in(create);
        let intent = format!("\"name\":\"{name}\"");
        if !create.books.contains(&intent) {
            return Err(format!(
                "{name} was made, and nothing was written down before"
            ));
        }
    }
    let books = evidence.site.books().read()?;
    let heard = evidence
        .creates()
        .filter(|create| evidence.was_heard(create));
    let unknown = heard.map(|create| &create.answer.body["persona_id"]);
    match unknown
        .filter_map(Value::as_str)
        .find(|id| !books.contains(id))
    {
        Some(id) => Err(format!("{id} was acknowledged, and nobody knows it")),
        None => Ok(()),
    }
}

/// I5: a plan writes nothing; what is made has a manifest, what is changed is declared, what is deleted has
/// been consented to; and all of that is in the plan, where it was told.
fn no_unplanned_write(evidence: &Evidence<'_>) -> Checked {
    for write in evidence
        .exchanges()
        .filter(|exchange| exchange.request.method != "GET")
    {
        let told = format!("{} {}", write.request.method, write.request.target);
        let is_planned = match write.request.method.as_str() {
            _ if evidence.round.work == Work::Plan => false,
            "POST" => evidence
                .manifests
                .iter()
                .any(|manifest| manifest.is_there && manifest.name == name_in(write)),
            "DELETE" => evidence.round.work == Work::Prune,
            _ => operations(write)
                .1
                .iter()
                .all(|operation| !path_of(operation).starts_with("/greeting")),
        };
        if !is_planned || !is_told(evidence, write) {
            return Err(format!("nobody planned {told} {}", write.request.json()));
        }
    }
    Ok(())
}

/// Whether a write is among the steps that the program told of, if it told in a form that can be read.
fn is_told(evidence: &Evidence<'_>, write: &Exchange) -> bool {
    let mut ended = evidence.ended.iter();
    let ended = ended.find(|ended| ended.client == write.client);
    let told = ended.and_then(|ended| serde_json::from_str::<Value>(&ended.stdout).ok());
    let Some(steps) = told.as_ref().and_then(|told| told["steps"].as_array()) else {
        return true;
    };
    let actions: &[&str] = match write.request.method.as_str() {
        "POST" => &["create", "recreate"],
        "DELETE" => &["delete"],
        _ => &["update", "adopt"],
    };
    steps.iter().any(|step| {
        let is_meant = match write.request.persona() {
            Some(id) => step["persona_id"] == id,
            None => step["persona_name"] == name_in(write),
        };
        is_meant && actions.iter().any(|action| step["action"] == *action)
    })
}

/// I6: repetitions are bounded, and nobody asks before the service wants to be asked.
fn bounded_amplification(evidence: &Evidence<'_>) -> Checked {
    let mut clients: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
    for exchange in evidence.exchanges() {
        clients.entry(&exchange.client).or_default().push(exchange);
    }
    for exchanges in clients.values() {
        let failures = exchanges
            .iter()
            .filter(|exchange| matches!(exchange.answer.status, 0 | 429 | 500..));
        let failures = failures.count();
        if failures > BUDGET + exchanges.len() - failures {
            return Err(format!(
                "{failures} of {} requests failed, and none gave up",
                exchanges.len()
            ));
        }
        exchanges
            .iter()
            .try_for_each(|refusal| waits_for(refusal, exchanges))?;
    }
    Ok(())
}

/// Whether nobody asks for the same again until a refusal is over. What others ask for may be on its way when
/// the refusal comes, and so may be the list, which several creates look through.
fn waits_for(refusal: &Exchange, exchanges: &[&Exchange]) -> Checked {
    let Some(seconds) = refusal.answer.retry_after else {
        return Ok(());
    };
    let Request { method, target, .. } = &refusal.request;
    let on_its_way = match refusal.request.persona() {
        Some(_) => Duration::ZERO,
        None => ON_ITS_WAY,
    };
    let closed = refusal.answered + on_its_way..refusal.answered + Duration::from_secs(seconds);
    let mut others = exchanges.iter();
    let early = others.find(|other| {
        let is_same = other.request.method == *method && other.request.target == *target;
        is_same && closed.contains(&other.asked)
    });
    early.map_or(Ok(()), |early| {
        let after = early.asked - refusal.answered;
        Err(format!(
            "{method} {target} came again {after:?} after the service wanted {seconds} s"
        ))
    })
}

/// I7: a run ends when its time is over.
fn bounded_time(evidence: &Evidence<'_>) -> Checked {
    let longest = evidence.round.work.longest() + TO_END;
    let mut late = evidence.ended.iter().filter(|ended| ended.took > longest);
    late.next()
        .map_or(Ok(()), |ended| Err(format!("it took {:?}", ended.took)))
}

/// I8: the secret is in bodies that are sent and nowhere else; the key is in one header.
fn no_secret(evidence: &Evidence<'_>) -> Checked {
    for exchange in evidence.exchanges() {
        let head = exchange.request.head().replacen(&exchange.client, "", 1);
        let body = exchange.request.json().to_string();
        if head.contains(SECRET.1) || [head, body].iter().any(|text| text.contains(KEY)) {
            return Err(format!(
                "a secret is in the wrong place of {:?}",
                exchange.request
            ));
        }
    }
    let files = walkdir::WalkDir::new(evidence.site.path("."))
        .into_iter()
        .flatten();
    for file in files.filter(|file| file.file_type().is_file()) {
        let text = fs::read(file.path()).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&text);
        if text.contains(SECRET.1) || text.contains(KEY) {
            return Err(format!("a secret is in {}", file.path().display()));
        }
    }
    Ok(())
}

/// I9: who says that all is done has done all of it.
fn honest_exit_code(evidence: &Evidence<'_>) -> Checked {
    let applies = matches!(
        evidence.round.work,
        Work::Apply | Work::Insist | Work::Prune | Work::Hurry
    );
    let is_edited = evidence
        .events
        .iter()
        .any(|event| matches!(event, Event::Edited));
    let says_so = evidence.ended.iter().any(|ended| ended.code == Some(0));
    if !applies || is_edited || !says_so {
        return Ok(());
    }
    are_met(evidence.manifests, evidence.stored)
}

/// Whether the service holds what is wanted, however it spells it.
pub(crate) fn are_met(manifests: &[Manifest], stored: &Stored) -> Checked {
    for manifest in manifests.iter().filter(|manifest| manifest.is_there) {
        let mut all = stored.values();
        let live = all.find(|live| live["persona_name"] == manifest.name);
        let live = live.ok_or_else(|| format!("{} is not there", manifest.name))?;
        for (path, wanted) in manifest.desired() {
            let held = live.pointer(path).unwrap_or(&Value::Null);
            if plain(held) != plain(&wanted) {
                return Err(format!("{}{path} is {held}, not {wanted}", manifest.name));
            }
        }
    }
    Ok(())
}

/// A value without what a normaliser takes from it.
fn plain(value: &Value) -> String {
    let text = value
        .to_string()
        .to_lowercase()
        .replace(['"', '[', ']', ','], " ");
    let mut words: Vec<_> = text.split_whitespace().collect();
    words.retain(|word| *word != "null");
    words.sort_unstable();
    words.join(" ")
}

/// I10: nothing that moves a cursor, turns text around or speaks to a CI runner comes out.
fn harmless_output(evidence: &Evidence<'_>) -> Checked {
    let is_harmful = |letter: char| {
        letter.is_control() && letter != '\n'
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for ended in evidence.ended {
        for said in [&ended.stdout, &ended.stderr] {
            let speaks = said.lines().any(|line| line.trim_start().starts_with("::"));
            if speaks || said.contains(is_harmful) {
                return Err(format!("{said:?}"));
            }
        }
    }
    Ok(())
}

/// I12: what the service stores is what an independent implementation makes of the patch, but for what the
/// service is told to make of texts itself.
fn patches_are_right(evidence: &Evidence<'_>) -> Checked {
    let is_literal = !evidence.schedule.service.contains(&"--normalise");
    let patches = evidence
        .exchanges()
        .filter(|exchange| exchange.request.method == "PATCH");
    for write in patches.filter(|write| write.has_effect()) {
        let id = write
            .request
            .persona()
            .ok_or("a patch is for one persona")?;
        let (Some(before), Some(after)) = (write.before.get(id), write.after.get(id)) else {
            return Err(format!("{id} was patched, and is not there"));
        };
        let mut patched = before.clone();
        let patch = serde_json::from_value::<json_patch::Patch>(Value::from(operations(write).1));
        let patch = patch.map_err(|error| error.to_string())?;
        json_patch::patch(&mut patched, &patch).map_err(|error| error.to_string())?;
        if is_literal && compared(&patched) != compared(after) {
            return Err(format!("{patch} made {after} of {before}"));
        }
    }
    Ok(())
}

/// The document without what is stored in a form of its own.
fn compared(document: &Value) -> Value {
    let mut compared = document.clone();
    for path in NOT_COMPARED {
        let (parent, name) = path.rsplit_once('/').expect("a pointer");
        let parent = compared.pointer_mut(parent).and_then(Value::as_object_mut);
        parent.map(|members| members.shift_remove(name));
    }
    compared
}
