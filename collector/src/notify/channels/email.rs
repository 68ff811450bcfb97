//! E-mail by SMTP (lettre): plain text, one recipient a message, threaded by incident.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures::FutureExt;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use plenum_core::text::redact::redact;
use plenum_protocol::config_key::{Key, maybe, required, usual};
use serde::Deserialize;

use super::{AddressKind, Channel, Delivery, Entry, Manual, Outcome, Settings, is_this_host};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "email",
    summary: "people, by SMTP, with a link that acknowledges",
    table: "smtp",
    address: Some(AddressKind {
        key: "email",
        kind: "mail address",
        example: "sanne@example.org",
        meaning: "Where mail goes.",
        check: |address| match address.contains('@') {
            true => Ok(()),
            false => Err(("is not a valid mail address", "write it as name@example.org")),
        },
    }),
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[smtp]",
        about: "The mail server. Without it no mail leaves.",
        keys: KEYS,
        collector: "\
# The mail server. Without it no mail leaves.
[smtp]
host = \"mail.example.org\"
port = 587
security = \"starttls\"                   # \"tls\" for port 465, \"none\" only for a relay on this host
from = \"Plenum <plenum@example.org>\"
# user = \"plenum\"
# password_file = \"smtp.password\"
",
        site: "\
[[channel]]
id = \"mail\"
kind = \"email\"
people = [\"sanne\"]
priorities = [\"critical\", \"high\"]   # empty means all
",
    },
};

const KEYS: &[Key] = &[
    required(
        "host",
        "text",
        "\"mail.example.org\"",
        "The mail server's host name.",
    ),
    required("port", "number, 1 to 65535", "587", "Usually 25, 465 or 587."),
    required(
        "from",
        "mail address",
        "\"Plenum <plenum@example.org>\"",
        "The sender.",
    ),
    usual(
        "security",
        "one of `none`, `starttls`, `tls`",
        "\"starttls\"",
        "`tls` for port 465; `none` only for a relay on this host.",
    ),
    usual(
        "insecure",
        "true or false",
        "false",
        "With `none` for a relay elsewhere: the network to it is yours alone. Without it `plenum check` and each start warn of it.",
    ),
    maybe("user", "text", "Name for log-in."),
    maybe("password_file", "path", "File with the password, on one line."),
];

/// How to reach the mail server; `[smtp]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Host name.
    pub host: String,
    /// Port: 25, 465 or 587.
    pub port: u16,
    /// The sender, as `Plenum <plenum@example.org>`.
    pub from: String,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// With `security = "none"`: that network is ours alone.
    #[serde(default)]
    pub insecure: bool,
    /// Name for log-in.
    #[serde(default)]
    pub user: Option<String>,
    /// File with the password, on one line.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Nothing: for a relay on the same host.
    None,
    /// Plain first, then STARTTLS, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
enum EmailError {
    #[error("smtp: `from = \"{from}\"` is not a valid mail address: {source}")]
    From {
        from: String,
        source: lettre::address::AddressError,
    },
    #[error("smtp: password_file {}: {source}", path.display())]
    Password { path: PathBuf, source: std::io::Error },
    #[error("smtp: {host}: {source}")]
    Tls {
        host: String,
        source: lettre::transport::smtp::Error,
    },
}

impl Settings for Config {
    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        self.password_file.iter_mut().for_each(change);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        let path = self.password_file.as_deref();
        path.map(|path| ("password_file", path)).into_iter().collect()
    }

    fn doubt(&self) -> Option<(&'static str, String)> {
        // A start goes on all the same: after an update in the night somebody has to be told of alarms.
        let in_clear = self.security == Security::None && !self.insecure && !is_this_host(&self.host);
        let what = if self.user.is_some() {
            "mail and its password cross"
        } else {
            "mail crosses"
        };
        in_clear.then(|| {
            let host = &self.host;
            let said = format!("{what} the network to {host} in clear, with the links that take alarms; write `security = \"starttls\"` or `\"tls\"`, or `insecure = true` if that network is yours alone");
            ("security", said)
        })
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Box::new(Email::new(self)?))
    }
}

/// How long the mail server may take to accept a connection; for all of an attempt the courier has its own deadline.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(20);

/// A mail server that takes messages. Each attempt has a connection of its own: one that hung, and whatever its server still says, is gone with it.
struct Email {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
}

impl Email {
    fn new(config: &Config) -> Result<Self, EmailError> {
        let from = config.from.parse().map_err(|source| EmailError::From {
            from: config.from.clone(),
            source,
        })?;
        let tls = match config.security {
            Security::None => None,
            Security::Starttls | Security::Tls => {
                let parameters = TlsParameters::new(config.host.clone());
                Some(parameters.map_err(|source| EmailError::Tls {
                    host: config.host.clone(),
                    source,
                })?)
            }
        };
        let credentials = match &config.user {
            None => None,
            Some(user) => {
                let password = match &config.password_file {
                    Some(path) => std::fs::read_to_string(path).map_err(|source| EmailError::Password {
                        path: path.clone(),
                        source,
                    })?,
                    None => String::new(),
                };
                Some(Credentials::new(user.clone(), password.trim_end().to_owned()))
            }
        };
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            security: config.security,
            tls,
            credentials,
            from,
        })
    }

    /// Says all that is to be said to the server, over a connection that nobody uses again.
    async fn hand_over(&self, mail: &Mail) -> Result<(), lettre::transport::smtp::Error> {
        let (server, hello) = ((self.host.as_str(), self.port), ClientId::default());
        let from_the_first_byte = self.tls.clone().filter(|_| self.security == Security::Tls);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, from_the_first_byte, None)
                .await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.security == Security::Starttls) {
            connection.starttls(tls, &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        connection.send(mail.envelope(), &mail.formatted()).await?;
        // The server has the mail. Its farewell is not waited for: a silent one would make a mail that arrived count as lost.
        let _ = connection.quit().now_or_never();
        Ok(())
    }

    fn mail(&self, delivery: &Delivery) -> Result<Mail, Box<dyn std::error::Error>> {
        let domain = self.from.email.domain();
        let thread = format!("<{}@{domain}>", delivery.thread());
        let mut mail = Mail::builder()
            .from(self.from.clone())
            .to(delivery.address.parse()?)
            .subject(delivery.message.subject.clone())
            .message_id(Some(format!("<{}@{domain}>", delivery.key)))
            .references(thread.clone())
            .in_reply_to(thread)
            .header(ContentType::TEXT_PLAIN)
            .body(delivery.message.text.clone())?;
        // RFC 3834: nobody's absence is answered to the monitor.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        mail.headers_mut()
            .insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
        Ok(mail)
    }
}

#[async_trait]
impl Channel for Email {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let mail = match self.mail(delivery) {
            Ok(mail) => mail,
            // The address can be set right.
            Err(error) => return Outcome::Refused(format!("the address is not valid: {error}")),
        };
        match self.hand_over(&mail).await {
            Ok(()) => Outcome::Sent,
            Err(error) => {
                // It is told to everybody and stays in the alarms' log; whose address it is they know, and which it is need not be there.
                let words = redact(&with_source(&error), std::slice::from_ref(&delivery.address), "…");
                judge(error.status().map(u16::from), words)
            }
        }
    }
}

/// Whether it is about the address, and whether trying again can help: what a server calls permanent is a setting, a list or a full disk, and those
/// are set right. Only a mail that is too large for it never arrives.
fn judge(code: Option<u16>, words: String) -> Outcome {
    match code {
        Some(552) if words.contains("5.3.4") => Outcome::GiveUp(words),
        Some(450 | 550 | 551 | 553) => Outcome::Refused(words),
        _ => Outcome::Retry(words),
    }
}

fn with_source(error: &lettre::transport::smtp::Error) -> String {
    let said = error.to_string();
    // Its own words hold their source where lettre knows one.
    match std::error::Error::source(error).map(ToString::to_string) {
        Some(source) if !said.contains(&source) => format!("{said}: {source}"),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use plenum_core::oncall::Reason;
    use plenum_core::text::message::Message;

    use super::*;
    use crate::notify::outbox::tests::{NOW, alarm};

    #[test]
    fn nothing_in_a_message_begins_a_header_and_nothing_in_an_address_a_command() {
        let config =
            "host = \"localhost\"\nport = 25\nfrom = \"Plenum <plenum@example.org>\"\nsecurity = \"none\"";
        let email = Email::new(&toml::from_str(config).unwrap()).unwrap();
        let delivery = |address: &str| Delivery {
            key: "1".to_owned(),
            address: address.to_owned(),
            reason: Reason::First,
            alarm: alarm(),
            incident: Some(7),
            goes_on: false,
            along: crate::notify::outbox::Along::default(),
            message: Message {
                subject: "Warm\r\nBcc: mallory@example.org\r\n\r\nWarm".to_owned(),
                text: "Warm\r\n.\r\nMAIL FROM:<mallory@example.org>".to_owned(),
                short: String::new(),
            },
            links: crate::notify::channels::Links::default(),
            language: plenum_core::text::Language::English,
            is_last_way: false,
            now: NOW,
        };
        let mail = email.mail(&delivery("sanne@example.org")).unwrap();
        assert_eq!(mail.envelope().to().len(), 1);
        let written = String::from_utf8(mail.formatted()).unwrap();
        let (head, body) = written.split_once("\r\n\r\n").unwrap();
        assert!(
            !head.contains("\r\nBcc:") && body.starts_with("Warm\r\n."),
            "{written}"
        );
        for address in [
            "sanne@example.org>\r\nRCPT TO:<mallory@example.org",
            "sanne@example.org, mallory@example.org",
        ] {
            assert!(email.mail(&delivery(address)).is_err(), "{address}");
        }
    }

    #[test]
    fn what_a_server_calls_permanent_is_tried_again_unless_the_mail_is_too_large() {
        let check = |code, words: &str, expected: fn(String) -> Outcome| {
            assert_eq!(judge(code, words.to_owned()), expected(words.to_owned()));
        };
        check(Some(535), "authentication failed", Outcome::Retry);
        check(Some(554), "no service here", Outcome::Retry);
        check(Some(452), "try later", Outcome::Retry);
        check(None, "connection refused", Outcome::Retry);
        check(Some(550), "no such user", Outcome::Refused);
        check(Some(552), "mailbox is full", Outcome::Retry);
        check(Some(552), "5.3.4 message too big", Outcome::GiveUp);
    }
}
