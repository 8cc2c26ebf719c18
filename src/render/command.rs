//! Workflow commands: what GitHub's runner takes from the output of a step.

use super::escape::on_one_line;
use crate::model::Place;

/// An annotation.
pub(super) struct Command {
    pub(super) level: Level,
    /// Where it is shown; `None` for the workflow itself.
    pub(super) place: Option<Place>,
    pub(super) title: String,
    /// What it says.
    pub(super) lines: Vec<String>,
}

/// How much an annotation weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Warning,
    Notice,
}

impl Command {
    /// The command. `folder` is where paths begin, as seen from the top of the repository.
    pub(super) fn line(&self, folder: &str) -> String {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = &self.place {
            let file = format!("{folder}{}", place.file);
            properties.push(format!("file={}", property(&file)));
            properties.push(format!("line={},endLine={0}", place.line));
            properties.push(format!(
                "col={},endColumn={}",
                place.column,
                place.column + place.width
            ));
        }
        properties.push(format!("title={}", property(&self.title)));
        let lines: Vec<String> = self.lines.iter().map(|line| data(line)).collect();
        format!("::{level} {}::{}", properties.join(","), lines.join("%0A"))
    }
}

/// Text that cannot end the command: hostile characters have a visible form before, and are escaped then.
fn data(text: &str) -> String {
    on_one_line(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
