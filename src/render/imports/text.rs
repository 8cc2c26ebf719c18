//! What an import writes, for people.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::Style;

use crate::import::{Draft, File, Import, Left, Refused, Who};
use crate::model::{Pointer, without_keys};
use crate::render::escape::on_one_line;
use crate::render::style::{ADDED, BLOCKED, CHANGED, FAINT, STRONG, paint};
use crate::render::value::counted;

/// What an import writes below `directory`, or would.
#[must_use]
pub fn import(import: &Import, directory: &Path) -> String {
    let Import {
        drafts,
        files,
        refused,
    } = import;
    let mut text = String::new();
    for draft in drafts {
        let own = |file: &&File| file.owner.as_ref() == Some(&draft.who.key);
        line(&mut text, "", &title(ADDED, "+ import", &draft.who));
        paths(&mut text, files.iter().filter(own), directory);
        details(&mut text, draft);
        text.push('\n');
    }
    let shared: Vec<&File> = files.iter().filter(|file| file.owner.is_none()).collect();
    if !shared.is_empty() {
        line(&mut text, "", &paint(ADDED.bold(), "+ used by several"));
        paths(&mut text, shared.into_iter(), directory);
        text.push('\n');
    }
    for Refused { who, reason } in refused {
        line(&mut text, "", &title(BLOCKED, "! left out", who));
        line(&mut text, "    ", &paint(BLOCKED, on_one_line(reason)));
        text.push('\n');
    }
    line(&mut text, "", &closing(import));
    text
}

/// Who could be imported.
#[must_use]
pub fn strangers<'w>(whos: impl Iterator<Item = &'w Who>) -> String {
    let lines = whos.map(|who| title(STRONG, " ", who) + "\n");
    lines.collect()
}

fn title(style: Style, what: &str, who: &Who) -> String {
    let Who { key, id, name } = who;
    let title = paint(
        style.bold(),
        format!("{what} {}", on_one_line(key.as_str())),
    );
    format!("{title}  \"{}\" ({id})", on_one_line(name))
}

fn paths<'f>(text: &mut String, files: impl Iterator<Item = &'f File>, directory: &Path) {
    for file in files {
        let path = directory.join(&file.path).display().to_string();
        line(text, "    ", &paint(FAINT, on_one_line(&path)));
    }
}

fn details(text: &mut String, draft: &Draft) {
    for (name, path) in &draft.secrets {
        let said = format!("{name} is to be set: {}", place(path));
        line(text, "    ", &paint(CHANGED, said));
    }
    for Left { path, reason } in &draft.left {
        let (path, reason) = (place(path), on_one_line(reason));
        line(
            text,
            "    ",
            &paint(BLOCKED, format!("left as it is live: {path}: {reason}")),
        );
    }
}

/// A place in a document. The names on the way are anybody's.
fn place(path: &Pointer) -> String {
    without_keys(&on_one_line(path.as_str())).into_owned()
}

fn closing(import: &Import) -> String {
    let Import {
        drafts,
        files,
        refused,
    } = import;
    let secrets = drafts.iter().map(|draft| draft.secrets.len()).sum();
    let said = format!(
        "{} in {}",
        counted(drafts.len(), "persona"),
        counted(files.len(), "file")
    );
    let others = [
        (secrets, "secret", "to be set"),
        (refused.len(), "persona", "left out"),
    ];
    let others = others.into_iter().filter(|(count, ..)| *count > 0);
    let others = others.map(|(count, noun, what)| format!(", {} {what}", counted(count, noun)));
    paint(STRONG, format!("{said}{}.", others.collect::<String>()))
}

fn line(text: &mut String, indent: &str, content: &str) {
    writeln!(text, "{indent}{content}").expect("a string takes all");
}
