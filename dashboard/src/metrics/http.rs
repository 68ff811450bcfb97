//! HTTP requests: how many, how they were answered, how long they took.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use plenum_link::histogram::Histogram;

use super::family::Family;
use super::scrape::load;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "plenum_http_responses_total",
        &["status"],
        "HTTP responses by the class of their status, 1xx to 5xx.",
        |scrape, samples| {
            for (index, answers) in scrape.dashboard.requests.answers.iter().enumerate() {
                samples.put(&[&format_args!("{}xx", index + 1)], load(answers));
            }
        },
    ),
    Family::histogram(
        "plenum_http_request_duration_seconds",
        &["method", "route"],
        "From an HTTP request to the head of its answer, by route; the route `web` is the web application and whatever else there is no route for.",
        |scrape, samples| {
            for ((method, route), histogram) in scrape.dashboard.requests.durations() {
                samples.put_histogram(&[&method, &route], &histogram.snapshot());
            }
        },
    ),
    Family::gauge(
        "plenum_http_connections",
        &[],
        "HTTP connections that are open.",
        |scrape, samples| samples.one(scrape.dashboard.door.open()),
    ),
    Family::gauge(
        "plenum_http_connections_limit",
        &[],
        "How many HTTP connections may be open; the next waits outside.",
        |scrape, samples| samples.one(scrape.dashboard.door.most()),
    ),
    Family::counter(
        "plenum_http_sent_away_total",
        &[],
        "HTTP connections that were not being answered and were closed to make room for others: silent, resting or deaf ones.",
        |scrape, samples| samples.one(scrape.dashboard.door.sent_away()),
    ),
    Family::counter(
        "plenum_http_refused_connections_total",
        &[],
        "HTTP connections refused because their address had half of all connections, each being answered, or is neither a trusted proxy nor this host where only those may come.",
        |scrape, samples| samples.one(scrape.dashboard.door.refused()),
    ),
    Family::counter(
        "plenum_http_handshakes_failed_total",
        &[],
        "Connections to the HTTPS port that came to nothing: no TLS, an older one than 1.2, no certificate taken, or too slow.",
        |scrape, samples| samples.one(scrape.dashboard.door.failed_handshakes()),
    ),
    Family::gauge(
        "plenum_http_certificate_not_after_seconds",
        &[],
        "Until when the certificate in force is valid, in seconds since 1970; only with HTTPS.",
        |scrape, samples| {
            if let Some(certificate) = &scrape.dashboard.certificate {
                samples.one(certificate.facts().not_after.milliseconds() / 1_000);
            }
        },
    ),
    Family::counter(
        "plenum_http_certificate_refused_total",
        &[],
        "How often the files of certificate and key held something that was not taken, so that the old one stayed in force; only with HTTPS.",
        |scrape, samples| {
            if let Some(certificate) = &scrape.dashboard.certificate {
                samples.one(certificate.refused());
            }
        },
    ),
];

/// Requests since the start.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// By the first digit of their status, 1 to 5.
    answers: [AtomicU64; 5],
    /// By method and route: as many as the table of routes has, and the web application.
    durations: RwLock<BTreeMap<(&'static str, String), Arc<Histogram>>>,
}

impl Requests {
    /// Counts one. `route` is the path as the table of routes has it; none for the web application.
    pub(crate) fn observe(&self, method: &Method, route: Option<&str>, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.answers[class].fetch_add(1, Ordering::Relaxed);
        self.histogram(known(method), route.unwrap_or("web"))
            .observe(took);
    }

    fn histogram(&self, method: &'static str, route: &str) -> Arc<Histogram> {
        let key = (method, route.to_owned());
        let durations = self.durations.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(histogram) = durations.get(&key) {
            return histogram.clone();
        }
        drop(durations);
        let mut durations = self.durations.write().unwrap_or_else(PoisonError::into_inner);
        durations.entry(key).or_default().clone()
    }

    fn durations(&self) -> BTreeMap<(&'static str, String), Arc<Histogram>> {
        self.durations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A stranger may invent methods; they must not become as many series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
