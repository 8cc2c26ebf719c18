//! Sending requests. A [`Reader`] can only read; what writes is a [`Writer`], which no plan ever
//! sees.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::conversation;
use super::error::{ApiError, ApiErrorKind};
use super::flow::Flow;
use super::observe::{self, Attempt, Observer};
use super::request::{Drafts, Method, Request, Requests};
use super::retry::{ATTEMPTS, Next, Trouble};
use super::wire::{self, Created, Page};
use crate::catalog::{Catalog, Vocabulary};
use crate::diff::Patch;
use crate::model::{Conversation, Live, PersonaId, redact};
use crate::mutant::{Mutant, planted};

/// How long it may take to reach the service.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the service may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest wait that a service may ask for; whoever wants more says something that cannot be meant.
const PATIENCE: Duration = Duration::from_secs(60 * 60);
/// How long a connection is kept for the next request. Whoever was asked may have taken their time, and
/// by then the other end may have closed it: what is lost that way may be a create.
const IDLE: Duration = Duration::from_secs(10);
/// A page of 100 personas has some 0.6 MB; no honest answer comes near this, decompressed.
const LARGEST: usize = 64;
/// How many pages are read: with a hundred personas on each, more than any account has.
const MOST_PAGES: usize = 1_000;
/// How many pages are asked for at a time: those of an account with ten thousand personas.
const PAGES_AT_ONCE: usize = 100;
/// Whoever wants fewer requests than this at a time is gentle with pages, too.
const USUAL: usize = 4;
/// How many lists are read before pages that shift under us are given up on.
const LISTINGS: usize = 3;

/// Where the service is and how it is spoken to.
#[derive(Debug)]
pub struct Connection {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// The address that the paths stand below.
    pub base: Url,
    /// The API key.
    pub key: SecretString,
    /// The names that the service is spoken to in.
    pub vocabulary: Vocabulary,
    /// How many requests are under way at a time, at most.
    pub concurrency: usize,
    /// How long the whole run may take.
    pub timeout: Option<Duration>,
}

/// Sends requests to one service.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    connection: Connection,
    requests: Requests,
    flow: Flow,
    observer: Option<Arc<dyn Observer>>,
}

/// Reads personas, and cannot write them.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'c>(&'c Client);

/// Writes personas.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'c>(&'c Client);

impl Client {
    /// Makes ready to speak to a service; nothing is sent yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up on this machine.
    pub fn new(connection: Connection) -> Result<Self, reqwest::Error> {
        // A second call finds the provider installed, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_plain = connection.base.scheme() == "http";
        let builder = reqwest::Client::builder()
            .user_agent(concat!("personactl/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .pool_idle_timeout(IDLE);
        // Plain http only goes to loopback, where a proxy has no business.
        let builder = if is_plain {
            builder.no_proxy()
        } else {
            builder
        };
        let requests = Requests {
            catalog: connection.catalog,
            vocabulary: connection.vocabulary,
        };
        Ok(Self {
            http: builder.build()?,
            flow: Flow::new(
                connection.concurrency.max(pages_at_once(&connection)),
                connection.timeout,
            ),
            connection,
            requests,
            observer: None,
        })
    }

    /// Tells somebody of each request from now on.
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.observer = Some(observer);
    }

    /// Begins another run through this client, with all the time that a run has.
    pub fn begin(&self) {
        self.flow.begin();
    }

    /// What reads through this client.
    #[must_use]
    pub const fn reader(&self) -> Reader<'_> {
        Reader(self)
    }

    /// What writes through this client.
    #[must_use]
    pub const fn writer(&self) -> Writer<'_> {
        Writer(self)
    }

    /// Begins a conversation with a persona, with its own replica or another one.
    ///
    /// # Errors
    /// Where the service refuses, or its answer was lost or leads to no page: then it may have begun, and it is not
    /// asked for again.
    pub async fn converse(
        &self,
        persona: &PersonaId,
        replica: Option<&str>,
    ) -> Result<Conversation, ApiError> {
        let request = conversation::request(self.connection.catalog, persona, replica);
        self.ask(request, |_, answer| conversation::read(persona, &answer))
            .await
    }

    /// Sends a request and reads its answer.
    async fn ask<T>(
        &self,
        request: Request,
        read: impl Fn(&Catalog, Value) -> Result<T, String>,
    ) -> Result<T, ApiError> {
        let read = |_, body: Body| {
            let answer = serde_json::from_slice(&body.bytes);
            let answer = answer.map_err(|source| ApiErrorKind::NotJson {
                content_type: body.content_type,
                source,
            })?;
            read(self.connection.catalog, answer).map_err(ApiErrorKind::Malformed)
        };
        self.carry(&request, read).await
    }

    /// Sends a request whose answer says all with its status.
    async fn tell(&self, request: Request) -> Result<StatusCode, ApiError> {
        self.carry(&request, |status, _| Ok(status)).await
    }

    /// Sends a request, again where that is safe and the run can afford it.
    async fn carry<T>(
        &self,
        request: &Request,
        read: impl Fn(StatusCode, Body) -> Result<T, ApiErrorKind>,
    ) -> Result<T, ApiError> {
        let mut attempts = 0;
        loop {
            let served = self.flow.served();
            let kind = match self.attempt(request, &read).await {
                Ok(answer) => return Ok(answer),
                Err(kind) => kind,
            };
            // Whoever is refused while others are served only waits for another turn.
            if !(kind.is_throttled() && self.flow.served() > served) {
                attempts += 1;
            }
            let next = Trouble::of(&kind).next(request.method);
            let may_repeat = next == Next::Again && attempts < ATTEMPTS;
            if !may_repeat || !self.pause(&kind, attempts).await {
                return Err(self.failed(request, kind));
            }
            tracing::debug!(method = request.method.word(), attempts, "sending it again");
        }
    }

    async fn attempt<T>(
        &self,
        request: &Request,
        read: impl Fn(StatusCode, Body) -> Result<T, ApiErrorKind>,
    ) -> Result<T, ApiErrorKind> {
        let turn = self.flow.turn().await?;
        let begun = Instant::now();
        let answer = self.flow.within(self.send(request)).await.flatten();
        let sent = turn.sent;
        drop(turn);
        if let Some(observer) = &self.observer {
            observer.attempted(Attempt {
                method: request.method.word(),
                status: match &answer {
                    Ok((status, _)) => Some(status.as_u16()),
                    Err(kind) => observe::status(kind),
                },
                took: begun.elapsed(),
            });
        }
        let answer = answer.and_then(|(status, body)| read(status, body));
        match &answer {
            Ok(_) => self.flow.went_well(sent),
            Err(kind) => self.flow.went_wrong(sent, kind),
        }
        answer
    }

    /// Waits before a request is sent again; `false` where the run's budget or its time is spent.
    async fn pause(&self, kind: &ApiErrorKind, attempts: u32) -> bool {
        let may_repeat = self.flow.pause(kind, attempts).await;
        if may_repeat && let Some(observer) = &self.observer {
            observer.repeats(Trouble::of(kind));
        }
        may_repeat
    }

    fn failed(&self, request: &Request, kind: ApiErrorKind) -> ApiError {
        ApiError {
            method: request.method.word(),
            url: self.url(request).to_string(),
            kind,
        }
    }

    fn url(&self, request: &Request) -> Url {
        let mut url = self.connection.base.clone();
        let path = format!("{}/{}", url.path().trim_end_matches('/'), request.path);
        url.set_path(&path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        url
    }

    async fn send(&self, request: &Request) -> Result<(StatusCode, Body), ApiErrorKind> {
        let url = self.url(request);
        let mut key = HeaderValue::from_str(self.connection.key.expose_secret())
            .map_err(|_| ApiErrorKind::Key)?;
        key.set_sensitive(true);
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self
            .http
            .request(method, url.clone())
            .timeout(request.patience)
            .header("x-api-key", key);
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let answer = builder
            .send()
            .await
            .map_err(|error| ApiErrorKind::NoAnswer(error.without_url()))?;
        let status = answer.status();
        tracing::debug!(method = request.method.word(), %url, status = status.as_u16(), "answered");
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(redirect(status, answer.headers().get(LOCATION)));
        }
        let retry_after = retry_after(answer.headers());
        let retry_after = retry_after.filter(|_| !planted(Mutant::RetryAfterIgnored));
        let body = Body::read(answer).await?;
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok((status, body));
        }
        let key = self.connection.key.expose_secret();
        let message = redact(wire::message(&body.bytes), [key]);
        Err(refusal(
            status.as_u16(),
            wire::is_draft(&body.bytes),
            message,
            retry_after,
        ))
    }
}

const fn pages_at_once(connection: &Connection) -> usize {
    match connection.concurrency {
        few if few < USUAL => few,
        _ => PAGES_AT_ONCE,
    }
}

/// How long the service wants to be left alone: in seconds, or until a time by its own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds).min(PATIENCE));
    }
    let time = |text: &str| rfc2822::parse(text).map(|time| time.timestamp());
    let until = time(text).ok()?;
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let now = date
        .and_then(|date| time(date).ok())
        .unwrap_or_else(Timestamp::now);
    let wait = Duration::try_from(until - now).ok()?;
    Some(wait.min(PATIENCE))
}

const fn refusal(
    status: u16,
    is_draft: bool,
    message: String,
    retry_after: Option<Duration>,
) -> ApiErrorKind {
    match status {
        401 | 403 => ApiErrorKind::Unauthorized { status, message },
        409 if is_draft => ApiErrorKind::Draft { message },
        _ => ApiErrorKind::Status {
            status,
            message,
            retry_after,
        },
    }
}

fn redirect(status: StatusCode, location: Option<&HeaderValue>) -> ApiErrorKind {
    let location =
        location.map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
    ApiErrorKind::Redirect {
        status: status.as_u16(),
        location: location.unwrap_or_default(),
    }
}

struct Body {
    bytes: Vec<u8>,
    content_type: String,
}

impl Body {
    async fn read(mut answer: reqwest::Response) -> Result<Self, ApiErrorKind> {
        let content_type = answer
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("no content type").to_owned();
        let mut bytes = Vec::new();
        let broken = |error: reqwest::Error| ApiErrorKind::Truncated(error.without_url());
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST << 20 {
                return Err(ApiErrorKind::TooLarge(LARGEST));
            }
        }
        Ok(Self {
            bytes,
            content_type,
        })
    }
}

impl Reader<'_> {
    /// All of the account's own personas, and those of the `known` ones that the list leaves out
    /// but that are there.
    ///
    /// # Errors
    /// Where the service cannot be reached, refuses, or answers what makes no sense.
    pub async fn fetch(self, known: &BTreeSet<&PersonaId>) -> Result<Vec<Live>, ApiError> {
        let listed = self.list().await?;
        self.complete(listed, known).await
    }

    /// What was `listed`, and those of the `known` personas that the list leaves out but that are there.
    ///
    /// # Errors
    /// Where the service cannot be reached, refuses, or answers what makes no sense.
    pub async fn complete(
        self,
        mut listed: Vec<Live>,
        known: &BTreeSet<&PersonaId>,
    ) -> Result<Vec<Live>, ApiError> {
        let ids: HashSet<&PersonaId> = listed.iter().map(|live| &live.id).collect();
        let missing = known.iter().filter(|id| !ids.contains(*id));
        let missing = missing.filter(|_| !planted(Mutant::AbsenceIsDeletion));
        let missing = missing.copied().collect();
        listed.extend(self.find_all(&missing).await?);
        Ok(listed)
    }

    /// Those of these personas that are there.
    ///
    /// # Errors
    /// Where the service cannot be reached, refuses, or answers what makes no sense.
    pub async fn find_all(self, ids: &BTreeSet<&PersonaId>) -> Result<Vec<Live>, ApiError> {
        let found = stream::iter(ids)
            .map(|id| self.find(id))
            .buffered(self.0.connection.concurrency);
        let found = found.try_filter_map(async |live| Ok(live));
        found.try_collect().await
    }

    /// One persona; `None` where the service does not know the id, which it says with 400 as well
    /// as with 404.
    ///
    /// # Errors
    /// Where the service cannot be reached, refuses for another reason, or answers what makes no
    /// sense.
    pub async fn find(self, id: &PersonaId) -> Result<Option<Live>, ApiError> {
        let request = self.0.requests.get(id);
        match self.0.ask(request.clone(), wire::one).await {
            Ok(live) if live.id == *id => Ok(Some(live)),
            Ok(live) => {
                let other = ApiErrorKind::Malformed(format!("it is about {}", live.id));
                Err(self.0.failed(&request, other))
            }
            Err(error) if error.is_unknown_id(self.0.connection.catalog) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The whole list. Pages may shift while they are read: what comes twice counts once, and a
    /// list that is shorter than the service says is read again. One that stays short is an error:
    /// whoever is missing from it would be made a second time.
    ///
    /// # Errors
    /// Where the service cannot be reached, refuses, or answers what makes no sense.
    pub async fn list(self) -> Result<Vec<Live>, ApiError> {
        let mut shortfall = String::new();
        for _ in 0..LISTINGS {
            let (personas, total) = self.list_once().await?;
            if total.is_none_or(|total| personas.len() >= total) {
                return Ok(personas);
            }
            let total = total.unwrap_or_default();
            shortfall = format!(
                "the list has {} entries of the {total} it counts",
                personas.len()
            );
            tracing::debug!(shortfall, "reading the list again");
        }
        Err(self
            .0
            .failed(&self.0.requests.list(1), ApiErrorKind::Malformed(shortfall)))
    }

    /// Page 1 first; the others together once it has told how many there are, else one by one. A
    /// page that brings nothing new is the end.
    async fn list_once(self) -> Result<(Vec<Live>, Option<usize>), ApiError> {
        let mut found = Found::default();
        let mut goes_on = found.take(self.page(1).await?);
        // A page may hold fewer personas than were asked for, and some of them twice.
        let size = found.personas.len().max(1);
        let (last, at_once) = match found.total {
            Some(total) => (
                total.div_ceil(size).min(MOST_PAGES),
                pages_at_once(&self.0.connection),
            ),
            None => (MOST_PAGES, 1),
        };
        let mut pages = stream::iter(2..=last)
            .map(|page| self.page(page))
            .buffered(at_once);
        while goes_on && let Some(page) = pages.try_next().await? {
            goes_on = found.take(page);
        }
        drop(pages);
        let is_endless = goes_on && found.total.is_none() && last == MOST_PAGES;
        if is_endless {
            let endless = ApiErrorKind::Malformed("the list does not end".to_owned());
            return Err(self.0.failed(&self.0.requests.list(last), endless));
        }
        Ok((found.personas, found.total))
    }

    async fn page(self, number: usize) -> Result<Page, ApiError> {
        self.0.ask(self.0.requests.list(number), wire::page).await
    }
}

/// Personas that were found, each id once.
#[derive(Default)]
struct Found {
    personas: Vec<Live>,
    ids: BTreeSet<PersonaId>,
    /// The most that any page counted: where they do not agree, the list has changed meanwhile.
    total: Option<usize>,
}

impl Found {
    /// Takes a page; `false` where it holds nothing new, which ends every list.
    fn take(&mut self, page: Page) -> bool {
        self.total = self.total.max(page.total);
        let before = self.personas.len();
        self.personas.extend(
            page.personas
                .into_iter()
                .filter(|live| self.ids.insert(live.id.clone())),
        );
        self.personas.len() > before
    }
}

impl<'c> Writer<'c> {
    /// What reads through the same client.
    #[must_use]
    pub const fn reader(self) -> Reader<'c> {
        Reader(self.0)
    }

    /// How many requests are under way at a time, at most.
    #[must_use]
    pub const fn concurrency(self) -> usize {
        self.0.connection.concurrency
    }

    /// Waits before a change is sent again, for the given time; `false` where the run's budget or its time is
    /// spent.
    pub async fn pause(self, error: &ApiError, attempts: u32) -> bool {
        self.0.pause(&error.kind, attempts).await
    }

    /// Learns how many requests are to come if all goes well: repetitions may cost a tenth of that.
    pub fn expect(self, requests: usize) {
        self.0.flow.expect(requests);
    }

    /// Makes a persona.
    ///
    /// # Errors
    /// Where the service refuses, or its answer was lost: then it may have been made.
    pub async fn create(self, body: Value) -> Result<Created, ApiError> {
        self.0
            .ask(self.0.requests.create(body), wire::created)
            .await
    }

    /// Changes a persona; `false` where the service says that this changes nothing.
    ///
    /// # Errors
    /// Where the service refuses, or its answer was lost: then it may have been changed.
    pub async fn patch(
        self,
        id: &PersonaId,
        patch: &Patch,
        drafts: Drafts,
    ) -> Result<bool, ApiError> {
        let request = self.0.requests.patch(id, patch, drafts);
        let status = self.0.tell(request).await?;
        Ok(status != StatusCode::NOT_MODIFIED)
    }

    /// Deletes a persona.
    ///
    /// # Errors
    /// Where the service refuses, or its answer was lost: then it may have been deleted.
    pub async fn delete(self, id: &PersonaId) -> Result<(), ApiError> {
        self.0.tell(self.0.requests.delete(id)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_clock_of_the_service() {
        let read = |pairs: &[(reqwest::header::HeaderName, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            retry_after(&headers.collect()).map(|wait| wait.as_secs())
        };
        assert_eq!(read(&[(RETRY_AFTER, "120")]), Some(120));
        let (date, later) = (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:51:37 GMT",
        );
        assert_eq!(read(&[(RETRY_AFTER, later), (DATE, date)]), Some(120));
        assert_eq!(
            read(&[(RETRY_AFTER, date), (DATE, later)]),
            None,
            "it is over"
        );
        for absurd in ["18446744073709551615", "Thu, 01 Jan 9998 00:00:00 GMT"] {
            assert_eq!(read(&[(RETRY_AFTER, absurd)]), Some(3600), "{absurd}");
        }
        assert_eq!(read(&[(RETRY_AFTER, "soon")]), None);
        assert_eq!(read(&[]), None);
    }
}
