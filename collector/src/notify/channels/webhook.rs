//! A webhook: a JSON document by HTTP POST, signed, with an idempotency key.
//!
//! `Plenum-Signature: sha256=HEX` is HMAC-SHA-256 with the shared secret over `TIMESTAMP.BODY`, where TIMESTAMP is the value of the header
//! `Plenum-Timestamp` (seconds since 1970). A receiver compares in constant time and refuses old timestamps. `Idempotency-Key` is the same
//! for every attempt at one delivery.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use plenum_protocol::config_key::{Key, required, usual};
use serde::Deserialize;
use sha2::Sha256;

use super::document::Document;
use super::http::Http;
use super::setting::{Secret, SettingError, Table};
use super::{Channel, Delivery, Entry, Manual, Outcome, Settings, is_this_host};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "webhook",
    summary: "programs, by a signed HTTP POST",
    table: "webhook",
    address: None,
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[webhook]]",
        about: "A receiver of signed posts.",
        keys: KEYS,
        collector: "\
# A webhook receives a signed POST: docs/operating.md says how to check the signature.
# [[webhook]]
# channel = \"ops\"                       # the channel's id in site.toml
# url = \"https://chat.example.org/hooks/plenum\"
# secret_file = \"ops.secret\"
",
        site: "\
[[channel]]
id = \"ops\"
kind = \"webhook\"
",
    },
};

const KEYS: &[Key] = &[
    required(
        "channel",
        "identifier",
        "\"ops\"",
        "The channel's id in site.toml.",
    ),
    required(
        "url",
        "URL",
        "\"https://chat.example.org/hooks/plenum\"",
        "Where posts go, by http or https.",
    ),
    required(
        "secret_file",
        "path",
        "\"ops.secret\"",
        "File with the secret that signs them, on one line.",
    ),
    usual(
        "insecure",
        "true or false",
        "false",
        "With `http` to another host: the network to it is yours alone. Without it `plenum check` and each start warn of it.",
    ),
];

/// Where to and with what secret; `[[webhook]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The channel's id in site.toml.
    pub channel: plenum_protocol::Identifier,
    /// Where to.
    pub url: String,
    /// File with the shared secret, on one line.
    pub secret_file: PathBuf,
    /// With `http`: that network is ours alone.
    #[serde(default)]
    pub insecure: bool,
}

impl Settings for Config {
    fn channel(&self) -> Option<&plenum_protocol::Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.secret_file);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        vec![("secret_file", &self.secret_file)]
    }

    fn doubt(&self) -> Option<(&'static str, String)> {
        // What is not an address is refused when it is opened.
        let url = reqwest::Url::parse(&self.url).ok()?;
        let host = url.host_str()?;
        let in_clear = url.scheme() == "http" && !self.insecure && !is_this_host(host);
        in_clear.then(|| {
            let said = format!("alarms, and the names of whoever has them, cross the network to {host} in clear: write an `https` address, or `insecure = true` if that network is yours alone");
            ("url", said)
        })
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Box::new(Webhook::new(self)?))
    }
}

/// A receiver of signed posts.
struct Webhook {
    http: Http,
    url: reqwest::Url,
    secret: Secret,
}

impl Webhook {
    fn new(config: &Config) -> Result<Self, SettingError> {
        let table = Table::new("webhook", &config.channel);
        // It signs and goes nowhere: any will do.
        let secret = table.read("secret_file", &config.secret_file)?;
        // In clear is told and taken, see `doubt`.
        let url = table.url("url", &config.url, true)?;
        let address = Secret::from(config.url.clone());
        let http =
            Http::new(&[&secret, &address]).map_err(|source| SettingError::Client { table, source })?;
        Ok(Self { http, url, secret })
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let body = match serde_json::to_string(&Document::of(delivery)) {
            Ok(body) => body,
            Err(error) => return Outcome::GiveUp(format!("cannot be written as JSON: {error}")),
        };
        let timestamp = delivery.now.milliseconds() / 1_000;
        let signature = signature(self.secret.reveal().as_bytes(), timestamp, &body);
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("idempotency-key", &delivery.key)
            .header("plenum-timestamp", timestamp)
            .header("plenum-signature", signature)
            .body(body);
        match self.http.ask(request, delivery).await {
            // Whoever wrote the receiver answers as they like.
            Ok(answer) => answer.judge(|_| true),
            Err(outcome) => outcome,
        }
    }
}

fn signature(secret: &[u8], timestamp: i64, body: &str) -> String {
    // HMAC takes a key of any length: this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return String::new();
    };
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_what_openssl_computes() {
        // printf '1781745125.{}' | openssl dgst -sha256 -hmac secret
        let expected = "sha256=60c5ac65bac6a0c642f6fbc026064776aa6828ea05c9ad57b70c3871779c99fc";
        assert_eq!(signature(b"secret", 1_781_745_125, "{}"), expected);
    }
}
