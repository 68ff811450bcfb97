//! What `fuzz/targets/headers.rs` asks of the parsers of headers, cookies and tokens. In builds for it alone.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use plenum_core::text::Language;

use crate::peer::{Peer, Way};
use crate::{auth, in_clear, language};

/// Headers as `name: value`, a line each; lines that cannot be headers are left out, as hyper refuses them.
fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (
            HeaderName::from_bytes(&line[..colon]),
            HeaderValue::from_bytes(&line[colon + 1..]),
        );
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// Reads headers in every way in which a request's are read, and holds what must be true of any.
///
/// # Panics
/// It is not.
pub fn read(lines: &[u8]) {
    let headers = headers(lines);
    let _ = language::wanted(&headers, Language::English);
    let _ = auth::bearer(&headers).map(|token| token.is_ok());
    let _ = auth::has_own_header(&headers);
    let hosts = headers
        .get_all("host")
        .iter()
        .filter_map(|host| host.to_str().ok());
    for host in hosts {
        assert!(!auth::is_own_name(host, None) || !host.contains(".org"), "{host}");
    }
    let Ok(proxies) = ["10.0.0.1/32".parse(), "10.0.0.2/32".parse()]
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
    else {
        return;
    };
    let of = |address: [u8; 4]| Peer {
        address: IpAddr::from(address),
        way: Way::Plain,
    };
    // Nobody but a proxy is believed in anything.
    let stranger = of([203, 0, 113, 9]);
    assert_eq!(stranger.behind(&headers, &proxies), stranger);
    let behind = of([10, 0, 0, 1]).behind(&headers, &proxies);
    assert!(matches!(behind.way, Way::Proxy { .. }));
    for peer in [stranger, behind] {
        let session = auth::session_cookie(&headers, peer);
        assert!(session.is_none_or(|secret| !secret.contains(';')));
    }
    in_clear::hold(behind, &headers, &Method::POST, "/api/v1/sessions");
}
