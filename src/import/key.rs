//! Names to words that any file system, shell and reader takes: keys, names of files and of variables.

use std::collections::BTreeSet;

use deunicode::deunicode;

use crate::model::{Pointer, SecretName};

/// How long such a word may be, and how much of a name is looked at for it.
const LONGEST: usize = 60;
const LOOKED_AT: usize = 300;

/// What Windows keeps for itself, whatever ending it has; some with a digit behind them.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];
/// What our own files and variables are called.
const OURS: &str = "personactl";

/// Words that are taken, in whatever letter case.
#[derive(Clone, Debug, Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// Adds a word that is taken.
    pub fn add(&mut self, word: &str) {
        self.0.insert(word.to_ascii_lowercase());
    }

    /// The word, or the first of `word-2`, `word-3`, … that is not taken; it is from now on.
    pub(super) fn take(&mut self, word: &str, joint: char) -> String {
        let numbered = (2..).map(|number| format!("{word}{joint}{number}"));
        let mut words = std::iter::once(word.to_owned()).chain(numbered);
        let free = words.find(|word| !self.0.contains(&word.to_ascii_lowercase()));
        let free = free.expect("there is always another number");
        self.add(&free);
        free
    }
}

/// The letters and digits of a name as lower-case ASCII words, joined by `-`; empty where it has none.
pub(super) fn slug(name: &str) -> String {
    let beginning: String = name.chars().take(LOOKED_AT).collect();
    let ascii = deunicode(&beginning).to_ascii_lowercase().replace('\'', "");
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric());
    let mut slug = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if slug.is_empty() {
            slug.push_str(&word[..word.len().min(LONGEST)]);
        } else if slug.len() + 1 + word.len() <= LONGEST {
            slug.extend(["-", word]);
        } else {
            break;
        }
    }
    slug
}

/// What a file may be called for something with this name; `noun` says what it is.
pub(super) fn stem(name: &str, noun: &str) -> String {
    let slug = slug(name);
    if slug.is_empty() {
        return noun.to_owned();
    }
    if slug == OURS || is_device(&slug) {
        return format!("{noun}-{slug}");
    }
    slug
}

fn is_device(word: &str) -> bool {
    let (name, digit) = word.split_at(word.len() - 1);
    let is_digit = digit.starts_with(|c: char| c.is_ascii_digit());
    DEVICES.contains(&word) || is_digit && NUMBERED_DEVICES.contains(&name)
}

/// The variable for the secret at `path` of the persona with this key, one that is not taken.
pub(super) fn variable(key: &str, path: &Pointer, noun: &str, taken: &mut Taken) -> SecretName {
    let tokens: Vec<String> = path.tokens().collect();
    // What all fields stand in says nothing.
    let telling = usize::from(tokens.len() > 2);
    let words = tokens[telling..].iter().map(|token| slug(token));
    let words: Vec<String> = std::iter::once(slug(key)).chain(words).collect();
    let name = words.join("-").to_ascii_uppercase().replace('-', "_");
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.starts_with(&OURS.to_ascii_uppercase());
    let name = match is_plain {
        true => name,
        false => format!("{}_{name}", noun.to_ascii_uppercase()),
    };
    SecretName::new(taken.take(&name, '_')).expect("it is made of letters, digits and `_`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_that_can_be_read_and_typed() {
        let long = "Very ".repeat(60);
        let rows = [
            ("Life Coach", "life-coach"),
            ("  Ana's — Töchter  ", "anas-tochter"),
            ("Łukasz (Żółw) №7", "lukasz-zolw-no7"),
            ("🦄 Unicorn", "unicorn-unicorn"),
            ("日本語", "ri-ben-yu"),
            ("مرحبا", "mrhb"),
            ("Сова", "sova"),
            ("support/agent.de", "support-agent-de"),
            ("_hidden", "hidden"),
            (".env", "env"),
            ("../../etc/passwd", "etc-passwd"),
            ("a\0b\u{202e}c", "a-bc"),
            ("ＦＵＬＬ", "full"),
            ("", "persona"),
            (" \t", "persona"),
            ("—", "persona"),
            ("personactl", "persona-personactl"),
            ("CON", "persona-con"),
            ("Lpt1", "persona-lpt1"),
            ("Lpt10", "lpt10"),
            ("console", "console"),
            (
                long.as_str(),
                "very-very-very-very-very-very-very-very-very-very-very-very",
            ),
        ];
        for (name, expected) in rows {
            assert_eq!(stem(name, "persona"), expected, "{name:?}");
        }
        assert_eq!(stem(&"x".repeat(500), "persona").len(), LONGEST);
    }

    #[test]
    fn whatever_a_name_is_its_word_is_safe() {
        let strange = (0..0x11_0000).step_by(97).filter_map(char::from_u32);
        for name in strange.map(|c| format!("{c}{c}")) {
            let word = stem(&name, "persona");
            let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(
                word.chars().all(is_safe) && !word.starts_with('-'),
                "{name:?}: {word}"
            );
            assert!((1..=LONGEST).contains(&word.len()), "{name:?}: {word}");
        }
    }

    #[test]
    fn a_word_that_is_taken_gets_a_number() {
        let mut taken = Taken::default();
        for word in ["Ana", "bob-2"] {
            taken.add(word);
        }
        let got = ["ana", "ana", "bob", "bob", "ana-2"].map(|word| taken.take(word, '-'));
        assert_eq!(got, ["ana-2", "ana-3", "bob", "bob-3", "ana-2-2"]);
    }

    #[test]
    fn variables_tell_whose_secret_it_is() {
        let rows = [
            (
                "life-coach",
                "/layers/tts/api_key",
                "LIFE_COACH_TTS_API_KEY",
            ),
            (
                "life-coach",
                "/layers/tts/api_key",
                "LIFE_COACH_TTS_API_KEY_2",
            ),
            (
                "ana",
                "/layers/llm/headers/X-API~1Key",
                "ANA_LLM_HEADERS_X_API_KEY",
            ),
            (
                "ana",
                "/layers/mcp/connectors/0/headers/🔑",
                "ANA_MCP_CONNECTORS_0_HEADERS_KEY",
            ),
            ("7up", "/layers/tts/api_key", "PERSONA_7UP_TTS_API_KEY"),
            (
                "personactl-var",
                "/layers/tts/api_key",
                "PERSONA_PERSONACTL_VAR_TTS_API_KEY",
            ),
        ];
        let mut taken = Taken::default();
        for (key, path, expected) in rows {
            let path = Pointer::parse(path).expect("a pointer");
            let name = variable(key, &path, "persona", &mut taken);
            assert_eq!(name.as_str(), expected);
        }
    }
}
