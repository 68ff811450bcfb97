//! Text messages by a GSM modem on a serial line: they leave the building when the internet is down.
//!
//! What is said over the line is decided by `core/src/modem/machine/mod.rs`; `line.rs` owns the line. That a message was taken is the network's word, that
//! it arrived the telephone's: the first is `Unproved`, and the second comes as [`News::Proved`].

mod figures;
mod line;
mod pin;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use plenum_core::modem::number;
use plenum_core::site::Priority;
use plenum_core::text::answer;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{Key, maybe, required, usual};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::{AddressKind, Channel, Delivery, Entry, Hears, Manual, Outcome, Settings};
use line::{Line, Order};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "sms",
    summary: "people, by a GSM modem; `OK` and the number takes an alarm",
    table: "sms",
    address: Some(AddressKind {
        key: "phone",
        kind: "telephone number",
        example: "+31612345678",
        meaning: "Where text messages go, and from where answers are obeyed. With the country: `+31612345678`.",
        check: |address| {
            number::normalise(address)
                .map(drop)
                .map_err(number::NumberError::words)
        },
    }),
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[sms]]",
        about: "A GSM modem. docs/sms.md says which, and how it is tried.",
        keys: KEYS,
        collector: "\
# A GSM modem on a serial line: docs/sms.md.
# [[sms]]
# channel = \"sms\"                       # the channel's id in site.toml
# device = \"/dev/serial/by-id/usb-SIMCOM_SIM7600-if02-port0\"
# pin_file = \"sms.pin\"
",
        site: "\
[[channel]]
id = \"sms\"
kind = \"sms\"
people = [\"sanne\"]
priorities = [\"critical\"]
",
    },
};

const KEYS: &[Key] = &[
    required(
        "channel",
        "identifier",
        "\"sms\"",
        "The channel's id in site.toml.",
    ),
    required(
        "device",
        "path",
        "\"/dev/serial/by-id/usb-SIMCOM_SIM7600-if02-port0\"",
        "The modem's line for commands; a name under /dev/serial/by-id stays the same.",
    ),
    usual(
        "baud",
        "number",
        "115200",
        "The line's speed; USB modems take any.",
    ),
    maybe(
        "pin_file",
        "path",
        "File with the SIM's PIN, on one line. One that the SIM refused is not tried again until the file is written anew.",
    ),
    maybe(
        "own_number",
        "telephone number",
        "The SIM's own number: a message to it proves the way once a day.",
    ),
    maybe(
        "credit_code",
        "text",
        "The code that the operator answers with the credit, such as `*101#`; asked once a day.",
    ),
    usual("credit_low", "number", "0", "So little credit is an alarm."),
    usual(
        "ring",
        "true or false",
        "false",
        "Whether a telephone rings for 20 s where the network takes no message of a critical alarm and no other way to its owner works.",
    ),
];

/// How the modem is reached; `[[sms]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The channel's id in site.toml.
    channel: Identifier,
    /// Its line.
    device: PathBuf,
    /// The line's speed.
    #[serde(default = "default_baud")]
    baud: u32,
    /// File with the SIM's PIN.
    #[serde(default)]
    pin_file: Option<PathBuf>,
    /// The SIM's own number.
    #[serde(default)]
    own_number: Option<String>,
    /// What the operator answers with the credit.
    #[serde(default)]
    credit_code: Option<String>,
    /// So little credit is an alarm.
    #[serde(default)]
    credit_low: f64,
    /// Whether a telephone rings where the network takes no message of a critical alarm and no other way works.
    #[serde(default)]
    ring: bool,
}

fn default_baud() -> u32 {
    115_200
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
enum SmsError {
    #[error("sms {channel}: pin_file {}: {source}", path.display())]
    Pin {
        channel: Identifier,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("sms {channel}: pin_file {}: a PIN has 4 to 8 digits, and nothing else stands in the file", path.display())]
    PinDigits { channel: Identifier, path: PathBuf },
    #[error("sms {channel}: own_number `{number}` {}; {}", .error.words().0, .error.words().1)]
    Number {
        channel: Identifier,
        number: String,
        error: number::NumberError,
    },
    #[error(
        "sms {channel}: credit_code `{code}` is not a valid code: write digits, * and # alone, such as *101#"
    )]
    Code { channel: Identifier, code: String },
}

impl Settings for Config {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.device);
        if let Some(pin) = &mut self.pin_file {
            change(pin);
        }
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        let path = self.pin_file.as_deref();
        path.map(|path| ("pin_file", path)).into_iter().collect()
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let settings = self.machine()?;
        Ok(Box::new(Sms {
            config: self.clone(),
            settings,
            orders: Mutex::new(None),
        }))
    }
}

impl Config {
    /// A modem on this line that needs no PIN, with everything else as usual.
    pub fn on(device: PathBuf, channel: Identifier) -> Self {
        Self {
            channel,
            device,
            baud: default_baud(),
            pin_file: None,
            own_number: None,
            credit_code: None,
            credit_low: 0.0,
            ring: false,
        }
    }

    fn machine(&self) -> Result<plenum_core::modem::machine::Settings, SmsError> {
        let channel = self.channel.clone();
        let pin = match &self.pin_file {
            None => None,
            Some(path) => {
                let path = path.clone();
                let pin = std::fs::read_to_string(&path).map_err(|source| SmsError::Pin {
                    channel: channel.clone(),
                    path: path.clone(),
                    source,
                })?;
                let pin = pin.trim().to_owned();
                if !(4..=8).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(SmsError::PinDigits { channel, path });
                }
                Some(pin)
            }
        };
        let own_number = self.own_number.as_ref().map(|number| {
            number::normalise(number).map_err(|error| SmsError::Number {
                channel: channel.clone(),
                number: number.clone(),
                error,
            })
        });
        // It goes into a command as it is.
        let is_code = |code: &String| {
            !code.is_empty()
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte))
        };
        if let Some(code) = self.credit_code.clone().filter(|code| !is_code(code)) {
            return Err(SmsError::Code { channel, code });
        }
        Ok(plenum_core::modem::machine::Settings {
            pin,
            pin_refused: false,
            own_number: own_number.transpose()?,
            credit_code: self.credit_code.clone(),
        })
    }
}

/// A modem. Its line is opened when there is somebody to hear what it says.
struct Sms {
    config: Config,
    settings: plenum_core::modem::machine::Settings,
    /// To whoever owns the line, once it runs. It ends with this.
    orders: Mutex<Option<mpsc::Sender<Order>>>,
}

impl Sms {
    fn hand_over(&self, order: Order) -> bool {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }

    async fn ordered(&self, key: Option<String>, to: &str, text: String, ring: bool) -> Outcome {
        let to = match number::normalise(to) {
            Ok(to) => to,
            Err(error) => {
                let (wrong, instead) = error.words();
                // What is kept and shown to others names nobody's number.
                return Outcome::Refused(format!("their `phone` {wrong}; {instead}"));
            }
        };
        let (done, ended) = oneshot::channel();
        let order = Order {
            key,
            to,
            text,
            ring,
            done,
        };
        if !self.hand_over(order) {
            return Outcome::Retry("the modem is not started yet".to_owned());
        }
        let ended = ended.await;
        ended.unwrap_or_else(|_| Outcome::Retry("the settings were changed meanwhile".to_owned()))
    }
}

#[async_trait]
impl Channel for Sms {
    fn start(&self, hears: Hears) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.is_none() {
            let (sender, receiver) = mpsc::channel();
            *orders = Some(sender);
            Line::start(&self.config, self.settings.clone(), receiver, hears);
        }
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        let mut text = delivery.message.short.clone();
        if delivery.links.take.is_some() {
            text += &format!(
                " {}",
                answer::asks(delivery.alarm.id, delivery.links.passes, delivery.language)
            );
        }
        let is_worth_it = delivery.alarm.priority == Priority::Critical && delivery.reason.calls();
        let ring = self.config.ring && is_worth_it && delivery.is_last_way;
        let key = Some(delivery.key.clone());
        self.ordered(key, &delivery.address, text, ring).await
    }

    async fn say(&self, to: &str, text: &str) -> Outcome {
        self.ordered(None, to, text.to_owned(), false).await
    }
}

#[cfg(test)]
mod tests;
