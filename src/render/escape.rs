//! Making foreign text harmless for where it goes: a terminal, a CI log, or JSON that ends up in
//! one of them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character can move the cursor, change what is seen, or hide. Line feeds and tabs are
/// not among them.
const fn is_hostile(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line, with everything hostile in a visible form: `\u{1b}`. What CI runners take
/// for commands is broken up.
#[must_use]
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_plain = !text.contains(|c: char| is_hostile(c) || matches!(c, '\n' | '\t'));
    if is_plain && !holds_command(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for character in text.chars() {
        match character {
            joiner if joins(before, joiner) => escaped.push(joiner),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("    "),
            hostile if is_hostile(hostile) => {
                write!(escaped, "\\u{{{:x}}}", u32::from(hostile)).expect("a string takes all");
            }
            other => escaped.push(other),
        }
        before = character;
    }
    for command in COMMANDS {
        let broken = format!("{}\\u{{5b}}", command.trim_end_matches('['));
        escaped = escaped.replace(command, &broken);
    }
    if let Some(rest) = escaped.trim_start().strip_prefix("::") {
        escaped = format!("\\u{{3a}}:{rest}");
    }
    Cow::Owned(escaped)
}

/// Emoji, Persian and the scripts of India are not readable without their joiners; beside letters that
/// need none, a joiner only hides.
const fn joins(before: char, character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}') && before as u32 > 0xff && !is_hostile(before)
}

/// What runners look for anywhere in a line.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// GitHub's runner looks for `::` where a line begins, blanks aside.
fn holds_command(text: &str) -> bool {
    text.trim_start().starts_with("::") || COMMANDS.iter().any(|command| text.contains(command))
}

/// How keys of well-known services begin.
const KEYS: [&str; 9] = [
    "sk-", "sk_", "pk_", "ghp_", "gho_", "xox", "AKIA", "AIza", "eyJ",
];

/// The text without words that are built like keys: whoever pasted one in the wrong place is not helped
/// by seeing it in a log.
#[must_use]
pub(super) fn without_keys(text: &str) -> Cow<'_, str> {
    if !KEYS.iter().any(|key| text.contains(key)) {
        return Cow::Borrowed(text);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let is_key = KEYS
            .iter()
            .any(|key| word.len() > key.len() + 2 && word.starts_with(key));
        shown.push_str(if is_key { "********" } else { word });
        let gap = behind.find(is_part).unwrap_or(behind.len());
        shown.push_str(&behind[..gap]);
        rest = &behind[gap..];
    }
    Cow::Owned(shown)
}

/// JSON text with everything hostile as `\u` escapes: such characters only ever stand inside of
/// strings.
#[must_use]
pub fn in_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\r' && is_hostile(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes all");
            }
        } else {
            escaped.push(character);
        }
    }
    for command in COMMANDS {
        let broken = format!("{}\\u005b", command.trim_end_matches('['));
        escaped = escaped.replace(command, &broken);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        let rows = [
            ("plain ä 語 🙂", "plain ä 語 🙂"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\nb\tc\r", "a\\nb    c\\u{d}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("  ::error::x", "\\u{3a}:error::x"),
            ("a::b", "a::b"),
            (
                "👩\u{200d}👩 می\u{200c}خواهم",
                "👩\u{200d}👩 می\u{200c}خواهم",
            ),
            ("a\u{200d}b", "a\\u{200d}b"),
            (
                "##[error]x ##vso[task]",
                "##\\u{5b}error]x ##vso\\u{5b}task]",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(on_one_line(text), expected);
        }
    }

    #[test]
    fn words_that_are_built_like_keys_are_not_shown() {
        let shown = without_keys("headers: [Authorization, Bearer sk-live-123] # ask-me, desk-top");
        assert_eq!(
            shown,
            "headers: [Authorization, Bearer ********] # ask-me, desk-top"
        );
        assert_eq!(
            without_keys("`sk-live-123` is no file"),
            "`********` is no file"
        );
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a": "\u{9b}\u{202e}\u{e0041}\u{feff} ä\n##[error]"});
        let escaped = in_json(&value.to_string());
        assert!(escaped.chars().all(|c| !is_hostile(c)), "{escaped}");
        assert!(!holds_command(&escaped), "{escaped}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).expect("JSON"),
            value
        );
    }
}
