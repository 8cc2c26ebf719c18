//! A service in a process of its own, and the plainest client there is for it: what that takes is not counted as the service's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::counts::Counts;

/// A running service, which ends with this value.
pub(crate) struct Service {
    child: Child,
    /// The address that the program's requests stand below.
    pub(crate) url: String,
}

impl Service {
    /// Starts it, and waits for the line that says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it says where it listens");
        let mut words = line.split_whitespace();
        let url = words.find(|word| word.starts_with("http://"));
        let url = url.expect("an address").trim_end_matches(',').to_owned();
        Self { child, url }
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Connection {
        let address = self.url.trim_start_matches("http://");
        let (host, _) = address.split_once('/').expect("an address has a path");
        let stream = TcpStream::connect(host).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Connection {
            stream: BufReader::new(stream),
            host: host.to_owned(),
            body: Vec::new(),
        }
    }

    /// What it was asked since it was last asked for this.
    pub(crate) fn counts(&self) -> Counts {
        Counts::read(self.connect().get("/counts"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    body: Vec<u8>,
}

impl Connection {
    /// Asks, and waits for the whole answer.
    pub(crate) fn get(&mut self, path: &str) -> &[u8] {
        let host = &self.host;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nx-api-key: any\r\n\r\n");
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        sent.expect("it is sent");
        let length = self.head();
        self.body.resize(length, 0);
        let read = self.stream.read_exact(&mut self.body);
        read.expect("a whole answer");
        &self.body
    }

    /// Reads what stands before the answer's body, and how long that is.
    fn head(&mut self) -> usize {
        let mut lines = self.stream.by_ref().lines().map_while(Result::ok);
        let status = lines.next().expect("an answer");
        assert!(status.contains(" 200 "), "{status}");
        let fields = lines.take_while(|line| !line.is_empty());
        let length = fields
            .filter_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .last();
        length.expect("a length")
    }
}
