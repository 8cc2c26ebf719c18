//! `init`: a persona directory for somebody who has none.

use std::env;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::Outcome;
use super::super::scaffold::{PERSONAS, WORKFLOW, workflow};
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
  personactl init --github                with a workflow for pull requests")]
pub(in crate::cli) struct Args {
    /// The persona directory to make
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// Add a GitHub workflow: pull requests are planned, what is merged is applied
    #[arg(long)]
    github: bool,
}

pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let ground = Ground::of(&args.directory).map_err(|source| Error::Scaffold {
        path: args.directory.clone(),
        source,
    })?;
    let mut files = ground.personas(&args.directory);
    if args.github {
        files.push(ground.workflow()?);
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

/// Where the persona directory is to be, and how far its files may lead.
struct Ground {
    here: PathBuf,
    directory: PathBuf,
    bounds: Bounds,
}

/// A file to write.
struct File {
    path: PathBuf,
    /// Its path as the user would name it.
    shown: PathBuf,
    text: String,
}

impl Ground {
    /// What is below the working directory stays in its repository; any other place was named by the user.
    fn of(directory: &Path) -> io::Result<Self> {
        let here = env::current_dir()?.canonicalize()?;
        let named = here.join(directory);
        let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if directory.components().all(is_below) {
            return Ok(Self {
                bounds: Bounds::around(&here),
                directory: named,
                here,
            });
        }
        let there = named.ancestors().find(|folder| folder.exists());
        let there = there.unwrap_or(&named);
        let real = there.canonicalize()?;
        let rest = named.strip_prefix(there).map_err(io::Error::other)?;
        Ok(Self {
            bounds: Bounds::around(&real),
            directory: real.join(rest),
            here,
        })
    }

    fn personas(&self, shown: &Path) -> Vec<File> {
        let file = |(name, text): (&str, &str)| File {
            path: self.directory.join(name),
            shown: shown.join(name),
            text: text.to_owned(),
        };
        PERSONAS.into_iter().map(file).collect()
    }

    /// The workflow, at the top of the repository.
    fn workflow(&self) -> Result<File, Error> {
        let top = self.bounds.top();
        if !top.join(".git").exists() && top != self.here {
            let directory = self.directory.display();
            return Err(Error::Usage(format!(
                "--github wants a directory below this one, or in a git repository; `{directory}` is in none"
            )));
        }
        let below = self.directory.strip_prefix(top).unwrap_or(Path::new(""));
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
        let path = top.join(WORKFLOW);
        Ok(File {
            shown: path.strip_prefix(&self.here).unwrap_or(&path).to_owned(),
            path,
            text: workflow(&directory),
        })
    }
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
