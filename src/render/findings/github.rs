//! What was found, as workflow commands: GitHub puts an annotation on each line.

use std::borrow::Cow;

use super::{Said, only};
use crate::lint::{Told, Verdict};
use crate::model::Severity;
use crate::render::escape::on_one_line;

/// What was found, a command on each line. `folder` is where paths begin, as seen from the top of the repository.
#[must_use]
pub fn verdict(verdict: &Verdict, folder: &str) -> String {
    let commands = verdict
        .findings()
        .map(|told| command(told, verdict, folder));
    commands.collect::<Vec<_>>().join("\n")
}

fn command(told: &Told, verdict: &Verdict, folder: &str) -> String {
    let Said {
        severity,
        code,
        message,
        place,
        hint,
        documentation,
    } = Said::of(&told.finding);
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = place {
        let file = format!("{folder}{}", place.file);
        properties.push(format!("file={}", property(&file)));
        properties.push(format!("line={},endLine={0}", place.line));
        properties.push(format!(
            "col={},endColumn={}",
            place.column,
            place.column + place.width
        ));
    }
    properties.push(format!("title={}", property(code)));
    let only = only(verdict, told).map(Cow::Owned);
    let lines = [Some(message), hint, only, documentation.map(Cow::Borrowed)];
    let lines: Vec<String> = lines.iter().flatten().map(|line| data(line)).collect();
    format!("::{level} {}::{}", properties.join(","), lines.join("%0A"))
}

/// Text that cannot end the command: hostile characters have a visible form before, and are escaped then.
fn data(text: &str) -> String {
    on_one_line(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
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
