//! What the collector has committed: `{"database","follows","streams"}`, retained on the agent's `ack` topic.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::PayloadError;
use crate::count::Count;
use crate::streams::{DatabaseId, StreamId};

/// An acknowledgement: everything up to `through` of each stream is durable, in this database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The database that holds it.
    pub database: DatabaseId,
    /// The databases whose backups this one was restored from, all of them.
    #[serde(default)]
    pub follows: Vec<DatabaseId>,
    /// For every stream that the agent listed: the highest number up to which all is committed; 0 if the stream is unknown.
    #[serde(deserialize_with = "counts")]
    pub streams: BTreeMap<StreamId, u64>,
}

fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<StreamId, u64>, D::Error> {
    let counts = BTreeMap::<StreamId, Count>::deserialize(deserializer)?;
    Ok(counts
        .into_iter()
        .map(|(stream, count)| (stream, count.get()))
        .collect())
}

impl Ack {
    /// Reads a payload.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PayloadError> {
        super::read("acknowledgement", bytes)
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
        let text = r#"{"database":"d-2","follows":["d-1"],"streams":{"aa":7,"bb":0}}"#;
        let ack = Ack::from_json(text.as_bytes()).unwrap();
        assert_eq!(ack.streams.get("aa"), Some(&7));
        assert_eq!(String::from_utf8(ack.to_json()).unwrap(), text);
        assert!(Ack::from_json(br#"{"database":"d","streams":{},"new":1}"#).is_ok());
        assert!(Ack::from_json(br#"{"database":"","streams":{}}"#).is_err());
        for number in ["-1", "9007199254740993", "18446744073709551615", "1e308"] {
            let text = format!(r#"{{"database":"d","streams":{{"a":{number}}}}}"#);
            assert!(Ack::from_json(text.as_bytes()).is_err(), "{number}");
        }
    }
}
