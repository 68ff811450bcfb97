//! The `[broker]` section, checked: plain MQTT leaves this host only when the operator says so.

use std::path::PathBuf;

use plenum_link::mqtt::{AddressError, BrokerAddress};
use serde::Deserialize;

/// The section [broker]: where the MQTT broker is, and how the agent shows it who it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// `mqtt://host:port`.
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
}

impl Broker {
    /// A broker at this URL, without user and password.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            user: None,
            password_file: None,
            insecure: false,
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
