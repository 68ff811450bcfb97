//! In which of its ways the dashboard is reached, by what `[http]` says.
//!
//! | `[http]` | the dashboard is reached |
//! |---|---|
//! | `certificate` and `key` | by HTTPS, from everywhere |
//! | an address on loopback | by HTTP, from this host alone |
//! | `trusted_proxies` | by HTTP, from these and this host alone |
//! | none of them | not at all: refused |

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Http;

/// The way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// HTTPS with the pair in these files.
    Files {
        /// The certificate's.
        certificate: PathBuf,
        /// Its key's.
        key: PathBuf,
    },
    /// HTTP for programs and people on this host.
    Loopback,
    /// HTTP for proxies that are named.
    Proxies,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntranceError {
    /// One of two files is missing.
    #[error("`certificate` without `key`: HTTPS needs both; name the file with its key")]
    NoKey,
    /// One of two files is missing.
    #[error("`key` without `certificate`: HTTPS needs both; name the file with its certificate")]
    NoCertificate,
    /// Everybody on the way could read passwords.
    #[error(
        "http address {0}: beyond loopback passwords would cross the network in clear; name a certificate and its key for HTTPS, or the \
         proxy in front that speaks it (`trusted_proxies`), or listen on 127.0.0.1 and use an SSH tunnel (ssh -L 8080:127.0.0.1:8080 host)"
    )]
    InClear(SocketAddr),
}

impl EntranceError {
    /// The key of `[http]` at which it shows.
    pub fn key(self) -> &'static str {
        match self {
            Self::NoKey => "certificate",
            Self::NoCertificate => "key",
            Self::InClear(_) => "listen",
        }
    }
}

impl Http {
    /// In which way the dashboard is reached.
    ///
    /// # Errors
    /// It would be reached in clear from other machines, or half of a pair is named.
    pub fn entrance(&self) -> Result<Entrance, EntranceError> {
        match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Ok(Entrance::Files {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            (Some(_), None) => Err(EntranceError::NoKey),
            (None, Some(_)) => Err(EntranceError::NoCertificate),
            (None, None) if self.listen.ip().is_loopback() => Ok(Entrance::Loopback),
            (None, None) if !self.trusted_proxies.is_empty() => Ok(Entrance::Proxies),
            (None, None) => Err(EntranceError::InClear(self.listen)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn check(keys: &str, expected: Result<Entrance, EntranceError>) {
        let config = Config::parse("/etc/collector.toml", &format!("[http]\n{keys}")).unwrap();
        assert_eq!(config.http.entrance(), expected, "{keys}");
    }

    #[test]
    fn there_are_three_ways_and_none_in_clear() {
        let files = || Entrance::Files {
            certificate: "/etc/a.pem".into(),
            key: "/etc/b.pem".into(),
        };
        let beyond = "listen = \"0.0.0.0:8443\"\n";
        let pair = "certificate = \"a.pem\"\nkey = \"b.pem\"\n";
        let proxies = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/24\"]\n";
        check("", Ok(Entrance::Loopback));
        check(proxies, Ok(Entrance::Loopback));
        check(pair, Ok(files()));
        check(&format!("{beyond}{pair}"), Ok(files()));
        check(&format!("{beyond}{pair}{proxies}"), Ok(files()));
        check(&format!("{beyond}{proxies}"), Ok(Entrance::Proxies));
        check(
            beyond,
            Err(EntranceError::InClear("0.0.0.0:8443".parse().unwrap())),
        );
        check("certificate = \"a.pem\"", Err(EntranceError::NoKey));
        check("key = \"a.pem\"", Err(EntranceError::NoCertificate));
    }
}
