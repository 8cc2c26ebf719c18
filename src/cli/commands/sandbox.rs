//! `sandbox`: the embedded service on a port of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use secrecy::SecretString;

use super::super::context::Context;
use super::super::embedded;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::signals;
use super::super::site::DIRECTORY;
use crate::render::on_one_line;
use crate::sandbox::{self, Fault, GetShape, Mask, Normalise, Options, Quirks};
use crate::settings::{SANDBOX, sandbox_folders};

/// Serve the sandbox on a port, for trying out clients and CI
///
/// It behaves as the real service is known to and keeps its state in one directory. Point a client
/// at it with TAVUS_PUBLIC_API_BASE_URL=http://127.0.0.1:8787/v2 and any key.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl sandbox                      on 127.0.0.1:8787
  personactl sandbox --listen 127.0.0.1:0 --state sandbox      a free port
  personactl sandbox --mask null --get-shape envelope
  personactl sandbox --fault 'POST /v2/personas reset after count=1'
  personactl sandbox --fault '* * status=503 retry-after=2 chance=0.3 seed=7'")]
pub(in crate::cli) struct Args {
    /// The persona directory whose sandbox it is
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// The loopback address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// The directory with its state [default: .personactl/sandbox in DIR]
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// The only API key to take; without it any will do
    #[arg(
        long,
        value_name = "KEY",
        env = "PERSONACTL_SANDBOX_KEY",
        hide_env_values = true
    )]
    key: Option<String>,
    /// Whether one persona is answered bare or in an envelope
    #[arg(long, value_name = "SHAPE", default_value = "bare")]
    get_shape: Shape,
    /// How many personas a page holds at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    page_cap: u16,
    /// How secrets read back
    #[arg(long, value_name = "HOW", default_value = "stars")]
    mask: Masked,
    /// What to make of what is sent, beyond what the service is known to do; several with commas
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = normalisation())]
    normalise: Vec<Normalise>,
    /// What goes wrong, such as 'POST /v2/personas reset after count=1'; may be repeated
    ///
    /// It reads METHOD PATH WORD..., the words in any order. METHOD is GET, POST, PATCH, DELETE or *;
    /// in PATH, a * stands for any characters, and a query is no part of it.
    ///
    /// What happens: status=CODE (400 to 599; retry-after=SECONDS goes with it), reset (the
    /// connection is closed without an answer), html (200 and a web page), truncate (half of the body
    /// under the length of the whole), garbage (200 and a body that is no JSON), trickle=TIME (the body
    /// byte by byte, so long before each), or delay=TIME, alone or together with one of the others.
    ///
    /// To GET of the list: endless (all pages are full, as the list begins again where it ends, and
    /// each counts one page more), shift=N (pages after the first begin N too late, as if so many had
    /// been deleted meanwhile; below 0 too early, as if they had been made), short=N (the last N are
    /// left out, but counted), missing=N (the last N are left out, and not counted), duplicate=N (the
    /// first N of a page are there twice).
    ///
    /// To any GET: stale (the answer is as before the last write to each persona: one that was made is
    /// not there yet, one that was deleted still is). To PATCH: draft (the dashboard holds a draft:
    /// 409, unless the request says force=true).
    ///
    /// When: status, reset, html and delay come before the request takes effect, and but for a delay
    /// alone instead of that. With the word after they come once it has taken effect; the others
    /// always do, but for draft, which is always before.
    ///
    /// How often: always, or as skip=N (let N through first), count=N (hit N at most), and chance=P
    /// (from 0 to 1; seed=N chooses which) say. The first fault that hits a request is the only one.
    /// Requests that cannot meet what happens, such as a POST and a list, are not counted.
    ///
    /// While the sandbox runs: GET /_sandbox/faults says what is set and how often each has hit, PUT
    /// sets a JSON list of such texts instead, DELETE removes all. No key is needed.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shape {
    Bare,
    Envelope,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Masked {
    Stars,
    Ending,
    Null,
    Omitted,
}

pub(in crate::cli) async fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let (state, seed) = sandbox_folders(&args.directory, SANDBOX);
    let state = args.state.clone().unwrap_or(state);
    let seed = embedded::sow(&state, &seed)?;
    let sandbox = sandbox::start(Options {
        state: state.clone(),
        listen: args.listen,
        seed,
        quirks: args.quirks(),
        faults: args.faults.clone(),
        api_key: args.key.clone().map(SecretString::from),
    })
    .await?;
    let (address, state) = (sandbox.address(), state.display());
    let listening = format!("listening on http://{address}/v2, state in {state}");
    context.result(&on_one_line(&listening))?;
    context.mention("Press Ctrl-C to stop.");
    let outcome = signals::signal().await.map_err(Error::Runtime)?;
    sandbox.stop().await;
    Ok(outcome)
}

impl Args {
    fn quirks(&self) -> Quirks {
        Quirks {
            get_shape: match self.get_shape {
                Shape::Bare => GetShape::Bare,
                Shape::Envelope => GetShape::Envelope,
            },
            page_cap: usize::from(self.page_cap),
            mask: match self.mask {
                Masked::Stars => Mask::Stars,
                Masked::Ending => Mask::Ending,
                Masked::Null => Mask::Null,
                Masked::Omitted => Mask::Omitted,
            },
            normalise: self.normalise.iter().copied().collect(),
        }
    }
}

/// One of the sandbox's normalisations, by its word.
fn normalisation() -> impl TypedValueParser<Value = Normalise> {
    let values = Normalise::ALL.map(|known| {
        let (word, about) = known.told();
        PossibleValue::new(word).help(about)
    });
    PossibleValuesParser::new(values).map(|given| {
        let mut all = Normalise::ALL.into_iter();
        all.find(|known| known.told().0 == given)
            .expect("no other word is taken")
    })
}
