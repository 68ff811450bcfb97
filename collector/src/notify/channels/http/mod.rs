//! What every channel over HTTP asks by: one client without redirects, an end by its own time, an answer of which little is kept, and words about it in
//! which no address or secret stands.
//!
//! An answer is judged by what it says and not by what it should: whoever is set right takes tomorrow what they refuse today, so that all but what is too large
//! is tried again. Who asks for a pause gets one, but none that would keep an alarm back for long.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use plenum_core::text::foreign;
use plenum_protocol::{Duration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use zeroize::Zeroizing;

use super::setting::Secret;
use super::{Delivery, Outcome};

/// How long one exchange may take, all of it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);
/// What is read of an answer; what comes beyond is not asked for.
const ANSWER: usize = 64 * 1_024;
/// How many characters of an answer are told.
const TOLD: usize = 200;
/// The longest pause that a receiver gets: the longest that the outbox waits by itself.
const LONGEST_PAUSE: Duration = Duration::from_minutes(5);
/// So long is a part of an address that may let one in; shorter ones are words such as `hooks`.
const SECRET_PART: usize = 8;

/// One channel's way over HTTP.
pub(crate) struct Http {
    client: reqwest::Client,
    /// What no word about an exchange may hold, the longest first.
    hidden: Vec<Zeroizing<String>>,
    /// Until when the receiver wants to be left alone.
    pause: Mutex<Option<Timestamp>>,
}

/// What a receiver answered.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    words: String,
}

impl Http {
    /// A way on which these secrets lie. An address that is a secret hides its parts, too.
    pub(super) fn new(secrets: &[&Secret]) -> Result<Self, reqwest::Error> {
        Self::patient(secrets, PATIENCE)
    }

    /// The same, with another time for one exchange.
    pub(crate) fn patient(
        secrets: &[&Secret],
        patience: std::time::Duration,
    ) -> Result<Self, reqwest::Error> {
        // A redirect would carry what is said, and what lets one in, to an address that nobody configured. And no connection is used twice: one that broke
        // while nothing was said would cost the next alarm an attempt.
        let client = reqwest::Client::builder()
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("plenum/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let mut hidden: Vec<_> = secrets.iter().flat_map(|secret| parts(secret)).collect();
        hidden.sort_by_key(|part| std::cmp::Reverse(part.len()));
        Ok(Self {
            client,
            hidden,
            pause: Mutex::new(None),
        })
    }

    /// A request that is not sent yet.
    pub(super) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        self.client.request(method, url.clone())
    }

    /// A request with something to take that is not sent yet.
    pub(crate) fn post(&self, url: &Url) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// Sends it and reads the answer; what is to be done where there is none.
    pub(super) async fn ask(&self, request: RequestBuilder, delivery: &Delivery) -> Result<Answer, Outcome> {
        if let Some(left) = self.paused(delivery.now) {
            let seconds = left.milliseconds().div_euclid(1_000) + 1;
            return Err(Outcome::Retry(format!(
                "the receiver asked for a pause; {seconds} s of it are left"
            )));
        }
        let answer = self.exchange(request, &delivery.address).await;
        let answer = answer.map_err(Outcome::Retry)?;
        if matches!(
            answer.status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) && let Some(pause) = retry_after(&answer.headers, delivery.now)
        {
            self.pause(delivery.now, pause);
        }
        Ok(answer)
    }

    /// Sends it to whom this address reaches and reads the answer; in words why there is none.
    pub(crate) async fn exchange(&self, request: RequestBuilder, address: &str) -> Result<Answer, String> {
        let mut answer = request.send().await.map_err(|error| {
            let words = with_sources(&error.without_url());
            foreign::cut(&self.hide(words, address), TOLD)
        })?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        // What breaks off is judged by what came: the status is the answer of most.
        while body.len() < ANSWER
            && let Ok(Some(chunk)) = answer.chunk().await
        {
            body.extend_from_slice(&chunk[..chunk.len().min(ANSWER - body.len())]);
        }
        let words = self.words(status, &body, address);
        Ok(Answer {
            status,
            headers,
            body,
            words,
        })
    }

    /// Leaves the receiver alone for so long, at most five minutes.
    pub(super) fn pause(&self, now: Timestamp, pause: Duration) {
        let until = now + pause.min(LONGEST_PAUSE);
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// What is left of a pause. One that is longer than any was, the clock was set meanwhile: nobody waits for that.
    fn paused(&self, now: Timestamp) -> Option<Duration> {
        let until = *self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until?.since(now);
        (Duration::ZERO < left && left <= LONGEST_PAUSE).then_some(left)
    }

    fn words(&self, status: StatusCode, body: &[u8], address: &str) -> String {
        let text = self.hide(String::from_utf8_lossy(body).into_owned(), address);
        let mut text = text.trim();
        if body.len() == ANSWER {
            // Where it breaks off may stand the beginning of a secret.
            let longest = self.hidden.first().map_or(0, |hidden| hidden.len());
            let kept = text.chars().count().saturating_sub(longest);
            text = text
                .char_indices()
                .nth(kept)
                .map_or(text, |(end, _)| &text[..end]);
        }
        match text.is_empty() || text.starts_with('<') {
            // A page is for people who look at it.
            true => format!("the receiver answered {status}"),
            false => format!("the receiver answered {status}: {}", foreign::quoted(text, TOLD)),
        }
    }

    /// Without secrets, and without where somebody is reached: it stays in the alarms' log.
    fn hide(&self, mut text: String, address: &str) -> String {
        for hidden in self.hidden.iter().map(|hidden| hidden.as_str()).chain([address]) {
            if !hidden.is_empty() {
                text = text.replace(hidden, "…");
            }
        }
        text
    }
}

impl Answer {
    /// Its body, where that is JSON and all of it came.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether it is a page for people: what stands before a receiver answers so.
    pub(super) fn is_page(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// What it is in words.
    pub(crate) fn words(self) -> String {
        self.words
    }

    /// Whether trying again can help. A success counts where its body is what the receiver documents: what stands before it (a log-in page, a proxy) answers
    /// with a success, too.
    pub(super) fn judge(self, is_taken: impl FnOnce(&Self) -> bool) -> Outcome {
        match self.status.as_u16() {
            200..=299 if is_taken(&self) => Outcome::Sent,
            200..=299 => Outcome::Retry(format!("{}, which is not its own answer", self.words)),
            413 => Outcome::GiveUp(self.words),
            _ => Outcome::Retry(self.words),
        }
    }
}

/// A secret, and where it is an address what of it lets one in: a page that says "/services/... not found" has told it.
fn parts(secret: &Secret) -> Vec<Zeroizing<String>> {
    let whole = secret.reveal();
    let mut parts = vec![whole.to_owned()];
    if let Some(url) = super::setting::parse(whole) {
        parts.push(url.to_string());
        parts.push(url.path().to_owned());
        parts.extend(url.password().map(ToOwned::to_owned));
        parts.extend(url.path_segments().into_iter().flatten().map(ToOwned::to_owned));
        parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
        parts.retain(|part| part.len() >= SECRET_PART);
    }
    parts.into_iter().map(Zeroizing::new).collect()
}

/// What went wrong down to what the system said: the first words alone are "error sending request".
fn with_sources(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !words.contains(&said) {
            words = format!("{words}: {said}");
        }
        source = cause.source();
    }
    words
}

/// RFC 9110, 10.2.3: seconds, or an instant.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_seconds(i64::from(seconds)));
    }
    let instant = jiff::fmt::rfc2822::parse(value).ok()?;
    let instant = Timestamp::from_milliseconds(instant.timestamp().as_millisecond());
    Some(instant.since(now).max(Duration::ZERO))
}

#[cfg(test)]
mod tests;
