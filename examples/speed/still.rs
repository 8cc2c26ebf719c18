//! A service that answers what another one has answered, from memory, so that what is measured against it waits for nothing but
//! a latency of its choice. Its personas never change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{self, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::counts::counted;
use crate::role::Role;
use crate::service::Service;

/// How many personas a page has.
const PAGE: usize = 100;

/// What is answered.
struct Answers {
    pages: Vec<Bytes>,
    personas: HashMap<String, Bytes>,
}

type Known = State<Arc<Answers>>;

/// The path of a page of the list, as the program asks for it.
pub(crate) fn page(number: usize) -> String {
    format!("/v2/personas?persona_type=user&limit={PAGE}&page={number}")
}

/// Keeps in a folder what a service answers to the list of so many personas.
pub(crate) fn keep(service: &Service, personas: usize, folder: &Path) {
    fs::create_dir(folder).expect("a folder");
    let mut connection = service.connect();
    for number in 1..=personas.div_ceil(PAGE) {
        let path = folder.join(format!("{number}.json"));
        fs::write(path, connection.get(&page(number))).expect("it is written");
    }
}

/// A service that answers what is kept in a folder, so long after it was asked.
pub(crate) fn start(folder: &Path, latency: Duration) -> Service {
    let latency = latency.as_millis().to_string();
    Service::start(Role::Still.command(folder).arg(latency))
}

/// The service itself.
pub(crate) fn serve() -> ExitCode {
    let latency = env::args().nth(1).and_then(|text| text.parse().ok());
    let latency = Duration::from_millis(latency.expect("a latency"));
    let router = Router::new()
        .route("/v2/personas", get(list))
        .route("/v2/personas/{id}", get(one))
        .layer(middleware::from_fn_with_state(latency, delay))
        .with_state(Arc::new(Answers::read()));
    listen(counted(router))
}

/// Serves on a free port, and says where, until it is killed.
pub(crate) fn listen(router: Router) -> ExitCode {
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        println!("http://{address}/v2");
        axum::serve(listener, router).await.expect("it serves");
    });
    ExitCode::SUCCESS
}

/// One thread, as the program has.
pub(crate) fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

impl Answers {
    /// What is kept in the working directory.
    fn read() -> Self {
        let paths = (1..).map(|number| PathBuf::from(format!("{number}.json")));
        let pages = paths.map_while(|path| fs::read(path).ok().map(Bytes::from));
        let pages: Vec<_> = pages.collect();
        let personas = pages.iter().flat_map(|page| {
            let mut page: Value = serde_json::from_slice(page).expect("a page");
            let personas = page["data"].take();
            personas.as_array().cloned().unwrap_or_default()
        });
        let personas = personas.map(|persona| {
            let id = persona["persona_id"].as_str().expect("an id").to_owned();
            (id, Bytes::from(persona.to_string()))
        });
        Self {
            personas: personas.collect(),
            pages,
        }
    }
}

async fn delay(State(latency): State<Duration>, request: Request, next: Next) -> Response {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    next.run(request).await
}

async fn list(State(answers): Known, Query(query): Query<HashMap<String, String>>) -> Response {
    let number = query
        .get("page")
        .and_then(|page| page.parse::<usize>().ok());
    answer(answers.pages.get(number.unwrap_or(1) - 1))
}

async fn one(State(answers): Known, extract::Path(id): extract::Path<String>) -> Response {
    answer(answers.personas.get(&id))
}

fn answer(body: Option<&Bytes>) -> Response {
    match body {
        Some(body) => ([(CONTENT_TYPE, "application/json")], body.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
