//! A webhook: a JSON document by HTTP POST, signed, with an idempotency key.
//!
//! `Plenum-Signature: sha256=HEX` is HMAC-SHA-256 with the shared secret over `TIMESTAMP.BODY`, where TIMESTAMP is the value of the header
//! `Plenum-Timestamp` (seconds since 1970). A receiver compares in constant time and refuses old timestamps. `Idempotency-Key` is the same
//! for every attempt at one delivery.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use plenum_core::alarms::Alarm;
use plenum_core::oncall::Reason;
use plenum_core::text::message::Message;
use plenum_protocol::config_key::{Key, required, usual};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

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

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
enum WebhookError {
    #[error("webhook {channel}: secret_file {}: {source}", path.display())]
    Secret {
        channel: String,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("webhook {channel}: `{url}` is not a valid http or https address")]
    Url { channel: String, url: String },
    #[error("webhook {channel}: {source}")]
    Client { channel: String, source: reqwest::Error },
}

impl Settings for Config {
    fn channel(&self) -> Option<&plenum_protocol::Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.secret_file);
    }

    fn secret(&self) -> Option<(&'static str, &Path)> {
        Some(("secret_file", &self.secret_file))
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
    client: reqwest::Client,
    url: reqwest::Url,
    secret: Vec<u8>,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    reason: Reason,
    alarm: &'a Alarm,
    message: &'a Message,
}

impl Webhook {
    fn new(config: &Config) -> Result<Self, WebhookError> {
        let channel = config.channel.to_string();
        let secret = std::fs::read_to_string(&config.secret_file).map_err(|source| WebhookError::Secret {
            channel: channel.clone(),
            path: config.secret_file.clone(),
            source,
        })?;
        let url = reqwest::Url::parse(&config.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| WebhookError::Url {
                channel: channel.clone(),
                url: config.url.clone(),
            })?;
        // A redirect would carry the signed body to an address that nobody configured.
        let client = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(15))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| WebhookError::Client { channel, source })?;
        Ok(Self {
            client,
            url,
            secret: secret.trim_end().as_bytes().to_vec(),
        })
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let body = Body {
            id: &delivery.key,
            reason: delivery.reason,
            alarm: &delivery.alarm,
            message: &delivery.message,
        };
        let body = match serde_json::to_string(&body) {
            Ok(body) => body,
            Err(error) => return Outcome::GiveUp(format!("cannot be written as JSON: {error}")),
        };
        let timestamp = delivery.now.milliseconds() / 1_000;
        let answer = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", &delivery.key)
            .header("plenum-timestamp", timestamp)
            .header("plenum-signature", signature(&self.secret, timestamp, &body))
            .body(body)
            .send()
            .await;
        match answer {
            Ok(answer) => judge(answer.status()),
            Err(error) => Outcome::Retry(error.without_url().to_string()),
        }
    }
}

/// Whether trying again can help: a receiver that is set right takes tomorrow what it called our mistake today. Only what is too large for it never
/// arrives.
fn judge(status: reqwest::StatusCode) -> Outcome {
    let words = format!("the receiver answered {status}");
    match status.as_u16() {
        200..=299 => Outcome::Sent,
        413 => Outcome::GiveUp(words),
        _ => Outcome::Retry(words),
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

    #[test]
    fn all_but_what_is_too_large_is_tried_again() {
        let check = |code: u16| judge(reqwest::StatusCode::from_u16(code).unwrap());
        assert_eq!(check(204), Outcome::Sent);
        assert!(matches!(check(413), Outcome::GiveUp(_)));
        assert!(matches!(check(400), Outcome::Retry(_)));
        assert!(matches!(check(404), Outcome::Retry(_)));
        assert!(matches!(check(301), Outcome::Retry(_)));
        assert!(matches!(check(429), Outcome::Retry(_)));
        assert!(matches!(check(503), Outcome::Retry(_)));
    }
}
