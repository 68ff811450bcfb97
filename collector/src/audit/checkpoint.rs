//! A signed checkpoint: up to this line the log is this one. A chain alone shows neither that its end was cut nor that all of it was written anew. Pure.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::{Key, PublicKey, Signature};
use super::line::Hash;

/// What every signature is over begins with this, so that none can be taken for another's.
const CONTEXT: &[u8] = b"plenum audit checkpoint 1\n";

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The newest line that it is about.
    pub(super) number: u64,
    /// When it was signed.
    pub(super) at: Timestamp,
    /// That line's link of the chain.
    pub(super) hash: Hash,
    pub(super) signature: Signature,
}

/// As it is written into exports and `audit.head`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    checkpoint: Fields,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    number: u64,
    at: Timestamp,
    hash: String,
    signature: String,
}

impl Checkpoint {
    pub(super) fn sign(key: &Key, (number, hash): (u64, Hash), at: Timestamp) -> Self {
        let signature = key.sign(&message(number, at, &hash));
        Self {
            number,
            at,
            hash,
            signature,
        }
    }

    pub(super) fn is_of(&self, key: &PublicKey) -> bool {
        key.has_signed(&message(self.number, self.at, &self.hash), &self.signature)
    }

    /// One line of JSON.
    pub(super) fn text(&self) -> String {
        let written = Written {
            checkpoint: Fields {
                number: self.number,
                at: self.at,
                hash: hex::encode(self.hash),
                signature: hex::encode(self.signature),
            },
        };
        // Numbers and short texts can always be written.
        serde_json::to_string(&written).unwrap_or_default()
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let Written { checkpoint } = serde_json::from_str(text).ok()?;
        Some(Self {
            number: checkpoint.number,
            at: checkpoint.at,
            hash: hex::decode(checkpoint.hash).ok()?.try_into().ok()?,
            signature: hex::decode(checkpoint.signature).ok()?.try_into().ok()?,
        })
    }
}

fn message(number: u64, at: Timestamp, hash: &Hash) -> Vec<u8> {
    let mut message = CONTEXT.to_vec();
    message.extend_from_slice(&number.to_be_bytes());
    message.extend_from_slice(&at.milliseconds().to_be_bytes());
    message.extend_from_slice(hash);
    message
}
