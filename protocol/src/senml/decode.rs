//! A SenML pack as readings of one agent. What is not a reading of ours is handed back with the reason, alone.

use std::collections::HashMap;

use super::resolve::{Record, Value, resolve};
use crate::quantity::Kind;
use crate::series::SeriesError;
use crate::{Channel, Fault, Identifier, Outcome, Quantity, Reading, Timestamp};

/// What a pack held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pack {
    /// The readings, in the order of the pack.
    pub readings: Vec<Reading>,
    /// Whether an instant among them was given relative to the receipt.
    pub relative: bool,
    /// The records that are not readings, each with its reason.
    pub bad: Vec<BadRecord>,
    /// How many more of these there were than a message's [`BAD_RECORDS`].
    pub more_bad: usize,
}

/// The records of one message that are handed back; what is beyond is counted.
pub const BAD_RECORDS: usize = 100;

/// A record for the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecord {
    /// The record as it came, without the base fields of those before it.
    pub text: String,
    /// Why it is not a reading.
    pub reason: String,
}

/// Why a message as a whole cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than 256 KiB.
    #[error("the message has {0} bytes, more than 262144")]
    TooLong(usize),
    /// Binary or another encoding.
    #[error("the message is not UTF-8 text from byte {0} on")]
    NotText(usize),
    /// No JSON array of records.
    #[error("the message is not SenML JSON: at byte {at} {expected} was expected")]
    NotJson {
        /// Bytes before the place.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// A version beyond ours.
    #[error("SenML version {0} is not understood: up to 10, and 26, are")]
    Version(String),
    /// An extension that forbids to be ignored.
    #[error("the field `{0}` must be understood, and is not")]
    MustUnderstand(String),
    /// A base field, on which every further record depends.
    #[error("unreadable base field: {0}")]
    Base(String),
}

/// Reads a pack that came under `site` and `agent`. Relative times are relative to `now`, the instant of receipt.
pub fn decode(
    site: &Identifier,
    agent: &Identifier,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Pack, MessageError> {
    let mut pack = Pack::default();
    let mut decoder = Decoder {
        prefix: format!("{site}/{agent}/"),
        channels: Channels::default(),
    };
    resolve(bytes, now, |text, record| {
        pack.relative |= record.as_ref().is_ok_and(|record| record.relative);
        let reading = record.and_then(|record| decoder.reading(&record));
        match reading {
            Ok(reading) => pack.readings.push(reading),
            Err(_) if pack.bad.len() >= BAD_RECORDS => pack.more_bad += 1,
            Err(reason) => pack.bad.push(BadRecord {
                text: text.to_owned(),
                reason,
            }),
        }
    })?;
    Ok(pack)
}

struct Decoder {
    prefix: String,
    channels: Channels,
}

/// A channel of this pack, with the instants of its readings so far, sorted.
struct Met {
    channel: Channel,
    instants: Vec<Timestamp>,
}

impl Decoder {
    fn reading(&mut self, record: &Record<'_>) -> Result<Reading, String> {
        if record.base_name == self.prefix {
            return self.channels.named(record.name)?.reading(record);
        }
        let whole = format!("{}{}", record.base_name, record.name);
        match whole.strip_prefix(&self.prefix) {
            Some(name) => self.channels.named(name)?.reading(record),
            None => {
                let (shown, prefix) = (short(&whole), &self.prefix);
                Err(format!(
                    "`{shown}` does not begin with `{prefix}`, under which it was published"
                ))
            }
        }
    }
}

/// The channels of a pack, by their name below the agent.
#[derive(Default)]
struct Channels {
    numbers: HashMap<String, usize>,
    met: Vec<Met>,
}

impl Channels {
    fn named(&mut self, name: &str) -> Result<&mut Met, String> {
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => {
                let channel = name.parse().map_err(|error: SeriesError| error.to_string())?;
                self.numbers.insert(name.to_owned(), self.met.len());
                self.met.push(Met {
                    channel,
                    instants: Vec::new(),
                });
                self.met.len() - 1
            }
        };
        Ok(&mut self.met[number])
    }
}

impl Met {
    fn reading(&mut self, record: &Record<'_>) -> Result<Reading, String> {
        let outcome = outcome(self.channel.quantity, record)?;
        self.check_new(record.at)?;
        Ok(Reading::new(self.channel.clone(), record.at, outcome))
    }

    /// A reading is named by its channel and instant: a second one in the same pack is refused.
    fn check_new(&mut self, at: Timestamp) -> Result<(), String> {
        let index = match self.instants.last() {
            None => Err(0),
            Some(last) if *last < at => Err(self.instants.len()),
            Some(_) => self.instants.binary_search(&at),
        };
        match index {
            Ok(_) => Err(format!("a second reading of `{}` at {at}", self.channel)),
            Err(index) => {
                self.instants.insert(index, at);
                Ok(())
            }
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

fn outcome(quantity: Quantity, record: &Record<'_>) -> Result<Outcome, String> {
    match (record.value, quantity.kind()) {
        (None, _) => Err("a sum without a value is not a reading".to_owned()),
        (Some(Value::Data(_)), _) => Err("`vd` is not a reading".to_owned()),
        (Some(Value::Text(word)), _) => match record.unit {
            // The base unit was meant for the values around it.
            Some(unit) if !unit.is_empty() => Err(format!(
                "`vs` is for faults, which have no unit, but `u` is `{unit}`"
            )),
            _ => Ok(Err(word.parse().unwrap_or(Fault::Unrecognised))),
        },
        (Some(Value::Boolean(state)), Kind::Boolean) => Ok(Ok(f64::from(u8::from(state)))),
        (Some(Value::Boolean(_)), Kind::Number) => {
            Err(format!("`{quantity}` is a number: write `v`, not `vb`"))
        }
        (Some(Value::Number(_)), Kind::Boolean) => {
            Err(format!("`{quantity}` is true or false: write `vb`, not `v`"))
        }
        (Some(Value::Number(value)), Kind::Number) => {
            check_unit(quantity, record.unit.or(record.base_unit))?;
            if quantity.accepts(value) {
                Ok(Ok(value))
            } else {
                let (low, high) = quantity.plausible();
                Err(format!(
                    "{value} is not a possible {quantity}: {low} to {high} {}",
                    quantity.unit()
                ))
            }
        }
    }
}

fn check_unit(quantity: Quantity, unit: Option<&str>) -> Result<(), String> {
    let expected = quantity.unit();
    match unit {
        Some(unit) if unit == expected => Ok(()),
        Some(unit) => {
            let shown = short(unit);
            Err(format!("the unit of `{quantity}` is `{expected}`, not `{shown}`"))
        }
        None => Err(format!("`{quantity}` has no unit: `{expected}` is its unit")),
    }
}
