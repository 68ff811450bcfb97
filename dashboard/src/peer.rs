//! Who is at the other end of a request: the address of the person's own machine and how it got here, also behind a trusted proxy. What anybody else
//! says of either is not believed.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use plenum_collector::config::Network;

use crate::state::Dashboard;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// How a request got here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// In clear.
    Plain,
    /// In TLS of ours.
    Tls,
    /// Through a trusted proxy.
    Proxy {
        /// In TLS of the proxy's.
        https: bool,
    },
}

/// The other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) way: Way,
}

impl Peer {
    /// Nobody between here and the person's browser can read along.
    pub(crate) fn is_secure(self) -> bool {
        matches!(self.way, Way::Tls | Way::Proxy { https: true })
    }

    /// Whose request it is, of one that came from `self` with these headers.
    pub(crate) fn behind(self, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let is_proxy = |address| proxies.iter().any(|network| network.contains(address));
        if !is_proxy(self.address) {
            return self;
        }
        let mut address = self.address;
        // Each proxy adds at the end whom it was asked by: the last one beside our proxies is the first who may lie.
        for hop in words(headers, FORWARDED_FOR).rev() {
            let Ok(hop) = hop.parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !is_proxy(address) {
                break;
            }
        }
        let https = scheme(headers) == Scheme::Https;
        Self {
            address,
            way: match self.way {
                Way::Tls => Way::Tls,
                _ => Way::Proxy { https },
            },
        }
    }
}

/// By what the last proxy says that it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In clear.
    Http,
    /// In TLS.
    Https,
    /// It does not say, or something else.
    Unsaid,
}

/// What the last proxy says.
pub(crate) fn scheme(headers: &HeaderMap) -> Scheme {
    match words(headers, FORWARDED_PROTO).next_back() {
        Some(said) if said.eq_ignore_ascii_case("https") => Scheme::Https,
        Some(said) if said.eq_ignore_ascii_case("http") => Scheme::Http,
        _ => Scheme::Unsaid,
    }
}

/// Whether somebody says that they hand a request on for another.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR)
}

/// What stands between commas in all headers of a name. One that cannot be read as text counts as one that says nothing of use.
fn words<'a>(headers: &'a HeaderMap, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
    let values = headers.get_all(name).iter();
    values
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .map(str::trim)
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(of(&parts.extensions))
    }
}

/// The other end of a request, as `find` has found it out.
pub(crate) fn of(extensions: &axum::http::Extensions) -> Peer {
    extensions.get().copied().unwrap_or(Peer {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        way: Way::Plain,
    })
}

/// Finds out whose request it is.
pub(crate) async fn find(
    State(dashboard): State<Arc<Dashboard>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = of(request.extensions()).behind(request.headers(), &dashboard.proxies);
    request.extensions_mut().insert(peer);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Who it is that asks from an address with these headers, where 10.0.0.1 and 10.0.0.2 are our proxies.
    #[track_caller]
    fn check(from: &str, forwarded: &[&str], proto: &[&str], expected: &str, way: Way) {
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2/32".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for (name, values) in [(FORWARDED_FOR, forwarded), (FORWARDED_PROTO, proto)] {
            for value in values {
                headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
        }
        let address = from.parse().unwrap();
        let peer = Peer {
            address,
            way: Way::Plain,
        };
        let found = peer.behind(&headers, &proxies);
        assert_eq!((found.address.to_string().as_str(), found.way), (expected, way));
    }

    #[test]
    fn a_trusted_proxy_says_whose_request_it_is() {
        let (https, http) = (Way::Proxy { https: true }, Way::Proxy { https: false });
        check("10.0.0.1", &["203.0.113.9"], &["https"], "203.0.113.9", https);
        check("10.0.0.1", &["203.0.113.9"], &["http"], "203.0.113.9", http);
        check("10.0.0.1", &["203.0.113.9"], &[], "203.0.113.9", http);
        check(
            "10.0.0.1",
            &["203.0.113.9, 10.0.0.2"],
            &["HTTPS"],
            "203.0.113.9",
            https,
        );
        check(
            "10.0.0.1",
            &["203.0.113.9", "10.0.0.2"],
            &["https"],
            "203.0.113.9",
            https,
        );
        check("10.0.0.1", &["2001:db8::7"], &["https"], "2001:db8::7", https);
        // It says nothing: then it is the proxy's own.
        check("10.0.0.1", &[], &[], "10.0.0.1", http);
    }

    #[test]
    fn whoever_lies_is_not_believed() {
        let (https, http) = (Way::Proxy { https: true }, Way::Proxy { https: false });
        // No proxy of ours.
        check(
            "203.0.113.9",
            &["127.0.0.1"],
            &["https"],
            "203.0.113.9",
            Way::Plain,
        );
        check("10.0.0.3", &["127.0.0.1"], &["https"], "10.0.0.3", Way::Plain);
        // What the client itself wrote stands before what the proxy adds.
        check(
            "10.0.0.1",
            &["127.0.0.1, 203.0.113.9"],
            &["https"],
            "203.0.113.9",
            https,
        );
        check(
            "10.0.0.1",
            &["127.0.0.1", "203.0.113.9"],
            &["https, http"],
            "203.0.113.9",
            http,
        );
        check(
            "10.0.0.1",
            &["127.0.0.1, 203.0.113.9, 10.0.0.2"],
            &["https"],
            "203.0.113.9",
            https,
        );
        // What cannot be read is nobody.
        for nonsense in ["unknown", "", "203.0.113.9:80", "\u{e9}", "203.0.113.9,"] {
            check("10.0.0.1", &[nonsense], &["https"], "10.0.0.1", https);
        }
        check(
            "10.0.0.1",
            &["127.0.0.1, x, 10.0.0.2"],
            &["https"],
            "10.0.0.2",
            https,
        );
    }
}
