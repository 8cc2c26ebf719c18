//! What the settings may say: one table, which checks the file and makes its schema. A row is added
//! here, and its member in `file`.

use crate::catalog::{Field, Kind, Literal};

/// The settings as a whole.
pub(crate) static SETTINGS: Field = Field::members(
    "settings",
    &[
        Field::text(
            "default_environment",
            "The environment of a command that names none with -e.",
        )
        .such_as("sandbox"),
        Field::new(
            "environments",
            Kind::Each(&ENVIRONMENT),
            "The environments: Tavus accounts, and what differs between them.",
        )
        .such_as(
            r#"{"sandbox": {"api": "sandbox"}, "production": {"variables": {"face": "r79e1c033f"}}}"#,
        ),
        Field::new(
            "lints",
            Kind::ByCode(&LEVEL),
            "What findings weigh, by their codes; errors are always errors.",
        )
        .such_as(r#"{"placeholder": "error", "unused-file": "off"}"#),
    ],
    "The settings of a persona directory.",
);

static LEVEL: Field = Field::closed(
    "level",
    &["off", "advice", "warning", "error"],
    "off: not told; advice: told by validate; warning: told by every command; error: stops it.",
);

static ENVIRONMENT: Field = Field::members(
    "environment",
    &[
        Field::closed(
            "api",
            &["sandbox"],
            "The embedded service, which needs no address and no key.",
        ),
        Field::text(
            "api_key",
            "The environment variable that holds the API key.",
        )
        .secret()
        .such_as("TAVUS_API_KEY"),
        Field::text("api_url", "The address of the service.").such_as("https://tavusapi.com/v2"),
        Field::closed(
            "vocabulary",
            &["personas", "pals"],
            "The names that the service is spoken to in: /v2/personas or /v2/pals.",
        )
        .default(Literal::Text("personas")),
        Field::map(
            "variables",
            "What `!var NAME` stands for in this environment.",
        )
        .such_as(r#"{"face": "r90bbd427f71"}"#),
        Field::flag(
            "protected",
            "Whether apply wants a saved plan or `--yes ENVIRONMENT`, and watch never applies.",
        )
        .default(Literal::Flag(false)),
        Field::closed(
            "dialect",
            &["indexed", "whole"],
            "How lists are patched: element by element, or as a whole.",
        )
        .default(Literal::Text("indexed")),
        Field::closed(
            "ledger",
            &["git"],
            "Where the ledger is kept: in a file to commit.",
        ),
    ],
    "A Tavus account, or the embedded service.",
);
