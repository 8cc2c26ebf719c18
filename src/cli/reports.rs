//! A plan in its forms: on standard output, in files, and in the summary of a job.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::args::Selection;
use super::context::Context;
use super::error::Error;
use super::ground;
use crate::apply::Outcome;
use crate::bounds::Bounds;
use crate::durable;
use crate::lint::Verdict;
use crate::manifest::{self, Loaded};
use crate::model::Severity;
use crate::plan::Plan;
use crate::render::{self, Form, Marks, Report, SUMMARY, Setting};
use crate::yaml::Sources;

/// The variable that names the file in which GitHub takes the summary of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Where a plan goes beside standard output.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Reports {
    /// Write it to a file as well; may be given several times
    #[arg(long = "report", value_name = "FORM=FILE")]
    files: Vec<Target>,
    /// Add it as Markdown to the summary of the job on GitHub
    #[arg(long)]
    step_summary: bool,
}

/// A file, and the form that it gets.
#[derive(Clone, Debug)]
struct Target {
    form: Form,
    path: PathBuf,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let forms = || {
            let forms = Form::value_variants().iter();
            let names =
                forms.filter_map(|form| Some(form.to_possible_value()?.get_name().to_owned()));
            names.collect::<Vec<_>>().join(", ")
        };
        let (form, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or_else(|| format!("say FORM=FILE, with one of these forms: {}", forms()))?;
        let form = Form::from_str(form, false)
            .map_err(|_| format!("there is no form `{form}`; there are: {}", forms()))?;
        let path = PathBuf::from(path);
        Ok(Self { form, path })
    }
}

/// How the plans of a directory are told.
pub(super) struct Teller<'t> {
    pub(super) context: &'t Context,
    reports: &'t Reports,
    /// The file that takes the summary of the step, if that was asked for.
    summary: Option<PathBuf>,
    /// The persona directory, as it was named.
    directory: String,
    lists_unmanaged: bool,
    /// Where the working directory lies in its repository.
    folder: String,
    /// What was found in the manifests.
    annotations: String,
}

impl<'t> Teller<'t> {
    /// Refuses what cannot be right before anything is done: reports over files that this run reads or writes, `taken` among
    /// them.
    pub(super) fn new(
        context: &'t Context,
        directory: &Path,
        reports: &'t Reports,
        selection: &Selection,
        taken: Option<&Path>,
    ) -> Result<Self, Error> {
        let mut paths: BTreeSet<PathBuf> = taken.map(durable::meant).into_iter().collect();
        for Target { path, .. } in &reports.files {
            if path.is_dir() {
                let source = ErrorKind::IsADirectory.into();
                return Err(unwritten(path, source));
            }
            if manifest::is_part(directory, path) {
                return Err(Error::NotForReports(path.clone()));
            }
            if !paths.insert(durable::meant(path)) && !is_stream(path) {
                let path = path.display();
                return Err(Error::Usage(format!("--report: `{path}` is named twice")));
            }
        }
        let summary = context.process.get(STEP_SUMMARY);
        if reports.step_summary && summary.is_none() {
            let message =
                format!("--step-summary is for a job on GitHub: {STEP_SUMMARY} is not set");
            return Err(Error::Usage(message));
        }
        Ok(Self {
            summary: summary.filter(|_| reports.step_summary).map(PathBuf::from),
            directory: home(directory),
            context,
            reports,
            lists_unmanaged: selection.show_unmanaged,
            folder: ground::folder(),
            annotations: String::new(),
        })
    }

    /// Takes over what was found in the manifests, and tells it where that ends the run: nothing else is told then.
    pub(super) fn judged(
        &mut self,
        loaded: &Loaded,
        checked: Result<(), Error>,
        form: Form,
    ) -> Result<(), Error> {
        self.spare(loaded)?;
        if form == Form::Github || self.for_github().next().is_some() {
            self.annotations = annotations(loaded, &self.folder);
        }
        if checked.is_err() {
            self.findings(form)?;
        }
        checked
    }

    /// Refuses reports over files that the manifests read.
    fn spare(&self, loaded: &Loaded) -> Result<(), Error> {
        // Each file is looked up where it really is, which takes its time.
        if self.reports.files.is_empty() {
            return Ok(());
        }
        let read = loaded.files.iter().map(|path| durable::meant(path));
        let read: BTreeSet<PathBuf> = read.collect();
        let mut paths = self.reports.files.iter().map(|target| &target.path);
        match paths.find(|path| read.contains(&durable::meant(path))) {
            Some(path) => Err(Error::NotForReports(path.clone())),
            None => Ok(()),
        }
    }

    /// The files that take workflow commands.
    fn for_github(&self) -> impl Iterator<Item = &Target> {
        let files = self.reports.files.iter();
        files.filter(|target| target.form == Form::Github)
    }

    fn findings(&self, form: Form) -> Result<(), Error> {
        if form == Form::Github {
            self.context.commands(&self.annotations)?;
        }
        for target in self.for_github() {
            self.write(&target.path, Form::Github, &self.annotations)?;
        }
        Ok(())
    }

    /// Writes the plan to standard output.
    pub(super) fn show(&self, plan: &Plan, form: Form) -> Result<(), Error> {
        self.show_with(plan, None, form)
    }

    /// Says the plan beside the result.
    pub(super) fn mention(&self, plan: &Plan) {
        let text = self.told(plan, None, self.setting(), Form::Text);
        self.context.say(&text);
    }

    /// The plan, and what became of it, without secrets.
    pub(super) fn written(&self, plan: &Plan, outcomes: Option<&[Outcome]>, form: Form) -> String {
        self.told(plan, outcomes, self.setting(), form)
    }

    /// The plan as a page that follows what is served, in this version of it.
    pub(super) fn live(&self, plan: &Plan, version: u64) -> String {
        let setting = Setting {
            live: Some(version),
            ..self.setting()
        };
        self.context
            .in_file(&self.told(plan, None, setting, Form::Html))
    }

    /// Writes what became of the plan to standard output.
    pub(super) fn show_applied(
        &self,
        plan: &Plan,
        outcomes: &[Outcome],
        form: Form,
    ) -> Result<(), Error> {
        self.show_with(plan, Some(outcomes), form)
    }

    fn show_with(
        &self,
        plan: &Plan,
        outcomes: Option<&[Outcome]>,
        form: Form,
    ) -> Result<(), Error> {
        let text = self.told(plan, outcomes, self.output(), form);
        match form {
            Form::Github => self.context.commands(&text),
            _ => self.context.result(&text),
        }
    }

    /// Writes the plan, and what became of it, wherever that was asked for. One that cannot be written keeps no other from it.
    pub(super) fn report(&self, plan: &Plan, outcomes: Option<&[Outcome]>) -> Result<(), Error> {
        let files = self.reports.files.iter().map(|Target { form, path }| {
            let text = self.told(plan, outcomes, self.setting(), *form);
            self.write(path, *form, &text)
        });
        let summary = self.summary.iter().map(|path| {
            let setting = Setting {
                budget: SUMMARY,
                ..self.setting()
            };
            let text = self.told(plan, outcomes, setting, Form::Markdown);
            add(path, &self.context.in_file(&text)).map_err(|source| unwritten(path, source))
        });
        let failed = files.chain(summary).filter_map(Result::err);
        let mut failed: Vec<Error> = failed.collect();
        let last = failed.pop();
        failed.iter().for_each(|error| self.context.fail(error));
        last.map_or(Ok(()), Err)
    }

    /// The plan as it is written to standard output.
    pub(super) fn shown(&self, plan: &Plan, form: Form) -> String {
        self.told(plan, None, self.output(), form)
    }

    /// How standard output is written.
    fn output(&self) -> Setting<'_> {
        Setting {
            width: self.context.width(),
            marks: self.context.marks(),
            ..self.setting()
        }
    }

    fn setting(&self) -> Setting<'_> {
        Setting {
            directory: &self.directory,
            folder: &self.folder,
            marks: Marks::Brackets,
            annotations: &self.annotations,
            lists_unmanaged: self.lists_unmanaged,
            ..Setting::default()
        }
    }

    fn told(
        &self,
        plan: &Plan,
        outcomes: Option<&[Outcome]>,
        setting: Setting<'_>,
        form: Form,
    ) -> String {
        let redact = |text: &str| self.context.redacted(text);
        let outcomes = outcomes.map(|outcomes| render::redacted_outcomes(outcomes, &redact));
        let report = Report {
            plan: &render::redacted(plan, &redact),
            id: plan.id(),
            outcomes: outcomes.as_deref(),
            setting,
        };
        report.render(form)
    }

    fn write(&self, path: &Path, form: Form, text: &str) -> Result<(), Error> {
        let text = match form {
            // Each line is a command, and is to be one.
            Form::Github => self.context.redacted(text),
            _ => self.context.in_file(text),
        };
        put(path, text.trim_end()).map_err(|source| unwritten(path, source))
    }
}

/// What was found in the manifests, as workflow commands. As ever, what is only advice is left to `validate`.
fn annotations(loaded: &Loaded, folder: &str) -> String {
    let mut findings = loaded.findings.clone();
    findings.retain(|finding| finding.severity != Severity::Advice);
    let mut verdict = Verdict::default();
    verdict.add("", findings, Sources::default());
    render::annotations(&verdict, folder)
}

fn unwritten(path: &Path, source: io::Error) -> Error {
    Error::Report {
        path: path.to_owned(),
        source,
    }
}

/// Whether a path leads to a pipe or a device, which may take several reports.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A directory as seen from the top of its repository, however it was named; as it was, where there is none.
fn home(directory: &Path) -> String {
    let real = durable::meant(directory);
    let way = match Bounds::around(&real).below(&real) {
        Some(below) => below,
        None if real.join(".git").exists() => PathBuf::from("."),
        None => manifest::normalised(directory),
    };
    way.display().to_string()
}

/// Adds to a file that others write to as well.
fn add(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{}\n\n", text.trim_end()).as_bytes())
}

/// Writes a file anew, whole; a pipe or a device takes what it is given.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let text = match text {
        "" => String::new(),
        text => format!("{text}\n"),
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => durable::create(path, text.as_bytes()),
        Err(error) => Err(error),
        Ok(found) if found.is_file() => durable::replace(&path.canonicalize()?, text.as_bytes()),
        Ok(_) => {
            let mut stream = OpenOptions::new().write(true).open(path)?;
            stream.write_all(text.as_bytes())
        }
    }
}
