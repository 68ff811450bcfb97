//! `base_url`: under which URL people reach the dashboard.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// An http or https URL with a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: String,
}

/// Not such a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid URL of this server; write it as https://plenum.example.org")]
pub struct BaseUrlError(String);

impl BaseUrl {
    /// Its host, IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether nobody on the way reads along.
    pub fn is_https(&self) -> bool {
        self.text
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }

    /// The address of one of its paths, which begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text.trim_end_matches('/'))
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;
    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let error = || BaseUrlError(text.to_owned());
        let url: Uri = text.parse().map_err(|_| error())?;
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return Err(error());
        }
        let host = url.host().ok_or_else(error)?.to_owned();
        Ok(Self {
            text: text.to_owned(),
            host,
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

plenum_protocol::as_text!(BaseUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_a_scheme_and_a_host() {
        for (text, host) in [
            ("https://plenum.example.org/", "plenum.example.org"),
            ("http://[::1]:8080", "[::1]"),
        ] {
            let url: BaseUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.to_string().as_str()), (host, text));
        }
        for text in [
            "",
            "plenum.example.org",
            "/plenum",
            "ftp://plenum.example.org",
            "https://",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }
}
