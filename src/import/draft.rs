//! A live document to what a manifest says: only what somebody chose, with references where secrets stand, and nothing
//! that may not be in a repository.

use serde_json::{Map, Value};

use super::key::{Taken, variable};
use super::newcomer::{Newcomer, Pin, Who};
use super::proof;
use crate::catalog::{
    self, Catalog, Secrecy, holds_credential, is_unset, looks_secret, seems_credential,
};
use crate::manifest::BLOCK;
use crate::model::{Key, Live, Pointer, SecretName, is_telling, redact, secret};
use crate::plan::put;

/// Why a field is left out that no `!secret` can stand in.
const CREDENTIAL: &str = "it may hold a credential, and `!secret` does not work there";

/// Words beside those of credentials that tell a secret in a name where others stand as well.
const SUSPECTS: [&str; 5] = ["args", "code", "env", "licence", "license"];

/// What a manifest is to say.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The persona, and what the manifest is called.
    pub who: Who,
    /// How it says whose it is.
    pub pin: Pin,
    /// What it says, in the order of the catalogue; secrets stand in it as references.
    pub document: Value,
    /// Where it refers to secrets.
    pub secrets: Vec<(SecretName, Pointer)>,
    /// What is left to the live side.
    pub left: Vec<Left>,
}

impl Draft {
    /// The secrets whose values the service answers as they are.
    pub fn answered<'l>(&self, live: &'l Live) -> impl Iterator<Item = (&SecretName, &'l str)> {
        self.secrets.iter().filter_map(|(name, path)| {
            let value = path.get(&live.document)?.as_str()?;
            let is_answered = !value.is_empty() && !is_masked(value);
            is_answered.then_some((name, value))
        })
    }
}

/// A field that is not in the manifest although somebody set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it stands.
    pub path: Pointer,
    /// Why.
    pub reason: String,
}

/// Drafts the manifest of a persona; an error says why there can be none. `variables` are those that are in use.
///
/// # Errors
/// Where no manifest could describe it, so that the next plan would not be empty.
pub fn draft(
    catalog: &'static Catalog,
    newcomer: &Newcomer<'_>,
    variables: &mut Taken,
) -> Result<Draft, String> {
    let live = &newcomer.live.document;
    if secret::occurs(live) {
        let member = secret::MEMBER;
        return Err(format!("it holds a member `{member}`, which is reserved"));
    }
    let mut drafter = Drafter {
        catalog,
        key: &newcomer.who.key,
        variables,
        secrets: Vec::new(),
        left: Vec::new(),
    };
    let mut document = Value::Object(Map::new());
    let mut fields = catalog.declared(live);
    fields.sort_by_key(|(path, _)| catalog.rank(path));
    for (path, value) in fields {
        let drafted = drafter.field(&path, value);
        put(&mut document, &path, drafted);
    }
    drafter.companions(&mut document);
    let Drafter { secrets, left, .. } = drafter;
    let mut draft = Draft {
        who: newcomer.who.clone(),
        pin: newcomer.pin,
        document,
        secrets,
        left,
    };
    conceal(catalog, &mut draft, newcomer.live);
    proof::prove(catalog, &mut draft)?;
    let Draft {
        document,
        secrets,
        left,
        ..
    } = &mut draft;
    secrets.retain(|(_, path)| path.get(document).is_some());
    left.sort_by_key(|left| catalog.rank(&left.path));
    Ok(draft)
}

/// Leaves out what holds a word that is built like a key, or the secret that the service answers elsewhere.
fn conceal(catalog: &Catalog, draft: &mut Draft, live: &Live) {
    let answered = draft.answered(live).map(|(_, value)| value);
    let answered: Vec<&str> = answered.filter(|value| is_telling(value)).collect();
    let tells = |text: &str| {
        holds_credential(text) || redact(text.to_owned(), answered.iter().copied()) != text
    };
    let document = draft.document.clone();
    for (path, value) in catalog.declared(&document) {
        if path.tokens().any(|token| tells(&token)) || says(value, &tells) {
            proof::leave(catalog, draft, path, CREDENTIAL.to_owned());
        }
    }
}

struct Drafter<'d> {
    catalog: &'static Catalog,
    key: &'d Key,
    variables: &'d mut Taken,
    secrets: Vec<(SecretName, Pointer)>,
    left: Vec<Left>,
}

impl Drafter<'_> {
    /// What the manifest says of a field; `None` where it says nothing.
    fn field(&mut self, path: &Pointer, value: &Value) -> Option<Value> {
        if is_unset(value) || self.catalog.is_server_default(path, value) {
            return None;
        }
        if path.tokens().next().as_deref() == Some(BLOCK.name) {
            self.leave(
                path,
                "a manifest says something else in a member of this name",
            );
            return None;
        }
        match self.catalog.secrecy(path) {
            Secrecy::Secret => Some(self.secret(path)),
            Secrecy::Holds => Some(self.held(path, value, false)),
            Secrecy::Open if self.catalog.hides(path, Some(value)) => {
                self.leave(path, CREDENTIAL);
                None
            }
            Secrecy::Open => Some(match self.catalog.find(path) {
                Some(field) => field.fitted(value),
                None => value.clone(),
            }),
        }
    }

    /// A value among which secrets may stand. `is_suspect` says that a name around it is a credential's.
    fn held(&mut self, path: &Pointer, value: &Value, is_suspect: bool) -> Value {
        let name = path.split_last().map(|(_, name)| name);
        let name = name.unwrap_or_default();
        let is_suspect =
            is_suspect || seems_credential(&name) || name.split(['-', '_']).any(is_suspect_word);
        match value {
            Value::Object(_) | Value::Array(_) if self.catalog.wants_secret(path) => {
                self.secret(path)
            }
            Value::Object(members) => {
                // A pair whose name cannot be seen may be a credential's.
                let is_unseen = members
                    .values()
                    .any(|value| value.as_str().is_some_and(is_masked));
                let held = members.iter().map(|(name, value)| {
                    let is_suspect = is_suspect
                        || is_unseen && name == "value"
                        || catalog::is_suspect(members, name);
                    let value = self.held(&path.join(name), value, is_suspect);
                    (name.clone(), value)
                });
                Value::Object(held.collect())
            }
            Value::Array(elements) => {
                let elements = elements.iter().enumerate();
                let held = elements.map(|(index, element)| {
                    self.held(&path.join(&index.to_string()), element, is_suspect)
                });
                held.collect()
            }
            // What reads back as nothing under such a name was not answered.
            Value::Null if is_suspect => self.secret(path),
            Value::String(text) if is_suspect && !text.is_empty() => self.secret(path),
            Value::String(text) if !is_harmless(text) || looks_secret(text) => self.secret(path),
            // How many tokens there may be is no token.
            Value::Number(_) if is_suspect && !name.to_ascii_lowercase().ends_with("tokens") => {
                self.secret(path)
            }
            other if self.catalog.wants_secret(path) && !is_unset(other) => self.secret(path),
            other => other.clone(),
        }
    }

    fn leave(&mut self, path: &Pointer, reason: &str) {
        let (path, reason) = (path.clone(), reason.to_owned());
        self.left.push(Left { path, reason });
    }

    /// A reference to a secret of its own: that two read back alike does not say that they are the same.
    fn secret(&mut self, path: &Pointer) -> Value {
        let name = variable(self.key.as_str(), path, self.catalog.noun, self.variables);
        let reference = secret::reference(&name);
        self.secrets.push((name, path.clone()));
        reference
    }

    /// Adds the secrets that have to be there, whatever the service answers of them.
    fn companions(&mut self, document: &mut Value) {
        let declared = self.catalog.declared(document);
        let companions = declared
            .iter()
            .filter_map(|(path, _)| self.catalog.companion(path));
        let missing: Vec<Pointer> = companions
            .filter(|path| self.catalog.secrecy(path) == Secrecy::Secret)
            .filter(|path| path.get(document).is_none())
            .collect();
        for path in missing {
            let reference = self.secret(&path);
            put(document, &path, Some(reference));
        }
    }
}

/// Whether a text is the service's own stand-in for a secret.
#[must_use]
pub(super) fn is_masked(text: &str) -> bool {
    text.starts_with("****")
}

fn is_suspect_word(word: &str) -> bool {
    SUSPECTS
        .iter()
        .any(|suspect| word.eq_ignore_ascii_case(suspect))
}

/// Whether a text among which secrets may stand is plainly none: short words as people write them, and numbers.
fn is_harmless(text: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || "-_./:,;()'\"?!&=+@".contains(c);
    let words = || text.split(is_between);
    let is_simple = |word: &str| match word.chars().all(char::is_alphabetic) {
        true if word.chars().skip(1).any(char::is_uppercase)
            && word.contains(char::is_lowercase) =>
        {
            word.len() <= 12
        }
        true => word.chars().count() <= 24,
        false => word.len() <= 8 && word.bytes().all(|byte| byte.is_ascii_digit()),
    };
    let is_mixed =
        |word: &str| word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A licence key is made of many short ones.
    words().all(|word| is_simple(word) || is_mixed(word))
        && words().filter(|word| !is_simple(word)).count() <= 2
}

/// Whether a text in a value, or a name, is like that; references say nothing.
fn says(value: &Value, is_so: &dyn Fn(&str) -> bool) -> bool {
    match value {
        reference if secret::referred(reference).is_some() => false,
        Value::String(text) => is_so(text),
        Value::Array(elements) => elements.iter().any(|element| says(element, is_so)),
        Value::Object(members) => {
            let mut members = members.iter();
            members.any(|(name, value)| is_so(name) || says(value, is_so))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::newcomers;
    use super::*;
    use crate::catalog::PERSONA;
    use crate::model::PersonaId;

    fn drafted(document: Value) -> Result<Draft, String> {
        let id = PersonaId::new("p1").expect("an id");
        let live = [Live { id, document }];
        let strangers = live.iter().collect();
        let newcomers = newcomers(&PERSONA, strangers, &live, &[], Taken::default());
        draft(&PERSONA, &newcomers[0], &mut Taken::default())
    }

    /// The manifest of Ana, with these members more.
    fn ana(more: &Value) -> Draft {
        let mut document = json!({"persona_id": "p1", "persona_name": "Ana", "system_prompt": "x"});
        let more = more.as_object().expect("a map").clone();
        document.as_object_mut().expect("a map").extend(more);
        drafted(document).expect("a draft")
    }

    fn left(draft: &Draft) -> Vec<&str> {
        draft.left.iter().map(|left| left.path.as_str()).collect()
    }

    #[test]
    fn only_what_somebody_chose_is_written_in_the_order_of_the_table() {
        let draft = ana(&json!({
            "layers": {
                "stt": {"stt_engine": "tavus-auto", "hotwords": ""},
                "conferencing": {"email": "a@b.c"},
                "llm": {"speculative_inference": true, "extra_body": {}, "model": "m", "tools": []},
                "new": {"deep": {"a": 1, "b": null}},
            },
            "zeta": [0], "alpha": {"x": null},
            "pipeline_mode": "full", "context": "", "greeting": "Hi", "created_at": "now",
            "uuid": "u", "is_draft": false, "languages": null,
        }));
        assert_eq!(
            draft.document.to_string(),
            r#"{"persona_name":"Ana","system_prompt":"x","greeting":"Hi","layers":{"llm":{"model":"m"},"new":{"deep":{"a":1}}},"zeta":[0]}"#
        );
        assert_eq!((draft.secrets.len(), draft.left.len()), (0, 0));
    }

    #[test]
    fn secrets_become_references_however_they_are_answered() {
        let custom = |llm: Value| ana(&json!({"layers": {"llm": llm}}));
        let key = json!({"$secret": "ANA_LLM_API_KEY"});
        for answered in [
            json!("********"),
            json!("sk-live-1"),
            json!(null),
            json!(""),
        ] {
            let draft = custom(json!({"base_url": "https://a.b", "api_key": answered}));
            assert_eq!(
                draft.document["layers"]["llm"]["api_key"], key,
                "{answered}"
            );
        }
        let draft = custom(json!({"base_url": "https://a.b"}));
        assert_eq!(draft.document["layers"]["llm"]["api_key"], key);
        let draft = custom(json!({"model": "m", "api_key": null}));
        assert_eq!(draft.document["layers"]["llm"], json!({"model": "m"}));
    }

    #[test]
    fn only_what_may_be_a_secret_is_hidden_among_secrets() {
        let held = json!({"Authorization": "Bearer abc", "X-Team": "voice", "X-Upstream": "Basic eA==",
            "x-session-token": "1", "Cookie": null, "X-Api-Key": {"a": "b"}, "X-Mask": "********9f2c", "Token": "",
            "max_tokens": 5, "X-Odd": "sk-live-4711", "Authentication": "abc", "X-Iam": "ya29.abc", "Pin": 1234,
            "X-Hash": "c29tZXRoaW5nIGxvbmc", "X-Number": "AB1C-DE2F-GH3I-JK4L", "X-Version": "2026-01-01 v2",
            "X-Home": "https://a.b/c?lang=de", "X-Id": "0b9f1c3a-97e0-4d41-a5f5-9a61d2c4f0f1",
            "X-Licence": "abc", "X-Blob": "QWxhZGRpbjpvcGVu", "X-Kind": "getOrder PostgreSQL"});
        let draft = ana(&json!({"layers": {"llm": {"model": "m", "headers": held}}}));
        let reference = |name: &str| json!({"$secret": format!("ANA_LLM_HEADERS_{name}")});
        assert_eq!(
            draft.document["layers"]["llm"]["headers"],
            json!({"Authorization": reference("AUTHORIZATION"), "X-Team": "voice",
                "X-Upstream": reference("X_UPSTREAM"), "x-session-token": reference("X_SESSION_TOKEN"),
                "Cookie": reference("COOKIE"), "X-Api-Key": reference("X_API_KEY"),
                "X-Mask": reference("X_MASK"), "Token": "", "max_tokens": 5, "X-Odd": reference("X_ODD"),
                "Authentication": reference("AUTHENTICATION"), "X-Iam": reference("X_IAM"), "Pin": reference("PIN"),
                "X-Hash": reference("X_HASH"), "X-Number": reference("X_NUMBER"), "X-Version": "2026-01-01 v2",
                "X-Home": "https://a.b/c?lang=de", "X-Id": reference("X_ID"),
                "X-Licence": reference("X_LICENCE"), "X-Blob": reference("X_BLOB"), "X-Kind": "getOrder PostgreSQL"})
        );
    }

    #[test]
    fn secrets_of_connectors_are_hidden_wherever_they_stand() {
        let connector = json!({"name": "orders", "description": "Finds orders, the 1st one first.",
            "url": "https://mcp.example.com/sse", "env": {"MODE": "abc"}, "args": ["--token", "abc"],
            "headers": [{"name": "Authorization", "value": "abc"}, {"name": "Accept", "value": "text/html"},
                {"header": "********", "value": ["abc"]}]});
        let draft = ana(&json!({"layers": {"mcp": {"connectors": [connector]}}}));
        let reference = |name: &str| json!({"$secret": format!("ANA_MCP_CONNECTORS_0_{name}")});
        assert_eq!(
            draft.document["layers"]["mcp"]["connectors"],
            json!([{"name": "orders", "description": "Finds orders, the 1st one first.",
                "url": "https://mcp.example.com/sse", "env": {"MODE": reference("ENV_MODE")},
                "args": [reference("ARGS_0"), reference("ARGS_1")],
                "headers": [{"name": "Authorization", "value": reference("HEADERS_0_VALUE")},
                    {"name": "Accept", "value": "text/html"},
                    {"header": reference("HEADERS_2_HEADER"), "value": [reference("HEADERS_2_VALUE_0")]}]}])
        );
    }

    #[test]
    fn credentials_where_no_secret_may_stand_are_left_out() {
        let draft = ana(&json!({
            "context": "the key is sk-live-4711",
            "webhook_secret": "abc",
            "greeting": "see https://a.b/?q=1 or http://ana:pass@a.b/x",
            "persona_description": "ask https://a.b/c?api_key=abc",
            "documents": "https://a.b/?q=key mail ana@a.b",
            "layers": {"llm": {"model": "m", "extra_body": {"api_key": "abc"}}, "conferencing": {"pin": "abc"}},
        }));
        assert_eq!(
            left(&draft),
            [
                "/context",
                "/greeting",
                "/persona_description",
                "/layers/llm/extra_body",
                "/layers/conferencing/pin",
                "/webhook_secret"
            ]
        );
        assert!(!draft.document.to_string().contains("4711"));
        let refused =
            drafted(json!({"persona_name": "Ana", "system_prompt": "it is sk-live-4711"}));
        let reason = refused.expect_err("there is no prompt");
        assert!(
            reason.contains("/system_prompt") && !reason.contains("4711"),
            "{reason}"
        );
    }

    #[test]
    fn values_of_another_type_are_fitted_and_others_left_out() {
        let draft = ana(&json!({
            "persona_name": 42, "dynamic_greeting": "true", "languages": ["de", 1],
            "context": {"a": 1}, "document_tags": [[1]],
            "layers": {
                "knowledge_base": {"rag_n_chunks": "3", "rag_score_threshold": "0.50"},
                "tts": {"tts_emotion_control": "false"},
                "conversational_flow": {"turn_taking_patience": "endless", "wake_phrase": "x"},
                "llm": {"tools": [{"type": "function"}], "api_key": "********"},
            },
        }));
        assert_eq!(
            draft.document.to_string(),
            r#"{"persona_name":"42","system_prompt":"x","dynamic_greeting":true,"languages":["de","1"],"layers":{"tts":{"tts_emotion_control":false},"conversational_flow":{"wake_phrase":"x"},"knowledge_base":{"rag_score_threshold":0.50,"rag_n_chunks":3}}}"#
        );
        assert_eq!(
            left(&draft),
            [
                "/context",
                "/document_tags",
                "/layers/llm/api_key",
                "/layers/llm/tools",
                "/layers/conversational_flow/turn_taking_patience"
            ]
        );
        assert!(draft.secrets.is_empty());
    }

    #[test]
    fn what_no_manifest_can_say_is_told() {
        let deep = (0..80).fold(json!(1), |inner, _| json!([inner]));
        let large: Value = serde_json::from_str("1e999").expect("JSON");
        let draft =
            ana(&json!({"deep": deep, "large": large, "x-personactl": {"id": "p2"}, "fine": 1}));
        assert_eq!(left(&draft), ["/x-personactl/id", "/deep", "/large"]);
        let reserved =
            json!({"persona_name": "A", "system_prompt": "x", "a": [{"$secret": "HOME"}]});
        for document in [reserved, json!({"persona_name": "A"})] {
            drafted(document.clone()).expect_err(&document.to_string());
        }
    }
}
