//! The sandbox served on a port, spoken to as if it were the real service.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use super::site::{Running, Site};

/// A sandbox on a loopback port. It ends with the test.
pub(crate) struct Served {
    home: Site,
    url: String,
    _running: Running,
}

impl Served {
    /// One that behaves as these options say.
    pub(crate) fn with(options: &[&str]) -> Self {
        let home = Site::empty();
        let listen = ["sandbox", "--listen", "127.0.0.1:0"];
        let mut running = home.start(listen.iter().chain(options).copied());
        let mut line = String::new();
        let stdout = running.0.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it listens");
        let mut words = line.split_whitespace();
        let url = words.find(|word| word.starts_with("http://"));
        Self {
            url: url.expect("an address").trim_end_matches(',').to_owned(),
            home,
            _running: running,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The personas that it holds and that are the account's own.
    pub(crate) fn live(&self) -> Vec<Value> {
        self.home.live()
    }
}
