//! A running sandbox and a tiny client of it, which shares nothing with `crate::api`.

use std::path::Path;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sandbox::{Options, Quirks, Sandbox, StartError, start};

/// A sandbox with a state directory of its own.
pub(super) struct Site {
    sandbox: Sandbox,
    client: Client,
    home: TempDir,
}

/// A status and a body; null where the body is empty.
pub(super) type Answer = (u16, Value);

impl Site {
    pub(super) async fn new() -> Self {
        Self::with(Quirks::default(), Vec::new()).await
    }

    pub(super) async fn with(quirks: Quirks, seed: Vec<Value>) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        Self::at(home, quirks, seed).await.expect("it starts")
    }

    pub(super) async fn at(
        home: TempDir,
        quirks: Quirks,
        seed: Vec<Value>,
    ) -> Result<Self, StartError> {
        let options = Options {
            quirks,
            seed,
            ..options(home.path())
        };
        Ok(Self {
            sandbox: start(options).await?,
            client: client(),
            home,
        })
    }

    /// Stops the sandbox; its state stays.
    pub(super) async fn stop(self) -> TempDir {
        self.sandbox.stop().await;
        self.home
    }

    pub(super) fn state(&self) -> std::path::PathBuf {
        self.home.path().join("state")
    }

    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.sandbox.address());
        self.client.request(method, url).header("x-api-key", "key")
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).body(body.to_string())).await
    }

    pub(super) async fn patch(&self, id: &str, operations: Value) -> Answer {
        self.patch_at(&format!("/v2/personas/{id}"), operations)
            .await
    }

    pub(super) async fn patch_at(&self, path: &str, operations: Value) -> Answer {
        answer(
            self.request(Method::PATCH, path)
                .body(operations.to_string()),
        )
        .await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    pub(super) async fn draft(&self, id: &str) {
        let request = self.request(Method::PUT, &format!("/_sandbox/draft/{id}"));
        assert_eq!(answer(request).await.0, 204);
    }

    /// Makes a persona with a prompt and these members; its id.
    pub(super) async fn create(&self, members: Value) -> String {
        let mut body = json!({"persona_name": "Ana", "system_prompt": "Be kind."});
        let Value::Object(members) = members else {
            panic!("members are an object")
        };
        body.as_object_mut().expect("an object").extend(members);
        let (status, created) = self.post("/v2/personas", body).await;
        assert_eq!(status, 200, "{created}");
        created["persona_id"].as_str().expect("an id").to_owned()
    }

    pub(super) async fn read(&self, id: &str) -> Value {
        let (status, persona) = self.get(&format!("/v2/personas/{id}")).await;
        assert_eq!(status, 200, "{persona}");
        persona
    }
}

/// A sandbox below this directory, otherwise plain.
pub(super) fn options(home: &Path) -> Options {
    Options {
        state: home.join("state"),
        listen: ([127, 0, 0, 1], 0).into(),
        seed: Vec::new(),
        quirks: Quirks::default(),
        api_key: None,
        faults: Vec::new(),
    }
}

/// A client that goes straight to the sandbox.
pub(super) fn client() -> Client {
    // Without a provider no client can be built, even for plain http. Another test may have been
    // first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().build();
    client.expect("a client")
}

pub(super) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    let body = match body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&body).expect("a JSON body"),
    };
    (status, body)
}
