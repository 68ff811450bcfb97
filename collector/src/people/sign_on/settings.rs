//! `[people.single_sign_on]`: the provider that lets people in, and which of its groups are what here.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;
use plenum_core::authority::{Role, Scope};
use plenum_protocol::Identifier;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The provider and its groups.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingleSignOnConfig {
    /// By which the provider names itself, letter for letter.
    pub issuer: Issuer,
    /// By which the provider knows us.
    pub client_id: String,
    /// File with what we show the provider; a client without a secret goes by PKCE alone.
    pub client_secret_file: Option<PathBuf>,
    /// What the button says behind "Log in with".
    #[serde(default = "button")]
    pub button: String,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that names the person here.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// The claim with the groups.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// File with certificates that are believed about the provider, beside the system's.
    pub ca: Option<PathBuf>,
    /// Words in the claim `amr` that show a second factor.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
    /// Values of the claim `acr` that show one.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
    /// The provider asks everybody for one, whatever its tokens say.
    #[serde(default)]
    pub second_factor_always: bool,
    /// Whoever logs out here is sent to the provider, to log out there.
    #[serde(default)]
    pub log_out_at_provider: bool,
    /// Groups, the first that somebody is in before the others.
    #[serde(default, rename = "group")]
    pub groups: Vec<GroupConfig>,
}

/// A group of the provider's, and what whoever is in it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupConfig {
    /// As the claim has it.
    pub group: String,
    /// What they are.
    pub role: Role,
    /// To what they are limited.
    pub scope: Scope,
}

/// A provider's name for itself: an https URL, or one in clear on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

/// Not such a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid issuer; write it as the provider does, as https://id.example.org/realms/example"
)]
pub struct IssuerError(String);

impl Issuer {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this address of the provider's may be asked: by https, or in clear where the provider is on this host.
    pub fn allows(&self, address: &str) -> bool {
        let is_here = self.0.starts_with("http:");
        address
            .parse::<Uri>()
            .is_ok_and(|address| is_safe(&address, is_here))
    }
}

impl FromStr for Issuer {
    type Err = IssuerError;
    fn from_str(text: &str) -> Result<Self, IssuerError> {
        let address: Option<Uri> = text.parse().ok();
        let is_good = address.is_some_and(|address| is_safe(&address, true) && address.query().is_none());
        match is_good && !text.contains(['@', '#']) {
            true => Ok(Self(text.to_owned())),
            false => Err(IssuerError(text.to_owned())),
        }
    }
}

fn is_safe(address: &Uri, clear_here: bool) -> bool {
    match (address.scheme_str(), address.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => clear_here && is_loopback(host),
        _ => false,
    }
}

/// Whether a URL's host is this one.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

plenum_protocol::as_text!(Issuer);

impl SingleSignOnConfig {
    /// A role that it gives and that needs a second factor, where nothing shows one.
    pub fn lacks_second_factor(&self, demanded: &[Role]) -> Option<Role> {
        let shows = self.second_factor_always
            || !self.second_factor_amr.is_empty()
            || !self.second_factor_acr.is_empty();
        let mut roles = self.groups.iter().map(|group| group.role);
        roles.find(|role| !shows && demanded.contains(role))
    }
}

impl<'de> Deserialize<'de> for GroupConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            group: String,
            #[serde(deserialize_with = "role")]
            role: Role,
            #[serde(default)]
            rooms: Vec<Identifier>,
            #[serde(default)]
            customers: Vec<String>,
        }
        let written = Written::deserialize(deserializer)?;
        let scope = Scope {
            rooms: written.rooms,
            customers: written.customers,
        };
        scope.check(written.role).map_err(D::Error::custom)?;
        Ok(Self {
            group: written.group,
            role: written.role,
            scope,
        })
    }
}

fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

fn button() -> String {
    "single sign-on".to_owned()
}

fn scopes() -> Vec<String> {
    vec!["profile".to_owned()]
}

fn name_claim() -> String {
    "preferred_username".to_owned()
}

fn groups_claim() -> String {
    "groups".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_asked_by_https_or_on_this_host() {
        for good in [
            "https://id.example.org",
            "https://id.example.org/realms/a/",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
        ] {
            assert!(good.parse::<Issuer>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "id.example.org",
            "http://id.example.org",
            "ftp://id.example.org",
            "https://",
            "https://id.example.org?a=b",
            "https://id.example.org#a",
            "https://anna@id.example.org",
            "javascript:alert(1)",
            "http://localhost.example.org",
        ] {
            assert!(bad.parse::<Issuer>().is_err(), "{bad}");
        }
        let issuer: Issuer = "https://id.example.org".parse().unwrap();
        assert!(issuer.allows("https://login.example.org/authorize?a=b"));
        for bad in [
            "http://127.0.0.1/token",
            "javascript:alert(1)",
            "/token",
            "http://id.example.org/token",
            "",
        ] {
            assert!(!issuer.allows(bad), "{bad}");
        }
        let here: Issuer = "http://localhost:3000".parse().unwrap();
        assert!(here.allows("http://localhost:3000/token") && here.allows("https://login.example.org/token"));
        assert!(!here.allows("http://id.example.org/token"));
    }
}
