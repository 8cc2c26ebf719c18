//! A plan as a comment on a pull request: as long as such a comment may be, and nothing that it quotes gets out of its code.

use std::collections::BTreeSet;

use super::Marks;
use super::budget::{Block, Section, fit};
use super::change::{Change, Depth, path};
use super::entry::{Entry, cause, entries, kept};
use super::report::{Outcomes, Report};
use super::words::{NOT_LOOKED_AT, headline, named, sign, unavailable};
use crate::apply::{Outcome, Status};
use crate::model::PersonaId;
use crate::plan::{Action, Against, FieldChange, Step};
use crate::render::escape::on_one_line;
use crate::render::outcomes;
use crate::render::value::{counted, difference};
use crate::render::wrap::{Span, wrap};

/// How many lines of a difference are shown: more than fit.
const MOST: usize = 2_000;
/// How wide a line of a difference may be, so that a comment shows it without being pushed aside.
const WIDE: usize = 100;
/// How many bytes stay of a difference that is too long.
const SHORT: usize = 8_000;

/// The plan as Markdown.
pub(super) fn report(report: &Report<'_>) -> String {
    let plan = report.plan;
    let remarks = plan.against.remarks().iter();
    let remarks: String = remarks
        .map(|remark| format!("\n> {}\n", code(remark)))
        .collect();
    let headline = headline(report, &code);
    let head = format!("{}\n### {headline}\n{remarks}", marker(report));
    let outcomes = report.endings();
    let busy = entries(&plan.steps, &outcomes);
    let busy = busy.iter().map(|entry| section(entry, &outcomes));
    let kept = kept(&plan.steps, false).map(left_alone);
    let foot = match plan.against {
        Against::Revision { .. } => NOT_LOOKED_AT.to_owned(),
        Against::Service(_) => format!("Plan id `{}`", report.id),
    };
    fit(
        &head,
        busy.chain(kept).collect(),
        &foot,
        report.setting.budget,
    )
}

/// The line by which a workflow finds its comment again: it depends on nothing but the directory and the environment.
fn marker(report: &Report<'_>) -> String {
    let environment = plain(&report.plan.environment);
    let directory = plain(report.setting.directory);
    format!("<!-- personactl: {environment} in {directory} -->")
}

/// A name that cannot end an HTML comment: all but letters, digits, dots, slashes and underscores as their code.
fn plain(name: &str) -> String {
    let spelt = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '/' | '_' => character.to_string(),
        other => format!("%{:02x}", u32::from(other)),
    };
    name.chars().map(spelt).collect()
}

fn section(entry: &Entry<'_>, outcomes: &Outcomes<'_>) -> Section {
    let Entry { step, alike } = entry;
    let mut blocks = vec![notes(entry, outcomes)];
    blocks.extend(match step.action.body() {
        Some(_) => vec![body(step)],
        None => step
            .fields
            .iter()
            .map(|field| block(entry, field))
            .collect(),
    });
    blocks.retain(|block| !block.whole.is_empty());
    let fence = fence(blocks.iter().map(|block| block.whole.as_str()));
    let action = action(step);
    let key = html(step.key.as_str());
    let more = match alike.len() {
        0 => String::new(),
        more => format!(" and {more} in the same way"),
    };
    let count = match step.fields.len() {
        0 => String::new(),
        count => format!(": {}", counted(count, "field")),
    };
    Section {
        row: row(entry, outcomes),
        open: format!(
            "<details><summary>{action} <code>{key}</code>{more}{count}</summary>\n\n{fence}diff\n"
        ),
        blocks,
        close: format!("{fence}\n\n</details>\n"),
    }
}

/// What is done, in one piece also where a table is narrow.
fn action(step: &Step) -> String {
    format!("{}\u{a0}{}", sign(&step.action), step.action.word())
}

/// A line of the table.
fn row(entry: &Entry<'_>, outcomes: &Outcomes<'_>) -> String {
    let Entry { step, alike } = entry;
    let key = in_table(step.key.as_str());
    let more = match alike.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let name = in_table(&step.persona_name);
    let differs = differs(step);
    let action = action(step);
    let ended = ended(entry, outcomes);
    format!("| `{action}`{ended} | {key}{more} | {name} | {differs} |\n")
}

/// How the steps of an entry have ended, where it was applied.
fn ended(entry: &Entry<'_>, outcomes: &Outcomes<'_>) -> String {
    let outcomes = entry.steps().filter_map(|step| outcomes.get(&step.key));
    let ended: BTreeSet<Status> = outcomes.map(|outcome| outcome.status).collect();
    let said = ended.into_iter();
    let said = said.map(|status| format!(" {} {}", outcomes::sign(status).0, status.word()));
    said.collect()
}

/// A persona that is left alone, and that there is something to say of.
fn left_alone(step: &Step) -> Section {
    let key = in_table(step.key.as_str());
    let name = in_table(&step.persona_name);
    let reason = step.reason.iter().cloned();
    let said: Vec<String> = reason.chain(unavailable(step)).collect();
    let said = in_table(&said.join("; "));
    Section {
        row: format!("| `=\u{a0}keep` | {key} | {name} | {said} |\n"),
        open: String::new(),
        blocks: Vec::new(),
        close: String::new(),
    }
}

/// What differs, in a few words.
fn differs(step: &Step) -> String {
    if let (Action::Blocked(_) | Action::Delete(_), Some(reason)) = (&step.action, &step.reason) {
        return in_table(reason);
    }
    let count = step.fields.len();
    if step.action.body().is_some() || count == 0 {
        return counted(count, "field");
    }
    named(step, &in_table)
}

/// What there is to know of a step beside its fields.
fn notes(entry: &Entry<'_>, outcomes: &Outcomes<'_>) -> Block {
    let step = entry.step;
    let who = |step: &Step| {
        let outcome = outcomes.get(&step.key);
        who(
            step,
            outcome.and_then(|outcome| outcome.persona_id.as_ref()),
        )
    };
    let mut lines: Vec<String> = entry.steps().map(who).collect();
    lines.extend(step.reason.iter().map(|reason| format!("! {reason}")));
    lines.extend(unavailable(step).map(|said| format!("! {said}")));
    let told = |step: &Step| told(step, outcomes.get(&step.key)?);
    lines.extend(entry.steps().filter_map(told));
    if let count @ 1.. = step.unmanaged.len() {
        let count = counted(count, "unmanaged field");
        lines.push(format!("# {count}, left alone"));
    }
    let lines = lines.iter().map(|line| format!("{}\n", on_one_line(line)));
    Block {
        whole: lines.collect(),
        stub: left_out(entry.alike.len() + 1, "persona"),
    }
}

/// Which persona a step is about; one that was made has an id only since then.
fn who(step: &Step, made: Option<&PersonaId>) -> String {
    let Step {
        file,
        persona_id,
        persona_name,
        ..
    } = step;
    let file = file.as_deref().unwrap_or("no manifest any more");
    let id = made.or(persona_id.as_ref());
    let id = id.map(|id| format!(" ({id})"));
    format!("# {file}: \"{persona_name}\"{}", id.unwrap_or_default())
}

/// How a step has ended, where there is more to say than that it was done.
fn told(step: &Step, outcome: &Outcome) -> Option<String> {
    let message = outcome.message.as_ref();
    let message = message.filter(|message| Some(*message) != step.reason.as_ref());
    let message = message.map(|message| format!(": {message}"));
    let is_told = message.is_some() || !outcome.status.is_done();
    let word = outcome.status.word();
    is_told.then(|| format!("! {word} {}{}", step.key, message.unwrap_or_default()))
}

/// The fields of a persona that is made.
fn body(step: &Step) -> Block {
    let field = |field: &FieldChange| {
        let told = Change::of(field, Depth::Size).line();
        format!("+ {}  {told}\n", path(field))
    };
    Block {
        whole: step.fields.iter().map(field).collect(),
        stub: left_out(step.fields.len(), "field"),
    }
}

/// A field that differs.
fn block(entry: &Entry<'_>, field: &FieldChange) -> Block {
    let change = Change::of(field, Depth::of(entry.step));
    let growth = match &change {
        Change::Lines { growth, .. } => growth.as_str(),
        Change::Hidden(_) | Change::Brief { .. } => "",
    };
    let about = [
        &path(field),
        cause(field.cause),
        &entry.place(field),
        growth,
    ];
    let about: Vec<&str> = about.into_iter().filter(|said| !said.is_empty()).collect();
    let head = format!("@@ {} @@\n", about.join(" · "));
    let lines = lines(change);
    let whole: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Block {
        whole: format!("{head}{whole}"),
        stub: format!("{head}{}", beginning(&lines)),
    }
}

/// As much of a difference as there is always room for.
fn beginning(lines: &[String]) -> String {
    let mut kept = String::new();
    for (index, line) in lines.iter().enumerate() {
        let room = SHORT.saturating_sub(kept.len());
        if line.len() < room {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let part: String = line.chars().take(room).collect();
        let more = lines.len() - index;
        return format!("{kept}{part}…\n{}", left_out(more, "line"));
    }
    kept
}

/// What differs, as git shows it.
fn lines(change: Change) -> Vec<String> {
    match change {
        Change::Lines { lines, .. } => {
            let lines = difference(&lines, Marks::Brackets, MOST);
            lines.iter().flat_map(|spans| wrapped(spans)).collect()
        }
        Change::Hidden(told) => vec![format!("! {told}")],
        Change::Brief { before, after } => {
            let before = before.map(|before| format!("- {before}"));
            let after = after.map(|after| format!("+ {after}"));
            before.into_iter().chain(after).collect()
        }
    }
}

/// A line on as many lines as it takes, each with its sign: in a comment nothing wraps by itself.
fn wrapped(spans: &[Span]) -> Vec<String> {
    let text = |spans: &[Span]| -> String { spans.iter().map(|span| span.text.as_str()).collect() };
    let sign = text(spans).chars().next().unwrap_or(' ');
    let lines = wrap(spans, WIDE);
    let lines = lines.iter().enumerate().map(|(index, spans)| match index {
        0 => text(spans),
        _ => format!("{sign}   {}", text(spans)),
    });
    lines.collect()
}

fn left_out(count: usize, noun: &str) -> String {
    format!("# {} left out here\n", counted(count, noun))
}

/// A fence that nothing within it ends.
fn fence<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let longest = texts.map(longest_run).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// Foreign text in a line of ours: no mention, link or image works in code.
fn code(text: &str) -> String {
    let text = on_one_line(text);
    let text = match text.trim() {
        "" => "\"\"",
        text => text,
    };
    let ticks = "`".repeat(longest_run(text) + 1);
    // A space on both sides is taken away again.
    let pad = match text.starts_with('`') || text.ends_with('`') {
        true => " ",
        false => "",
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// The same in a table, where a bar ends the cell, in code as well.
fn in_table(text: &str) -> String {
    code(&text.replace('|', "\\u{7c}"))
}

/// Foreign text in HTML.
fn html(text: &str) -> String {
    let mut escaped = String::new();
    for character in on_one_line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
