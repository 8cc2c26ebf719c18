//! Requests as values: what is asked of the service, before any socket.

use std::time::Duration;

use serde_json::Value;

use crate::catalog::{Catalog, Vocabulary};
use crate::diff::Patch;
use crate::model::PersonaId;

/// How many personas a page holds: the most that the service is known to give.
pub(super) const PAGE_SIZE: usize = 100;

/// How long one request may take.
pub(super) const REQUEST: Duration = Duration::from_secs(60);
/// How long a page may take that shares the line with others. Nothing is silent for as long.
const PAGE: Duration = Duration::from_secs(10 * 60);

/// What is asked of the service.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Below the base address, without a leading slash.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    /// How long it may take.
    pub(super) patience: Duration,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

impl Method {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What becomes of edits in the dashboard that are not live yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drafts {
    /// They keep the persona from being changed.
    #[default]
    Keep,
    /// They are lost.
    Discard,
}

/// The requests for one kind of resource, in one vocabulary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requests {
    pub(super) catalog: &'static Catalog,
    pub(super) vocabulary: Vocabulary,
}

impl Requests {
    const fn collection(self) -> &'static str {
        match self.vocabulary {
            Vocabulary::Personas => "personas",
            Vocabulary::Pals => "pals",
        }
    }

    fn request(self, method: Method, id: Option<&PersonaId>, body: Option<Value>) -> Request {
        let collection = self.collection();
        let path = id.map_or_else(|| collection.to_owned(), |id| format!("{collection}/{id}"));
        Request {
            method,
            path,
            query: Vec::new(),
            body,
            patience: REQUEST,
        }
    }

    /// One page, counted from 1, of the account's own personas. The unfiltered list holds the
    /// service's stock as well.
    pub(super) fn list(self, page: usize) -> Request {
        let class = self.vocabulary.member(self.catalog, self.catalog.class);
        let query = vec![
            (class, "user".to_owned()),
            ("limit", PAGE_SIZE.to_string()),
            ("page", page.to_string()),
        ];
        Request {
            query,
            patience: if page > 1 { PAGE } else { REQUEST },
            ..self.request(Method::Get, None, None)
        }
    }

    /// One persona.
    pub(super) fn get(self, id: &PersonaId) -> Request {
        self.request(Method::Get, Some(id), None)
    }

    /// A new persona.
    pub(super) fn create(self, body: Value) -> Request {
        let body = self.vocabulary.document(self.catalog, body);
        self.request(Method::Post, None, Some(body))
    }

    /// A change to a persona.
    pub(super) fn patch(self, id: &PersonaId, patch: &Patch, drafts: Drafts) -> Request {
        let operations = patch.0.iter().map(|operation| {
            operation.map(|path, value| self.vocabulary.operand(self.catalog, path, value))
        });
        let body =
            serde_json::to_value(Patch(operations.collect())).expect("a patch is plain JSON");
        let mut request = self.request(Method::Patch, Some(id), Some(body));
        if drafts == Drafts::Discard {
            request.query.push(("force", "true".to_owned()));
        }
        request
    }

    /// The end of a persona.
    pub(super) fn delete(self, id: &PersonaId) -> Request {
        self.request(Method::Delete, Some(id), None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;
    use crate::diff::{self, Rules};

    fn requests(vocabulary: Vocabulary) -> Requests {
        Requests {
            catalog: &PERSONA,
            vocabulary,
        }
    }

    #[test]
    fn a_list_asks_for_the_accounts_own_personas_by_the_page() {
        let request = requests(Vocabulary::Personas).list(3);
        assert_eq!(
            (request.method, request.path.as_str()),
            (Method::Get, "personas")
        );
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(query, ["persona_type=user", "limit=100", "page=3"]);
    }

    #[test]
    fn the_pal_vocabulary_is_spoken_in_paths_and_in_values() {
        let before = json!({"persona_name": "Ana", "layers": {"conversational_flow": {"replica_interruptibility": "low"}}});
        let after = json!({
            "persona_name": "Ben",
            "default_replica_id": "r1",
            "layers": {
                "conversational_flow": {"replica_interruptibility": "high"},
                "llm": {"extra_body": {"persona_name": "a user's own member"}},
            },
        });
        let rules = Rules {
            keeps: &|_| true,
            ..Rules::default()
        };
        let patch = diff::compute_with(&before, &after, rules);
        let id = PersonaId::new("p1").expect("an id");
        let request = requests(Vocabulary::Pals).patch(&id, &patch, Drafts::Keep);
        assert!(request.query.is_empty());
        let forced = requests(Vocabulary::Pals).patch(&id, &patch, Drafts::Discard);
        assert_eq!(forced.query, [("force", "true".to_owned())]);
        assert_eq!(request.path, "pals/p1");
        assert_eq!(
            request.body,
            Some(json!([
                {"op": "add", "path": "/default_face_id", "value": "r1"},
                {"op": "replace", "path": "/layers/conversational_flow/pal_interruptibility", "value": "high"},
                {"op": "add", "path": "/layers/llm", "value": {"extra_body": {"persona_name": "a user's own member"}}},
                {"op": "replace", "path": "/pal_name", "value": "Ben"},
            ]))
        );
        let create = requests(Vocabulary::Pals)
            .create(after)
            .body
            .expect("a body");
        assert_eq!(
            (&create["pal_name"], &create["default_face_id"]),
            (&json!("Ben"), &json!("r1"))
        );
    }
}
