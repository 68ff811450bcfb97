//! Whoever comes through a proxy comes by HTTPS: a proxy that was itself asked by HTTP gets a way there for pages and nothing else, so that no password, token or
//! session crosses the network between it and a browser in clear.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::peer::{self, Peer, Scheme, Way};
use crate::problem::Problem;
use crate::routes::health;
use crate::state::Dashboard;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// It is answered.
    Answered,
    /// It is sent to the same address by HTTPS.
    SentOn,
    /// It is refused.
    Refused,
}

fn judge(peer: Peer, headers: &HeaderMap, method: &Method, path: &str) -> Judged {
    let of_this_host = peer.address.is_loopback() && !peer::is_forwarded(headers);
    if peer.way != (Way::Proxy { https: false }) || of_this_host || health::PATHS.contains(&path) {
        return Judged::Answered;
    }
    let is_page = matches!(*method, Method::GET | Method::HEAD) && !path.starts_with("/api/");
    match peer::scheme(headers) {
        // A program that is sent on has already shown its token.
        Scheme::Http if is_page => Judged::SentOn,
        // Sent on without a word about the scheme, it would come back without one.
        _ => Judged::Refused,
    }
}

/// Answers what came by HTTPS, on loopback, or straight from a program of this host.
pub(crate) async fn refuse(
    State(dashboard): State<Arc<Dashboard>>,
    request: Request,
    next: Next,
) -> Response {
    let peer = peer::of(request.extensions());
    match judge(peer, request.headers(), request.method(), request.uri().path()) {
        Judged::Answered => next.run(request).await,
        Judged::SentOn => sent_on(&dashboard, request.uri()),
        Judged::Refused => Problem::new(
            StatusCode::FORBIDDEN,
            "the proxy was asked by HTTP, or does not say by what: Plenum is reached by HTTPS alone, which the proxy has to speak \
             and to say (`X-Forwarded-Proto: https`)",
        )
        .into_response(),
    }
}

/// To `base_url`, and never to a name out of the request.
fn sent_on(dashboard: &Dashboard, uri: &Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match dashboard.https_url() {
        Some(base) => (
            StatusCode::PERMANENT_REDIRECT,
            [(header::LOCATION, format!("{}{path}", base.trim_end_matches('/')))],
        )
            .into_response(),
        None => Problem::new(
            StatusCode::FORBIDDEN,
            "Plenum is reached by HTTPS alone: ask for the same address with https://",
        )
        .into_response(),
    }
}

/// Holds that nothing is answered that a proxy was asked by HTTP, for `fuzz/targets/headers.rs`.
#[cfg(fuzzing)]
pub(crate) fn hold(peer: Peer, headers: &HeaderMap, method: &Method, path: &str) {
    let judged = judge(peer, headers, method, path);
    assert!(judged != Judged::Answered || peer.is_secure() || !peer::is_forwarded(headers));
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn nothing_is_answered_that_crossed_the_network_in_clear() {
        let check = |address: &str, way: Way, proto: Option<&'static str>, expected: [Judged; 3]| {
            let peer = Peer {
                address: address.parse().unwrap(),
                way,
            };
            let mut headers = HeaderMap::new();
            if let Some(proto) = proto {
                headers.insert("x-forwarded-for", HeaderValue::from_str(address).unwrap());
                headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            }
            let asked = [
                (Method::GET, "/"),
                (Method::GET, "/api/v1/site"),
                (Method::POST, "/a/secret"),
            ];
            let judged = asked.map(|(method, path)| judge(peer, &headers, &method, path));
            assert_eq!(judged, expected, "{address} {way:?} {proto:?}");
            assert_eq!(judge(peer, &headers, &Method::GET, "/healthz"), Judged::Answered);
        };
        let (http, https) = (Way::Proxy { https: false }, Way::Proxy { https: true });
        let answered = [Judged::Answered; 3];
        check("203.0.113.9", https, Some("https"), answered);
        check("203.0.113.9", Way::Tls, Some("http"), answered);
        check("127.0.0.1", Way::Plain, None, answered);
        let refused = Judged::Refused;
        check(
            "203.0.113.9",
            http,
            Some("http"),
            [Judged::SentOn, refused, refused],
        );
        check("203.0.113.9", http, Some("ftp"), [refused; 3]);
        check("10.0.0.1", http, None, [refused; 3]);
        // Our own command line, where this host is named as a proxy; but what it says for another is another's.
        check("127.0.0.1", http, None, answered);
        check(
            "127.0.0.1",
            http,
            Some("http"),
            [Judged::SentOn, refused, refused],
        );
    }
}
