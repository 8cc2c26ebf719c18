//! What a client tells of its requests to whoever wants to count them: no address, no id and no text.

use std::fmt;
use std::time::Duration;

use super::error::ApiErrorKind;
use super::retry::Trouble;

/// Is told what a client does.
pub trait Observer: fmt::Debug {
    /// A request was sent, and is over; one that is sent again is told again.
    fn attempted(&self, attempt: Attempt);

    /// What failed is about to be tried again, if only after a look at what became of it.
    fn repeats(&self, reason: Trouble);
}

/// A request that was sent once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its method.
    pub method: &'static str,
    /// The status of the answer; `None` where none came, or none that was whole.
    pub status: Option<u16>,
    /// How long it took, from connecting to the last byte of the answer.
    pub took: Duration,
}

/// The status of an answer that was a refusal, where it was one at all.
pub(super) const fn status(kind: &ApiErrorKind) -> Option<u16> {
    match kind {
        ApiErrorKind::Unauthorized { status, .. }
        | ApiErrorKind::Status { status, .. }
        | ApiErrorKind::Redirect { status, .. } => Some(*status),
        ApiErrorKind::Draft { .. } => Some(409),
        ApiErrorKind::NoAnswer(_)
        | ApiErrorKind::Truncated(_)
        | ApiErrorKind::Deadline
        | ApiErrorKind::Key
        | ApiErrorKind::NotJson { .. }
        | ApiErrorKind::Malformed(_)
        | ApiErrorKind::TooLarge(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use secrecy::SecretString;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use url::Url;

    use super::*;
    use crate::api::{Client, Connection};
    use crate::catalog::{PERSONA, Vocabulary};
    use crate::model::PersonaId;

    #[derive(Debug, Default)]
    struct Notebook(Mutex<Vec<String>>);

    impl Notebook {
        fn note(&self, line: String) {
            self.0.lock().expect("nobody panicked").push(line);
        }

        fn take(&self) -> Vec<String> {
            std::mem::take(&mut *self.0.lock().expect("nobody panicked"))
        }
    }

    impl Observer for Notebook {
        fn attempted(&self, attempt: Attempt) {
            let Attempt {
                method,
                status,
                took: _,
            } = attempt;
            self.note(format!("{method} {status:?}"));
        }

        fn repeats(&self, reason: Trouble) {
            self.note(format!("again: {}", reason.word()));
        }
    }

    /// A client of a service that gives these answers, one on each connection, and what it tells.
    async fn client(answers: Vec<String>) -> (Client, Arc<Notebook>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut request = [0; 4096];
                // All that is asked here is small enough to come at once.
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let mut client = Client::new(Connection {
            catalog: &PERSONA,
            base: Url::parse(&format!("http://{address}/v2")).expect("a URL"),
            key: SecretString::from("key"),
            vocabulary: Vocabulary::Personas,
            concurrency: 1,
            timeout: None,
        })
        .expect("a client");
        let notebook = Arc::new(Notebook::default());
        client.observe(Arc::clone(&notebook) as Arc<dyn Observer>);
        (client, notebook)
    }

    fn answer(status: u16, length: usize, body: &str) -> String {
        format!(
            "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    #[tokio::test]
    async fn each_attempt_is_told_once_and_each_repetition_with_its_reason() {
        let list = r#"{"data": [], "total_count": 0}"#;
        let answers = vec![String::new(), answer(200, list.len(), list)];
        let (client, told) = client(answers).await;
        let found = client.reader().fetch(&BTreeSet::new()).await;
        assert!(found.is_ok(), "{found:?}");
        assert_eq!(
            told.take(),
            ["GET None", "again: no-answer", "GET Some(200)"]
        );
    }

    #[tokio::test]
    async fn what_is_not_sent_again_is_not_told_again() {
        let answers = vec![answer(422, 0, ""), answer(200, 9, "{"), answer(503, 0, "")];
        let (client, told) = client(answers).await;
        let writer = client.writer();
        let refused = writer.create(json!({})).await;
        assert!(refused.is_err());
        assert_eq!(told.take(), ["POST Some(422)"]);
        let lost = writer.create(json!({})).await;
        assert!(lost.is_err());
        assert_eq!(told.take(), ["POST None"]);

        // It is for whoever deletes to look first, and to wait here.
        let id = PersonaId::new("p1").expect("an id");
        let busy = writer.delete(&id).await.expect_err("it is busy");
        assert_eq!(told.take(), ["DELETE Some(503)"]);
        assert!(writer.pause(&busy, 1).await);
        assert_eq!(told.take(), ["again: server-error"]);
    }
}
