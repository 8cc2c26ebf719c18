//! Taking secrets out of text that a service or a user had a say in: known ones in whatever way they are spelt there, and
//! others by what keys look like.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::secret::MASK;

/// How long a text has to be to be told from others in other spellings than its own, and a word of a
/// secret to be looked for apart from the others.
const TELLING: usize = 8;
/// How much of a secret is told from other words where the rest was cut off.
const BEGINNING: usize = 4;
/// What stands where a text was cut off.
const CUT: char = '…';

/// Whether a value is long enough to be looked for in texts that say other things as well.
#[must_use]
pub fn is_telling(value: &str) -> bool {
    value.len() >= TELLING
}

/// The text without these values: as they are, as JSON, HTML, URLs, base64 and hexadecimal spell them, and
/// cut off.
#[must_use]
pub fn redact<'v>(text: String, values: impl IntoIterator<Item = &'v str>) -> String {
    let values = values.into_iter().filter(|value| !value.is_empty());
    let mut parts: Vec<&str> = values.flat_map(parts).collect();
    // What holds another one goes first, or else its rest would stay.
    parts.sort_unstable_by_key(|part| Reverse(part.len()));
    parts.dedup();
    let spelt = parts.into_iter().flat_map(spellings);
    spelt.fold(text, |text, spelt| without(text, &spelt))
}

/// A value and its words: of `Bearer abc` a service may only repeat the second one.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split_whitespace().filter(|word| is_telling(word));
    std::iter::once(value).chain(words)
}

fn spellings(text: &str) -> Vec<String> {
    let json = in_json(text);
    let pointer = text.replace('~', "~0").replace('/', "~1");
    let others = [in_html(text), in_html(&json), in_json(&pointer), pointer];
    let mut spellings = vec![text.to_owned(), in_json(&json), json];
    spellings.extend(others.into_iter().filter(|other| other != text));
    if is_telling(text) {
        let lower: Hex = |byte| format!("{byte:02x}");
        let upper: Hex = |byte| format!("{byte:02X}");
        spellings.extend([lower, upper].into_iter().flat_map(|hex| in_hex(text, hex)));
        for last in [b"+/", b"-_"] {
            spellings.extend((0..3).map(|before| base64(text.as_bytes(), before, *last)));
        }
    }
    spellings
}

fn without(text: String, spelt: &str) -> String {
    let text = if text.contains(spelt) {
        text.replace(spelt, MASK)
    } else {
        text
    };
    if !text.contains(CUT) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut pieces = text.split(CUT).peekable();
    while let Some(piece) = pieces.next() {
        match begun(piece, spelt) {
            _ if pieces.peek().is_none() => kept.push_str(piece),
            None => kept.extend([piece, "…"]),
            Some(rest) => kept.extend([rest, MASK, "…"]),
        }
    }
    kept
}

/// What stands before the beginning of `spelt` that a piece ends with.
fn begun<'p>(piece: &'p str, spelt: &str) -> Option<&'p str> {
    let ends = (BEGINNING..spelt.len()).rev();
    let mut beginnings = ends.filter_map(|end| spelt.get(..end));
    beginnings.find_map(|beginning| piece.strip_suffix(beginning))
}

fn in_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As a page for a browser has it.
fn in_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' => {
                escaped.extend(["&#", &u32::from(character).to_string(), ";"]);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// How a byte is written: in digits of one letter case.
type Hex = fn(u8) -> String;

/// The spellings with such digits, for all characters or for those that cannot stand for themselves.
fn in_hex(text: &str, hex: Hex) -> [String; 6] {
    let percent = |character: char| {
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).bytes();
        bytes.map(|byte| format!("%{}", hex(byte))).collect()
    };
    let unicode = |character: char| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        let bytes = units.map(|unit| unit.to_be_bytes().map(hex));
        bytes
            .map(|bytes| format!("\\u{}", bytes.concat()))
            .collect()
    };
    [
        text.bytes().map(hex).collect(),
        escaped(text, |_| false, percent),
        escaped(text, is_unreserved, percent),
        escaped(text, |_| false, unicode),
        escaped(text, is_unreserved, unicode),
        escaped(&in_json(text), |character| character.is_ascii(), unicode),
    ]
}

/// The text with all characters escaped but those that stand for themselves.
fn escaped(text: &str, stands: fn(char) -> bool, escape: impl Fn(char) -> String) -> String {
    let spelt = |character| match stands(character) {
        true => String::from(character),
        false => escape(character),
    };
    text.chars().map(spelt).collect()
}

const fn is_unreserved(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_' | '~')
}

/// What base64 makes of a text that so many bytes stand before, without the characters that hold bits
/// of what stands beside it. `last` are the last two characters of the alphabet.
fn base64(text: &[u8], before: usize, last: [u8; 2]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bytes = [&[0; 2][..before], text].concat();
    let mut spelt = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0, |bits, (at, byte)| {
            bits | usize::from(*byte) << (16 - 8 * at)
        });
        for shift in [18, 12, 6, 0].into_iter().take(chunk.len() + 1) {
            let value = bits >> shift & 63;
            let rest = || last[value - ALPHABET.len()];
            spelt.push(char::from(
                ALPHABET.get(value).copied().unwrap_or_else(rest),
            ));
        }
    }
    let end = spelt.len() - usize::from(!bytes.len().is_multiple_of(3));
    spelt[[0, 2, 3][before]..end].to_owned()
}

/// How keys of well-known services begin.
const KEYS: [&str; 21] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "gsk_",
    "hf_",
    "pplx-",
    "shpat_",
    "whsec_",
    "xox",
    "ya29.",
    "AKIA",
    "AIza",
    "eyJ",
];

/// All of them, to be looked for at once: nearly every text holds none.
static BEGINNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // Which of them it is does not count, and with this kind many bytes are looked at in one step.
    let mut builder = AhoCorasick::builder();
    let automaton = builder.match_kind(MatchKind::LeftmostFirst).build(KEYS);
    automaton.expect("so few short texts make no large automaton")
});

/// The text without words that are built like keys: whoever pasted one in the wrong place is not helped
/// by seeing it in a log.
#[must_use]
pub fn without_keys(text: &str) -> Cow<'_, str> {
    if !BEGINNINGS.is_match(text) {
        return Cow::Borrowed(text);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        match key_in(word) {
            Some(at) => shown.extend([&word[..at], MASK]),
            None => shown.push_str(word),
        }
        let gap = behind.find(is_part).unwrap_or(behind.len());
        shown.push_str(&behind[..gap]);
        rest = &behind[gap..];
    }
    Cow::Owned(shown)
}

/// Where a key begins in a word: with it, or behind a `_`, where it has a digit to be told from the parts of a name.
fn key_in(word: &str) -> Option<usize> {
    let digit = word.rfind(|c: char| c.is_ascii_digit());
    let behind = word.match_indices('_').map(|(at, _)| at + 1);
    let behind = behind.take_while(|at| digit >= Some(*at));
    std::iter::once(0).chain(behind).find(|at| {
        let rest = &word[*at..];
        KEYS.iter()
            .any(|key| rest.len() > key.len() + 2 && rest.starts_with(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr\"et/+ä-0815";

    fn redacted(text: &str) -> String {
        redact(text.to_owned(), [SECRET])
    }

    #[test]
    fn a_secret_is_taken_out_in_every_spelling() {
        let rows = [
            "s3cr\"et/+ä-0815",
            "s3cr\\\"et/+ä-0815",
            "s3cr\\\\\\\"et/+ä-0815",
            "s3cr&#34;et/+ä-0815",
            "s3cr\\&#34;et/+ä-0815",
            "s3cr%22et%2F%2B%C3%A4-0815",
            "s3cr%22et%2f%2b%c3%a4-0815",
            "%73%33%63%72%22%65%74%2F%2B%C3%A4%2D%30%38%31%35",
            "%73%33%63%72%22%65%74%2f%2b%c3%a4%2d%30%38%31%35",
            r"s3cr\u0022et\u002F\u002B\u00E4-0815",
            "s3cr\\\"et/+\\u00e4-0815",
            r"\u0073\u0033\u0063\u0072\u0022\u0065\u0074\u002F\u002B\u00E4\u002D\u0030\u0038\u0031\u0035",
            r"\u0073\u0033\u0063\u0072\u0022\u0065\u0074\u002f\u002b\u00e4\u002d\u0030\u0038\u0031\u0035",
            "733363722265742f2bc3a42d30383135",
            "733363722265742F2BC3A42D30383135",
        ];
        for row in rows {
            assert_eq!(redacted(&format!("a {row} b")), "a ******** b", "{row}");
        }
        // echo -n 's3cr"et/+ä-0815', after nothing, `u`, and `us`.
        for row in [
            "czNjciJldC8rw6QtMDgxNQ==",
            "dXMzY3IiZXQvK8OkLTA4MTU=",
            "dXNzM2NyImV0LyvDpC0wODE1",
        ] {
            let text = redacted(row);
            assert!(text.contains(MASK) && text.len() < 16, "{row}: {text}");
        }
    }

    #[test]
    fn digits_of_either_case_stand_beside_letters_of_any() {
        for row in ["Sk-%2B%2F-0815", "Sk-%2b%2f-0815", r"Sk-\u002b\u002f-0815"] {
            assert_eq!(redact(row.to_owned(), ["Sk-+/-0815"]), MASK, "{row}");
        }
    }

    #[test]
    fn what_is_cut_off_is_taken_out_as_well() {
        assert_eq!(
            redacted("say s3cr\"e… and go on"),
            "say ********… and go on"
        );
        assert_eq!(redacted("s3c… s3cr"), "s3c… s3cr");
        assert_eq!(redacted("… s3cr\"et/+ä-0815…"), "… ********…");
    }

    #[test]
    fn words_of_a_secret_and_longer_secrets_are_found_on_their_own() {
        let text = "abcdefgh, Bearer abcdefgh and abcdefghij".to_owned();
        let redacted = redact(text, ["Bearer abcdefgh", "abcdefghij"]);
        assert_eq!(redacted, "********, ******** and ********");
    }

    #[test]
    fn a_short_secret_is_only_looked_for_as_it_is() {
        assert_eq!(redact("any 616e79".to_owned(), ["any"]), "******** 616e79");
        assert_eq!(redact("text".to_owned(), [""]), "text");
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
        assert_eq!(
            without_keys("PERSONACTL_VAR_sk-live-123, X_sk_live_4, look_up_pk_field"),
            "PERSONACTL_VAR_********, X_********, look_up_pk_field"
        );
    }
}
