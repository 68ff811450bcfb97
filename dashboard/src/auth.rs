//! Who asks: a session's cookie or a bearer token, the header against forged requests, and the hosts we answer to.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use plenum_collector::people::{Identity, SIGN_ON_LIFE};
use plenum_core::authority::{Actor, Permission};

use crate::audit::{Book, Stopped};
use crate::openapi;
use crate::peer::{self, Peer, Way};
use crate::problem::Problem;
use crate::state::Dashboard;

/// The cookie that carries a session's secret, in clear on this host alone.
pub(crate) const COOKIE: &str = "plenum_session";
/// The same where nobody can read along. With this name a browser takes it over HTTPS alone, from this host alone, and for all of it
/// (RFC 6265bis, 4.1.3.2), so that nobody on the way can put another in its place.
pub(crate) const SECURE_COOKIE: &str = "__Host-plenum_session";
/// The cookie by which a browser is known that comes back from single sign-on, in clear and where nobody can read along.
const SIGN_ON_COOKIES: [&str; 2] = ["plenum_sign_on", "__Host-plenum_sign_on"];
/// So long a browser that was here by HTTPS asks for nothing else.
const HTTPS_ALONE: &str = "max-age=31536000";
/// What a page of ours sends with each change and a foreign page cannot: browsers ask us first, and we never allow it.
const OWN_PAGE: &str = "x-plenum";
/// As long as a session can last.
const COOKIE_SECONDS: i64 = 7 * 24 * 3_600;

/// Who asks; handlers take it as an argument.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    /// What they showed.
    pub(crate) secret: Secret,
}

/// What somebody shows to be let in.
#[derive(Clone)]
pub(crate) enum Secret {
    /// A session's cookie.
    Session(String),
    /// A bearer token.
    Token(String),
}

impl Caller {
    /// The session's secret, where the caller has one; a token's caller has none.
    pub(crate) fn session(&self) -> Option<&str> {
        match &self.secret {
            Secret::Session(secret) => Some(secret),
            Secret::Token(_) => None,
        }
    }
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Problem::unauthorized)
    }
}

/// Lets a program of this host in as it comes, as one that gathers metrics, and from elsewhere whoever has the permission. What a proxy of this host
/// hands on is from elsewhere, whether or not the proxy is a trusted one.
pub(crate) async fn here_or(
    dashboard: &Dashboard,
    (headers, peer): (&HeaderMap, Peer),
    permission: Permission,
) -> Result<(), Problem> {
    if peer.address.is_loopback() && !peer::is_forwarded(headers) {
        return Ok(());
    }
    let caller = identify(dashboard, headers, peer).await?;
    match caller.identity.may(permission) {
        true => Ok(()),
        false => Err(Problem::may_not(&caller.identity, permission)),
    }
}

/// Lets nobody through to `/api` without a session or a token, nor any change by cookie without our page's header.
pub(crate) async fn require(
    State(dashboard): State<Arc<Dashboard>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/api/") || openapi::is_open(request.method(), path) {
        return next.run(request).await;
    }
    let (peer, book) = (peer::of(request.extensions()), Book::of(&dashboard));
    match identify(&dashboard, request.headers(), peer).await {
        Ok(caller) => {
            if caller.session().is_some() && !is_own(&request) {
                let (by, status) = (caller.identity.actor(), StatusCode::FORBIDDEN);
                book.stopped(by, peer.address, Stopped::Page, status).await;
                return forged().into_response();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => {
            if let Some(shown) = shown(request.headers(), peer) {
                let response = problem.into_response();
                if response.status() == StatusCode::UNAUTHORIZED {
                    book.stopped(Actor::Nobody, peer.address, shown, StatusCode::UNAUTHORIZED)
                        .await;
                }
                return response;
            }
            problem.into_response()
        }
    }
}

/// What somebody has shown to be let in, if anything.
fn shown(headers: &HeaderMap, peer: Peer) -> Option<Stopped> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Some(Stopped::Token);
    }
    session_cookie(headers, peer).map(|_| Stopped::Session)
}

/// Whether a request that changes something came from a page of ours; one that only reads always passes.
fn is_own(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) || has_own_header(request.headers())
}

/// Whether the header is there that only pages of ours can send.
pub(crate) fn has_own_header(headers: &HeaderMap) -> bool {
    headers.get(OWN_PAGE).is_some_and(|value| value == "1")
}

/// 403 for a change by cookie without the header.
pub(crate) fn forged() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "a change with a session's cookie needs the header `X-Plenum: 1`",
    )
}

async fn identify(dashboard: &Dashboard, headers: &HeaderMap, peer: Peer) -> Result<Caller, Problem> {
    let people = &dashboard.collector.people;
    if let Some(token) = bearer(headers) {
        let token = token?;
        let identity = people.token(token).await?;
        return identity
            .map(|identity| Caller {
                identity,
                secret: Secret::Token(token.to_owned()),
            })
            .ok_or_else(Problem::unknown_token);
    }
    let secret = session_cookie(headers, peer).ok_or_else(Problem::unauthorized)?;
    let identity = people.session(&secret).await?;
    identity
        .map(|identity| Caller {
            identity,
            secret: Secret::Session(secret),
        })
        .ok_or_else(Problem::unauthorized)
}

/// The token that the request carries, if it shows anything of the kind.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Result<&str, Problem>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let shown = value.to_str().ok().and_then(|value| value.split_once(' '));
    let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(
        token
            .map(|(_, token)| token.trim())
            .ok_or_else(Problem::unauthorized),
    )
}

/// The session's secret that the request carries.
pub(crate) fn session_cookie(headers: &HeaderMap, peer: Peer) -> Option<String> {
    cookie_named(headers, cookie_name(peer))
}

/// What the browser was given when its log-in went to the provider.
pub(crate) fn sign_on_cookie(headers: &HeaderMap, peer: Peer) -> Option<String> {
    cookie_named(headers, SIGN_ON_COOKIES[usize::from(peer.is_secure())])
}

fn cookie_named(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, secret)| secret.to_owned())
}

fn cookie_name(peer: Peer) -> &'static str {
    if peer.is_secure() { SECURE_COOKIE } else { COOKIE }
}

/// The header that gives the browser its session.
pub(crate) fn set_cookie(secret: &str, peer: Peer) -> [(header::HeaderName, String); 1] {
    cookie(cookie_name(peer), (secret, COOKIE_SECONDS), peer)
}

/// The header that lets the browser be known when it comes back from the provider.
pub(crate) fn set_sign_on_cookie(secret: &str, peer: Peer) -> [(header::HeaderName, String); 1] {
    let name = SIGN_ON_COOKIES[usize::from(peer.is_secure())];
    let seconds = SIGN_ON_LIFE.milliseconds() / 1_000;
    cookie(name, (secret, seconds), peer)
}

/// The header that takes it away.
pub(crate) fn clear_cookie(peer: Peer) -> [(header::HeaderName, String); 1] {
    cookie(cookie_name(peer), ("", 0), peer)
}

fn cookie(name: &str, (secret, seconds): (&str, i64), peer: Peer) -> [(header::HeaderName, String); 1] {
    let secure = if peer.is_secure() { "; Secure" } else { "" };
    let value = format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    [(header::SET_COOKIE, value)]
}

/// Refuses requests that name another host: a foreign name that was pointed at this machine (DNS rebinding). In TLS of ours the browser has
/// seen to it: under a foreign name it does not take our certificate.
pub(crate) async fn own_host(
    State(dashboard): State<Arc<Dashboard>>,
    request: Request,
    next: Next,
) -> Response {
    if peer::of(request.extensions()).way == Way::Tls {
        return next.run(request).await;
    }
    let host = request
        .uri()
        .authority()
        .map(|authority| authority.as_str())
        .or_else(|| {
            request
                .headers()
                .get(header::HOST)
                .and_then(|value| value.to_str().ok())
        });
    let own = dashboard.host.as_deref();
    if host.is_some_and(|host| is_own_name(host, own)) {
        return next.run(request).await;
    }
    let (from, status) = (
        peer::of(request.extensions()).address,
        StatusCode::MISDIRECTED_REQUEST,
    );
    Book::of(&dashboard)
        .stopped(Actor::Nobody, from, Stopped::Host, status)
        .await;
    Problem::new(
        status,
        match own {
            Some(own) => format!("this server answers to {own}, localhost, 127.0.0.1 and [::1] alone"),
            None => "this server answers to localhost, 127.0.0.1 and [::1] alone; \
                     a reverse proxy's name is set as http.base_url in collector.toml"
                .to_owned(),
        },
    )
    .into_response()
}

/// Whether a `Host` is this machine's own or that of `base_url`, whatever the port.
pub(crate) fn is_own_name(host: &str, own: Option<&str>) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is = |own: &str| name.eq_ignore_ascii_case(own);
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(is) || own.is_some_and(is)
}

/// Headers that every answer carries; a handler's own policy stays.
pub(crate) async fn harden(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let is_secure = peer::of(request.extensions()).is_secure();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-embedder-policy"),
            "require-corp",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_secure {
        let https_alone = HeaderValue::from_static(HTTPS_ALONE);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, https_alone);
    }
    if is_api {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_ours() {
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:8080",
        ] {
            assert!(is_own_name(own, None), "{own}");
        }
        for foreign in [
            "example.org",
            "localhost.example.org:8080",
            "127.0.0.1.nip.io",
            "::1",
            "",
            "127.0.0.2",
        ] {
            assert!(!is_own_name(foreign, Some("plenum.example.net")), "{foreign}");
        }
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let peer = |way| Peer {
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            way,
        };
        let found = |cookies: &'static str, way| {
            let mut headers = HeaderMap::new();
            headers.append(header::COOKIE, HeaderValue::from_static(cookies));
            session_cookie(&headers, peer(way))
        };
        let both = "a=b; plenum_session=clear; __Host-plenum_session=secure; c=d";
        assert_eq!(found(both, Way::Plain).as_deref(), Some("clear"));
        assert_eq!(found(both, Way::Proxy { https: false }).as_deref(), Some("clear"));
        assert_eq!(found(both, Way::Tls).as_deref(), Some("secure"));
        assert_eq!(found(both, Way::Proxy { https: true }).as_deref(), Some("secure"));
        // What somebody on the way has put there in clear counts for nothing.
        assert_eq!(found("plenum_session=clear", Way::Tls), None);
        assert_eq!(found("a=plenum_session", Way::Plain), None);
    }
}
