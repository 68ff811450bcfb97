//! What stands around a batch of readings: the MQTT 5 user properties `stream seq first last`, and two of ours that a
//! collector may do without, `class` and `lost`.
//!
//! | property | value |
//! |---|---|
//! | `stream` | the stream's name |
//! | `seq` | the batch's number in the stream, from 1 |
//! | `first` | the lowest number that the agent still holds |
//! | `last` | the highest number that the agent has spooled |
//! | `class` | `urgent` or `routine`; absent means routine |
//! | `lost` | JSON list of [`Lost`]: what went without having been acknowledged, from when to when, and why |

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::StreamId;
use crate::{Timestamp, count};

/// How soon a stream is sent and how late it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Smoke, water, doors, mains, UPS states and the onset of faults: before everything else.
    Urgent,
    /// Polled readings.
    #[default]
    Routine,
}

impl Class {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Routine => "routine",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Class {
    type Err = std::convert::Infallible;
    /// An unknown word is routine.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "urgent" {
            Self::Urgent
        } else {
            Self::Routine
        })
    }
}

/// Batches that the agent had to give up before they were acknowledged: everything of `stream` up to `to_seq` is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The stream they belonged to.
    pub stream: StreamId,
    /// The lowest number given up.
    #[serde(deserialize_with = "count::read")]
    pub from_seq: u64,
    /// The highest number given up.
    #[serde(deserialize_with = "count::read")]
    pub to_seq: u64,
    /// The earliest instant among their readings; absent if the agent had no clock then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The latest instant among their readings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// How many readings they held.
    #[serde(default, deserialize_with = "count::read")]
    pub count: u64,
    /// Why, in words: `full spool`, `earlier boot without a clock`.
    #[serde(default)]
    pub why: String,
}

impl Lost {
    /// One notice for both losses of a stream.
    #[must_use]
    pub fn joined_with(self, other: Self) -> Self {
        let why = if self.why == other.why || self.why.contains(&other.why) {
            self.why
        } else {
            format!("{}; {}", self.why, other.why)
        };
        Self {
            stream: self.stream,
            from_seq: self.from_seq.min(other.from_seq),
            to_seq: self.to_seq.max(other.to_seq),
            from: [self.from, other.from].into_iter().flatten().min(),
            to: self.to.max(other.to),
            count: self.count.saturating_add(other.count),
            why,
        }
    }
}

/// Where a batch stands in its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The stream that numbers it.
    pub stream: StreamId,
    /// This batch, from 1.
    pub seq: u64,
    /// The lowest that the agent still holds.
    pub first: u64,
    /// The highest that the agent has spooled.
    pub last: u64,
}

/// A batch's position, class and notices: everything but the readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The batch's position in its stream.
    pub position: Position,
    /// The stream's class.
    pub class: Class,
    /// What was given up and has not been acknowledged as lost yet, in this stream and in others.
    pub lost: Vec<Lost>,
}

/// Notices of loss that one batch may carry.
pub const NOTICES: usize = 16;

/// Why user properties make no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// One of the four is there, another is not.
    #[error("user property `{0}` is missing beside the others of stream, seq, first and last")]
    Missing(&'static str),
    /// One of the four cannot be read.
    #[error("user property `{key}` has the unreadable value `{value}`")]
    Unreadable {
        /// Which.
        key: &'static str,
        /// What it said, shortened.
        value: String,
    },
    /// They contradict each other.
    #[error(
        "user properties contradict each other: 1 <= first {first} <= seq {seq} <= last {last} does not hold"
    )]
    Contradiction {
        /// As received.
        seq: u64,
        /// As received.
        first: u64,
        /// As received.
        last: u64,
    },
}

impl Envelope {
    /// Reads MQTT user properties. `None` if none of the four is there: a foreign publisher. Unknown properties are
    /// ignored; of a repeated one the last counts; a `lost` that cannot be read counts as absent, since the gap shows in
    /// the numbers as well.
    pub fn from_properties<'a>(
        properties: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Option<Self>, EnvelopeError> {
        let (mut stream, mut seq, mut first, mut last) = (None, None, None, None);
        let mut class = Class::Routine;
        let mut lost = Vec::new();
        for (key, value) in properties {
            match key {
                "stream" => stream = Some(read("stream", value)?),
                "seq" => seq = Some(number("seq", value)?),
                "first" => first = Some(number("first", value)?),
                "last" => last = Some(number("last", value)?),
                "class" => class = value.parse().unwrap_or_default(),
                "lost" => {
                    lost = serde_json::from_str(value).unwrap_or_default();
                    lost.truncate(NOTICES);
                }
                _ => {}
            }
        }
        if stream.is_none() && seq.is_none() && first.is_none() && last.is_none() {
            return Ok(None);
        }
        let position = Position {
            stream: stream.ok_or(EnvelopeError::Missing("stream"))?,
            seq: seq.ok_or(EnvelopeError::Missing("seq"))?,
            first: first.ok_or(EnvelopeError::Missing("first"))?,
            last: last.ok_or(EnvelopeError::Missing("last"))?,
        };
        let Position { seq, first, last, .. } = position;
        if !(1 <= first && first <= seq && seq <= last) {
            return Err(EnvelopeError::Contradiction { seq, first, last });
        }
        Ok(Some(Self {
            position,
            class,
            lost,
        }))
    }

    /// The user properties, in the order in which they are written.
    pub fn to_properties(&self) -> Vec<(String, String)> {
        let mut properties = vec![
            ("stream".to_owned(), self.position.stream.to_string()),
            ("seq".to_owned(), self.position.seq.to_string()),
            ("first".to_owned(), self.position.first.to_string()),
            ("last".to_owned(), self.position.last.to_string()),
        ];
        if self.class == Class::Urgent {
            properties.push(("class".to_owned(), self.class.to_string()));
        }
        if !self.lost.is_empty()
            && let Ok(text) = serde_json::to_string(&self.lost)
        {
            properties.push(("lost".to_owned(), text));
        }
        properties
    }
}

fn number(key: &'static str, value: &str) -> Result<u64, EnvelopeError> {
    count::parse(value).ok_or_else(|| unreadable(key, value))
}

fn read<T: FromStr>(key: &'static str, value: &str) -> Result<T, EnvelopeError> {
    value.parse().map_err(|_| unreadable(key, value))
}

fn unreadable(key: &'static str, value: &str) -> EnvelopeError {
    EnvelopeError::Unreadable {
        key,
        value: value.chars().take(80).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(properties: &[(&str, &str)]) -> Result<Option<Envelope>, EnvelopeError> {
        Envelope::from_properties(properties.iter().copied())
    }

    #[test]
    fn an_envelope_reads_back() {
        let envelope = Envelope {
            position: Position {
                stream: StreamId::from_random(1),
                seq: 7,
                first: 7,
                last: 9,
            },
            class: Class::Urgent,
            lost: vec![Lost {
                stream: StreamId::from_random(2),
                from_seq: 1,
                to_seq: 6,
                from: Some(Timestamp::from_milliseconds(1_000)),
                to: None,
                count: 600,
                why: "full spool".to_owned(),
            }],
        };
        let properties = envelope.to_properties();
        let borrowed = properties
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        assert_eq!(Envelope::from_properties(borrowed), Ok(Some(envelope)));
    }

    #[test]
    fn foreign_and_broken_properties_are_told_apart() {
        assert_eq!(parse(&[("colour", "red")]), Ok(None));
        assert_eq!(
            parse(&[("stream", "a"), ("first", "1"), ("last", "1")]),
            Err(EnvelopeError::Missing("seq"))
        );
        for (seq, first, last) in [("0", "0", "1"), ("1", "2", "2"), ("3", "1", "2")] {
            let properties = [("stream", "a"), ("seq", seq), ("first", first), ("last", last)];
            assert!(
                matches!(parse(&properties), Err(EnvelopeError::Contradiction { .. })),
                "{seq} {first} {last}"
            );
        }
        for number in [
            "-1",
            "9007199254740993",
            "9223372036854775808",
            "18446744073709551615",
            "1e308",
        ] {
            assert!(
                matches!(
                    parse(&[("stream", "a"), ("seq", number)]),
                    Err(EnvelopeError::Unreadable { key: "seq", .. })
                ),
                "{number}"
            );
        }
        let with_bad_notice = [
            ("stream", "a"),
            ("seq", "1"),
            ("first", "1"),
            ("last", "1"),
            ("lost", "{"),
        ];
        assert_eq!(parse(&with_bad_notice).unwrap().unwrap().lost, vec![]);
    }

    #[test]
    fn losses_of_one_stream_join() {
        let lost = |from_seq, to_seq, from, why: &str| Lost {
            stream: StreamId::from_random(1),
            from_seq,
            to_seq,
            from,
            to: from,
            count: 10,
            why: why.to_owned(),
        };
        let at = |milliseconds| Some(Timestamp::from_milliseconds(milliseconds));
        let joined = lost(1, 2, at(5), "full spool").joined_with(lost(3, 4, at(9), "full spool"));
        assert_eq!((joined.from_seq, joined.to_seq, joined.count), (1, 4, 20));
        assert_eq!(
            (joined.from, joined.to, joined.why.as_str()),
            (at(5), at(9), "full spool")
        );
    }
}
