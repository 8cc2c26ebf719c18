//! A service whose every answer is written down by the test, and which remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /v2/personas/p1`, without the query.
    pub(crate) line: String,
    /// The first line and the headers, as they came.
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// A status and a body; `None` closes the connection without a word.
pub(crate) type Answer = Option<(u16, String)>;

/// A service on a loopback port. Its thread ends with the process.
pub(crate) struct Scripted {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// Answers each request with what `script` makes of it and of those before it.
    pub(crate) fn new(script: impl Fn(&Asked, &[Asked]) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &script, &log);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panicked").clone()
    }

    /// Those that could have changed something.
    pub(crate) fn writes(&self) -> Vec<Asked> {
        self.asked()
            .into_iter()
            .filter(|asked| !asked.line.starts_with("GET "))
            .collect()
    }
}

fn serve(stream: TcpStream, script: &impl Fn(&Asked, &[Asked]) -> Answer, log: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    let Some(asked) = read(&mut reader) else {
        return;
    };
    let mut log = log.lock().expect("nobody panicked");
    let answer = script(&asked, &log);
    log.push(asked);
    if let Some((status, body)) = answer {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close");
        // The client may have gone; that is its own affair.
        let _ = write!(
            reader.get_mut(),
            "{head}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let (mut head, mut length) = (first.clone(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        head.push_str(&header);
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = first.split(['?', ' ']);
    let line = format!("{} {}", words.next()?, words.next()?);
    Some(Asked {
        line,
        head,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}
