//! `talk`: a conversation with one persona.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;

use super::super::args::{Format, Selection};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::reports::{Reports, Teller};
use super::super::signals::Signals;
use super::super::site::{DIRECTORY, Service, Site};
use super::super::watching::{self, Audience, Options, Talk, View};
use crate::manifest::Loaded;
use crate::model::{Conversation, Key, PersonaId};
use crate::render;
use crate::watch::Manner;

/// Start a conversation with one persona, and print where to meet it
///
/// The persona is met as it is live: apply first what is new. Standard output gets the URL alone. Nothing is changed,
/// so this works for protected environments too, but the service may bill a conversation from the moment it is made,
/// and allows only so many at a time. Its documentation says that one ends after five minutes in which nobody joins,
/// and after an hour at the latest. In a sandbox nobody is to be met: its URL leads nowhere.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl talk life-coach
  personactl talk life-coach -e production --open
  personactl talk support/agent-de --replica r90bbd427f71
  personactl talk life-coach --format json | jq -r .conversation_id
  personactl talk life-coach -e staging --watch    a fresh one at every save")]
pub(in crate::cli) struct Args {
    /// The manifest
    #[arg(value_name = "KEY")]
    key: String,
    /// The persona directory
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// Show this replica instead of the persona's own
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    replica: Option<String>,
    /// Open the URL in the browser as well
    #[arg(long)]
    open: bool,
    /// Apply each save of this persona, as `watch --apply` does, and start
    /// a fresh conversation after each apply; the ones before are not ended
    #[arg(long)]
    watch: bool,
    /// The form of the result
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let key = Key::new(args.key.as_str());
    if args.watch {
        return watch(args, &key, context).await;
    }
    let site = Site::open(context, &args.directory)?;
    let loaded = site.load()?;
    // A fresh sandbox brings a ledger along, so this comes before that is read.
    let service = site.connect(1).await?;
    let replica = args.replica.as_deref();
    let conversation = converse(&site, &service, &loaded, &key, replica).await?;

    context.mention(&told(&key, &conversation));
    context.result(&match args.format {
        Format::Text => conversation.url.to_string(),
        Format::Json => render::conversation_json(&conversation, &key, &site.environment.name),
    })?;
    if args.open {
        show(context, &conversation);
    }
    Ok(Outcome::Done)
}

/// Applies each save, and begins a conversation after it.
async fn watch(args: &Args, key: &Key, context: &Context) -> Result<Outcome, Error> {
    let selection = Selection::only(key);
    let signals = Signals::listen().map_err(Error::Signals)?;
    let reports = Reports::default();
    let teller = Teller::new(context, &args.directory, &reports, &selection, None)?;
    let view = match args.format {
        Format::Text => View::Urls(&teller),
        Format::Json => View::Json(&teller),
    };
    let options = Options {
        directory: &args.directory,
        selection: &selection,
        applies: true,
        reverts: false,
        allowed: None,
        talk: Some(Talk {
            key,
            replica: args.replica.as_deref(),
            opens: args.open,
        }),
        waits: false,
        every: None,
        monitor: None,
        manner: Manner::Events,
    };
    let mut audience = Audience::new(&teller, view);
    watching::run(&options, context, &mut audience, signals).await
}

/// Begins a conversation with the persona of a manifest; each call begins another one.
pub(in crate::cli) async fn converse(
    site: &Site<'_>,
    service: &Service,
    loaded: &Loaded,
    key: &Key,
    replica: Option<&str>,
) -> Result<Conversation, Error> {
    let persona = persona(site, loaded, key)?;
    let conversation = service.client.converse(&persona, replica).await;
    conversation.map_err(|source| Error::Talk {
        key: key.clone(),
        source,
    })
}

/// Who the manifest is, by its own word or by that of the ledger.
fn persona(site: &Site<'_>, loaded: &Loaded, key: &Key) -> Result<PersonaId, Error> {
    let ledger = site.ledger(None)?;
    let manifest = loaded.desired.iter().find(|desired| desired.key == *key);
    let pinned = manifest.and_then(|desired| desired.id.as_ref());
    let applied = ledger.records().get(key).map(|record| &record.id);
    if let Some(id) = pinned.or(applied) {
        return Ok(id.clone());
    }
    site.desired(loaded, key)?;
    Err(Error::Unapplied(key.to_string()))
}

/// What was made, in a line.
pub(in crate::cli) fn told(key: &Key, conversation: &Conversation) -> String {
    let Conversation {
        persona,
        url: _,
        id,
        status,
    } = conversation;
    let id = id.as_ref().map_or(String::new(), |id| format!(" {id}"));
    let status = status.as_deref().unwrap_or("made");
    let then = match conversation.is_nowhere() {
        true => "as this is a sandbox, nobody is to be met there",
        false => "it may be billed until it ends",
    };
    format!("Conversation{id} with `{key}` ({persona}) is {status}; {then}.")
}

/// Shows where to meet the persona. That this fails is no failure, as the URL has been printed.
pub(in crate::cli) fn show(context: &Context, conversation: &Conversation) {
    if conversation.is_nowhere() {
        return context.mention("Nothing is opened: the URL leads nowhere.");
    }
    if let Err(error) = open::that_detached(conversation.url.as_str()) {
        context.mention(&format!("No browser was opened: {error}."));
    }
}
