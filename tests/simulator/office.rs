//! The service from the other side: what it stores, and what people do in its dashboard. The dashboard
//! speaks the other vocabulary, which no fault is set for.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::message::Request;
use crate::people::NAMES;
use crate::schedule::Edit;
use crate::served::Served;
use crate::wire::Stored;

/// Where the dashboard finds personas.
const PERSONAS: &str = "/v2/pals/";

/// The service, and where it listens.
#[derive(Clone)]
pub(crate) struct Office {
    service: Arc<Served>,
    pub(crate) address: SocketAddr,
}

impl Office {
    /// Opens a service that behaves as these options say.
    pub(crate) fn open(options: &[&str]) -> Self {
        let service = Served::with(options);
        let address = service.url().strip_prefix("http://");
        let address = address.and_then(|rest| rest.strip_suffix("/v2"));
        Self {
            address: address.expect("the address").parse().expect("an address"),
            service: Arc::new(service),
        }
    }

    pub(crate) fn url(&self) -> String {
        self.service.url().to_owned()
    }

    /// The account's own personas.
    pub(crate) fn stored(&self) -> Stored {
        let documents = self
            .service
            .live()
            .into_iter()
            .map(|mut live| live["document"].take());
        let id = |document: &Value| document["persona_id"].as_str().expect("an id").to_owned();
        documents
            .map(|document| (id(&document), document))
            .collect()
    }

    /// Sets what goes wrong from now on.
    pub(crate) fn set_faults(&self, faults: &[String]) {
        let set = Request::new("PUT", "/_sandbox/faults", &json!(faults)).ask(self.address);
        assert_eq!(set.status, 200, "{faults:?}");
    }

    /// Does what somebody does in the dashboard, unless the persona is not there or one of those `barred`;
    /// whether it was done.
    pub(crate) fn edit(&self, edit: &Edit, barred: &BTreeSet<String>) -> bool {
        let (who, method, path, body) = match edit {
            Edit::Context(who, text) => (who, "PATCH", PERSONAS, add("/context", &json!(text))),
            Edit::Tags(who, tags) => (who, "PATCH", PERSONAS, add("/document_tags", &json!(tags))),
            Edit::Greeting(who, text) => (who, "PATCH", PERSONAS, add("/greeting", &json!(text))),
            Edit::Delete(who) => (who, "DELETE", PERSONAS, Value::Null),
            Edit::Draft(who) => (who, "PUT", "/_sandbox/draft/", Value::Null),
        };
        let Some(id) = self.id_of(NAMES[*who]).filter(|id| !barred.contains(id)) else {
            return false;
        };
        let answer = Request::new(method, &format!("{path}{id}"), &body).ask(self.address);
        matches!(answer.status, 200..=299)
    }

    fn id_of(&self, name: &str) -> Option<String> {
        let mut stored = self.stored().into_iter();
        let found = stored.find(|(_, document)| document["persona_name"] == name);
        found.map(|(id, _)| id)
    }
}

fn add(path: &str, value: &Value) -> Value {
    json!([{"op": "add", "path": path, "value": value}])
}
