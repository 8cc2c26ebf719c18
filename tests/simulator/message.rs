//! Requests and answers as the wire sees them: one of each on a connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) target: String,
    /// The headers, but for those that are about the connection and the length.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What was answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// 0 where there is not even a status.
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    /// `Null` where it cannot be read.
    pub(crate) body: Value,
    /// As it came.
    bytes: Vec<u8>,
}

impl Request {
    /// One of somebody who has no secrets.
    pub(crate) fn new(method: &str, target: &str, body: &Value) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![
                ("host".to_owned(), "127.0.0.1".to_owned()),
                ("x-api-key".to_owned(), "dashboard".to_owned()),
            ],
            body: match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            },
        }
    }

    /// Reads what a client sends; `None` where it sends nothing whole.
    pub(crate) fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let first = line(&mut reader)?;
        let (mut headers, mut length) = (Vec::new(), 0);
        loop {
            let header = line(&mut reader)?;
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            match name.as_str() {
                "content-length" => length = value.parse().ok()?,
                "connection" => {}
                _ => headers.push((name, value)),
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut words = first.split(' ');
        Some(Self {
            method: words.next()?.to_owned(),
            target: words.next()?.to_owned(),
            headers,
            body,
        })
    }

    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&*self.target, |(path, _)| path)
    }

    /// The persona that it is about.
    pub(crate) fn persona(&self) -> Option<&str> {
        self.path().strip_prefix("/v2/personas/")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first line and the headers.
    pub(crate) fn head(&self) -> String {
        let lines = self.headers.iter();
        let lines: String = lines
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("{} {} HTTP/1.1\r\n{lines}", self.method, self.target)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Asks a service, and reads whatever comes until it hangs up.
    pub(crate) fn ask(&self, service: SocketAddr) -> Answer {
        let bytes = self.exchange(service).unwrap_or_default();
        Answer::read(bytes)
    }

    fn exchange(&self, service: SocketAddr) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(service)?;
        let length = self.body.len();
        let head = self.head();
        let head = format!("{head}connection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), &self.body].concat())?;
        let mut bytes = Vec::new();
        // What came before the line was cut is an answer, too.
        let _ = stream.read_to_end(&mut bytes);
        Ok(bytes)
    }
}

impl Answer {
    /// One that the wire makes up itself.
    pub(crate) fn made(status: u16, body: &Value) -> Self {
        let text = body.to_string();
        let length = text.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}"
        );
        Self::read(format!("{head}\r\n\r\n{text}").into_bytes())
    }

    fn read(bytes: Vec<u8>) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let Some(end) = end else {
            return Self {
                bytes,
                ..Self::default()
            };
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let retry_after = head.split("retry-after: ").nth(1);
        let retry_after = retry_after.and_then(|rest| rest.lines().next()?.parse().ok());
        Self {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|word| word.parse().ok())
                .unwrap_or_default(),
            retry_after,
            body: serde_json::from_slice(&bytes[end + 4..]).unwrap_or_default(),
            bytes,
        }
    }

    /// Whether it says that all is well, and can be read.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self.status, 200..=299) && !self.body.is_null()
    }

    /// Passes it on and hangs up.
    pub(crate) fn pass(&self, mut stream: &TcpStream) {
        let text = &self.bytes;
        let first = text.windows(2).position(|window| window == b"\r\n");
        // The client may have gone; that is its own affair.
        let _ = match first {
            Some(end) => stream
                .write_all(&text[..end])
                .and_then(|()| stream.write_all(b"\r\nconnection: close"))
                .and_then(|()| stream.write_all(&text[end..])),
            None => stream.write_all(text),
        };
    }
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let read = reader.read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}
