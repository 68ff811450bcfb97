//! How an agent comes by its certificate: the one-time code that a person carries to it, and what agent and collector say to each other.
//!
//! They speak on the broker's own port for TLS, told apart from MQTT by the protocol that the client names in its hello ([`PROTOCOL`]). Each says one
//! line of JSON, the agent first. Who shows no certificate shows a code; who shows one renews it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::AgentName;

/// What the client names in its hello (ALPN).
pub const PROTOCOL: &[u8] = b"plenum-enrolment/1";
/// Bytes of a line at most.
pub const LONGEST_LINE: usize = 16 << 10;
/// The symbols of a code's secret: none that is taken for another.
pub const SYMBOLS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many of them. Five bits each.
pub const SECRET_LENGTH: usize = 20;
/// The first so many bytes of the SHA-256 of the authority's certificate stand in a code: a second certificate with the same beginning cannot be made.
pub const FINGERPRINT_LENGTH: usize = 16;

/// The beginning of the SHA-256 of an authority's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; FINGERPRINT_LENGTH]);

/// The code that a person carries: `mqtts://SITE/AGENT@HOST:PORT#SECRET.FINGERPRINT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// For whom it is, and nobody else.
    pub agent: AgentName,
    /// Where the collector's broker is: a name or an IPv4 address.
    pub host: String,
    /// Its port for TLS.
    pub port: u16,
    /// What is good once.
    pub secret: String,
    /// By which the collector is known.
    pub fingerprint: Fingerprint,
}

/// An enrolment's number, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnrolmentNumber(pub i64);

/// Whose a certificate is, and by which enrolment, as it stands among its names: `urn:plenum:agent:SITE/AGENT:NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Whose.
    pub agent: AgentName,
    /// All certificates of one enrolment carry its number; when that is ended none of them opens anything.
    pub number: EnrolmentNumber,
}

/// What such a name begins with.
const URN: &str = "urn:plenum:agent:";

/// A name is not that of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid name of an agent in a certificate")]
pub struct HolderError;

/// A text is not a valid code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a valid code; it is one line as `plenum enroll` prints it, mqtts://SITE/AGENT@HOST:PORT#...: copy all of it, in quotes"
)]
pub struct CodeError;

/// What an agent asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Whom it takes itself for.
    pub agent: AgentName,
    /// The secret of a code; absent where it shows a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// PKCS #10 in PEM, of a new key on the curve P-256. What it says of its subject is not looked at.
    pub certificate_request: String,
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Its certificate and the authority's behind it, in PEM.
    Certificate(String),
    /// Nothing.
    Refused(Refusal),
}

/// Why an agent gets no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Nobody gave it out, it has been used, or its time is over.
    #[error(
        "this code is not good, or not any more: it works once, for 15 minutes; `plenum enroll` makes another"
    )]
    Code,
    /// It was given out for another agent.
    #[error("this code is for another agent; `plenum enroll` makes one for this")]
    AnotherAgent,
    /// There is neither a code nor a certificate.
    #[error("neither a code nor a certificate was shown")]
    Nobody,
    /// The certificate that was shown is not in force any more.
    #[error(
        "the certificate of this agent was revoked, or another host has joined in its place; `plenum enroll` makes a code to join again"
    )]
    Revoked,
    /// It cannot be read, or its signature is wrong.
    #[error("the certificate request is not valid: it must be PKCS #10 in PEM with a key on P-256")]
    Request,
    /// Too many attempts came from there.
    #[error("too many attempts from this address: wait a minute")]
    TooMany,
    /// The authority's key cannot be used, or nothing can be stored.
    #[error("the collector can give out no certificate now; its log says why")]
    Unavailable,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut bytes = [0; FINGERPRINT_LENGTH];
        if text.len() != 2 * FINGERPRINT_LENGTH || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(CodeError);
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * index..2 * index + 2).ok_or(CodeError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| CodeError)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{URN}{}:{}", self.agent, self.number.0)
    }
}

impl FromStr for Holder {
    type Err = HolderError;
    fn from_str(text: &str) -> Result<Self, HolderError> {
        let parts = text.strip_prefix(URN).and_then(|rest| rest.rsplit_once(':'));
        let (agent, number) = parts.ok_or(HolderError)?;
        Ok(Self {
            agent: agent.parse().map_err(|_| HolderError)?,
            number: EnrolmentNumber(number.parse().map_err(|_| HolderError)?),
        })
    }
}

/// Whether an agent can look for the broker there: a name or an IPv4 address, for the client takes no other for TLS.
pub fn is_host(host: &str) -> bool {
    let plain = |symbol: u8| symbol.is_ascii_alphanumeric() || b"-._".contains(&symbol);
    (1..=253).contains(&host.len()) && host.bytes().all(plain)
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            agent,
            host,
            port,
            secret,
            fingerprint,
        } = self;
        write!(formatter, "mqtts://{agent}@{host}:{port}#{secret}.{fingerprint}")
    }
}

impl FromStr for Code {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let parts = || {
            let rest = text.trim().strip_prefix("mqtts://")?;
            let (place, proof) = rest.split_once('#')?;
            let (agent, endpoint) = place.split_once('@')?;
            let (host, port) = endpoint.rsplit_once(':')?;
            let (secret, fingerprint) = proof.split_once('.')?;
            Some((agent, host, port, secret, fingerprint))
        };
        let (agent, host, port, secret, fingerprint) = parts().ok_or(CodeError)?;
        let known = |symbol: u8| SYMBOLS.contains(&symbol);
        if !is_host(host) || secret.len() != SECRET_LENGTH || !secret.bytes().all(known) {
            return Err(CodeError);
        }
        let port = port.parse().ok().filter(|port| *port != 0);
        Ok(Self {
            agent: agent.parse().map_err(|_| CodeError)?,
            host: host.to_owned(),
            port: port.ok_or(CodeError)?,
            secret: secret.to_owned(),
            fingerprint: fingerprint.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODE: &str =
        "mqtts://ams1/pi-a1@10.0.0.5:8883#k7qm2abcdefghjkmn3p4.9f86d081884c7d659a2feaa0c55ad015";

    #[test]
    fn a_code_is_read_as_it_is_written() {
        let code: Code = CODE.parse().unwrap();
        assert_eq!(code.to_string(), CODE);
        assert_eq!(
            (code.agent.to_string().as_str(), code.host.as_str(), code.port),
            ("ams1/pi-a1", "10.0.0.5", 8883)
        );
        assert_eq!(format!(" {CODE}\n").parse(), Ok(code));
    }

    #[test]
    fn a_certificates_name_is_an_agents_or_nobodys() {
        let holder: Holder = "urn:plenum:agent:ams1/pi-a1:7".parse().unwrap();
        assert_eq!(
            (holder.agent.to_string().as_str(), holder.number.0),
            ("ams1/pi-a1", 7)
        );
        assert_eq!(holder.to_string(), "urn:plenum:agent:ams1/pi-a1:7");
        for text in [
            "",
            "ams1/pi-a1:7",
            "urn:plenum:agent:ams1:7",
            "urn:plenum:agent:ams1/pi-a1:",
            "urn:plenum:agent:ams1/pi-a1",
        ] {
            assert_eq!(text.parse::<Holder>(), Err(HolderError), "{text}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for cut in 1..CODE.len() {
            assert_eq!(CODE[..cut].parse::<Code>(), Err(CodeError), "{}", &CODE[..cut]);
        }
        for (part, other) in [
            ("mqtts", "mqtt"),
            ("ams1/pi-a1", "ams1"),
            ("10.0.0.5", "[::1]"),
            ("10.0.0.5", "a b"),
            (":8883", ":0"),
            ("k7qm2", "K7QM2"),
            ("k7qm2", "l0qm2"),
            ("9f86", "9g86"),
            ("9f86", "+f86"),
        ] {
            let text = CODE.replacen(part, other, 1);
            assert_eq!(text.parse::<Code>(), Err(CodeError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(text in ".{0,120}") {
            let _ = text.parse::<Code>();
        }
    }
}
