//! What stands between the program and the service: it sees every request and its answer, keeps them in one
//! order, and is where things happen in the middle of the work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::books::Books;
use crate::message::{Answer, Request};
use crate::office::Office;
use crate::programs::Programs;
use crate::schedule::{Guards, Happening, Kill, Moment};

/// How long to wait before looking again whether all is quiet.
const MOMENT: Duration = Duration::from_millis(2);

/// The personas that the service holds, as it stores them, by their ids.
pub(crate) type Stored = BTreeMap<String, Value>;

/// Something that happened, in the order in which it did.
#[derive(Debug)]
pub(crate) enum Event {
    /// The program asked, and was answered.
    Exchange(Box<Exchange>),
    /// Somebody edited a persona in the dashboard.
    Edited,
    /// A list left somebody out.
    Omitted,
    /// The program was killed.
    Killed,
    /// The ledger or the journal could not be read at this moment.
    Unreadable(String),
}

/// One request of the program.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Which program asked: the key that it asked with.
    pub(crate) client: String,
    pub(crate) request: Request,
    pub(crate) answer: Answer,
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    /// What the service held before a write, and after it.
    pub(crate) before: Stored,
    pub(crate) after: Stored,
    /// What the ledger and the journal said when it was asked.
    pub(crate) books: String,
}

/// A port that leads to the service.
pub(crate) struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What a wire is laid with.
pub(crate) struct Ends {
    pub(crate) office: Office,
    pub(crate) guards: Guards,
    pub(crate) books: Books,
    pub(crate) programs: Arc<Programs>,
}

struct Shared {
    ends: Ends,
    record: Mutex<Record>,
    is_over: AtomicBool,
    /// How many requests are being answered.
    under_way: AtomicUsize,
}

#[derive(Default)]
struct Record {
    events: Vec<Event>,
    moments: Vec<Moment>,
    /// How often the service was asked since the moments were set.
    requests: usize,
    /// Whom the lists leave out from now on.
    left_out: Option<String>,
    /// The personas that were written since then and not read back: an edit at this moment looks just as
    /// if the service had made something else of what it was sent.
    unread: BTreeSet<String>,
    /// The personas that were looked at and may be written next: where no guard is heeded, an edit at this
    /// moment is lost, which is known (I2).
    looked_at: BTreeSet<String>,
}

impl Wire {
    pub(crate) fn lay(ends: Ends) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            ends,
            record: Mutex::default(),
            is_over: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
        });
        let listening = shared.clone();
        thread::spawn(move || listening.listen(&listener));
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// Sets what is to happen at the requests to come.
    pub(crate) fn expect(&self, moments: Vec<Moment>) {
        let mut record = self.shared.record();
        record.moments = moments;
        record.requests = 0;
        record.left_out = None;
        record.unread.clear();
        record.looked_at.clear();
    }

    /// What has happened since this was asked last, and what comes of requests whose program has ended.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.knock();
        while self.shared.under_way.load(Ordering::Acquire) > 0 {
            thread::sleep(MOMENT);
        }
        std::mem::take(&mut self.shared.record().events)
    }
}

impl Wire {
    /// Calls without a word: whoever called before has been heard when this is answered.
    fn knock(&self) {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.shutdown(Shutdown::Write).expect("nothing is said");
        stream
            .read_to_end(&mut Vec::new())
            .expect("nothing is answered");
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // The listener only looks when somebody calls.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("nobody panicked")
    }

    fn listen(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            self.under_way.fetch_add(1, Ordering::AcqRel);
            let shared = self.clone();
            thread::spawn(move || {
                shared.serve(&stream);
                drop(stream);
                shared.under_way.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }

    /// One request at a time: what is done at the service, and by whom, has one order.
    fn serve(&self, stream: &TcpStream) {
        let Some(request) = Request::read(stream) else {
            return;
        };
        let (asked, books) = (Instant::now(), self.ends.books.read());
        let client = request.header("x-api-key").unwrap_or_default().to_owned();
        let mut record = self.record();
        let due = record.due();
        let kill = due.iter().find_map(|happening| match happening {
            Happening::Kill(kill) => Some(*kill),
            Happening::Edit(_) | Happening::Omit => None,
        });
        if kill == Some(Kill::Before) {
            return self.kill(&client, &mut record);
        }
        self.edit(&due, &mut record);
        let books = books.unwrap_or_else(|problem| {
            record.events.push(Event::Unreadable(problem));
            String::new()
        });
        let before = self.stored(&request);
        let answer = self.answer(&request, &due, &books, &mut record);
        // Before it is passed on: the client's own time begins later.
        let answered = Instant::now();
        if kill != Some(Kill::After) {
            answer.pass(stream);
        }
        record.add(Exchange {
            client: client.clone(),
            asked,
            answered,
            before,
            after: self.stored(&request),
            request,
            answer,
            books,
        });
        if kill.is_some() {
            self.kill(&client, &mut record);
        }
    }

    /// Does what somebody does in the dashboard before this request.
    fn edit(&self, due: &[Happening], record: &mut Record) {
        let mut barred = record.unread.clone();
        if self.ends.guards != Guards::Honoured {
            barred.extend(record.looked_at.clone());
        }
        for happening in due {
            if let Happening::Edit(edit) = happening
                && self.ends.office.edit(edit, &barred)
            {
                record.events.push(Event::Edited);
            }
        }
    }

    /// What the service answers, or the wire makes of it.
    fn answer(
        &self,
        request: &Request,
        due: &[Happening],
        books: &str,
        record: &mut Record,
    ) -> Answer {
        let answer = self.ask(request);
        let omits = due
            .iter()
            .any(|happening| matches!(happening, Happening::Omit));
        if omits && record.left_out.is_none() {
            record.left_out = listed(request, &answer).find(|id| books.contains(id));
        }
        match &record.left_out {
            Some(id) if is_list(request, &answer) => {
                let shortened = without(&answer, id);
                record.events.push(Event::Omitted);
                shortened
            }
            _ => answer,
        }
    }

    fn kill(&self, client: &str, record: &mut Record) {
        self.ends.programs.kill(client);
        record.events.push(Event::Killed);
    }

    /// What the service holds, as far as the request can change it.
    fn stored(&self, request: &Request) -> Stored {
        match request.method.as_str() {
            "GET" => Stored::new(),
            _ => self.ends.office.stored(),
        }
    }

    /// Hands a request to the service.
    fn ask(&self, request: &Request) -> Answer {
        let is_guarded = |operation: &Value| operation["op"] == "test";
        let mut operations = match request.json() {
            Value::Array(operations) if request.method == "PATCH" => operations,
            _ => Vec::new(),
        };
        match self.ends.guards {
            Guards::Refused if operations.iter().any(is_guarded) => {
                Answer::made(422, &json!({"message": "Invalid JSON patch format"}))
            }
            Guards::Ignored if operations.iter().any(is_guarded) => {
                operations.retain(|operation| !is_guarded(operation));
                let mut bare = request.clone();
                bare.body = Value::from(operations).to_string().into_bytes();
                bare.ask(self.ends.office.address)
            }
            _ => request.ask(self.ends.office.address),
        }
    }
}

fn is_list(request: &Request, answer: &Answer) -> bool {
    request.method == "GET" && request.persona().is_none() && answer.body["data"].is_array()
}

/// Who is on a page of a list.
fn listed(request: &Request, answer: &Answer) -> impl Iterator<Item = String> {
    let page = answer.body["data"].as_array();
    let page = page.filter(|_| is_list(request, answer));
    let ids = page.into_iter().flatten().map(|live| &live["persona_id"]);
    ids.filter_map(Value::as_str).map(str::to_owned)
}

/// A page of a list that says nothing of a persona.
fn without(answer: &Answer, id: &str) -> Answer {
    let mut body = answer.body.clone();
    if let Some(page) = body["data"].as_array_mut() {
        page.retain(|live| live["persona_id"] != id);
    }
    let total = body["total_count"].as_u64().unwrap_or_default();
    body["total_count"] = json!(total.saturating_sub(1));
    Answer::made(answer.status, &body)
}

impl Record {
    /// Writes down an exchange: who was written by it, or read.
    fn add(&mut self, exchange: Exchange) {
        let after = exchange.after.iter();
        let written = after.filter(|(id, live)| exchange.before.get(*id) != Some(live));
        self.unread.extend(written.map(|(id, _)| id.clone()));
        let request = &exchange.request;
        let is_read = request.method == "GET" && exchange.answer.is_good();
        if let Some(id) = request.persona().filter(|_| is_read) {
            self.unread.remove(id);
            self.looked_at.insert(id.to_owned());
        }
        self.events.push(Event::Exchange(Box::new(exchange)));
    }

    /// Counts a request; what is to happen at it.
    fn due(&mut self) -> Vec<Happening> {
        self.requests += 1;
        let now = self
            .moments
            .iter()
            .filter(|moment| moment.request == self.requests);
        now.map(|moment| moment.event.clone()).collect()
    }
}

impl Exchange {
    /// Whether it changed what the service holds.
    pub(crate) fn has_effect(&self) -> bool {
        self.before != self.after
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchange(exchange) => exchange.fmt(f),
            Self::Edited => f.write_str("the dashboard"),
            Self::Omitted => f.write_str("left out of the list"),
            Self::Killed => f.write_str("killed"),
            Self::Unreadable(problem) => f.write_str(problem),
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { method, target, .. } = &self.request;
        let (body, status) = (self.request.json(), self.answer.status);
        let effect = if self.has_effect() {
            ", with effect"
        } else {
            ""
        };
        write!(
            f,
            "{} {method} {target} {body} {status}{effect}",
            self.client
        )
    }
}
