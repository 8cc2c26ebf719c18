//! Finding fields in a document, and the words near a misspelt one.

use serde_json::{Map, Number, Value};

use super::Catalog;
use super::field::{Access, Field, Kind, Literal, Requirement, Secrecy};
use super::spot::Spot;
use super::table::{CREDENTIAL_WORDS, CREDENTIALS, TOOL_NAME};
use crate::model::{Pointer, secret};

/// How near a misspelt word has to be to be offered, 0 to 1.
const NEAR: f64 = 0.75;
/// The members of a schema that hold a value of what it describes.
const FILLED_IN: [&str; 4] = ["const", "default", "example", "examples"];

impl Catalog {
    /// What is known of each member on the way to `pointer`, as far as the table goes.
    fn along(&self, pointer: &Pointer) -> impl Iterator<Item = &'static Field> {
        let mut members = self.fields;
        // No name in the table has to be escaped.
        pointer.escaped().map_while(move |token| {
            let field = named(members, token)?;
            members = field.known_members();
            Some(field)
        })
    }

    /// What is known of the field at `pointer`; `None` where the table ends.
    #[must_use]
    pub fn find(&self, pointer: &Pointer) -> Option<&'static Field> {
        let mut members = self.fields;
        let mut found = None;
        for token in pointer.escaped() {
            let field = named(members, token)?;
            members = field.known_members();
            found = Some(field);
        }
        found
    }

    /// The page of the service's documentation about what stands at `pointer`: its own, or that of the
    /// nearest field around it.
    #[must_use]
    pub fn doc(&self, pointer: &Pointer) -> Option<&'static str> {
        let pages = self.along(pointer).filter_map(|field| field.doc);
        pages.last().or(self.doc)
    }

    /// The fields that `document` declares, each with its value: what is owned as a whole is one
    /// field. Members that only the service writes are left out.
    #[must_use]
    pub fn declared<'v>(&self, document: &'v Value) -> Vec<(Pointer, &'v Value)> {
        let mut found = Vec::new();
        if let Value::Object(members) = document {
            declared_below(&Pointer::root(), members, self.fields, &mut found);
        }
        found
    }

    /// What puts pointers into the order of the table: what it does not know comes last.
    #[must_use]
    pub fn rank(&self, pointer: &Pointer) -> Vec<usize> {
        let mut members = self.fields;
        let mut ranks = Vec::new();
        for token in pointer.tokens() {
            let Some(rank) = members.iter().position(|field| field.name == token) else {
                ranks.push(usize::MAX);
                break;
            };
            ranks.push(rank);
            members = members[rank].known_members();
        }
        ranks
    }

    /// Whether the members of the object at `pointer` are fields of their own: then it may hold more than
    /// can be seen, and must never be set as a whole while it is there.
    #[must_use]
    pub fn is_divisible(&self, pointer: &Pointer) -> bool {
        let is_divided = |field: &Field| !field.atomic && matches!(field.kind, Kind::Members(_));
        self.along(pointer).all(is_divided)
    }

    /// Whether what stands at `pointer` must not be shown: it is a secret, or stands among secrets.
    #[must_use]
    pub fn is_hidden(&self, pointer: &Pointer) -> bool {
        self.secrecy(pointer) != Secrecy::Open
    }

    /// Whether a value at `pointer` must not be shown: as it is hidden, or as a name in it or on the way
    /// to it that the table does not know may well be a credential's.
    #[must_use]
    pub fn hides(&self, pointer: &Pointer, value: Option<&Value>) -> bool {
        let kind = self.find(pointer).map(|field| field.kind);
        // The schema of a tool speaks of tokens and keys all the time.
        let is_schema = matches!(kind, Some(Kind::Tools));
        let mut unknown = pointer.tokens().skip(self.along(pointer).count());
        self.is_hidden(pointer)
            || unknown.any(|name| seems_credential(&name))
            || value.is_some_and(match is_schema {
                true => gives_credential,
                false => holds_credential,
            })
    }

    /// The secrecy of the nearest field at or around `pointer` that is not open.
    #[must_use]
    pub fn secrecy(&self, pointer: &Pointer) -> Secrecy {
        let mut secrecies = self.along(pointer).map(|field| field.secrecy);
        secrecies
            .find(|secrecy| *secrecy != Secrecy::Open)
            .unwrap_or(Secrecy::Open)
    }

    /// Whether the value at `pointer` may only be given by a `!secret` tag.
    #[must_use]
    pub fn wants_secret(&self, pointer: &Pointer) -> bool {
        match self.secrecy(pointer) {
            Secrecy::Open => false,
            Secrecy::Secret => true,
            Secrecy::Holds => pointer
                .split_last()
                .is_some_and(|(_, name)| is_credential(&name)),
        }
    }

    /// The texts that stand in clear where a secret belongs: whatever is shown of their file, they are not.
    #[must_use]
    pub fn plain_secrets<'v>(&self, document: &'v Value) -> Vec<&'v str> {
        let mut found = Vec::new();
        plain_below(&self.root(), document, &mut found);
        found
    }

    /// The member beside it that has to be there where this one is.
    #[must_use]
    pub fn companion(&self, pointer: &Pointer) -> Option<Pointer> {
        let (parent, _) = pointer.split_last()?;
        match self.find(pointer)?.required {
            Requirement::Together(name) => Some(parent.join(name)),
            Requirement::Optional | Requirement::Unless(..) => None,
        }
    }

    /// The top of the subtree whose operations travel in a request of their own, if `pointer` is in
    /// one.
    #[must_use]
    pub fn apart(&self, pointer: &Pointer) -> Option<Pointer> {
        let last = self.along(pointer).position(|field| field.apart)?;
        let way = pointer.tokens().take(last + 1);
        Some(way.fold(Pointer::root(), |at, token| at.join(&token)))
    }

    /// The name in `document`.
    #[must_use]
    pub fn name_of<'v>(&self, document: &'v Value) -> Option<&'v str> {
        document.get(self.name)?.as_str()
    }

    /// The known member beside `name` that is spelt most like it.
    #[must_use]
    pub fn nearest(&self, parent: &Pointer, name: &str) -> Option<&'static str> {
        let siblings = if parent.as_str().is_empty() {
            self.fields
        } else {
            self.find(parent)?.known_members()
        };
        nearest(name, siblings.iter().map(|field| field.name))
    }

    /// Where members of this name are known.
    #[must_use]
    pub fn homes(&self, name: &str) -> Vec<Pointer> {
        let mut homes = Vec::new();
        homes_below(&Pointer::root(), self.fields, name, &mut homes);
        homes
    }
}

fn plain_below<'v>(at: &Spot<'_>, value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if at.wants_secret() || at.nearly_wants_secret() => found.push(text),
        Value::Object(members) if secret::referred(value).is_none() => {
            for (name, value) in members {
                plain_below(&at.member(name), value, found);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                plain_below(at, element, found);
            }
        }
        _ => {}
    }
}

fn homes_below(at: &Pointer, known: &'static [Field], name: &str, homes: &mut Vec<Pointer>) {
    for field in known {
        let pointer = at.join(field.name);
        homes_below(&pointer, field.known_members(), name, homes);
        if field.name == name || field.aliases.contains(&name) {
            homes.push(pointer);
        }
    }
}

/// The name of a function tool.
#[must_use]
pub fn tool_name(tool: &Value) -> Option<&str> {
    tool.pointer(TOOL_NAME)?.as_str()
}

/// The word that is spelt most like `word`, if any is near.
#[must_use]
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let scored = known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    scored
        .filter(|(score, _)| *score >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The words as a message lists them.
#[must_use]
pub fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Whether a member of this name surely holds a credential.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    CREDENTIALS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a member of this name may well hold a credential: a word of it says so.
#[must_use]
pub fn seems_credential(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| is_credential_word(word) || humps(word).any(is_credential_word))
}

fn is_credential_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let singular = word.strip_suffix('s').unwrap_or(&word);
    CREDENTIAL_WORDS.contains(&&*word) || CREDENTIAL_WORDS.contains(&singular)
}

/// The words of a name that is spelt as `accessToken` is.
fn humps(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let mut pairs = rest.as_bytes().windows(2);
        let end =
            pairs.position(|pair| !pair[0].is_ascii_uppercase() && pair[1].is_ascii_uppercase());
        let (word, behind) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        rest = behind;
        (!word.is_empty()).then_some(word)
    })
}

/// Whether a text stands under a name that may well be a credential's.
fn holds_credential(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            is_suspect(members, name) && holds_text(value) || holds_credential(value)
        }),
        Value::Array(elements) => elements.iter().any(holds_credential),
        _ => false,
    }
}

/// Whether a tool holds a text right under such a name, or one that its schema fills in there.
fn gives_credential(value: &Value) -> bool {
    let is_given = |value: &Value| match value {
        Value::Object(schema) => FILLED_IN
            .iter()
            .any(|name| schema.get(*name).is_some_and(holds_text)),
        Value::String(text) => !text.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            is_suspect(members, name) && is_given(value) || gives_credential(value)
        }),
        Value::Array(elements) => elements.iter().any(gives_credential),
        _ => false,
    }
}

/// Whether a member may well hold a credential, by its name or as the value of a pair whose name is a credential's.
#[must_use]
pub fn is_suspect(members: &Map<String, Value>, name: &str) -> bool {
    let names = ["name", "key", "header"]
        .into_iter()
        .filter_map(|name| members.get(name)?.as_str());
    seems_credential(name) || name == "value" && names.into_iter().any(seems_credential)
}

fn holds_text(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Object(members) => members.values().any(holds_text),
        Value::Array(elements) => elements.iter().any(holds_text),
        _ => false,
    }
}

/// Whether a value says nothing: null, `""`, `[]` or `{}`.
#[must_use]
pub fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The row for a member, by any of its spellings.
#[must_use]
pub fn named(members: &'static [Field], name: &str) -> Option<&'static Field> {
    let by_name = || members.iter().find(|field| field.name == name);
    let by_alias = || members.iter().find(|field| field.aliases.contains(&name));
    by_name().or_else(by_alias)
}

fn declared_below<'v>(
    at: &Pointer,
    members: &'v Map<String, Value>,
    known: &'static [Field],
    found: &mut Vec<(Pointer, &'v Value)>,
) {
    for (name, value) in members {
        let field = named(known, name);
        if field.is_some_and(|field| field.access == Access::ReadOnly) {
            continue;
        }
        let pointer = at.join(name);
        match value {
            Value::Object(inner) if is_divisible(field, value) => {
                declared_below(
                    &pointer,
                    inner,
                    field.map_or(&[], Field::known_members),
                    found,
                );
            }
            _ => found.push((pointer, value)),
        }
    }
}

/// Whether the members of an object are fields of their own. One of known members says nothing
/// while it is empty.
fn is_divisible(field: Option<&'static Field>, value: &Value) -> bool {
    if secret::referred(value).is_some() {
        return false;
    }
    match field {
        Some(Field { atomic: true, .. }) => false,
        Some(Field {
            kind: Kind::Members(_),
            ..
        }) => true,
        Some(_) => false,
        None => !is_unset(value),
    }
}

impl Field {
    /// A value to start from.
    #[must_use]
    pub fn example(&self) -> Option<Value> {
        let example = self.example?;
        match self.kind {
            Kind::Text | Kind::Word(_) => Some(Value::from(example)),
            _ => Some(serde_json::from_str(example).expect("examples are JSON")),
        }
    }

    /// The value in the type that the field takes, where the service answers it in another: the ledger remembers the
    /// two as the same.
    #[must_use]
    pub fn fitted(&self, value: &Value) -> Value {
        match (self.kind, value) {
            (Kind::Text | Kind::Word(_), Value::Number(_) | Value::Bool(_)) => {
                Value::from(value.to_string())
            }
            (Kind::Flag, Value::String(text)) => {
                text.parse().map_or_else(|_| value.clone(), Value::Bool)
            }
            (Kind::Number | Kind::Integer, Value::String(text)) => text
                .parse::<Number>()
                .map_or_else(|_| value.clone(), Value::Number),
            (Kind::Texts(_), Value::Array(elements)) => {
                let text = |element: &Value| match element {
                    Value::Number(_) | Value::Bool(_) => Value::from(element.to_string()),
                    other => other.clone(),
                };
                elements.iter().map(text).collect()
            }
            _ => value.clone(),
        }
    }
}

impl Literal {
    /// The literal as a JSON value.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Text(text) => Value::from(text),
            Self::Flag(flag) => Value::from(flag),
            Self::NoElements => Value::Array(Vec::new()),
            Self::NoMembers => Value::Object(Map::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::PERSONA;
    use super::*;

    #[test]
    fn a_word_of_a_name_tells_a_credential() {
        let rows = [
            "Authentication",
            "X-Pass",
            "X-Amz-Signature",
            "sig",
            "pin",
            "accessToken",
            "APIKey",
            "clientSecrets",
            "x-jwt",
            "OAuthState",
        ];
        for name in rows {
            assert!(seems_credential(name), "{name}");
        }
        for name in [
            "author",
            "keyboard",
            "Monkey",
            "spinner",
            "compass",
            "passage",
            "signal",
            "tokenizer",
        ] {
            assert!(!seems_credential(name), "{name}");
        }
    }

    #[test]
    fn a_tool_is_hidden_that_gives_a_credential_and_not_one_that_speaks_of_it() {
        let at = Pointer::parse("/layers/llm/tools").expect("a pointer");
        let tool = |properties: Value| json!([{"function": {"name": "reset_password", "parameters": {"properties": properties}}}]);
        let text = json!({"type": "string", "description": "the token", "default": ""});
        let rows = [
            (
                tool(json!({"token": text, "order": {"default": "first"}})),
                false,
            ),
            (
                tool(json!({"token": {"type": "string", "default": "abc"}})),
                true,
            ),
            (tool(json!({"api_key": {"examples": ["abc"]}})), true),
            (
                json!([{"api": {"headers": {"Authorization": "abc"}}}]),
                true,
            ),
            (
                json!([{"api": {"headers": [{"name": "Authorization", "value": "abc"}]}}]),
                true,
            ),
            (
                json!([{"api": {"headers": [{"name": "Accept", "value": "abc"}]}}]),
                false,
            ),
        ];
        for (tools, expected) in rows {
            assert_eq!(PERSONA.hides(&at, Some(&tools)), expected, "{tools}");
        }
    }

    #[test]
    fn a_field_without_a_page_of_its_own_has_that_of_what_it_stands_in() {
        let rows = [
            ("", "create-pal"),
            ("/greeting", "create-pal"),
            ("/no_such_member", "create-pal"),
            ("/layers", "pal/overview"),
            ("/layers/mcp/connectors", "pal/overview"),
            ("/layers/tts/voice_settings/speed", "pal/tts"),
            ("/layers/tts/no_such_member", "pal/tts"),
            ("/layers/llm/tools/0/function/name", "pal/llm-tool"),
        ];
        for (pointer, ending) in rows {
            let at = Pointer::parse(pointer).expect("a pointer");
            let page = PERSONA.doc(&at).expect("a page");
            assert!(page.ends_with(ending), "{pointer}: {page}");
        }
    }
}
