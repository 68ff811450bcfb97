//! The `[broker]` section, checked: plain MQTT leaves this host only when the operator says so.

use std::path::PathBuf;
use std::sync::Arc;

use plenum_link::mqtt::{AddressError, BrokerAddress};
use plenum_link::tls::{self, PairError};
use plenum_protocol::Clock;
use serde::Deserialize;

/// The section [broker]: where the MQTT broker is, and how the agent shows it who it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// `mqtts://host:port`, or `mqtt://host:port` in clear.
    pub url: String,
    /// The user name; `site/agent` if there is a password and nothing else is said.
    #[serde(default)]
    pub user: Option<String>,
    /// The file that holds the password, read at each start and reload.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Plain MQTT to a broker on another host.
    #[serde(default)]
    pub insecure: bool,
    /// The file with the certificates of those that are believed about the broker; without it those in `identity`.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The file with the agent's own key and certificate, as `plenum-agent join` writes it.
    #[serde(default)]
    pub identity: Option<PathBuf>,
}

impl Broker {
    /// A broker at this URL, without user and password.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            user: None,
            password_file: None,
            insecure: false,
            ca: None,
            identity: None,
        }
    }

    /// The address and the user, if they may be used: the URL's fault, or that it leads to another host, otherwise.
    pub fn address(&self) -> Result<BrokerAddress, AddressError> {
        let mut address: BrokerAddress = self.url.parse()?;
        address.allow(self.insecure)?;
        if self.user.is_some() {
            address.user.clone_from(&self.user);
        }
        Ok(address)
    }

    /// How TLS is spoken, where the URL says so: what the files hold now.
    pub fn tls(&self, clock: Arc<dyn Clock>) -> Result<Option<tls::Client>, PairError> {
        // What is wrong with the address is told by whoever asks for it.
        if !self.address().is_ok_and(|address| address.tls) {
            return Ok(None);
        }
        tls::Client::of_files(self.ca.as_deref(), self.identity.as_deref(), clock).map(Some)
    }

    /// What is wrong with the files that it names, if anything is.
    pub fn refused(&self, clock: Arc<dyn Clock>) -> Option<String> {
        let password = self.password().err().map(|error| error.to_string());
        password.or_else(|| self.tls(clock).err().map(|error| error.to_string()))
    }

    /// Whether any of its files may hold something else at the next look.
    pub fn has_files(&self) -> bool {
        self.password_file.is_some() || self.ca.is_some() || self.identity.is_some()
    }

    /// The password in the password file, without the line's end.
    pub fn password(&self) -> std::io::Result<Option<String>> {
        let Some(path) = &self.password_file else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            std::io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
        })?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}
