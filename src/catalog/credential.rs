//! What is built like a credential, in texts that anyone may read.

use std::borrow::Cow;

use super::walk::seems_credential;
use crate::model::{secret::MASK, without_keys};

/// How the values of headers begin that hold a credential, in lower case.
const SCHEMES: [&str; 3] = ["bearer ", "basic ", "token "];

/// Whether there is a word in a text that is built like a key, or an address that holds a password or a token.
#[must_use]
pub fn holds_credential(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || without_credentials(text) != text
}

/// Whether a text among which secrets may stand is built like one.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    begins_as_credential(text) || holds_credential(text)
}

/// Whether a text begins as the headers do that hold a credential: `Bearer …`.
#[must_use]
pub fn begins_as_credential(text: &str) -> bool {
    let is_begun = |scheme: &&str| {
        let beginning = text.get(..scheme.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.iter().any(is_begun)
}

/// Whether a text is a value of its own, and not what stands for one in an example: `YOUR_TOKEN`, `{token}`, `…`.
#[must_use]
pub fn is_given(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.contains(|c: char| c.is_lowercase() || c.is_numeric())
        && !text.starts_with(['{', '$', '<', '[', '(', '*', '…'])
        && !lower.starts_with("your")
        && !lower.starts_with("xxx")
}

/// The text without words that are built like keys, and without the passwords and tokens of addresses.
#[must_use]
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    let text = without_keys(text);
    if !text.contains("://") {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + "://".len());
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
        let (address, behind) = behind.split_at(behind.find(ends).unwrap_or(behind.len()));
        shown.push_str(before);
        conceal(address, &mut shown);
        rest = behind;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Adds what follows the scheme of an address, without what opens doors in it.
fn conceal(address: &str, shown: &mut String) {
    let (authority, path) =
        address.split_at(address.find(['/', '?', '#']).unwrap_or(address.len()));
    let login = authority.rsplit_once('@');
    let login = login.and_then(|(user, host)| Some((user.split_once(':')?, host)));
    match login {
        Some(((user, password), host)) if is_given(password) => {
            shown.extend([user, ":", MASK, "@", host]);
        }
        _ => shown.push_str(authority),
    }
    for part in path.split_inclusive(['?', '&', '#']) {
        let said = part.trim_end_matches(['?', '&', '#']);
        match said.split_once('=') {
            Some((name, value)) if seems_credential(name) && is_given(value) => {
                shown.extend([name, "=", MASK, &part[said.len()..]]);
            }
            _ => shown.push_str(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_of_addresses_are_taken_out() {
        let rows = [
            ("https://a.b/v1?q=1#x", None),
            ("see https://ana@a.b/ or mail ana@a.b: x", None),
            ("https://a.b/reset?token=YOUR_TOKEN", None),
            ("https://a.b/reset?token={token}&key=…", None),
            ("https://a.b/reset?token=<token>", None),
            ("https://user:PASSWORD@a.b", None),
            ("://", None),
            (
                "https://u:pa55@h/v1?api_key=foo&x=1#y",
                Some("https://u:********@h/v1?api_key=********&x=1#y"),
            ),
            ("a 'http://u:p@a@h' b", Some("a 'http://u:********@h' b")),
            (
                "https://a.b?key=1 wss://c.d?x=2&token=3",
                Some("https://a.b?key=******** wss://c.d?x=2&token=********"),
            ),
            ("<https://a.b/?key=xxx>.", None),
            (
                "[here](https://ana:pass@a.b)",
                Some("[here](https://ana:********@a.b)"),
            ),
            ("Bearer sk-live-4711", Some("Bearer ********")),
        ];
        for (text, expected) in rows {
            assert_eq!(without_credentials(text), expected.unwrap_or(text));
            assert_eq!(holds_credential(text), expected.is_some(), "{text}");
        }
    }
}
