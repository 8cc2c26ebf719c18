//! Findings for people: what is wrong, the line with the place marked, and the way out.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Said, only};
use crate::catalog::{begins_as_credential, seems_credential, without_credentials};
use crate::lint::Verdict;
use crate::model::{Finding, Place, SecretName, Severity};
use crate::render::escape::on_one_line;

/// How many findings are shown at most: whoever made more has made one mistake many times.
const MOST: usize = 100;

/// The findings as text, with the source lines that `line` knows.
#[must_use]
pub fn findings<'s>(findings: &[Finding], line: impl Fn(&Place) -> Option<&'s str>) -> String {
    let renderer = Renderer::styled();
    let shown = foremost(findings).into_iter().map(|finding| {
        let source = finding.place.as_ref().and_then(&line);
        format!("{}\n", finding_text(&renderer, finding, source, &[]))
    });
    let mut shown: Vec<String> = shown.collect();
    if let Some(more @ 1..) = findings.len().checked_sub(MOST) {
        shown.push(format!("and {more} more\n"));
    }
    shown.join("\n")
}

/// All that was found, each with where the documentation says more, and how much it is in the end.
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    let renderer = Renderer::styled();
    let shown = verdict.findings().map(|told| {
        let finding = &told.finding;
        let source = finding.place.as_ref();
        let source = source.and_then(|place| verdict.sources.line(place));
        let more = match finding.documentation() {
            Some(link) => format!("see {link}"),
            None => format!("see `personactl explain {}`", finding.code),
        };
        let notes: Vec<String> = only(verdict, told).into_iter().chain([more]).collect();
        format!("{}\n\n", finding_text(&renderer, finding, source, &notes))
    });
    shown.collect::<String>() + &summary(verdict)
}

fn summary(verdict: &Verdict) -> String {
    let counts = [
        (verdict.count(Severity::Error), "error", "errors"),
        (verdict.count(Severity::Warning), "warning", "warnings"),
        (
            verdict.count(Severity::Advice),
            "piece of advice",
            "pieces of advice",
        ),
    ];
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    let found: Vec<String> = counts
        .map(|(count, one, more)| counted(*count, one, more))
        .collect();
    let found = match found.split_last() {
        None => "nothing to find fault with".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    };
    let manifests = counted(verdict.manifests, "manifest", "manifests");
    let environments = verdict.environments.join(", ");
    on_one_line(&format!("{manifests} for {environments}: {found}.")).into_owned()
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// The findings that are shown: all of them, or else those that weigh most.
fn foremost(findings: &[Finding]) -> Vec<&Finding> {
    let mut shown: Vec<_> = findings.iter().collect();
    if shown.len() > MOST {
        shown.sort_by_key(|finding| finding.severity);
        shown.truncate(MOST);
    }
    shown
}

fn finding_text(
    renderer: &Renderer,
    finding: &Finding,
    source: Option<&str>,
    notes: &[String],
) -> String {
    let Said {
        severity,
        code,
        message,
        place,
        hint,
        documentation: _,
    } = Said::of(finding);
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::NOTE,
    };
    let message = on_one_line(&message);
    let mut group = Group::with_title(level.primary_title(&*message).id(code));
    let marked = place.zip(source);
    let marked = marked.map(|(place, source)| Marked::new(place, source));
    let origin = place.filter(|_| source.is_none()).map(ToString::to_string);
    let origin = origin.as_deref().map(on_one_line);
    if let Some(origin) = &origin {
        group = group.element(Origin::path(&**origin));
    }
    if let Some(marked) = &marked {
        group = group.element(
            Snippet::source(&marked.text)
                .path(&*marked.file)
                .line_start(marked.line)
                .annotation(AnnotationKind::Primary.span(marked.start..marked.end)),
        );
    }
    let hint = hint.as_deref().map(on_one_line);
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.message(&**hint));
    }
    let notes: Vec<String> = notes.iter().map(|note| said(note)).collect();
    for note in &notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    renderer.render(&[group])
}

/// Words of ours, with what they quote made harmless.
fn said(text: &str) -> String {
    on_one_line(&without_credentials(text)).into_owned()
}

/// One source line with a stretch of it marked, in bytes of the text as it is shown.
struct Marked {
    file: String,
    line: usize,
    text: String,
    start: usize,
    end: usize,
}

impl Marked {
    fn new(place: &Place, source: &str) -> Self {
        let until = |characters| source.chars().take(characters).collect::<String>();
        let shown = concealed(source);
        // What is concealed is longer or shorter than what it stands for.
        let byte = |column: usize| boundary(&shown, on_one_line(&until(column)).len());
        let (start, end) = (byte(place.column - 1), byte(place.column - 1 + place.width));
        Self {
            file: on_one_line(&place.file).into_owned(),
            line: place.line,
            text: shown,
            start,
            end,
        }
    }
}

/// The end of a character in the text: the last one that is not behind `index`.
fn boundary(text: &str, index: usize) -> usize {
    let is_end = |index: &usize| text.is_char_boundary(*index);
    (0..=index.min(text.len())).rfind(is_end).unwrap_or(0)
}

/// The line as it may be shown: what follows the name of a credential is left out, unless it is
/// plain that it is none.
pub(super) fn concealed(line: &str) -> String {
    let colons = line.match_indices(':').map(|(colon, _)| colon);
    let mut secrets = colons.filter(|&colon| {
        let name = line[..colon].trim_end().trim_end_matches(['"', '\'']);
        let name = name.rsplit([' ', '\t', '{', ',', '"', '\'', '[']).next();
        let value = line[colon + 1..].trim_start_matches([' ', '"', '\'']);
        seems_credential(name.unwrap_or_default()) && !is_harmless(&line[colon + 1..])
            || begins_as_credential(value)
    });
    match secrets.next() {
        Some(colon) => format!("{}: ********", said(&line[..colon])),
        None => said(line),
    }
}

/// Whether what follows a credential's name is nothing, a number, an alias, or the name of a secret.
fn is_harmless(value: &str) -> bool {
    let value = value.trim().trim_end_matches(['}', ',', ' ']);
    let name = value.strip_prefix("!secret ").map(str::trim);
    value.is_empty()
        || value.parse::<f64>().is_ok()
        || value.strip_prefix('*').is_some_and(is_word)
        || name.is_some_and(|name| SecretName::new(name).is_some() && is_shouted(name))
}

/// Names of variables are in capitals; whatever else stands there may be a value, put there by
/// mistake.
fn is_shouted(name: &str) -> bool {
    !name.contains(|c: char| c.is_ascii_lowercase())
}

fn is_word(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_its_line_with_the_place_marked() {
        let place = Place {
            file: "personas/ana.yaml".into(),
            line: 7,
            column: 1,
            width: 11,
        };
        let finding = Finding::error(
            "unknown-member",
            place,
            "`persona_nam` is no member of a persona",
        )
        .hint("did you mean `persona_name`?");
        let shown = findings(&[finding], |_| Some("persona_nam: Ana \u{1b}[31m"));
        let shown = anstream::adapter::strip_str(&shown).to_string();
        for expected in [
            "error[unknown-member]: `persona_nam` is no member of a persona",
            "personas/ana.yaml:7:1",
            "7 | persona_nam: Ana \\u{1b}[31m",
            "| ^^^^^^^^^^^",
            "help: did you mean `persona_name`?",
        ] {
            assert!(shown.contains(expected), "{expected}\n{shown}");
        }
    }

    #[test]
    fn mistakes_are_shown_before_any_number_of_warnings() {
        let finding = |severity, message: &str| Finding {
            severity,
            code: "tag",
            message: message.to_owned(),
            place: None,
            member: None,
            hint: None,
            link: None,
        };
        let mut many = vec![finding(Severity::Warning, "odd"); MOST];
        many.push(finding(Severity::Error, "wrong"));
        let shown = findings(&many, |_| None);
        assert!(
            shown.contains("wrong") && shown.contains("and 1 more"),
            "{shown}"
        );
    }

    #[test]
    fn a_place_behind_something_concealed_is_marked_as_well_as_can_be() {
        let place = Place {
            file: "ana.yaml".into(),
            line: 1,
            column: 17,
            width: 3,
        };
        let finding = Finding::error("tag", place, "here");
        let shown = findings(&[finding], |_| Some("  llm: eyJdel: \u{fffd}\u{fffd} x"));
        assert!(shown.contains("********"), "{shown}");
    }

    #[test]
    fn no_credential_is_shown_whatever_the_finding_is_about() {
        for line in [
            "    api_key: sk-live-123",
            "  - {modle: x, api_key: 'sk-live-123'}",
            "\"Authorization\" : Bearer sk-live-123",
            "x-api-key: sk-live-123",
            "  X-Upstream: 'Basic sk-live-123'",
            "  X-Upstream: basic ab:sk-live-123",
            "X-Team-Auth: sk-live-123",
            "api_key: !secret sk-live-123",
            "api_key: !secret sk_live_123",
            "api_key: !!str sk-live-123",
            "api_key: !x sk-live-123",
            "api_key: &a sk-live-123",
        ] {
            let shown = concealed(line);
            assert!(
                !shown.contains("sk-live-123") && shown.contains("********"),
                "{shown}"
            );
        }
        for line in [
            "api_key: !secret NAME",
            "extra_body: {max_tokens: 300}",
            "api_key:",
        ] {
            assert_eq!(concealed(line), line);
        }
    }
}
