//! An agent's state: retained on its `status` topic, published at each connection and change, and left as its last will.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::PayloadError;
use crate::streams::{Class, Lost, StreamId};
use crate::{Duration, Identifier, Quantity, Timestamp, count};

/// The longest status, in bytes.
pub const BYTES: usize = 64 * 1024;
/// The most sensors that a status lists.
pub const SENSORS: usize = 256;
/// The most streams that a status lists.
pub const STREAMS: usize = 256;

/// The most bytes of a device's own words.
pub const WORDS: usize = 200;

/// Words as a status carries them: cut to their bound.
pub fn bounded(words: &str) -> &str {
    words
        .trim()
        .get(..words.trim().floor_char_boundary(WORDS))
        .unwrap_or_default()
}

/// Whether the agent is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentState {
    /// It is connected.
    Online,
    /// It went, or the broker says so in its name.
    Offline,
}

/// What the agent's kernel says of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// Disciplined: instants are sent absolute.
    Synchronised,
    /// Running free: instants are sent relative to the sending.
    #[default]
    #[serde(other)]
    Free,
}

/// Where an agent's readings wait, where that is not its spool's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpoolState {
    /// In memory: its disk is full, read-only, broken or silent.
    Memory,
    /// In a way that only a newer version knows.
    #[serde(other)]
    Unknown,
}

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// There or gone.
    pub state: AgentState,
    /// Counts the agent's connections; the will of an older one is ignored.
    #[serde(default, deserialize_with = "count::read")]
    pub connection: u64,
    /// The program's version.
    #[serde(default)]
    pub version: String,
    /// When the program started. Differs from start to start even if the clock is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Whether its clock can be trusted.
    #[serde(default)]
    pub clock: ClockState,
    /// Where its readings wait; absent while its disk takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spool: Option<SpoolState>,
    /// The streams of which it holds batches or has to tell a loss.
    #[serde(default)]
    pub streams: BTreeMap<StreamId, ListedStream>,
    /// The sensors it reads.
    #[serde(default)]
    pub sensors: Vec<ListedSensor>,
}

/// A stream in a status. Nothing is held when `first` is `last + 1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedStream {
    /// The lowest number that the agent still holds.
    #[serde(deserialize_with = "count::read")]
    pub first: u64,
    /// The highest number that it has spooled.
    #[serde(deserialize_with = "count::read")]
    pub last: u64,
    /// Urgent or routine; routine where a status says nothing.
    #[serde(default, skip_serializing_if = "is_routine")]
    pub class: Class,
    /// What it had to give up, from when to when, and why: for a stream without a next batch to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Lost>,
}

fn is_routine(class: &Class) -> bool {
    *class == Class::Routine
}

/// A sensor in a status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedSensor {
    /// Its identifier below the agent.
    pub id: Identifier,
    /// The driver that reads it.
    #[serde(default)]
    pub driver: String,
    /// What it gives. Quantities of a newer agent are left out.
    #[serde(default, deserialize_with = "known_quantities")]
    pub quantities: Vec<Quantity>,
    /// How often it is read.
    #[serde(
        rename = "interval_s",
        default,
        serialize_with = "to_seconds",
        deserialize_with = "from_seconds"
    )]
    pub interval: Duration,
    /// What the device says of itself in its own words, as of its alarm.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "words")]
    pub words: Option<String>,
}

/// Anything but a text says nothing.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let said = serde_json::Value::deserialize(deserializer)?;
    let words = said.as_str().map(bounded).filter(|words| !words.is_empty());
    Ok(words.map(str::to_owned))
}

fn known_quantities<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Quantity>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

fn to_seconds<S: Serializer>(interval: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let milliseconds = interval.milliseconds();
    if milliseconds % 1_000 == 0 {
        serializer.serialize_i64(milliseconds / 1_000)
    } else {
        serializer.serialize_f64(interval.seconds())
    }
}

fn from_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if (0.0..=1e9).contains(&seconds) {
        Ok(Duration::from_milliseconds((seconds * 1_000.0).round() as i64))
    } else {
        Err(serde::de::Error::custom("interval_s is not a valid interval"))
    }
}

impl Status {
    /// Reads a payload.
    ///
    /// # Errors
    /// It is not a status, or larger than one may be.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PayloadError> {
        let most = |what, found, most| match found > most {
            true => Err(PayloadError::TooMany { what, found, most }),
            false => Ok(()),
        };
        most("bytes", bytes.len(), BYTES)?;
        let status: Self = super::read("status", bytes)?;
        most("sensors", status.sensors.len(), SENSORS)?;
        most("streams", status.streams.len(), STREAMS)?;
        Ok(status)
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        super::write(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_agreed_and_reads_back() {
        let text = concat!(
            r#"{"state":"online","connection":3,"version":"0.1.0","started_at":"2026-06-18T03:12:05.250Z","#,
            r#""clock":"synchronised","streams":{"aa":{"first":1,"last":9},"bb":{"first":4,"last":3,"class":"urgent"}},"#,
            r#""sensors":[{"id":"inlet-a3","driver":"sht3x","quantities":["temperature","humidity"],"interval_s":10},"#,
            r#"{"id":"door","driver":"contact","quantities":["door-open"],"interval_s":0.25}]}"#
        );
        let status = Status::from_json(text.as_bytes()).unwrap();
        assert_eq!(status.sensors[1].interval, Duration::from_milliseconds(250));
        assert_eq!(String::from_utf8(status.to_json()).unwrap(), text);
    }

    #[test]
    fn a_devices_words_are_carried_and_bounded() {
        let words = |said: &str| {
            let text = format!(r#"{{"state":"online","sensors":[{{"id":"ups","words":{said}}}]}}"#);
            let status = Status::from_json(text.as_bytes()).unwrap();
            status.sensors[0].words.clone()
        };
        assert_eq!(words("\" Fan failure! \"").as_deref(), Some("Fan failure!"));
        assert_eq!(words("\"\""), None);
        assert_eq!(words("null"), None);
        assert_eq!(words("7"), None);
        let long = format!("\"{}é\"", "a".repeat(WORDS - 1));
        assert_eq!(words(&long), Some("a".repeat(WORDS - 1)));
    }

    #[test]
    fn strangers_are_tolerated() {
        let will = Status::from_json(br#"{"state":"offline","connection":3}"#).unwrap();
        assert_eq!((will.state, will.clock), (AgentState::Offline, ClockState::Free));
        let away = Status::from_json(br#"{"state":"online","spool":"memory"}"#).unwrap();
        assert_eq!((will.spool, away.spool), (None, Some(SpoolState::Memory)));
        let newer = br#"{"state":"online","moon":"full","spool":"cloud","clock":"atomic","sensors":[{"id":"a","quantities":["taste","smoke"],"x":1}]}"#;
        let newer = Status::from_json(newer).unwrap();
        assert_eq!(newer.sensors[0].quantities, [Quantity::Smoke]);
        assert_eq!(newer.spool, Some(SpoolState::Unknown));
        for bad in [
            &b"{}"[..],
            b"[]",
            b"",
            b"\xff",
            br#"{"state":"asleep"}"#,
            br#"{"state":"online","sensors":[{"id":"a","interval_s":-1}]}"#,
        ] {
            assert!(Status::from_json(bad).is_err());
        }
    }
}
