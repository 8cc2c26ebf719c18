//! Asking for a conversation with a persona, and reading what comes of it. The service knows conversations in one
//! vocabulary only.

use serde_json::{Value, json};
use url::Url;

use super::request::{Method, REQUEST, Request};
use crate::catalog::Catalog;
use crate::model::{Conversation, PersonaId};

/// A new conversation, with the persona's own replica or another one.
pub(super) fn request(catalog: &Catalog, persona: &PersonaId, replica: Option<&str>) -> Request {
    let mut body = json!({catalog.id: persona.as_str()});
    if let Some(replica) = replica {
        body["replica_id"] = Value::from(replica);
    }
    Request {
        method: Method::Post,
        path: "conversations".to_owned(),
        query: Vec::new(),
        body: Some(body),
        patience: REQUEST,
    }
}

/// Reads the answer. What is missing from it is no mistake, as long as it says where to go.
pub(super) fn read(persona: &PersonaId, answer: &Value) -> Result<Conversation, String> {
    let text = |member: &str| answer.get(member)?.as_str().map(str::to_owned);
    let Some(url) = text("conversation_url") else {
        return Err("a conversation has no conversation_url".to_owned());
    };
    Ok(Conversation {
        persona: persona.clone(),
        url: address(&url)?,
        id: text("conversation_id"),
        status: text("status"),
    })
}

/// An address that somebody may be sent to: a browser does with others what it likes. It is not repeated, as it may be
/// as long and as strange as can be.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
    let Some(url) = url else {
        return Err("its conversation_url is no https address".to_owned());
    };
    // What stands before an @ passes for the host.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its conversation_url holds a user name or a password".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::PERSONA;

    fn persona() -> PersonaId {
        PersonaId::new("p1").expect("an id")
    }

    #[test]
    fn a_conversation_is_asked_for_by_the_personas_id_and_with_a_replica_only_where_one_was_named()
    {
        let plain = request(&PERSONA, &persona(), None);
        assert_eq!(
            (plain.method, plain.path.as_str()),
            (Method::Post, "conversations")
        );
        assert_eq!(plain.body, Some(json!({"persona_id": "p1"})));
        let other = request(&PERSONA, &persona(), Some("r1"));
        assert_eq!(
            other.body,
            Some(json!({"persona_id": "p1", "replica_id": "r1"}))
        );
    }

    #[test]
    fn only_where_to_go_has_to_be_there() {
        let url = "https://tavus.daily.co/c1";
        let whole = json!({
            "conversation_url": url, "conversation_id": "c1", "status": "active", "persona_id": "another",
        });
        let bare = json!({"conversation_url": url, "conversation_id": 1, "status": null});
        let told = |answer: &Value| {
            let read = read(&persona(), answer).expect("a conversation");
            (read.url.to_string(), read.id, read.status)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(told(&whole), (url.to_owned(), text("c1"), text("active")));
        assert_eq!(told(&bare), (url.to_owned(), None, None));
    }

    #[test]
    fn nobody_is_sent_to_what_is_no_plain_https_address() {
        let rows = [
            (json!("javascript:alert(1)"), "no https address"),
            (json!("file:///etc/passwd"), "no https address"),
            (json!("http://tavus.daily.co/c1"), "no https address"),
            (json!("//tavus.daily.co/c1"), "no https address"),
            (json!("--help"), "no https address"),
            (json!("https://"), "no https address"),
            (json!("https://a\u{1b}[31m/"), "no https address"),
            (json!(""), "no https address"),
            (json!("https://tavus.daily.co@evil.example/"), "a user name"),
            (json!("https://:x@evil.example/"), "a user name"),
            (json!(["https://tavus.daily.co/c1"]), "no conversation_url"),
            (Value::Null, "no conversation_url"),
        ];
        for (url, reason) in rows {
            let refused = read(&persona(), &json!({"conversation_url": url}));
            let refused = refused.expect_err(&format!("{url} is taken"));
            assert!(refused.contains(reason), "{url}: {refused}");
        }
        for answer in [json!({}), json!([]), json!("https://tavus.daily.co/c1")] {
            assert!(read(&persona(), &answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelt_out_in_an_address() {
        let hostile = "https://tavus.daily.co/c1\u{1b}[2J\n\u{202e}?a=\u{1b}]0;x\u{7}#\u{9b}1m";
        let read = read(&persona(), &json!({"conversation_url": hostile})).expect("an address");
        let url = read.url.as_str();
        assert!(url.chars().all(|c| c.is_ascii_graphic()), "{url:?}");
    }
}
