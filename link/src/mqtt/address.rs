//! A broker's address as people write it: `mqtt://[user@]host[:port]`, or `mqtts://` for TLS.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Where a broker listens, and as whom to speak to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// TCP port, where the text names none 1883, in TLS 8883.
    pub port: u16,
    /// In TLS.
    pub tls: bool,
    /// User name, if the address names one.
    pub user: Option<String>,
}

/// Why a text is not a valid broker address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The client's crate takes no such address for TLS.
    #[error("`{0}`: an IPv6 address does not go with mqtts://: use the broker's name or its IPv4 address")]
    Tls(String),
    /// Not `mqtt://`.
    #[error("`{0}` is not a valid broker address: write mqtts://host:8883, or mqtt://host:1883 in clear")]
    Malformed(String),
    /// A password does not belong where it is shown and logged.
    #[error("the address of broker {0} holds a password: put it into the file that `password_file` names")]
    Password(String),
    /// Plain MQTT beyond loopback.
    #[error(
        "broker {0} is beyond this machine and plain MQTT can be read and forged on the way: \
         use mqtts://, or write `insecure = true` beside it if that network is yours alone"
    )]
    Insecure(String),
}

impl BrokerAddress {
    /// Whether the host is this machine by name or address.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Refuses plain MQTT beyond loopback unless the configuration says `insecure = true`.
    ///
    /// # Errors
    /// [`AddressError::Insecure`].
    pub fn allow(&self, insecure: bool) -> Result<(), AddressError> {
        if insecure || self.tls || self.is_loopback() {
            Ok(())
        } else {
            Err(AddressError::Insecure(self.host_and_port()))
        }
    }

    /// `host:port`, IPv6 in brackets.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", bracketed(&self.host), self.port)
    }
}

/// A host as it stands before `:port`.
pub(crate) fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.tls { "mqtts://" } else { "mqtt://" })?;
        if let Some(user) = &self.user {
            write!(formatter, "{user}@")?;
        }
        formatter.write_str(&self.host_and_port())
    }
}

impl FromStr for BrokerAddress {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed(text.chars().take(120).collect());
        let (scheme, rest) = text.split_once("://").ok_or_else(malformed)?;
        let tls = match scheme {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err(malformed()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, endpoint) = match rest.rsplit_once('@') {
            Some((user, endpoint)) => (Some(user), endpoint),
            None => (None, rest),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(AddressError::Password(endpoint.to_owned()));
        }
        let (host, port) = match endpoint.strip_prefix('[') {
            Some(bracket) => {
                let (host, after) = bracket.split_once(']').ok_or_else(malformed)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| malformed())?;
                match after {
                    "" => (host, None),
                    _ => (host, Some(after.strip_prefix(':').ok_or_else(malformed)?)),
                }
            }
            None => match endpoint.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (endpoint, None),
            },
        };
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(malformed)?,
            None if tls => 8883,
            None => 1883,
        };
        if tls && host.contains(':') {
            return Err(AddressError::Tls(text.to_owned()));
        }
        let plain = |character: char| character.is_ascii_graphic() && !"/?#@[]".contains(character);
        if host.is_empty() || !host.chars().all(plain) || user == Some("") {
            return Err(malformed());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            tls,
            user: user.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let actual = match text.parse::<BrokerAddress>() {
            Ok(address) => format!("{address} loopback={}", address.is_loopback()),
            Err(error) => error.to_string(),
        };
        assert!(actual.starts_with(expected), "{text}: {actual}");
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        check("mqtt://localhost", "mqtt://localhost:1883 loopback=true");
        check("mqtt://127.0.0.2:99/", "mqtt://127.0.0.2:99 loopback=true");
        check("mqtt://[::1]:1884", "mqtt://[::1]:1884 loopback=true");
        check("mqtts://10.0.0.9", "mqtts://10.0.0.9:8883 loopback=false");
        check(
            "mqtt://ams1/pi-a1@broker.example:1883",
            "mqtt://ams1/pi-a1@broker.example:1883 loopback=false",
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(
            "mqtts://[::1]",
            "`mqtts://[::1]`: an IPv6 address does not go with mqtts://",
        );
        check(
            "mqtt://user:secret@broker",
            "the address of broker broker holds a password",
        );
        for text in [
            "broker",
            "http://broker",
            "ssl://broker",
            "mqtt://",
            "mqtt://a:0",
            "mqtt://a:b",
            "mqtt://@a",
            "mqtt://a/b",
            "mqtt://[x]:1",
        ] {
            check(text, &format!("`{text}` is not a valid broker address"));
        }
    }

    #[test]
    fn plain_mqtt_leaves_this_machine_only_on_request() {
        let far: BrokerAddress = "mqtt://10.0.0.9".parse().unwrap();
        assert!(
            far.allow(false)
                .unwrap_err()
                .to_string()
                .contains("insecure = true")
        );
        assert_eq!(far.allow(true), Ok(()));
        let in_tls: BrokerAddress = "mqtts://10.0.0.9".parse().unwrap();
        assert_eq!(in_tls.allow(false), Ok(()));
        let near: BrokerAddress = "mqtt://127.0.0.1".parse().unwrap();
        assert_eq!(near.allow(false), Ok(()));
    }
}
