//! Whom the loop tells: a human at a terminal, one who reads lines, or a program.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{Event, Wish};
use super::screen::Screen;
use crate::cli::args::Format;
use crate::cli::commands::talk;
use crate::cli::error::Error;
use crate::cli::reports::Teller;
use crate::plan::Plan;
use crate::render::{self, Form};

/// Whom the loop tells.
pub(in crate::cli) enum View<'v> {
    /// Plans as `plan` prints them, and what happens to them.
    Text(&'v Teller<'v>),
    /// The same beside standard output, which gets the URLs of conversations.
    Urls(&'v Teller<'v>),
    /// One JSON object on a line for each event.
    Json(&'v Teller<'v>),
    /// A terminal, with keys.
    Screen(Screen<'v>),
}

const WATCHING: &str = "Watching; Ctrl-C ends it.";

impl<'v> View<'v> {
    /// Lines in a form, for whoever reads them.
    pub(in crate::cli) const fn lines(form: Format, teller: &'v Teller<'v>) -> Self {
        match form {
            Format::Text => Self::Text(teller),
            Format::Json => Self::Json(teller),
        }
    }

    /// Tells an event.
    pub(super) fn tell(&mut self, event: &Event<'_>) -> Result<(), Error> {
        match self {
            Self::Text(teller) => say(teller, false, event),
            Self::Urls(teller) => say(teller, true, event),
            Self::Json(teller) => match object(teller, event) {
                Some(object) => teller.context.tell(&render::in_json(&object.to_string())),
                None => Ok(()),
            },
            Self::Screen(screen) => {
                screen.tell(event);
                Ok(())
            }
        }
    }

    /// Waits until a human wants to end it all.
    pub(super) async fn quit(&mut self) {
        match self {
            Self::Text(_) | Self::Urls(_) | Self::Json(_) => std::future::pending().await,
            Self::Screen(screen) => screen.quit().await,
        }
    }

    /// Waits until a human asks for something.
    pub(super) async fn wish(&mut self) -> Wish {
        match self {
            Self::Text(_) | Self::Urls(_) | Self::Json(_) => std::future::pending().await,
            Self::Screen(screen) => screen.wish().await,
        }
    }
}

/// Tells an event in lines. Where a URL is the result, all else stands beside it.
fn say(teller: &Teller<'_>, stands_aside: bool, event: &Event<'_>) -> Result<(), Error> {
    let context = teller.context;
    let put = |text: &str| match stands_aside {
        true => {
            context.say(text);
            Ok(())
        }
        false => context.tell(text),
    };
    match event {
        Event::Watching { .. } => context.mention(WATCHING),
        Event::Notice(text) => context.mention(text),
        Event::Mistakes { findings: [], .. } | Event::Applying(_) => {}
        Event::Mistakes { findings, sources } => {
            context.say(&render::findings(findings, |place| sources.line(place)));
        }
        Event::Mended(files) => context.mention(&format!("Mended: {}", files.join(", "))),
        Event::Planned { plan, .. } => put(&teller.shown(plan, Form::Text))?,
        Event::Stepped(step, outcome) => {
            let told = render::outcome(step, outcome);
            if !told.is_empty() {
                put(&told)?;
            }
        }
        Event::Applied { outcomes, .. } => put(&render::outcomes(outcomes))?,
        Event::Talk { key, conversation } => {
            context.mention(&talk::told(key, conversation));
            context.tell(conversation.url.as_str())?;
        }
        Event::Recovered => context.mention("It goes well again."),
        Event::Failed { error, again } => {
            context.fail(error);
            if let Some(again) = again {
                context.mention(&format!("Trying again in {} s.", again.as_secs()));
            }
        }
    }
    Ok(())
}

/// Tells an event as an object. Single steps are told with the whole.
fn object(teller: &Teller<'_>, event: &Event<'_>) -> Option<Value> {
    let (name, mut members) = match event {
        Event::Watching {
            directory,
            environment,
            address,
            applies,
        } => (
            "watching",
            json!({
                "directory": directory.display().to_string(),
                "environment": environment,
                "api_url": address,
                "applies": applies,
            }),
        ),
        Event::Notice(text) => ("notice", json!({"message": text})),
        // That nothing is wrong any more is told by what is mended.
        Event::Mistakes { findings: [], .. } | Event::Applying(_) | Event::Stepped(..) => {
            return None;
        }
        Event::Mistakes { findings, .. } => {
            let findings = render::findings_json(findings);
            ("mistakes", json!({"findings": findings}))
        }
        Event::Mended(files) => ("mended", json!({"files": files})),
        Event::Planned {
            cause,
            plan,
            picture,
            took,
        } => (
            "planned",
            json!({
                "cause": cause.word(),
                "pending": picture.pending(),
                "took_ms": milliseconds(*took),
                "plan": report(teller, plan, None),
            }),
        ),
        Event::Applied {
            plan,
            outcomes,
            picture,
            undo,
            took,
        } => (
            "applied",
            json!({
                "pending": picture.pending(),
                "took_ms": milliseconds(*took),
                "undo": undo.map(|path| path.display().to_string()),
                "plan": report(teller, plan, Some(outcomes)),
            }),
        ),
        Event::Talk { key, conversation } => (
            "talk",
            json!({
                "key": key,
                "persona_id": conversation.persona,
                "conversation_id": conversation.id,
                "conversation_url": conversation.url.as_str(),
            }),
        ),
        Event::Recovered => ("recovered", json!({})),
        Event::Failed { error, again } => (
            "failed",
            json!({
                "message": crate::model::causes(*error),
                "hint": error.hint(),
                "again_ms": again.map(milliseconds),
            }),
        ),
    };
    let mut object = json!({"event": name, "time": Timestamp::now().to_string()});
    if let (Some(object), Some(members)) = (object.as_object_mut(), members.as_object_mut()) {
        object.append(members);
    }
    Some(object)
}

/// A plan as it is reported, less the personas that are as they should be: those are counted.
fn report(teller: &Teller<'_>, plan: &Plan, outcomes: Option<&[crate::apply::Outcome]>) -> Value {
    let text = teller.written(plan, outcomes, Form::Json);
    let mut report: Value = serde_json::from_str(&text).expect("a report is JSON");
    if let Some(steps) = report["steps"].as_array_mut() {
        steps.retain(|step| step["action"] != "keep");
    }
    report
}

fn milliseconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
