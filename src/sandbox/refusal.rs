//! What the service answers when it will not do what it was asked.

use std::io;

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use thiserror::Error;

use crate::catalog::PERSONA;

/// A request that is refused: the text is the service's.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    /// Nobody has this id, or it is one that the account may not touch.
    #[error("Invalid {}", PERSONA.id)]
    UnknownPersona,
    /// A PAL was to be made without a face, or a conversation with nobody to be seen.
    #[error("Invalid replica_uuid")]
    NoFace,
    /// A value or a combination of values is not taken.
    #[error("Bad Request. {0}")]
    Invalid(String),
    /// The body is no patch, or one that does not fit the persona.
    #[error("Invalid JSON patch format")]
    Patch,
    /// The dashboard holds changes which a write would discard.
    #[error("This PAL has changes in PAL Maker that are not live.")]
    Draft,
    /// The key is missing or wrong.
    #[error("Invalid access token")]
    Key,
    /// The request was meant for another host.
    #[error("The sandbox only answers to a loopback host name")]
    Host,
    /// The body cannot be taken in.
    #[error("{text}")]
    Body {
        /// What HTTP calls it.
        status: StatusCode,
        /// What is wrong with it.
        text: String,
    },
    /// There is no such path.
    #[error("Not Found")]
    NotFound,
    /// The path does not take this method.
    #[error("Method Not Allowed")]
    Method,
    /// The state could not be written.
    #[error("Internal server error: {0}")]
    State(#[from] io::Error),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPersona | Self::NoFace | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Patch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Draft => StatusCode::CONFLICT,
            Self::Key => StatusCode::UNAUTHORIZED,
            Self::Host => StatusCode::FORBIDDEN,
            Self::Body { status, .. } => *status,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The service has two shapes for errors, chosen without a visible rule.
    fn body(&self) -> Value {
        match self {
            Self::UnknownPersona | Self::NoFace => json!({"error": self.to_string()}),
            Self::Draft => json!({"message": self.to_string(), "conflict": "maker_changes"}),
            _ => json!({"message": self.to_string()}),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        answer(self.status(), &self.body())
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        Self::Body {
            status: rejection.status(),
            text: rejection.body_text(),
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::Invalid(rejection.body_text())
    }
}

/// A response with a JSON body.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    answer_text(status, body.to_string())
}

/// A response with a body that is JSON already.
pub(super) fn answer_text(status: StatusCode, body: impl Into<Body>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (status, content_type, body.into()).into_response()
}
