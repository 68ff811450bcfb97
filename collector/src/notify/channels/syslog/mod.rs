//! Syslog: a line as RFC 5424 has it, by UDP (RFC 5426), TCP with its length before it (RFC 6587, 3.4.1) or TLS (RFC 5425). Nobody answers: what was handed to the
//! network counts as sent and not as arrived.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use async_trait::async_trait;
use plenum_core::site::Priority;
use plenum_core::text::foreign;
use plenum_link::SystemClock;
use plenum_link::tls::Client;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{Key, maybe, required, usual};
use rustls::pki_types::ServerName;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio_rustls::TlsConnector;

use super::setting::{self, SettingError, Table};
use super::wording::{BYTES, Tone};
use super::{Channel, Delivery, Entry, Manual, Outcome, Settings, is_this_host, subject};

/// What every receiver should take (RFC 5424, 6.1).
const LINE: usize = 2_048;
/// How long it is waited for the other side to go, too.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);
/// Facility 16, "local use 0".
const FACILITY: u8 = 16;
/// The number that RFC 5612 sets apart for those who have none of their own.
const ENTERPRISE: u32 = 32_473;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "syslog",
    summary: "whoever gathers logs, by RFC 5424 over UDP, TCP or TLS",
    table: "syslog",
    address: None,
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[syslog]]",
        about: "A receiver of syslog: docs/channels.md.",
        keys: KEYS,
        collector: "\
# A receiver of syslog: docs/channels.md.
# [[syslog]]
# channel = \"log\"
# address = \"log.example.org:6514\"
# transport = \"tls\"                     # or \"tcp\", or \"udp\"
# ca = \"log-ca.pem\"
",
        site: "\
# [[channel]]
# id = \"log\"
# kind = \"syslog\"
",
    },
};

const KEYS: &[Key] = &[
    setting::channel("\"log\""),
    required(
        "address",
        "host:port",
        "\"log.example.org:6514\"",
        "Where it listens: usually 514, with TLS 6514.",
    ),
    usual(
        "transport",
        "one of `tls`, `tcp`, `udp`",
        "\"tls\"",
        "How it is reached. By `udp` and `tcp` lines cross the network in clear.",
    ),
    maybe(
        "ca",
        "path",
        "For TLS: PEM file with the certificates of those that are believed about its own.",
    ),
    usual(
        "insecure",
        "true or false",
        "false",
        "With `udp` or `tcp` to another host: the network to it is yours alone. Without it `plenum check` and each start warn of it.",
    ),
];

/// `[[syslog]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    address: String,
    #[serde(default)]
    transport: Transport,
    #[serde(default)]
    ca: Option<PathBuf>,
    #[serde(default)]
    insecure: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Transport {
    #[default]
    Tls,
    Tcp,
    Udp,
}

/// Host and port; an IPv6 host stands in brackets.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = bare.unwrap_or(host);
    let is_host = !host.is_empty() && (bare.is_some() || !host.contains(':'));
    port.parse()
        .ok()
        .filter(|port| is_host && *port > 0)
        .map(|port| (host, port))
}

impl Settings for Config {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        self.ca.iter_mut().for_each(change);
    }

    fn doubt(&self) -> Option<(&'static str, String)> {
        let (host, _) = split(&self.address)?;
        let in_clear = self.transport != Transport::Tls && !self.insecure && !is_this_host(host);
        in_clear.then(|| {
            let said = format!("alarms, and the names of whoever has them, cross the network to {host} in clear: write `transport = \"tls\"`, or `insecure = true` if that network is yours alone");
            ("transport", said)
        })
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("syslog", &self.channel);
        let wrong = |key, value: &str, wrong, instead| SettingError::Value {
            table: table.clone(),
            key,
            value: value.to_owned(),
            wrong,
            instead,
        };
        let Some((host, port)) = split(&self.address) else {
            let instead = "write it as log.example.org:6514";
            return Err(wrong(
                "address",
                &self.address,
                "is not a valid host with a port",
                instead,
            )
            .into());
        };
        let tls = match (self.transport, &self.ca) {
            (Transport::Udp | Transport::Tcp, _) => None,
            (Transport::Tls, None) => {
                let instead = "write ca = \"...\" with those that are believed about its certificate";
                return Err(wrong("transport", "tls", "needs a `ca`", instead).into());
            }
            (Transport::Tls, Some(ca)) => {
                let name = ServerName::try_from(host.to_owned())?;
                let client = Client::of_files(Some(ca), None, SystemClock::shared())?;
                Some((TlsConnector::from(client.config().clone()), name))
            }
        };
        Ok(Box::new(Syslog {
            host: host.to_owned(),
            port,
            is_udp: self.transport == Transport::Udp,
            tls,
            own: super::host(),
        }))
    }
}

/// A receiver.
struct Syslog {
    host: String,
    port: u16,
    is_udp: bool,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// This host's name.
    own: String,
}

impl Syslog {
    async fn hand_over(&self, line: &str) -> std::io::Result<()> {
        if self.is_udp {
            return self.datagram(line).await;
        }
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            None => framed(stream, line).await,
            Some((connector, name)) => framed(connector.connect(name.clone(), stream).await?, line).await,
        }
    }

    async fn datagram(&self, line: &str) -> std::io::Result<()> {
        let to = lookup_host((self.host.as_str(), self.port)).await?.next();
        let to = to.ok_or_else(|| std::io::Error::other("the host has no address"))?;
        let from: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(from).await?;
        socket.send_to(line.as_bytes(), to).await.map(drop)
    }
}

/// With its length before it, so that nothing in it ends it; and until the other side has seen the end, so that one that went away is noticed.
async fn framed(mut stream: impl AsyncRead + AsyncWrite + Unpin, line: &str) -> std::io::Result<()> {
    stream
        .write_all(format!("{} {line}", line.len()).as_bytes())
        .await?;
    stream.flush().await?;
    stream.shutdown().await?;
    // A receiver says nothing and goes; one that stays or talks has the line, too.
    let mut said = [0; 256];
    match tokio::time::timeout(FAREWELL, stream.read(&mut said)).await {
        Err(_) | Ok(Ok(_)) => Ok(()),
        // Many close without a farewell.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
        Ok(Err(error)) => Err(error),
    }
}

/// The whole line; what does not fit is cut.
fn line(delivery: &Delivery, own: &str) -> String {
    let alarm = &delivery.alarm;
    let name: String = own.chars().filter(char::is_ascii_graphic).take(255).collect();
    let name = if name.is_empty() { "-" } else { name.as_str() };
    let mut line = format!(
        "<{}>1 {} {name} plenum - alarm [plenum@{ENTERPRISE}",
        FACILITY * 8 + severity(Tone::of(delivery)),
        delivery.now
    );
    let reason = serde_json::to_value(delivery.reason).unwrap_or_default();
    let state = serde_json::to_value(alarm.state).unwrap_or_default();
    for (key, value) in [
        ("alarm", alarm.id.to_string()),
        ("reason", reason.as_str().unwrap_or_default().to_owned()),
        ("state", state.as_str().unwrap_or_default().to_owned()),
        ("priority", alarm.priority.as_str().to_owned()),
        ("rule", alarm.rule.to_string()),
        ("subject", subject(alarm)),
        (
            "room",
            alarm.room.as_ref().map(ToString::to_string).unwrap_or_default(),
        ),
        ("raised", alarm.raised_at.to_string()),
        ("key", delivery.key.clone()),
    ] {
        if !value.is_empty() {
            let _ = write!(line, " {key}=\"{}\"", escape(&foreign::cut(&value, 100)));
        }
    }
    // What follows is UTF-8: 6.4 has a mark for that.
    line += "] \u{FEFF}";
    let room = LINE.saturating_sub(line.len());
    line + &BYTES.line(&foreign::on_one_line(&delivery.message.subject), room)
}

/// As 6.3.3 wants it.
fn escape(value: &str) -> String {
    let mut escaped = String::new();
    for letter in value.chars() {
        if matches!(letter, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// From 0 to 7, the less the worse.
fn severity(tone: Tone) -> u8 {
    match tone {
        Tone::Stands(Priority::Critical) => 2,
        Tone::Stands(Priority::High) => 3,
        Tone::Stands(Priority::Medium) => 4,
        Tone::Stands(Priority::Low) | Tone::Over => 5,
        Tone::Note => 6,
    }
}

#[async_trait]
impl Channel for Syslog {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        match self.hand_over(&line(delivery, &self.own)).await {
            Ok(()) => Outcome::Sent,
            Err(error) => Outcome::Retry(format!("{}: {error}", self.host)),
        }
    }
}

#[cfg(test)]
mod tests;
