//! What no plan can do without, done in the plainest way, by one thread and one thing after the other: reading the manifests
//! with the fastest event parser for YAML that there is in Rust, fetching the same pages, and parsing them.

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use reqwest::Client;
use saphyr_parser::Parser;
use serde_json::Value;

use crate::site::{DIRECTORY, URL};
use crate::still::{page, runtime};

/// Does it, in a process of its own.
pub(crate) fn touch() -> ExitCode {
    read(Path::new(DIRECTORY));
    let url = env::var(URL).expect("an address");
    runtime().block_on(fetch(url.trim_end_matches("/v2")));
    ExitCode::SUCCESS
}

/// Reads the files of a folder and all of their events.
pub(crate) fn read(directory: &Path) {
    for entry in fs::read_dir(directory).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = fs::read_to_string(path).expect("a file");
            let events = Parser::new_from_str(&text).map(|event| event.expect("YAML"));
            black_box(events.count());
        }
    }
}

async fn fetch(url: &str) {
    let client = client();
    let (mut seen, mut total) = (0, 1);
    for number in 1.. {
        if seen >= total {
            return;
        }
        let answer = client.get(format!("{url}{}", page(number))).send().await;
        let body = answer.expect("an answer").bytes().await.expect("a body");
        let value: Value = serde_json::from_slice(&body).expect("JSON");
        total = value["total_count"].as_u64().expect("a count");
        seen += value["data"].as_array().expect("a list").len() as u64;
        black_box(value);
    }
}

/// A client that only speaks http: no certificate is read for it.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().tls_certs_only([]);
    client.build().expect("a client")
}
