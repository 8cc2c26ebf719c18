//! `init`: a persona directory for somebody who has none.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::error::Error;
use super::super::ground::Ground;
use super::super::outcome::Outcome;
use super::super::scaffold::{self, PERSONAS};
use super::super::site::DIRECTORY;
use crate::bounds::Bounds;
use crate::durable;

/// Start a persona directory, with comments that teach
///
/// It plans against the sandbox right away: no network, no key, no account. Nothing is ever overwritten: where one of
/// the files is there already, none is written.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  personactl init                         the directory `personas`
  personactl init agents                  another one
  personactl init --github                with workflows for GitHub")]
pub(in crate::cli) struct Args {
    /// The persona directory to make
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// Add GitHub workflows: pull requests are planned, what is merged is applied, drift has an issue
    #[arg(long)]
    github: bool,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let ground = Ground::of(&args.directory)?;
    let mut files = personas(&ground, &args.directory);
    if args.github {
        files.extend(workflows(&ground)?);
    }
    refuse(&files, &ground.bounds)?;
    write(&files)?;

    let made = files
        .iter()
        .map(|file| format!("+ {}", file.shown.display()));
    context.result(&made.collect::<Vec<_>>().join("\n"))?;
    let directory = match args.directory == Path::new(DIRECTORY) {
        true => String::new(),
        false => format!(" {}", args.directory.display()),
    };
    context.mention("Next, in the sandbox, which needs no key and no account:");
    context.mention(&format!("  personactl plan{directory}"));
    context.mention(&format!("  personactl apply{directory}"));
    Ok(Outcome::Done)
}

/// A file to write.
struct File {
    path: PathBuf,
    /// Its path as the user would name it.
    shown: PathBuf,
    text: String,
}

fn personas(ground: &Ground, shown: &Path) -> Vec<File> {
    let file = |(name, text): (&str, &str)| File {
        path: ground.directory.join(name),
        shown: shown.join(name),
        text: text.to_owned(),
    };
    PERSONAS.into_iter().map(file).collect()
}

/// The workflows, at the top of the repository.
fn workflows(ground: &Ground) -> Result<Vec<File>, Error> {
    let top = ground.bounds.top();
    if !top.join(".git").exists() && top != ground.here {
        let directory = ground.directory.display();
        return Err(Error::Usage(format!(
            "--github wants a directory below this one, or in a git repository; `{directory}` is in none"
        )));
    }
    let below = ground.directory.strip_prefix(top).unwrap_or(Path::new(""));
    let parts = below.components().map(|part| part.as_os_str().to_str());
    let Some(parts) = parts.collect::<Option<Vec<_>>>() else {
        return Err(Error::Usage(
            "--github wants a directory whose name is UTF-8".to_owned(),
        ));
    };
    let directory = match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    };
    let file = |(name, text)| File {
        path: top.join(name),
        shown: ground.way_up().join(name),
        text,
    };
    Ok(scaffold::workflows(&directory).map(file).collect())
}

/// Refuses all of it where something is there already, or where a link leads elsewhere.
fn refuse(files: &[File], bounds: &Bounds) -> Result<(), Error> {
    let taken = files.iter().filter_map(File::taken);
    let taken: Vec<_> = taken.map(|path| format!("`{}`", path.display())).collect();
    if !taken.is_empty() {
        return Err(Error::Taken(taken.join(", ")));
    }
    match files.iter().find(|file| !bounds.hold_new(&file.path)) {
        Some(file) => Err(Error::Outside(file.shown.clone())),
        None => Ok(()),
    }
}

impl File {
    /// What is there in its place, or would say the same thing under another ending.
    fn taken(&self) -> Option<PathBuf> {
        let own = self.path.extension()?.to_str()?;
        let endings = match own {
            "yaml" => &["yaml", "yml", "json"][..],
            "yml" => &["yml", "yaml"],
            _ => &[own],
        };
        let is_there = |ending| {
            let path = self.path.with_extension(ending);
            path.symlink_metadata().is_ok()
        };
        let ending = endings.iter().find(|ending| is_there(**ending))?;
        Some(self.shown.with_extension(ending))
    }
}

fn write(files: &[File]) -> Result<(), Error> {
    for (index, file) in files.iter().enumerate() {
        if let Err(source) = durable::create(&file.path, file.text.as_bytes()) {
            // What is there would be in the way of the next attempt.
            for made in &files[..index] {
                let _ = fs::remove_file(&made.path);
            }
            return Err(Error::Scaffold {
                path: file.shown.clone(),
                source,
            });
        }
    }
    Ok(())
}
