//! The endpoints: from HTTP to [`Service`] and back, in either vocabulary.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use serde_json::{Value, json};

use super::control;
use super::fault::{Fault, Twist};
use super::faults::{self, Faults};
use super::guard::{self, Key};
use super::patch::Patch;
use super::quirk::GetShape;
use super::refusal::{Refusal, answer, answer_text};
use super::service::{Drafts, Patched, Selection, Service};
use crate::catalog::{PERSONA, Vocabulary, is_unset};

/// The largest body that is taken in, in bytes.
const BODY: usize = 8 * 1024 * 1024;

type Answer = Result<Response, Refusal>;
type Body = Result<Bytes, BytesRejection>;
/// What a fault makes the service know otherwise, if one does.
type Twisted = Option<Extension<Twist>>;
type Parameters = Result<Query<HashMap<String, String>>, QueryRejection>;

/// What the handlers of one vocabulary share.
#[derive(Clone)]
struct Desk {
    service: Arc<Service>,
    vocabulary: Vocabulary,
}

/// All endpoints and who may reach them. Faults hit requests that hold the key, and only those to
/// the service's own paths.
pub(super) fn router(service: Service, faults: Vec<Fault>, key: Key) -> Router {
    let service = Arc::new(service);
    let personas = resource(&service, "/v2/personas", Vocabulary::Personas);
    let pals = resource(&service, "/v2/pals", Vocabulary::Pals);
    let conversations = post(converse).with_state(Arc::clone(&service));
    let draft = put(set_draft).delete(unset_draft).with_state(service);
    let faults = Arc::new(Faults::new(faults));
    let strike = middleware::from_fn_with_state(Arc::clone(&faults), faults::strike);
    let key = middleware::from_fn_with_state(Arc::new(key), guard::key);
    personas
        .merge(pals)
        .route("/v2/conversations", conversations)
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(strike)
        .route("/_sandbox/draft/{id}", draft)
        .layer(key)
        .merge(control::router(faults))
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn(guard::host))
}

fn resource(service: &Arc<Service>, path: &str, vocabulary: Vocabulary) -> Router {
    let service = Arc::clone(service);
    Router::new()
        .route(path, get(list).post(create))
        .route(&format!("{path}/"), get(list).post(create))
        .route(
            &format!("{path}/{{id}}"),
            get(read).patch(patch).delete(delete),
        )
        .with_state(Desk {
            service,
            vocabulary,
        })
}

async fn list(State(desk): State<Desk>, twisted: Twisted, parameters: Parameters) -> Answer {
    let selection = selection(&parameters?.0)?;
    let page = desk
        .service
        .list(&selection, desk.vocabulary, twist(twisted));
    let total = format!(r#","total_count":{}"#, page.total);
    let body = envelope(&page.personas, &total);
    Ok(answer_text(StatusCode::OK, body))
}

async fn create(State(desk): State<Desk>, body: Body) -> Answer {
    let sent = Vocabulary::Personas.document(&PERSONA, read_json(&body?)?);
    if desk.vocabulary == Vocabulary::Pals && sent.get(PERSONA.face).is_none_or(is_unset) {
        return Err(Refusal::NoFace);
    }
    let service = Arc::clone(&desk.service);
    // It goes on when nobody waits for the answer any more.
    let creating = tokio::task::spawn_blocking(move || service.create(sent));
    let created = creating.await.map_err(io::Error::other)??;
    Ok(answer(StatusCode::OK, &desk.spell(created)))
}

async fn read(State(desk): State<Desk>, twisted: Twisted, Path(id): Path<String>) -> Answer {
    let persona = desk.service.read(&id, desk.vocabulary, twist(twisted))?;
    let body = match desk.service.quirks().get_shape {
        GetShape::Bare => persona,
        GetShape::Envelope => envelope(&[persona], "").into(),
    };
    Ok(answer_text(StatusCode::OK, body))
}

async fn patch(
    State(desk): State<Desk>,
    twisted: Twisted,
    Path(id): Path<String>,
    parameters: Parameters,
    body: Body,
) -> Answer {
    let force = parameters?
        .get("force")
        .is_some_and(|force| force == "true");
    let drafts = if force {
        Drafts::Discard
    } else {
        Drafts::Respect
    };
    let patch = Patch::read(&body?)?;
    match desk.service.patch(&id, &patch, drafts, twist(twisted))? {
        Patched::Nothing => Ok(StatusCode::NOT_MODIFIED.into_response()),
        Patched::Written { over_draft } => {
            let mut written = json!({PERSONA.id: id});
            if over_draft {
                written["discarded_maker_changes"] = Value::Bool(true);
            }
            Ok(answer(StatusCode::OK, &desk.spell(written)))
        }
    }
}

async fn delete(State(desk): State<Desk>, Path(id): Path<String>) -> Answer {
    desk.service.delete(&id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The service knows conversations in one vocabulary only.
async fn converse(State(service): State<Arc<Service>>, body: Body) -> Answer {
    let begun = service.converse(&read_json(&body?)?)?;
    Ok(answer(StatusCode::OK, &begun))
}

fn read_json(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::Invalid("The body is not JSON".to_owned()))
}

fn twist(twisted: Twisted) -> Option<Twist> {
    twisted.map(|Extension(twist)| twist)
}

async fn set_draft(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Answer {
    service.set_draft(&id, true)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn unset_draft(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Answer {
    service.set_draft(&id, false)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Desk {
    /// The document as this desk's callers know it.
    fn spell(&self, document: Value) -> Value {
        self.vocabulary.document(&PERSONA, document)
    }
}

/// Personas in an object of their own, with what stands beside them there; all of it is JSON.
fn envelope(personas: &[Bytes], beside: &str) -> Vec<u8> {
    let (start, end) = (br#"{"data":["#, [b"]", beside.as_bytes(), b"}"].concat());
    let length: usize = personas.iter().map(|persona| persona.len() + 1).sum();
    let mut body = Vec::with_capacity(start.len() + length + end.len());
    body.extend(start);
    for (index, persona) in personas.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend(persona);
    }
    body.extend(end);
    body
}

/// Reads the list's parameters; the service ignores those that it does not know.
fn selection(parameters: &HashMap<String, String>) -> Result<Selection, Refusal> {
    let number = |name: &str| {
        let text = parameters.get(name);
        let invalid = |_| Refusal::Invalid(format!("{name} must be a number"));
        text.map(|text| text.parse().map_err(invalid)).transpose()
    };
    let class = [Vocabulary::Personas, Vocabulary::Pals]
        .map(|vocabulary| vocabulary.member(&PERSONA, PERSONA.class))
        .into_iter()
        .find_map(|name| parameters.get(name));
    Ok(Selection {
        limit: number("limit")?,
        page: number("page")?.unwrap_or(1),
        class: class.cloned(),
        newest_first: parameters.get("sort").is_some_and(|sort| sort == "desc"),
    })
}
