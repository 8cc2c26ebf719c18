//! The sandbox served on a port, spoken to as if it were the real service.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::site::{Running, Site};

/// A sandbox on a loopback port. It ends with the test.
pub(crate) struct Served {
    home: Site,
    url: String,
    running: Running,
}

impl Served {
    /// One that behaves as these options say.
    pub(crate) fn with(options: &[&str]) -> Self {
        Self::holding(&[], options)
    }

    /// One that holds these personas at first.
    pub(crate) fn holding(personas: &[Value], options: &[&str]) -> Self {
        let home = Site::empty();
        home.write(
            "personas/_sandbox/personas.json",
            json!(personas).to_string(),
        );
        let (running, url) = listen(&home, &[&["--listen", "127.0.0.1:0"], options].concat());
        Self { url, home, running }
    }

    /// Ends it, and starts it again at the same place with what it held, once `meanwhile` is done.
    #[cfg(unix)]
    pub(crate) fn restart(&mut self, meanwhile: impl FnOnce()) {
        self.running.end();
        meanwhile();
        let (_, address) = self.url.split_once("//").expect("a scheme");
        let address = address.trim_end_matches("/v2");
        (self.running, _) = listen(&self.home, &["--listen", address]);
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sets these faults instead of those that were set.
    pub(crate) fn fault(&self, faults: &[&str]) {
        let told = self.control("PUT", &json!(faults).to_string());
        let set = told["faults"].as_array().map(Vec::len);
        assert_eq!(set, Some(faults.len()), "{told}");
    }

    /// How many requests the faults that are set have hit.
    pub(crate) fn hits(&self) -> u64 {
        let told = self.control("GET", "");
        let faults = told["faults"].as_array().expect("a list").iter();
        faults.filter_map(|fault| fault["hits"].as_u64()).sum()
    }

    fn control(&self, method: &str, body: &str) -> Value {
        let address = self.url.trim_start_matches("http://");
        let address = address.trim_end_matches("/v2");
        let (_, body) = ask(address, method, "/_sandbox/faults", body);
        serde_json::from_str(&body).expect("JSON")
    }

    /// Sets a member of a persona, as somebody else would.
    pub(crate) fn set(&self, id: &str, pointer: &str, value: &str) {
        let address = self.url.trim_start_matches("http://");
        let address = address.trim_end_matches("/v2");
        let patch = json!([{"op": "replace", "path": pointer, "value": value}]);
        let (status, told) = ask(
            address,
            "PATCH",
            &format!("/v2/personas/{id}"),
            &patch.to_string(),
        );
        assert!(status.starts_with("HTTP/1.1 20"), "{status} {told}");
    }

    /// The personas that it holds and that are the account's own.
    pub(crate) fn live(&self) -> Vec<Value> {
        self.home.live()
    }
}

/// The first line of an answer, and its body.
pub(crate) fn ask(address: &str, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-api-key: any\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.lines().next().unwrap_or_default();
    (status.to_owned(), body.to_owned())
}

/// Starts a sandbox, and hears where it listens.
fn listen(home: &Site, options: &[&str]) -> (Running, String) {
    let mut running = home.start(["sandbox"].iter().chain(options).copied());
    let mut line = String::new();
    let stdout = running.0.stdout.take().expect("it is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says where it listens");
    let mut words = line.split_whitespace();
    let url = words.find(|word| word.starts_with("http://"));
    let url = url.expect("an address").trim_end_matches(',').to_owned();
    (running, url)
}
