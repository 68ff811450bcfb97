//! In which language an answer is said: the one of `Accept-Language` that is spoken here, else the site's.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use plenum_core::text::Language;

use crate::state::Dashboard;

/// More of a header is not looked at.
const LANGUAGES: usize = 32;

/// The language of whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader(pub(crate) Language);

impl FromRequestParts<Arc<Dashboard>> for Reader {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, dashboard: &Arc<Dashboard>) -> Result<Self, Infallible> {
        Ok(Self(wanted(
            &parts.headers,
            dashboard.collector.site().site.language,
        )))
    }
}

/// An answer with sentences in it, which says in which language they are and that another reader may get others.
pub(crate) struct Said<T>(pub(crate) Reader, pub(crate) T);

impl<T: IntoResponse> IntoResponse for Said<T> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        let headers = response.headers_mut();
        let language = HeaderValue::from_static(self.0.0.code());
        headers.insert(header::CONTENT_LANGUAGE, language);
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        response
    }
}

/// The language of the highest weight, of several the first; the site's where none of them is spoken or any will do (RFC 9110, 12.5.4).
pub(crate) fn wanted(headers: &HeaderMap, site: Language) -> Language {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE);
    let lines = lines.iter().filter_map(|line| line.to_str().ok());
    let mut best: Option<(f64, Language)> = None;
    for range in lines.flat_map(|line| line.split(',')).take(LANGUAGES) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let weight = weight.map_or(Some(1.0), |weight| weight.parse().ok());
        let primary = tag.split('-').next().unwrap_or_default();
        let spoken = |language: &Language| language.code().eq_ignore_ascii_case(primary);
        let language = match primary {
            "*" => Some(site),
            _ => Language::ALL.into_iter().find(spoken),
        };
        if let (Some(weight), Some(language)) = (weight, language)
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, language));
        }
    }
    best.map_or(site, |(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, site: Language, expected: Language) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
        assert_eq!(wanted(&headers, site), expected, "{header}");
    }

    #[test]
    fn the_language_of_the_highest_weight_that_is_spoken_is_taken() {
        use Language::{Dutch, English};
        check("nl", English, Dutch);
        check("nl-BE, nl;q=0.9, en;q=0.8", English, Dutch);
        check("en-GB,en;q=0.9,nl;q=0.8", Dutch, English);
        check("en;q=0.2, NL;q=0.7", English, Dutch);
        check("fr, de;q=0.9", Dutch, Dutch);
        check("fr, *;q=0.5", Dutch, Dutch);
        check("nl;q=0, en;q=0.1", Dutch, English);
        check("nl;q=x", English, English);
        check(",,;;q=1,-", Dutch, Dutch);
        assert_eq!(wanted(&HeaderMap::new(), Dutch), Dutch);
    }
}
