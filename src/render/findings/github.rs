//! What was found, as workflow commands: GitHub puts an annotation on each line.

use std::borrow::Cow;

use super::{Said, only};
use crate::lint::{Told, Verdict};
use crate::model::Severity;
use crate::render::command::{Command, Level};

/// What was found, a command on each line. `folder` is where paths begin, as seen from the top of the repository.
#[must_use]
pub fn verdict(verdict: &Verdict, folder: &str) -> String {
    let commands = verdict
        .findings()
        .map(|told| command(told, verdict).line(folder));
    commands.collect::<Vec<_>>().join("\n")
}

fn command(told: &Told, verdict: &Verdict) -> Command {
    let Said {
        severity,
        code,
        message,
        place,
        hint,
        documentation,
    } = Said::of(&told.finding);
    let only = only(verdict, told).map(Cow::Owned);
    let lines = [Some(message), hint, only, documentation.map(Cow::Borrowed)];
    Command {
        level: match severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Advice => Level::Notice,
        },
        place: place.cloned(),
        title: code.to_owned(),
        lines: lines.into_iter().flatten().map(Cow::into_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Place};
    use crate::yaml::Sources;

    #[test]
    fn nothing_breaks_out_of_a_command() {
        let place = Place {
            file: "per,so:nas/100%.yaml".into(),
            line: 3,
            column: 5,
            width: 4,
        };
        let finding = Finding::error("tag", place, "a\n::error::b 100%").hint("c");
        let mut found = Verdict::default();
        found.add("staging", vec![finding], Sources::default());
        found.add("production", Vec::new(), Sources::default());
        assert_eq!(
            verdict(&found, "agents/"),
            "::error file=agents/per%2Cso%3Anas/100%25.yaml,line=3,endLine=3,col=5,endColumn=9,title=tag\
             ::a\\n::error::b 100%25%0Ac%0Aonly in staging"
        );
    }
}
