//! JSON Pointers (RFC 6901): the name of a place in a document.

use std::borrow::{Borrow, Cow};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// A JSON Pointer in its escaped form, such as `/layers/llm/model`; the empty pointer names the
/// whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to the whole document.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Reads the escaped form; `None` unless it is empty or begins with `/`, and every `~` is `~0`
    /// or `~1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.is_empty() || text.starts_with('/');
        let escaped = text
            .split('~')
            .skip(1)
            .all(|rest| rest.starts_with(['0', '1']));
        (shaped && escaped).then(|| Self(text.to_owned()))
    }

    /// This pointer, one member or index deeper.
    #[must_use]
    pub fn join(&self, token: &str) -> Self {
        let mut path = String::with_capacity(self.0.len() + token.len() + 1);
        path.push_str(&self.0);
        path.push('/');
        match token.contains(['~', '/']) {
            true => path.push_str(&token.replace('~', "~0").replace('/', "~1")),
            false => path.push_str(token),
        }
        Self(path)
    }

    /// The place `below` this one: both pointers, one after the other.
    #[must_use]
    pub fn append(&self, below: &Self) -> Self {
        Self(format!("{}{}", self.0, below.0))
    }

    /// The members and indexes on the way down, unescaped.
    pub fn tokens(&self) -> impl Iterator<Item = String> + '_ {
        self.escaped().map(|token| unescaped(token).into_owned())
    }

    /// The same as they are spelt in the pointer.
    pub(crate) fn escaped(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').skip(1)
    }

    /// The pointer one level up and the last token; `None` at the root.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, String)> {
        let (parent, last) = self.0.rsplit_once('/')?;
        Some((Self(parent.to_owned()), unescaped(last).into_owned()))
    }

    /// What is left of this pointer below `ancestor`; `None` where it is not below it. A pointer is
    /// below itself.
    #[must_use]
    pub fn below(&self, ancestor: &Self) -> Option<Self> {
        self.rest(ancestor).map(|rest| Self(rest.to_owned()))
    }

    /// Whether this pointer is below another one, or the same.
    #[must_use]
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.rest(ancestor).is_some()
    }

    fn rest(&self, ancestor: &Self) -> Option<&str> {
        let rest = self.0.strip_prefix(&ancestor.0)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// The value at this place.
    #[must_use]
    pub fn get<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        let mut tokens = self.escaped();
        tokens.try_fold(document, |value, token| match value {
            Value::Object(members) => members.get(&*unescaped(token)),
            Value::Array(elements) => elements.get(index(token)?),
            _ => None,
        })
    }

    /// The escaped form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn unescaped(token: &str) -> Cow<'_, str> {
    match token.contains('~') {
        true => Cow::Owned(token.replace("~1", "/").replace("~0", "~")),
        false => Cow::Borrowed(token),
    }
}

/// The index that a token spells: without a sign, and without zeros before it.
fn index(token: &str) -> Option<usize> {
    let is_plain = !token.starts_with('+') && (!token.starts_with('0') || token.len() == 1);
    token.parse().ok().filter(|_| is_plain)
}

impl Borrow<str> for Pointer {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not a JSON Pointer")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_they_were_joined() {
        let pointer = Pointer::root().join("a/b").join("m~n").join("").join("0");
        assert_eq!(pointer.as_str(), "/a~1b/m~0n//0");
        assert_eq!(
            pointer.tokens().collect::<Vec<_>>(),
            ["a/b", "m~n", "", "0"]
        );
    }

    #[test]
    fn a_pointer_is_below_itself_but_not_below_a_namesake() {
        let ancestor = Pointer::parse("/layers/llm").expect("a pointer");
        let rest = |text| {
            Pointer::parse(text)
                .expect("a pointer")
                .below(&ancestor)
                .map(|rest| rest.0)
        };
        assert_eq!(rest("/layers/llm").as_deref(), Some(""));
        assert_eq!(rest("/layers/llm/model").as_deref(), Some("/model"));
        assert_eq!(rest("/layers/llms"), None);
    }

    #[test]
    fn a_value_is_found_as_the_library_finds_it() {
        let document = serde_json::json!({"": {"a/b": [10, {"m~n": 1, "~1": 2}], "01": 3}, "-": 4});
        let tokens = ["", "a/b", "0", "1", "2", "00", "01", "+1", "-", "m~n", "~1"];
        let mut ways = vec![Pointer::root()];
        for _ in 0..4 {
            for way in &ways {
                assert_eq!(way.get(&document), document.pointer(way.as_str()), "{way}");
            }
            let deeper = ways
                .iter()
                .flat_map(|way| tokens.map(|token| way.join(token)));
            ways = deeper
                .filter(|way| document.pointer(way.as_str()).is_some() || way.tokens().count() < 2)
                .collect();
        }
        assert!(!ways.is_empty());
    }

    #[test]
    fn only_well_formed_pointers_are_read() {
        for bad in ["a", "/~", "/~2", "/a~"] {
            assert_eq!(Pointer::parse(bad), None, "{bad}");
        }
        for good in ["", "/", "/a~0~1", "/a/0"] {
            assert!(Pointer::parse(good).is_some(), "{good}");
        }
    }
}
