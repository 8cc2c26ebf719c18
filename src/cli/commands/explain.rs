//! `explain`: what a finding means, with an example.

use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use crate::catalog::nearest;
use crate::model::Code;

/// Explain a finding by its code, with examples
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl explain plain-secret
  personactl explain                      lists all codes")]
pub(in crate::cli) struct Args {
    /// The word in brackets behind `error`, `warning` or `note`; without one, all codes are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let text = match &args.code {
        Some(name) => long(Code::named(name).ok_or_else(|| unknown(name))?),
        None => list(),
    };
    context.result(&text)?;
    Ok(Outcome::Done)
}

fn long(code: &Code) -> String {
    let Code {
        name,
        weight,
        title,
        text,
        link: _,
    } = code;
    format!("{name} ({weight})\n\n{title}\n\n{text}")
}

fn list() -> String {
    let name = |code: &Code| code.name.len();
    let width = Code::all().iter().map(name).max().unwrap_or(0);
    let lines = Code::all()
        .iter()
        .map(|code| format!("{:width$}  {}", code.name, code.title));
    lines.collect::<Vec<_>>().join("\n")
}

fn unknown(name: &str) -> Error {
    let near = nearest(name, Code::names());
    let near = near.map_or_else(
        || "`personactl explain` lists all codes".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Error::Usage(format!("there is no code `{name}`; {near}"))
}
