//! The expressions of a workflow, as far as ours use them. One that nobody has given a value fails the test.

use std::collections::BTreeMap;

/// What each name is worth.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(BTreeMap<String, String>);

impl Values {
    pub(super) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The text with a value in the place of each `${{ expression }}`.
    pub(super) fn fill(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{") else {
            return text.to_owned();
        };
        let (expression, after) = rest.split_once("}}").expect("an expression ends");
        format!("{before}{}{}", self.of(expression), self.fill(after))
    }

    /// Whether a condition holds, which may stand without `${{` and `}}`.
    pub(super) fn holds(&self, condition: &str) -> bool {
        match condition.contains("${{") {
            true => self.fill(condition) == "true",
            false => self.of(condition) == "true",
        }
    }

    fn of(&self, expression: &str) -> String {
        let expression = expression.trim();
        if expression.contains(" && ") {
            let mut terms = expression.split(" && ");
            return terms.all(|term| self.holds(term)).to_string();
        }
        if let Some((left, right)) = expression.split_once(" == ") {
            return (self.of(left) == self.of(right)).to_string();
        }
        if let Some((left, right)) = expression.split_once(" != ") {
            return (self.of(left) != self.of(right)).to_string();
        }
        let literal = expression.strip_prefix('\'');
        if let Some(literal) = literal.and_then(|rest| rest.strip_suffix('\'')) {
            return literal.to_owned();
        }
        match self.0.get(expression) {
            Some(value) => value.clone(),
            None if self.was_left_out(expression) => String::new(),
            None => panic!("nobody has said what `{expression}` is"),
        }
    }

    /// Whether this is an output of a step which has had its turn.
    fn was_left_out(&self, expression: &str) -> bool {
        let step = expression.split_once(".outputs.");
        step.is_some_and(|(step, _)| self.0.contains_key(&format!("{step}.outcome")))
    }
}

#[test]
fn values_stand_where_their_expressions_were() {
    let mut values = Values::default();
    values.set("a.b", "1");
    values.set("c", "two ${{ a.b }}");
    assert_eq!(values.fill("${{ a.b }}-${{c}}."), "1-two ${{ a.b }}.");
    assert_eq!(values.fill("${{ a.b == '1' && c != '1' }}"), "true");
    assert!(!values.holds("a.b == '2'"));
    assert!(values.holds("${{ a.b == '1' }}"));
    values.set("steps.a.outcome", "skipped");
    assert_eq!(values.fill("${{ steps.a.outputs.b }}"), "");
    assert!(!values.holds("a.b == '1' && c == '1'"));
}

#[test]
#[should_panic(expected = "nobody has said what `github.unheard_of` is")]
fn an_expression_that_is_not_known_is_no_empty_text() {
    let _ = Values::default().fill("${{ github.unheard_of }}");
}
