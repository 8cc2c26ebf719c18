//! The best generators of other languages, run on the same corpus in a temporary folder.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::compare::Column;
use crate::corpus::Case;
use crate::generate::{bytes, leads};

/// The versions that are compared with.
pub(crate) const NPM: [&str; 2] = ["jsondiffpatch@0.7.7", "rfc6902@5.4.0"];
/// As above.
pub(crate) const PYPI: [&str; 1] = ["jsonpatch==1.47"];

/// Each peer's sizes; needs node, npm, python3 with pip, and the two registries.
pub(crate) fn run(corpus: &[Case]) -> Result<Vec<Column>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    let cases = corpus
        .iter()
        .map(|case| json!({"before": case.before, "after": case.after}));
    fs::write(at.join("corpus.json"), cases.collect::<Value>().to_string())?;
    fs::write(at.join("peers.mjs"), include_str!("peers/peers.mjs"))?;
    fs::write(at.join("peers.py"), include_str!("peers/peers.py"))?;

    let quiet = [
        "install",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--prefix",
        ".",
    ];
    call(at, "npm", &[&quiet[..], &NPM].concat())?;
    call(at, "node", &["peers.mjs", "corpus.json", "npm.json"])?;
    call(
        at,
        "python3",
        &[
            &["-m", "pip", "install", "--quiet", "--target", "."][..],
            &PYPI,
        ]
        .concat(),
    )?;
    call(at, "python3", &["peers.py", "corpus.json", "pypi.json"])?;

    let mut columns = columns(corpus, &at.join("npm.json"))?;
    columns.extend(self::columns(corpus, &at.join("pypi.json"))?);
    Ok(columns)
}

fn call(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("`{program} {}` failed", arguments.join(" ")).into()),
    }
}

fn columns(corpus: &[Case], patches: &Path) -> Result<Vec<Column>, Box<dyn Error>> {
    let made: BTreeMap<String, Vec<Value>> = serde_json::from_slice(&fs::read(patches)?)?;
    let column = |(name, patches): (String, Vec<Value>)| {
        let sizes = corpus.iter().zip(patches);
        let sizes = sizes
            .map(|(case, patch)| leads(&patch, &case.before, &case.after).then(|| bytes(&patch)));
        Column {
            name,
            sizes: sizes.collect(),
        }
    };
    Ok(made.into_iter().map(column).collect())
}
