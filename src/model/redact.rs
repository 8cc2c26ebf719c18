//! Taking secrets out of text that a service had a say in, in whatever way they are spelt there.

use std::cmp::Reverse;
use std::fmt::Write as _;

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

/// The text without these values: as they are, as JSON, URLs, base64 and hexadecimal spell them, and
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
    let mut spellings = vec![text.to_owned(), in_json(&json), json];
    if is_telling(text) {
        let (percent, hex) = (percent(text), hex(text));
        spellings.extend([percent.to_lowercase(), percent]);
        spellings.extend([hex.to_uppercase(), hex]);
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

fn percent(text: &str) -> String {
    let mut spelt = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                spelt.push(char::from(byte));
            }
            _ => write!(spelt, "%{byte:02X}").expect("a string takes all"),
        }
    }
    spelt
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
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
            "s3cr%22et%2F%2B%C3%A4-0815",
            "s3cr%22et%2f%2b%c3%a4-0815",
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
}
